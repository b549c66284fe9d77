//===- XgenEncodings.cpp - How weights are stored -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pack and unpack of the storage encodings. The layouts are documented in
// XgenAttrs.td.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenOps.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace xgen::ir;

namespace {
/// A weight seen as [panels * nr][depth][ci] with output channels last.
struct WeightView {
  int64_t outer = 1, ci = 1, co = 1, bytes = 1;
  WeightView(RankedTensorType type) {
    ArrayRef<int64_t> shape = type.getShape();
    co = shape.empty() ? 1 : shape.back();
    ci = shape.size() < 2 ? 1 : shape[shape.size() - 2];
    for (int64_t i = 0; i + 2 < (int64_t)shape.size(); ++i)
      outer *= shape[i];
    bytes = elementBytes(type.getElementType());
  }
};
} // namespace

int64_t PackedAttr::getPackedBytes(RankedTensorType type) const {
  WeightView w(type);
  return llvm::divideCeil(w.co, getNr()) * w.outer *
         llvm::divideCeil(w.ci, getKr()) * getNr() * getKr() * w.bytes;
}

/// Calls fn(dense byte offset, packed byte offset) for every element.
template <typename Fn>
static void forEachPacked(const WeightView &w, int64_t nr, int64_t kr, Fn fn) {
  int64_t groups = llvm::divideCeil(w.ci, kr);
  for (int64_t d = 0; d < w.outer; ++d)
    for (int64_t i = 0; i < w.ci; ++i)
      for (int64_t o = 0; o < w.co; ++o) {
        int64_t panel = o / nr;
        int64_t at = (((panel * w.outer + d) * groups + i / kr) * nr + o % nr) *
                         kr + i % kr;
        fn(((d * w.ci + i) * w.co + o) * w.bytes, at * w.bytes);
      }
}

llvm::Error PackedAttr::pack(RankedTensorType type, ArrayRef<char> dense,
                             MutableArrayRef<char> packed) const {
  WeightView w(type);
  std::memset(packed.data(), 0, packed.size());
  forEachPacked(w, getNr(), getKr(), [&](int64_t from, int64_t to) {
    std::memcpy(packed.data() + to, dense.data() + from, w.bytes);
  });
  return llvm::Error::success();
}

llvm::Error PackedAttr::unpack(RankedTensorType type, ArrayRef<char> packed,
                               MutableArrayRef<char> dense) const {
  WeightView w(type);
  forEachPacked(w, getNr(), getKr(), [&](int64_t to, int64_t from) {
    std::memcpy(dense.data() + to, packed.data() + from, w.bytes);
  });
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Block sparse
//===----------------------------------------------------------------------===//

namespace {
/// Byte offsets of the three parts of a block sparse weight.
struct SparseParts {
  int64_t panels, positionAt, valuesAt, bytes;
  SparseParts(const WeightView &w, int64_t nr, int64_t blocks) {
    panels = llvm::divideCeil(w.co, nr);
    positionAt = llvm::alignTo((panels + 1) * 4, 64);
    valuesAt = positionAt + llvm::alignTo(blocks * 4, 64);
    bytes = valuesAt + blocks * nr * w.bytes;
  }
};
} // namespace

int64_t BlockSparseAttr::getPackedBytes(RankedTensorType type) const {
  return SparseParts(WeightView(type), getNr(), getBlocks()).bytes;
}

llvm::Error BlockSparseAttr::pack(RankedTensorType type, ArrayRef<char> dense,
                                  MutableArrayRef<char> packed) const {
  WeightView w(type);
  SparseParts parts(w, getNr(), getBlocks());
  std::memset(packed.data(), 0, packed.size());
  auto *start = reinterpret_cast<int32_t *>(packed.data());
  auto *position = reinterpret_cast<int32_t *>(packed.data() + parts.positionAt);
  int64_t count = 0;
  for (int64_t p = 0; p < parts.panels; ++p) {
    start[p] = count;
    int64_t width = std::min(getNr(), w.co - p * getNr());
    for (int64_t at = 0; at < w.outer * w.ci; ++at) {
      const char *block = dense.data() + (at * w.co + p * getNr()) * w.bytes;
      if (llvm::all_of(ArrayRef<char>(block, width * w.bytes),
                       [](char c) { return c == 0; }))
        continue;
      if (count == getBlocks())
        return llvm::createStringError("the weight has more than %lld non-zero blocks",
                                       (long long)getBlocks());
      position[count] = at;
      std::memcpy(packed.data() + parts.valuesAt + count * getNr() * w.bytes,
                  block, width * w.bytes);
      ++count;
    }
  }
  if (count != getBlocks())
    return llvm::createStringError("the weight has %lld non-zero blocks, its encoding says %lld",
                                   (long long)count, (long long)getBlocks());
  start[parts.panels] = count;
  return llvm::Error::success();
}

llvm::Error BlockSparseAttr::unpack(RankedTensorType type,
                                    ArrayRef<char> packed,
                                    MutableArrayRef<char> dense) const {
  WeightView w(type);
  SparseParts parts(w, getNr(), getBlocks());
  std::memset(dense.data(), 0, dense.size());
  auto *start = reinterpret_cast<const int32_t *>(packed.data());
  auto *position =
      reinterpret_cast<const int32_t *>(packed.data() + parts.positionAt);
  for (int64_t p = 0; p < parts.panels; ++p) {
    int64_t width = std::min(getNr(), w.co - p * getNr());
    if (start[p] < 0 || start[p + 1] > getBlocks())
      return llvm::createStringError("block counts are out of range");
    for (int64_t b = start[p]; b < start[p + 1]; ++b) {
      if (position[b] < 0 || position[b] >= w.outer * w.ci)
        return llvm::createStringError("a block position is out of range");
      std::memcpy(dense.data() + (position[b] * w.co + p * getNr()) * w.bytes,
                  packed.data() + parts.valuesAt + b * getNr() * w.bytes,
                  width * w.bytes);
    }
  }
  return llvm::Error::success();
}
