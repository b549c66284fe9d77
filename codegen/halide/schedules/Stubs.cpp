#include "codegen/halide/schedules/Templates.h"
using namespace xgen; using namespace xgen::halide; using namespace mlir;
