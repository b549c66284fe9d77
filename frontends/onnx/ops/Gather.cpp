//===- Gather.cpp - Gather and scatter ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Shapes are checked here, so that the kernels never read or write outside.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static bool isIndex(Node &n, Value v) {
  Type t = n.elementType(v);
  return t && (t.isSignlessInteger(32) || t.isSignlessInteger(64));
}

static LogicalResult notIndices(Node &n) {
  return n.fail("indices must be int32 or int64");
}

static std::optional<ir::ScatterKind> scatterKind(Node &n) {
  std::string name = n.string("reduction", "none");
  if (name == "none")
    return ir::ScatterKind::Assign;
  auto kind = ir::symbolizeScatterKind(name);
  if (!kind || *kind == ir::ScatterKind::Assign)
    return (void)n.fail("unknown reduction '" + name + "'"), std::nullopt;
  return kind;
}

static LogicalResult legalizeGather(Node &n) {
  Value x = n.input(0), indices = n.input(1);
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  if (!axis)
    return failure();
  if (!isIndex(n, indices))
    return notIndices(n);
  if (n.dims(x)[*axis].is(0) && !n.count(indices).is(0))
    return n.fail("there is nothing to gather along an empty dimension");
  // One constant index is a slice: no indices at run time.
  if (n.rank(indices) == 0 && n.dims(x)[*axis].isStatic())
    if (ElementsAttr known = n.constantOf(indices))
      if (auto values = readInts(known)) {
        int64_t extent = n.dims(x)[*axis].value(), at = values->front();
        if (at < -extent || at >= extent)
          return n.fail("index " + llvm::Twine(at) + " is outside dimension " +
                        llvm::Twine(*axis) + " (" + llvm::Twine(extent) + ")");
        Dims extents = n.dims(x);
        extents.erase(extents.begin() + *axis);
        return n.result(n.reshape(
            n.slice(x, *axis, at < 0 ? at + extent : at, 1), extents));
      }
  return n.result(n.gather(x, indices, *axis));
}

/// Indices of rank and (but along `axis`) extent of the tensor at most.
static bool fits(Node &n, Value x, Value indices, int64_t axis) {
  if (n.rank(x) != n.rank(indices))
    return false;
  Dims from = n.dims(x), at = n.dims(indices);
  for (int64_t i = 0; i < n.rank(x); ++i) {
    if (i == axis)
      continue;
    if (at[i].min() > from[i].max())
      return false;
    n.symbols().requireLessEqual(at[i], from[i]);
  }
  return n.count(indices).is(0) || !from[axis].is(0);
}

static LogicalResult legalizeGatherElements(Node &n) {
  Value x = n.input(0), indices = n.input(1);
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  if (!axis)
    return failure();
  if (!isIndex(n, indices))
    return notIndices(n);
  if (!fits(n, x, indices, *axis))
    return n.fail("the indices are larger than the tensor");
  return n.result(n.make<ir::GatherElementsOp>({x, indices},
                                               {n.attr("axis", *axis)}));
}

static LogicalResult legalizeGatherND(Node &n) {
  Value x = n.input(0), indices = n.input(1);
  int64_t batch = n.integer("batch_dims", 0);
  if (!isIndex(n, indices))
    return notIndices(n);
  if (batch < 0 || batch >= std::min(n.rank(x), n.rank(indices)))
    return n.fail("batch_dims is outside the tensors' ranks");
  for (int64_t i = 0; i < batch; ++i)
    if (!n.same(n.dims(x)[i], n.dims(indices)[i]))
      return n.fail("batch dimensions differ");
  int64_t depth = n.known(n.dims(indices).back(), "length of an index");
  if (depth < 1 || batch + depth > n.rank(x))
    return n.fail("an index has " + llvm::Twine(depth) +
                  " entries for a tensor of rank " + llvm::Twine(n.rank(x)));
  if (n.count(x).is(0) && !n.count(indices).is(0))
    return n.fail("there is nothing to gather from an empty tensor");
  return n.result(n.make<ir::GatherNDOp>({x, indices},
                                         {n.attr("batch_dims", batch)}));
}

static LogicalResult legalizeScatterElements(Node &n) {
  Value x = n.input(0), indices = n.input(1), updates = n.input(2);
  auto axis = n.axis(n.integer("axis", 0), n.rank(x));
  auto kind = scatterKind(n);
  if (!axis || !kind)
    return failure();
  if (!isIndex(n, indices))
    return notIndices(n);
  if (!fits(n, x, indices, *axis) || !n.same(n.dims(indices), n.dims(updates)))
    return n.fail("indices and updates must have one shape, not larger than "
                  "the tensor's");
  if (n.elementType(x) != n.elementType(updates))
    return n.fail("tensor and updates have different element types");
  SmallVector<NamedAttribute> attributes{n.attr("axis", *axis)};
  if (*kind != ir::ScatterKind::Assign)
    attributes.push_back(n.attr(
        "kind", ir::ScatterKindAttr::get(n.builder.getContext(), *kind)));
  return n.result(
      n.make<ir::ScatterElementsOp>({x, indices, updates}, attributes));
}

