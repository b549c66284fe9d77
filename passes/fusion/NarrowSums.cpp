//===- NarrowSums.cpp - Which sums of products fit 16 bits ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// An input may be any number of 8 bits, so that a weight w adds between -128 w and
// 127 w to a sum, and a group's bounds are the sums of those of its weights. Two
// weights of -128 are already too much, two of -127 are not; four and more fit in
// most networks, since large weights are rare.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/NarrowSums.h"
#include "dialects/xgen/XgenConstants.h"
#include "dialects/xgen/XgenOps.h"

using namespace mlir;
using namespace xgen;

/// The bytes of a constant, and of one that has another type or shape now.
static std::optional<ArrayRef<char>> bytesOf(Value value, std::vector<char> &scratch) {
  while (isa_and_nonnull<ir::ReinterpretOp, ir::ReshapeOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  auto constant = value.getDefiningOp<ir::ConstantOp>();
  if (!constant)
    return std::nullopt;
  return ir::constantBytes(constant.getValue(), scratch);
}

static bool fits(const int8_t *weight, int64_t ci, int64_t co, int64_t n) {
  for (int64_t o = 0; o < co; ++o)
    for (int64_t group = 0; group < ci; group += 8 * n)
      for (int64_t i = group; i < std::min(group + 8, ci); ++i) {
        int64_t low = 0, high = 0;
        for (int64_t k = i; k < std::min(i + 8 * n, ci); k += 8) {
          int64_t w = weight[k * co + o];
          low += std::min(-128 * w, 127 * w);
          high += std::max(-128 * w, 127 * w);
        }
        if (low < INT16_MIN || high > INT16_MAX)
          return false;
      }
  return true;
}

SmallVector<int64_t> xgen::narrowSums(Value weight) {
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  SmallVector<int64_t> safe;
  if (!type || !type.hasStaticShape() || type.getRank() < 2 || type.getEncoding() ||
      !ir::storageType(type.getElementType()).isInteger(8) ||
      ir::storageType(type.getElementType()).isUnsignedInteger())
    return safe;
  std::vector<char> scratch;
  auto bytes = bytesOf(weight, scratch);
  if (!bytes || (int64_t)bytes->size() != type.getNumElements())
    return safe;
  auto *data = reinterpret_cast<const int8_t *>(bytes->data());
  int64_t co = type.getShape().back(), ci = type.getDimSize(type.getRank() - 2);
  for (int64_t n = 1; n <= 4; ++n) {
    bool all = true;
    for (int64_t at = 0; all && at < type.getNumElements(); at += ci * co)
      all = fits(data + at, ci, co, n);
    if (all)
      safe.push_back(n);
  }
  return safe;
}
