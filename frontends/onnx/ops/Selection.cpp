//===- Selection.cpp - TopK, NonZero, Compress, Unique, NonMaxSuppression -===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Except for TopK the number of results depends on data. Where it is known at
// compile time, as in the shapes that exporters compute, the results are cut to
// it.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeTopK(Node &n) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  // An attribute before version 10.
  std::optional<Shape> k = n.since(10) ? n.ints(1, "K") : n.integers("k");
  if (!k || k->size() != 1)
    return n.fail("K must be one number");
  SmallVector<NamedAttribute> attributes{n.attr("axis", *axis),
                                         n.attr("k", k->front())};
  if (!n.integer("largest", 1))
    attributes.push_back(n.attr("largest", false));
  Value values = n.make<ir::TopKOp>({x}, attributes);
  if (!values)
    return failure();
  auto op = values.getDefiningOp<ir::TopKOp>();
  if (failed(n.result(1, op.getIndices())))
    return failure();
  return n.result(op.getValues());
}

/// How many results there are; an error when only the data tells.
static std::optional<int64_t> countOf(Node &n, Value count) {
  ElementsAttr known = n.constantOf(count);
  auto values = known ? readInts(known) : std::nullopt;
  if (values && values->size() == 1)
    return values->front();
  (void)n.fail("the number of results depends on data at run time",
               "give its inputs as constants, or end the model before it");
  return std::nullopt;
}

/// The first elements of a result, which is dense at its actual shape.
static Value cut(Node &n, Value padded, ShapeRef extents) {
  int64_t size = 1;
  for (int64_t e : extents)
    size *= e;
  if (n.type(padded).getShape() == extents)
    return padded;
  Value flat = n.reshape(padded, {n.elements(padded)});
  return n.reshape(n.slice(flat, 0, 0, size), extents);
}

static LogicalResult legalizeNonZero(Node &n) {
  Value x = n.input(0);
  // A scalar counts as a vector.
  if (x && n.rank(x) == 0)
    x = n.reshape(x, {1});
  Value indices = n.make<ir::NonZeroOp>({x}, {});
  if (!indices)
    return failure();
  auto op = indices.getDefiningOp<ir::NonZeroOp>();
  auto count = countOf(n, op.getCount());
  if (!count)
    return failure();
  return n.result(cut(n, indices, {n.rank(x), *count}));
}

static LogicalResult legalizeCompress(Node &n) {
  Value x = n.input(0), condition = n.input(1);
  int64_t axis = 0;
  if (n.hasAttribute("axis")) {
    auto given = n.axis(n.integer("axis", 0), n.rank(x));
    if (!given)
      return failure();
    axis = *given;
  } else {
    x = n.reshape(x, {n.elements(x)});
  }
  Value y = n.make<ir::CompressOp>({x, condition}, {n.attr("axis", axis)});
  if (!y)
    return failure();
  auto count = countOf(n, y.getDefiningOp<ir::CompressOp>().getCount());
  if (!count)
    return failure();
  Shape extents = n.shape(x);
  extents[axis] = *count;
  return n.result(cut(n, y, extents));
}

static LogicalResult legalizeUnique(Node &n) {
  Value x = n.input(0);
  int64_t axis = 0;
  if (n.hasAttribute("axis")) {
    auto given = n.axis(n.integer("axis", 0), n.rank(x));
    if (!given)
      return failure();
    axis = *given;
  } else {
    x = n.reshape(x, {n.elements(x)});
  }
  SmallVector<NamedAttribute> attributes{n.attr("axis", axis)};
  if (!n.integer("sorted", 1))
    attributes.push_back(n.attr("sorted", false));
  Value y = n.make<ir::UniqueOp>({x}, attributes);
  if (!y)
    return failure();
  auto op = y.getDefiningOp<ir::UniqueOp>();
  auto count = countOf(n, op.getCount());
  if (!count)
    return failure();
  Shape extents = n.shape(x);
  extents[axis] = *count;
  if (failed(n.result(1, cut(n, op.getIndices(), {*count}))) ||
      failed(n.result(2, op.getInverse())) ||
      failed(n.result(3, cut(n, op.getCounts(), {*count}))))
    return failure();
  return n.result(cut(n, y, extents));
}

static LogicalResult legalizeNms(Node &n) {
  // At most so many boxes a class; none when that is left out.
  int64_t limit = 0;
  if (n.has(2)) {
    ElementsAttr known = n.constantOf(n.input(2));
    auto values = known ? readInts(known) : std::nullopt;
    if (known && (!values || values->size() != 1))
      return n.fail("max_output_boxes_per_class must be one integer");
    limit = values ? std::max<int64_t>(values->front(), 0) : -1;
  }
  SmallVector<Value> operands{n.input(0), n.input(1)};
  SmallVector<int32_t> segments{1, 1};
  for (unsigned i = 2; i < 5; ++i) {
    segments.push_back(n.has(i));
    if (n.has(i))
      operands.push_back(n.input(i));
  }
  SmallVector<NamedAttribute> attributes{n.segments(segments),
                                         n.attr("limit", limit)};
  if (n.integer("center_point_box", 0))
    attributes.push_back(n.attr("center_point_box", true));
  Value selected = n.make<ir::NmsOp>(operands, attributes);
  if (!selected)
    return failure();
  auto count = countOf(n, selected.getDefiningOp<ir::NmsOp>().getCount());
  if (!count)
    return failure();
  return n.result(cut(n, selected, {*count, 3}));
}

void registerSelection(Registry &registry) {
  registry.add("TopK", 1, legalizeTopK);
  registry.add("NonZero", 1, legalizeNonZero);
  registry.add("Compress", 2, legalizeCompress);
  registry.add("Unique", 1, legalizeUnique);
  registry.add("NonMaxSuppression", 2, legalizeNms);
}

} // namespace xgen::onnx
