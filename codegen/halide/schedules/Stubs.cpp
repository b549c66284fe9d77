#include "codegen/halide/schedules/Templates.h"
using namespace xgen; using namespace xgen::halide; using namespace mlir;
bool halide::canEmitInt8Conv(ir::ConvOp, const ConvGeometry &, const xgen::Target &) { return false; }
bool halide::canEmitMatMul(ir::MatMulOp, const xgen::Target &) { return false; }
bool halide::canEmitPool(ir::PoolOp) { return false; }
bool halide::canEmitReduction(Operation *) { return false; }
std::unique_ptr<Anchor> halide::makeDepthwise(Emitter &, ir::ConvOp op, const ConvGeometry &, Root &){throw Unsupported{op,""};}
std::unique_ptr<Anchor> halide::makeSparseConv(Emitter &, ir::ConvOp op, const ConvGeometry &, Root &){throw Unsupported{op,""};}
std::unique_ptr<Anchor> halide::makeInt8Conv(Emitter &, ir::ConvOp op, const ConvGeometry &, Root &){throw Unsupported{op,""};}
std::unique_ptr<Anchor> halide::makeMatMul(Emitter &, Operation *op, Root &){throw Unsupported{op,""};}
std::unique_ptr<Anchor> halide::makePool(Emitter &, Operation *op, Root &){throw Unsupported{op,""};}
std::unique_ptr<Anchor> halide::makeReduction(Emitter &, Operation *op, Root &){throw Unsupported{op,""};}
