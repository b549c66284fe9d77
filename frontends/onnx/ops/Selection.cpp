//===- Selection.cpp - TopK, NonZero, Compress, Unique, NonMaxSuppression -===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Except for TopK the number of results depends on data: it becomes a symbol, of
// which extents are made. In the shapes that exporters compute it is a number.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeTopK(Node &n) {
  Value x = n.input(0);
  auto axis = n.axis(n.integer("axis", -1), n.rank(x));
  if (!axis)
    return failure();
  Dims extents = n.dims(x);
  std::optional<Dim> k;
  if (n.since(10)) {
    if (!n.count(n.input(1)).is(1))
      return n.fail("K must be one number");
    auto bound =
        n.bind(n.cast(n.reshape(n.input(1), {1}), n.i64()),
               {n.declared(0, n.rank(x))[*axis]}, 0, extents[*axis].max());
    if (bound)
      k = bound->front();
  } else if (auto given = n.integers("k"); given && given->size() == 1) {
    k = Dim(given->front()); // An attribute before version 10.
  }
  if (!k)
    return n.fail("K must be one number");
  if (k->min() < 0 || k->min() > extents[*axis].max())
    return n.fail("K (" + k->str() + ") is outside 0 to " +
                  extents[*axis].str());
  n.symbols().requireLessEqual(*k, extents[*axis]);
  extents[*axis] = *k;
  SmallVector<NamedAttribute> attributes{n.attr("axis", *axis)};
  n.addExtents(attributes, "k", {*k}, /*scalar=*/true);
  if (!n.integer("largest", 1))
    attributes.push_back(n.attr("largest", false));
  mlir::Operation *op = n.create(
      ir::TopKOp::getOperationName(), {x}, attributes,
      {n.tensorType(extents, n.elementType(x)), n.tensorType(extents, n.i64())});
  if (!op)
    return failure();
  if (failed(n.result(1, op->getResult(1))))
    return failure();
  return n.result(op->getResult(0));
}

/// How many results there are: a number, or a new symbol. `declared` is what the
/// model says of it.
static std::optional<Dim> countOf(Node &n, Value count, std::optional<Dim> declared,
                                  int64_t most) {
  if (ElementsAttr known = n.constantOf(count)) {
    auto values = readInts(known);
    if (values && values->size() == 1)
      return Dim(values->front());
  }
  if (declared && declared->min() > most) {
    (void)n.fail("the model declares " + declared->str() +
                 " results, there are at most " + llvm::Twine(most));
    return std::nullopt;
  }
  auto bound = n.bind(count, {declared}, 0, most);
  return bound ? std::optional<Dim>(bound->front()) : std::nullopt;
}

/// The elements of a result, which is dense at its actual extents.
static Value cut(Node &n, Value padded, const Extents &extents) {
  if (!padded || DimsRef(n.dims(padded)) == DimsRef(extents))
    return padded;
  return n.make<ir::PrefixOp>(n.tensorType(extents, n.elementType(padded)),
                              {padded});
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
  auto count = countOf(n, op.getCount(), n.declared(0, 2)[1], n.count(x).max());
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
    x = n.reshape(x, {n.count(x)});
  }
  Value y = n.make<ir::CompressOp>({x, condition}, {n.attr("axis", axis)});
  if (!y)
    return failure();
  Dims extents = n.dims(x);
  auto count = countOf(n, y.getDefiningOp<ir::CompressOp>().getCount(),
                       n.declared(0, n.rank(x))[axis], extents[axis].max());
  if (!count)
    return failure();
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
    x = n.reshape(x, {n.count(x)});
  }
  SmallVector<NamedAttribute> attributes{n.attr("axis", axis)};
  if (!n.integer("sorted", 1))
    attributes.push_back(n.attr("sorted", false));
  Value y = n.make<ir::UniqueOp>({x}, attributes);
  if (!y)
    return failure();
  auto op = y.getDefiningOp<ir::UniqueOp>();
  Dims extents = n.dims(x);
  auto count = countOf(n, op.getCount(), n.declared(0, n.rank(x))[axis],
                       extents[axis].max());
  if (!count)
    return failure();
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
  auto count = countOf(n, selected.getDefiningOp<ir::NmsOp>().getCount(),
                       n.declared(0, 2)[0], n.dims(selected)[0].max());
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
