#include "codegen/halide/schedules/Templates.h"
using namespace xgen; using namespace xgen::halide; using namespace mlir;
bool halide::canEmitInt8Conv(ir::ConvOp, const ConvGeometry &, const xgen::Target &) { return false; }
std::unique_ptr<Anchor> halide::makeInt8Conv(Emitter &, ir::ConvOp op, const ConvGeometry &, Root &){throw Unsupported{op,""};}