static LogicalResult legalizeScatterND(Node &n) {
  Value x = n.input(0), indices = n.input(1), updates = n.input(2);
  auto kind = scatterKind(n);
  if (!kind)
    return failure();
  if (!isIndex(n, indices))
    return notIndices(n);
  Dims from = n.dims(x), wanted = n.dims(indices);
  int64_t depth =
      wanted.empty() ? 0 : n.known(wanted.back(), "length of an index");
  if (depth < 1 || depth > n.rank(x))
    return n.fail("an index has more entries than the tensor has dimensions");
  wanted.pop_back();
  llvm::append_range(wanted, DimsRef(from).drop_front(depth));
  if (!n.same(wanted, n.dims(updates)))
    return n.fail("the updates have the wrong shape");
  if (n.elementType(x) != n.elementType(updates))
    return n.fail("tensor and updates have different element types");
  if (n.count(x).is(0) && !n.count(indices).is(0))
    return n.fail("there is nothing to scatter into an empty tensor");
  SmallVector<NamedAttribute> attributes;
  if (*kind != ir::ScatterKind::Assign)
    attributes.push_back(n.attr(
        "kind", ir::ScatterKindAttr::get(n.builder.getContext(), *kind)));
  return n.result(n.make<ir::ScatterNDOp>({x, indices, updates}, attributes));
}

/// The depth of OneHot, which may be a float.
static std::optional<Dim> oneHotDepth(Node &n, int64_t axis) {
  Value depth = n.input(1);
  if (!n.count(depth).is(1)) {
    (void)n.fail("the depth must be one number, at least 1");
    return std::nullopt;
  }
  if (n.isFloat(depth))
    depth = n.cast(depth, n.i64());
  auto declared = n.declared(0, n.rank(n.input(0)) + 1)[axis];
  auto dims = n.bind(n.reshape(n.cast(depth, n.i64()), {1}), {declared}, 1);
  return dims ? std::optional<Dim>(dims->front()) : std::nullopt;
}

static LogicalResult legalizeOneHot(Node &n) {
  Value indices = n.input(0), values = n.input(2);
  int64_t rank = n.rank(indices) + 1;
  auto axis = n.axis(n.integer("axis", -1), rank);
  if (!axis)
    return failure();
  auto size = oneHotDepth(n, *axis);
  if (!size)
    return failure();
  if (size->max() < 1 || size->max() > (1 << 24))
    return n.fail("the depth must be one number, at least 1");
  if (!n.same(n.dims(values), Dims{2}))
    return n.fail("'values' must hold two numbers");
  Dims extents = n.dims(indices), along(rank, 1);
  extents.insert(extents.begin() + *axis, 1);
  along[*axis] = *size;
  Value at = n.reshape(n.cast(indices, n.i64()), extents);
  Value negative =
      n.binary(BinaryKind::Less, at, n.splat(n.i64(), 0));
  Value depth = n.reshape(n.extentsOf({*size}), ShapeRef());
  at = n.select(negative, n.add(at, depth), at);
  Value hit = n.binary(BinaryKind::Equal, n.iota(*size, along), at);
  Value off = n.reshape(n.slice(values, 0, 0, 1), ShapeRef());
  Value on = n.reshape(n.slice(values, 0, 1, 1), ShapeRef());
  return n.result(n.select(hit, on, off));
}

/// Reverses the first `len` steps of each sequence: a gather whose indices
/// are computed, or constant when the lengths are.
static LogicalResult legalizeReverseSequence(Node &n) {
  Value x = n.input(0), lengths = n.input(1);
  int64_t timeAxis = n.integer("time_axis", 0),
          batchAxis = n.integer("batch_axis", 1);
  if (timeAxis + batchAxis != 1 || timeAxis * batchAxis != 0 ||
      n.rank(x) < 2)
    return n.fail("time_axis and batch_axis must be 0 and 1");
  Dim steps = n.dims(x)[timeAxis], batch = n.dims(x)[batchAxis];
  if (!n.same(n.dims(lengths), Dims{batch}))
    return n.fail("sequence_lens needs one length a batch entry");
  Dims timeShape(2, 1), batchShape(2, 1);
  timeShape[timeAxis] = steps;
  batchShape[batchAxis] = batch;
  Value t = n.iota(steps, timeShape);
  Value len = n.reshape(n.cast(lengths, n.i64()), batchShape);
  Value mirrored = n.sub(n.sub(len, n.splat(n.i64(), 1)), t);
  Value at = n.select(n.binary(BinaryKind::Less, t, len), mirrored, t);
  if (!at)
    return failure();
  Dims extents = n.dims(at);
  extents.resize(n.rank(x), 1);
  at = n.expand(n.reshape(at, extents), n.dims(x));
  return n.result(
      n.make<ir::GatherElementsOp>({x, at}, {n.attr("axis", timeAxis)}));
}

void registerGather(Registry &registry) {
  registry.add("Gather", 2, legalizeGather);
  registry.add("GatherElements", 2, legalizeGatherElements);
  registry.add("GatherND", 2, legalizeGatherND);
  registry.add("Scatter", 3, legalizeScatterElements);
  registry.add("ScatterElements", 3, legalizeScatterElements);
  registry.add("ScatterND", 3, legalizeScatterND);
  registry.add("OneHot", 3, legalizeOneHot);
  registry.add("ReverseSequence", 2, legalizeReverseSequence);
}

} // namespace xgen::onnx
