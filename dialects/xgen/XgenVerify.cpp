//===- XgenVerify.cpp - Verifiers of xgen ops -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What types cannot express. Ops with inferred results need no verifier.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenInfer.h"

using namespace mlir;
using namespace xgen::ir;

#define GET_OP_CLASSES
#include "dialects/xgen/XgenOps.cpp.inc"

/// Multiply-adds are counted at the largest extents.
static int64_t elements(Value value) {
  return largestOf(typeOf(value)).getNumElements();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

/// Checks the arrays that all windowed ops share.
static LogicalResult checkWindow(Operation *op, int64_t spatial,
                                 ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> dilations,
                                 ArrayRef<int64_t> pads) {
  if (spatial < 1)
    return op->emitOpError("needs at least one spatial dimension");
  if ((int64_t)strides.size() != spatial ||
      (int64_t)dilations.size() != spatial ||
      (int64_t)pads.size() != 2 * spatial)
    return op->emitOpError("needs ")
           << spatial << " strides and dilations and " << 2 * spatial << " pads";
  if (llvm::any_of(strides, [](int64_t s) { return s < 1; }) ||
      llvm::any_of(dilations, [](int64_t d) { return d < 1; }))
    return op->emitOpError("strides and dilations must be positive");
  return success();
}

static LogicalResult checkBias(Operation *op, Value bias, const Dim &co) {
  if (bias && (typeOf(bias).getRank() != 1 || clash(dimsOf(bias)[0], co)))
    return op->emitOpError("bias must have one entry an output channel (")
           << co.str() << ")";
  return success();
}

/// Whether `channels` are known not to form `groups` groups.
static bool cannotGroup(const Dim &channels, int64_t groups) {
  return channels.isStatic() && channels.value() % groups;
}

LogicalResult ConvOp::verify() {
  auto x = typeOf(getInput()), w = typeOf(getWeight()), y = typeOf(getResult());
  int64_t rank = x.getRank(), spatial = rank - 2, groups = getGroups();
  if (w.getRank() != rank || y.getRank() != rank)
    return emitOpError("input, weight and result must have the same rank");
  if (failed(checkWindow(*this, spatial, getStrides(), getDilations(), getPads())))
    return failure();
  Dims in = dimsOf(x), out = dimsOf(y), weight = dimsOf(w);
  Dim ci = in.back(), co = weight.back();
  if (groups < 1 || cannotGroup(ci, groups) || cannotGroup(co, groups))
    return emitOpError("channels (") << ci.str() << ", " << co.str()
                                     << ") must be multiples of groups";
  if (clash(weight[rank - 2] * groups, ci))
    return emitOpError("weight has ")
           << weight[rank - 2].str() << " input channels a group, the input has "
           << ci.str() << " in " << groups << " groups";
  if (clash(out.back(), co) || clash(out[0], in[0]))
    return emitOpError("result must have the input's batch and the weight's output channels");
  for (int64_t i = 0; i < spatial; ++i) {
    if (!in[i + 1].isStatic() || !out[i + 1].isStatic() || !weight[i].isStatic())
      continue;
    int64_t window = (w.getDimSize(i) - 1) * getDilations()[i] + 1;
    int64_t extent = x.getDimSize(i + 1) + getPads()[i] + getPads()[spatial + i];
    int64_t want = extent < window ? 0 : (extent - window) / getStrides()[i] + 1;
    if (y.getDimSize(i + 1) != want)
      return emitOpError("result dimension ")
             << i + 1 << " is " << y.getDimSize(i + 1) << ", must be " << want;
  }
  return checkBias(*this, getBias(), co);
}

int64_t ConvOp::getMacs() {
  auto w = largestOf(typeOf(getWeight()));
  return elements(getResult()) * (w.getNumElements() / std::max<int64_t>(1, w.getShape().back()));
}

LogicalResult ConvTransposeOp::verify() {
  auto x = typeOf(getInput()), w = typeOf(getWeight()), y = typeOf(getResult());
  int64_t rank = x.getRank(), spatial = rank - 2, groups = getGroups();
  if (w.getRank() != rank || y.getRank() != rank)
    return emitOpError("input, weight and result must have the same rank");
  if (failed(checkWindow(*this, spatial, getStrides(), getDilations(), getPads())))
    return failure();
  Dims in = dimsOf(x), out = dimsOf(y), weight = dimsOf(w);
  Dim ci = in.back(), co = weight.back() * groups;
  if (groups < 1 || cannotGroup(ci, groups) || clash(weight[rank - 2], ci))
    return emitOpError("weight must have the input's channels (")
           << ci.str() << ")";
  if (clash(out.back(), co) || clash(out[0], in[0]))
    return emitOpError("result must have the input's batch and ")
           << co.str() << " channels";
  for (int64_t i = 0; i < spatial; ++i) {
    if (!in[i + 1].isStatic() || !out[i + 1].isStatic() || !weight[i].isStatic())
      continue;
    int64_t want = (x.getDimSize(i + 1) - 1) * getStrides()[i] +
                   (w.getDimSize(i) - 1) * getDilations()[i] + 1 -
                   getPads()[i] - getPads()[spatial + i];
    if (y.getDimSize(i + 1) != want)
      return emitOpError("result dimension ")
             << i + 1 << " is " << y.getDimSize(i + 1) << ", must be " << want;
  }
  return checkBias(*this, getBias(), co);
}

int64_t ConvTransposeOp::getMacs() {
  auto w = largestOf(typeOf(getWeight()));
  return elements(getInput()) * (w.getNumElements() / std::max<int64_t>(1, w.getDimSize(w.getRank() - 2)));
}

LogicalResult MatMulOp::verify() {
  auto a = typeOf(getLhs()), b = typeOf(getRhs()), y = typeOf(getResult());
  int64_t rank = a.getRank();
  if (rank < 2 || b.getRank() != rank || y.getRank() != rank)
    return emitOpError("operands and result must have the same rank of at least 2");
  Dims left = dimsOf(a), right = dimsOf(b), out = dimsOf(y);
  if (clash(left.back(), right[rank - 2]))
    return emitOpError("contracts ") << left.back().value() << " with "
                                     << right[rank - 2].value() << " elements";
  auto shape = broadcastDims(DimsRef(left).drop_back(2), DimsRef(right).drop_back(2));
  if (!shape)
    return emitOpError("batch dimensions do not broadcast");
  shape->push_back(left[rank - 2]);
  shape->push_back(right.back());
  for (auto [have, want] : llvm::zip(out, *shape))
    if (clash(have, want))
      return emitOpError("result has the wrong shape");
  if (getBias()) {
    auto full = broadcastDims(out, dimsOf(getBias()));
    if (!full || full->size() != out.size())
      return emitOpError("bias does not broadcast to the result");
    for (auto [have, want] : llvm::zip(out, *full))
      if (clash(have, want))
        return emitOpError("bias does not broadcast to the result");
  }
  return success();
}

int64_t MatMulOp::getMacs() {
  return elements(getResult()) * largestOf(typeOf(getLhs())).getShape().back();
}

LogicalResult PoolOp::verify() {
  auto x = typeOf(getInput());
  int64_t spatial = x.getRank() - 2;
  if (getResults().empty() || getResults().size() > 2)
    return emitOpError("has one or two results");
  if ((int64_t)getWindow().size() != spatial)
    return emitOpError("needs one window extent a spatial dimension");
  if (llvm::any_of(getWindow(), [](int64_t k) { return k < 1; }))
    return emitOpError("window extents must be positive");
  auto y = typeOf(getResults()[0]);
  if (y.getRank() != x.getRank() || clash(dimsOf(y).back(), dimsOf(x).back()) ||
      clash(dimsOf(y)[0], dimsOf(x)[0]))
    return emitOpError("result must have the input's batch and channels");
  return checkWindow(*this, spatial, getStrides(), getDilations(), getPads());
}

LogicalResult ReshapeOp::verify() {
  auto x = typeOf(getInput()), y = typeOf(getResult());
  if (x.getElementType() != y.getElementType() ||
      clash(product(dimsOf(x)), product(dimsOf(y))))
    return emitOpError("must keep the elements: ") << x << " to " << y;
  return success();
}

LogicalResult SliceOp::verify() {
  Dims from = dimsOf(getInput());
  int64_t rank = from.size();
  if ((int64_t)getStarts().size() != rank || (int64_t)getSizes().size() != rank ||
      (int64_t)getSteps().size() != rank)
    return emitOpError("needs one start, size and step a dimension");
  for (int64_t i = 0; i < rank; ++i) {
    int64_t size = getSizes()[i], start = getStarts()[i], step = getSteps()[i];
    if (!from[i].isStatic() || anyDynamic({size, start, step}))
      continue;
    if (size < 0 || step == 0)
      return emitOpError("has a negative size or a step of 0");
    if (size == 0)
      continue;
    int64_t last = start + (size - 1) * step, extent = from[i].value();
    if (start < 0 || start >= extent || last < 0 || last >= extent)
      return emitOpError("reads outside dimension ") << i;
  }
  return success();
}

LogicalResult LinearAttentionOp::verify() {
  auto q = typeOf(getQuery()), k = typeOf(getKey()), v = typeOf(getValue());
  auto y = typeOf(getResult()), last = typeOf(getLast());
  Type element = q.getElementType();
  if (!element.isF32() && !element.isF64())
    return emitOpError("the query must be f32 or f64");
  for (Value operand : getOperands())
    if (typeOf(operand).getElementType() != element)
      return emitOpError("operands must be of one type");
  if (q.getRank() != 4 || k.getRank() != 4 || v.getRank() != 4)
    return emitOpError("query, key and value must have four dimensions");
  int64_t batch = q.getDimSize(0), steps = q.getDimSize(1);
  int64_t heads = k.getDimSize(2), size = k.getDimSize(3);
  auto is = [&](Value operand, ArrayRef<int64_t> shape) {
    return typeOf(operand).getShape() == shape;
  };
  if (heads < 1 || q.getDimSize(2) % heads)
    return emitOpError("the heads of the key must divide those of the query");
  int64_t values = v.getDimSize(3);
  if (q.getDimSize(3) != size || !is(getKey(), {batch, steps, heads, size}) ||
      !is(getValue(), {batch, steps, heads, values}))
    return emitOpError("query, key and value do not fit each other");
  if (getState() && !is(getState(), {batch, heads, size, values}))
    return emitOpError("the state must be [batch, heads, key size, value size]");
  if (getDecay() && !is(getDecay(), {batch, steps, heads, size}) &&
      !is(getDecay(), {batch, steps, heads, 1}))
    return emitOpError("decay must be [batch, steps, heads, key size or 1]");
  if (getBeta() && !is(getBeta(), {batch, steps, heads}) &&
      !is(getBeta(), {batch, steps, 1}))
    return emitOpError("beta must be [batch, steps, heads or 1]");
  if (y.getElementType() != element || last.getElementType() != element ||
      !is(getResult(), {batch, steps, q.getDimSize(2), values}) ||
      !is(getLast(), {batch, heads, size, values}))
    return emitOpError("has results of the wrong type");
  return success();
}
