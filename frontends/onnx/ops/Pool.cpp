//===- Pool.cpp - Pooling ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Windows over channels-first tensors; global pools are reductions.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Windows.h"

namespace xgen::onnx {

static LogicalResult legalizePool(Node &n, ir::PoolKind kind) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  if (rank < 3)
    return n.fail("input of rank " + llvm::Twine(rank) + " has nothing to pool");
  auto window = readWindow(n, spatialDims(x), {});
  if (!window)
    return failure();
  bool ceilMode = n.integer("ceil_mode", 0) != 0;
  auto extents = poolExtents(n, *window, ceilMode);
  if (!extents)
    return failure();
  Dims out{n.dims(x)[0]};
  llvm::append_range(out, *extents);
  out.push_back(n.dims(x)[1]);
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::PoolKindAttr::get(n.builder.getContext(), kind)),
      n.attr("window", *ir::toNumbers(window->kernel)), n.attr("strides", window->strides),
      n.attr("dilations", window->dilations)};
  n.addExtents(attributes, "pads", window->pads);
  if (n.integer("count_include_pad", 0))
    attributes.push_back(n.attr("count_include_pad", true));
  if (kind == ir::PoolKind::Lp)
    attributes.push_back(n.attr("p", n.integer("p", 2)));
  SmallVector<Type> types{n.tensorType(out, n.elementType(x))};
  if (n.used(1)) {
    if (kind != ir::PoolKind::Max)
      return n.fail("only MaxPool has a second output");
    if (n.integer("storage_order", 0))
      attributes.push_back(n.attr("column_major", true));
    types.push_back(n.tensorType(out, n.i64()));
  }
  mlir::Operation *pool = n.create(ir::PoolOp::getOperationName(),
                                   {n.toChannelsLast(x)}, attributes, types);
  if (!pool)
    return failure();
  if (types.size() == 2 &&
      failed(n.result(1, n.toChannelsFirst(pool->getResult(1)))))
    return failure();
  return n.result(n.toChannelsFirst(pool->getResult(0)));
}

static LogicalResult legalizeGlobalPool(Node &n, ReduceKind kind) {
  Shape axes;
  for (int64_t i = 2; i < n.rank(n.input(0)); ++i)
    axes.push_back(i);
  if (axes.empty())
    return n.fail("the input has no spatial dimensions");
  return n.result(n.reduce(kind, n.input(0), axes, /*keepdims=*/true));
}

/// The inverse of MaxPool with indices: values scattered into zeros.
static LogicalResult legalizeMaxUnpool(Node &n) {
  Value x = n.input(0), indices = n.input(1);
  int64_t rank = n.rank(x), spatial = rank - 2;
  if (spatial < 1 || !n.same(n.dims(x), n.dims(indices)))
    return n.fail("input and indices must have the same shape");
  auto window = readWindow(n, spatialDims(x), {});
  if (!window)
    return failure();
  Dims in = n.dims(x), out(DimsRef(in).take_front(2));
  for (int64_t i = 0; i < spatial; ++i)
    out.push_back((in[2 + i] - 1) * window->strides[i] + window->kernel[i] -
                  window->pads[i] - window->pads[spatial + i]);
  for (const Dim &extent : out)
    if (extent.max() < 1 || extent.max() > (int64_t(1) << 31))
      return n.fail("the output would be empty or too large");
  Dim total = ir::product(out);
  Value flat = n.reshape(x, {n.count(x)});
  Value at = n.reshape(indices, {n.count(x)});
  Value zeros = n.splat(n.elementType(x), 0, {total});
  Value y = n.reshape(n.make<ir::ScatterElementsOp>(
                          {zeros, at, flat}, {n.attr("axis", int64_t(0))}),
                      out);
  if (!n.has(2))
    return n.result(y);
  // Indices count without output_shape; it only adds or cuts at the ends.
  auto wanted =
      n.boundExtents(2, "output_shape", ArrayRef(n.declared(0, rank)), 0);
  if (!wanted)
    return failure();
  Dims kept, more;
  for (auto [from, to] : llvm::zip(out, *wanted)) {
    kept.push_back(n.symbols().min(from, to));
    more.push_back(n.symbols().max(0, to - from));
  }
  y = n.slice(y, Shape(rank, 0), kept, Shape(rank, 1));
  return n.result(n.pad(y, Shape(rank, 0), more));
}

void registerPool(Registry &registry) {
  using ir::PoolKind;
  registry.add("MaxPool", 1,
               [](Node &n) { return legalizePool(n, PoolKind::Max); });
  registry.add("AveragePool", 1,
               [](Node &n) { return legalizePool(n, PoolKind::Avg); });
  registry.add("LpPool", 1,
               [](Node &n) { return legalizePool(n, PoolKind::Lp); });
  registry.add("GlobalAveragePool", 1, [](Node &n) {
    return legalizeGlobalPool(n, ReduceKind::Mean);
  });
  registry.add("GlobalMaxPool", 1, [](Node &n) {
    return legalizeGlobalPool(n, ReduceKind::Max);
  });
  registry.add("GlobalLpPool", 1, [](Node &n) {
    int64_t p = n.integer("p", 2);
    if (p != 1 && p != 2)
      return n.fail("p = " + llvm::Twine(p) + " is unsupported (1 and 2 are)");
    return legalizeGlobalPool(n, p == 1 ? ReduceKind::L1 : ReduceKind::L2);
  });
  registry.add("MaxUnpool", 2, legalizeMaxUnpool);
}

} // namespace xgen::onnx
