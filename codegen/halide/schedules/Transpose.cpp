//===- Transpose.cpp - Permutations in register tiles ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A permutation that moves the innermost dimension reads vectors along the
// input's innermost dimension and writes vectors along the result's: a square
// tile is turned around in registers, and each cache line is read once.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
struct Dim {
  int64_t extent, stride; ///< stride in the input
};
} // namespace

/// The result's dimensions with their strides in the input; those of extent 1
/// are gone, neighbours that stay neighbours are one.
static SmallVector<Dim> simplify(ir::TransposeOp op) {
  Shape in = shapeOf(op.getInput());
  SmallVector<int64_t> strides(in.size(), 1);
  for (int64_t i = (int64_t)in.size() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * in[i + 1];
  SmallVector<Dim> dims;
  for (int64_t from : op.getPerm()) {
    Dim d{in[from], strides[from]};
    if (d.extent == 1)
      continue;
    if (!dims.empty() && dims.back().stride == d.extent * d.stride)
      dims.back() = {dims.back().extent * d.extent, d.stride};
    else
      dims.push_back(d);
  }
  if (dims.empty())
    dims.push_back({1, 1});
  return dims;
}

bool halide::buildTranspose(Emitter &e, Root &root) {
  auto op = dyn_cast_or_null<ir::TransposeOp>(root.value.getDefiningOp());
  if (!op || !root.isResult || !e.isFlat(op.getInput()))
    return false;
  SmallVector<Dim> dims = simplify(op);
  Halide::Type type = storedType(typeOf(root.value).getElementType());
  root.vars.clear();
  root.shape.clear();
  Expr at = 0;
  int inner = -1; // Halide number of the input's innermost dimension
  for (size_t i = 0; i < dims.size(); ++i) {
    int number = dims.size() - 1 - i;
    Var v("x" + std::to_string(number));
    root.vars.insert(root.vars.begin(), v);
    root.shape.push_back(dims[i].extent);
    at = dims[i].stride == 1 ? at + v : at + v * (int)dims[i].stride;
    if (dims[i].stride == 1)
      inner = number;
  }
  Func &f = root.func, tile("tile");
  tile(root.vars) = Halide::cast(type, e.flat(op.getInput(), at));
  f(root.vars) = tile(std::vector<Expr>(root.vars.begin(), root.vars.end()));
  int64_t width = dims.back().extent;
  int64_t size = std::min<int64_t>(e.target.arch == Arch::X86_64 ? 8 : 4, e.lanes(type));
  int64_t depth = inner > 0 ? root.shape[root.shape.size() - 1 - inner] : 0;
  if (inner <= 0 || width < size || depth < size) {
    schedulePointwise(e, root);
    root.finished = true;
    return true;
  }
  auto tail = [&](int64_t extent) {
    return extent % size ? TailStrategy::ShiftInwards : TailStrategy::RoundUp;
  };
  Var wo("wo"), wi("wi"), do_("do"), di("di");
  Var w = root.vars[0], d = root.vars[inner];
  f.split(w, wo, wi, (int)size, tail(width)).split(d, do_, di, (int)size, tail(depth));
  std::vector<Halide::VarOrRVar> order{wi, di, do_, wo};
  for (int i = 1; i < (int)root.vars.size(); ++i)
    if (i != inner)
      order.push_back(root.vars[i]);
  f.reorder(order).vectorize(wi).unroll(di);
  tile.compute_at(f, do_).bound_extent(d, (int)size).bound_extent(w, (int)size);
  tile.reorder_storage([&] {
    std::vector<Var> storage{d, w};
    for (int i = 1; i < (int)root.vars.size(); ++i)
      if (i != inner)
        storage.push_back(root.vars[i]);
    return storage;
  }());
  tile.reorder(d, w).vectorize(d).unroll(w);
  if (e.target.threads > 1 && product(root.shape) > (1 << 16))
    f.parallel(order.back().var);
  root.finished = true;
  return true;
}
