//===- ScatterPatterns.cpp - Scatter to constant places -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Exporters write x[:, 2:5] = y as ScatterND with a list of every place. Where
// the list is a box in row-major order, the result is a concatenation of what is
// left of x and of y.
//
//===----------------------------------------------------------------------===//

#include "passes/graph/Patterns.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
/// Places [start, start + size) of the first dimensions of a tensor.
struct Box {
  Shape start, size;
};
} // namespace

/// The box whose positions are the tuples of `indices`, in order.
static std::optional<Box> boxOf(ArrayRef<int64_t> indices, ArrayRef<int64_t> shape) {
  int64_t rank = shape.size(), tuples = indices.size() / rank;
  auto index = [&](int64_t tuple, int64_t d) {
    int64_t i = indices[tuple * rank + d];
    return i < 0 ? i + shape[d] : i;
  };
  Box box;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t first = index(0, d), last = index(tuples - 1, d);
    if (first < 0 || last < first || last >= shape[d])
      return std::nullopt;
    box.start.push_back(first);
    box.size.push_back(last - first + 1);
  }
  if (elementsOf(box.size) != tuples)
    return std::nullopt;
  Shape at(rank, 0);
  for (int64_t tuple = 0; tuple < tuples; ++tuple) {
    for (int64_t d = 0; d < rank; ++d)
      if (index(tuple, d) != box.start[d] + at[d])
        return std::nullopt;
    for (int64_t d = rank - 1; d >= 0 && ++at[d] == box.size[d]; --d)
      at[d] = 0;
  }
  return box;
}

/// `whole` with `part` in the place of `box`; dimensions before `from` are done.
static Value insert(OpBuilder &builder, Location loc, Value whole, Value part,
                    const Box &box, size_t from = 0) {
  RankedTensorType type = typeOf(whole);
  size_t d = from;
  while (d < box.size.size() && box.size[d] == type.getDimSize(d))
    ++d;
  if (d == box.size.size())
    return part;
  int64_t begin = box.start[d], end = begin + box.size[d];
  auto range = [&](int64_t first, int64_t last) -> Value {
    Shape starts(type.getRank(), 0), sizes(type.getShape()), steps(type.getRank(), 1);
    starts[d] = first;
    sizes[d] = last - first;
    auto sliced = RankedTensorType::get(sizes, type.getElementType());
    return SliceOp::create(builder, loc, sliced, whole, starts, sizes, steps);
  };
  SmallVector<Value> parts;
  if (begin > 0)
    parts.push_back(range(0, begin));
  parts.push_back(insert(builder, loc, range(begin, end), part, box, d + 1));
  if (end < type.getDimSize(d))
    parts.push_back(range(end, type.getDimSize(d)));
  return ConcatOp::create(builder, loc, type, parts, d);
}

namespace {
struct ScatterOfBox : OpRewritePattern<ScatterNDOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ScatterNDOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = typeOf(op.getInput());
    int64_t depth = typeOf(op.getIndices()).getShape().back();
    if (op.getKind() != ScatterKind::Assign || op.getType() != type || depth == 0 ||
        depth > type.getRank() || typeOf(op.getUpdates()).getNumElements() == 0 ||
        isPerAxis(type) || typeOf(op.getUpdates()).getElementType() != type.getElementType())
      return failure();
    auto indices = integersOf(op.getIndices());
    if (!indices)
      return failure();
    auto box = boxOf(*indices, type.getShape().take_front(depth));
    if (!box)
      return failure();
    Shape shape(box->size);
    llvm::append_range(shape, type.getShape().drop_front(depth));
    Value part = createReshape(rewriter, op.getLoc(), op.getUpdates(), shape);
    rewriter.replaceOp(op, insert(rewriter, op.getLoc(), op.getInput(), part, *box));
    return success();
  }
};
} // namespace

void xgen::populateScatterPatterns(RewritePatternSet &patterns) {
  addOnStatic<ScatterOfBox>(patterns);
}
