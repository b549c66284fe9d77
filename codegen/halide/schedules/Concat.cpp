//===- Concat.cpp - Arrays one after another ------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One copy loop an input, over rows of everything inside the axis; no choice is
// made an element.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool halide::buildConcat(Emitter &e, Root &root) {
  auto op = dyn_cast_or_null<ir::ConcatOp>(root.value.getDefiningOp());
  if (!op || !root.isResult ||
      !llvm::all_of(op.getInputs(), [&](Value v) { return e.isFlat(v); }))
    return false;
  Shape shape = shapeOf(root.value);
  ArrayRef<int64_t> dims(shape);
  int64_t outer = product(dims.take_front(op.getAxis()));
  int64_t inner = product(dims.drop_front(op.getAxis() + 1));
  root.vars = {Var("j"), Var("o")};
  root.shape = {outer, shape[op.getAxis()] * inner};
  Func &f = root.func;
  Halide::Type type = storedType(typeOf(root.value).getElementType());
  f(root.vars) = Halide::undef(type);
  int64_t offset = 0;
  int lanes = e.lanes(type), index = 0;
  for (Value input : op.getInputs()) {
    int64_t extent = shapeOf(input)[op.getAxis()] * inner;
    if (extent == 0)
      continue;
    RDom r(0, (int)extent, "r");
    f(r.x + (int)offset, root.vars[1]) =
        Halide::cast(type, e.flat(input, root.vars[1] * (int)extent + r.x));
    offset += extent;
    auto update = f.update(index++);
    update.reorder(r.x, root.vars[1]);
    if (extent % (4 * lanes) == 0) {
      RVar ro("ro"), ri("ri");
      update.split(r.x, ro, ri, 4 * lanes).vectorize(ri, lanes).unroll(ri);
    } else if (extent >= lanes) {
      update.vectorize(r.x, lanes, TailStrategy::GuardWithIf);
    }
  }
  root.finished = true;
  return true;
}
