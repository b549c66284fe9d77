//===- EvalAttrs.cpp - Ops as reference kernels see them ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Generic over all ops: nothing here names an op, so that a new one needs no
// line here.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/EvalAttrs.h"
#include "codegen/reference/eval/Eval.h"
#include "dialects/xgen/XgenOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xgen;

static std::optional<int32_t> plainDType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1: return I1;
    case 2: return isUnsigned ? U2 : I2;
    case 4: return isUnsigned ? U4 : I4;
    case 8: return isUnsigned ? U8 : I8;
    case 16: return isUnsigned ? U16 : I16;
    case 32: return isUnsigned ? U32 : I32;
    case 64: return isUnsigned ? U64 : I64;
    default: return std::nullopt;
    }
  }
  return TypeSwitch<Type, std::optional<int32_t>>(type)
      .Case([](Float64Type) { return F64; })
      .Case([](Float32Type) { return F32; })
      .Case([](Float16Type) { return F16; })
      .Case([](BFloat16Type) { return BF16; })
      .Case([](Float8E4M3FNType) { return F8E4M3FN; })
      .Case([](Float8E4M3FNUZType) { return F8E4M3FNUZ; })
      .Case([](Float8E5M2Type) { return F8E5M2; })
      .Case([](Float8E5M2FNUZType) { return F8E5M2FNUZ; })
      .Case([](Float4E2M1FNType) { return F4E2M1; })
      .Case([](Float8E8M0FNUType) { return F8E8M0; })
      .Default([](Type) { return std::nullopt; });
}

std::optional<int32_t> xgen::evalDType(Type type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized)
    return plainDType(type);
  if (!isa<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType>(
          type))
    return std::nullopt;
  // Only ranges of a whole number of bits, possibly without their last value,
  // have a code.
  int64_t lo = quantized.getStorageTypeMin(), hi = quantized.getStorageTypeMax();
  bool isSigned = quantized.isSigned();
  std::optional<int32_t> base =
      plainDType(ir::storageType(type));
  if (!base)
    return std::nullopt;
  unsigned width = quantized.getStorageTypeIntegralWidth();
  for (unsigned bits = 1; bits <= width && bits < 63; ++bits) {
    int64_t low = isSigned ? -(INT64_C(1) << (bits - 1)) : 0;
    int64_t high = (INT64_C(1) << (isSigned ? bits - 1 : bits)) - 1;
    int32_t code =
        *base | (bits == width ? 0 : static_cast<int32_t>(bits) << DTypeBitsShift);
    if (lo == low && hi == high)
      return code;
    if (isSigned ? (lo == low + 1 && hi == high) : (lo == low && hi == high - 1))
      return code | DTypeNarrow;
  }
  return std::nullopt;
}

std::optional<EvalQuantContent> xgen::evalQuant(Type type) {
  EvalQuantContent content;
  if (auto q = dyn_cast<quant::UniformQuantizedType>(type)) {
    content.scales.push_back(static_cast<float>(q.getScale()));
    content.zeroPoints.push_back(q.getZeroPoint());
    return content;
  }
  if (auto q = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    for (double scale : q.getScales())
      content.scales.push_back(static_cast<float>(scale));
    llvm::append_range(content.zeroPoints, q.getZeroPoints());
    content.axis = q.getQuantizedDimension();
    return content;
  }
  return std::nullopt;
}

static int64_t bitsOf(double value) { return llvm::bit_cast<int64_t>(value); }

/// Appends one attribute.
static void serialize(Attribute attr, std::vector<int64_t> &words) {
  if (!attr) {
    words.push_back(INT64_MIN);
    return;
  }
  auto kind = [&](auto value) {
    words.push_back(static_cast<int64_t>(value.getValue()));
  };
  TypeSwitch<Attribute>(attr)
      .Case([&](BoolAttr a) { words.push_back(a.getValue()); })
      .Case([&](IntegerAttr a) {
        words.push_back(a.getType().isUnsignedInteger()
                            ? static_cast<int64_t>(a.getValue().getZExtValue())
                            : a.getValue().getSExtValue());
      })
      .Case([&](FloatAttr a) { words.push_back(bitsOf(a.getValueAsDouble())); })
      .Case([&](DenseI64ArrayAttr a) {
        words.push_back(a.size());
        llvm::append_range(words, a.asArrayRef());
      })
      .Case([&](DenseF64ArrayAttr a) {
        words.push_back(a.size());
        for (double value : a.asArrayRef())
          words.push_back(bitsOf(value));
      })
      .Case<ir::UnaryKindAttr, ir::BinaryKindAttr, ir::ReduceKindAttr,
            ir::PoolKindAttr, ir::PadModeAttr, ir::NormalizeKindAttr,
            ir::RnnKindAttr, ir::RnnDirectionAttr, ir::ScatterKindAttr,
            ir::ResizeModeAttr, ir::ResizeCoordAttr, ir::ResizeNearestAttr,
            ir::RoundingAttr, ir::CastRoundingAttr>(kind)
      .Default([&](Attribute) { words.push_back(INT64_MIN); });
}

std::vector<int64_t> xgen::serializeAttrs(Operation *op) {
  SmallVector<StringRef> names;
  for (StringAttr name : op->getName().getAttributeNames())
    if (!name.getValue().ends_with("SegmentSizes"))
      names.push_back(name.getValue());
  llvm::sort(names);
  bool complete = llvm::all_of(names, [&](StringRef name) {
    std::optional<Attribute> attr = op->getInherentAttr(name);
    return attr && *attr;
  });
  std::vector<int64_t> words;
  if (complete) {
    for (StringRef name : names)
      serialize(*op->getInherentAttr(name), words);
    return words;
  }
  // Attributes that have a default may be missing on an op that was built by
  // hand: a copy takes the defaults.
  Operation *copy = op->cloneWithoutRegions();
  copy->getName().populateDefaultProperties(copy->getPropertiesStorage());
  for (StringRef name : names)
    serialize(copy->getInherentAttr(name).value_or(Attribute()), words);
  copy->destroy();
  return words;
}

std::optional<std::pair<size_t, size_t>> xgen::attrWords(Operation *op,
                                                         StringRef wanted) {
  SmallVector<StringRef> names;
  for (StringAttr name : op->getName().getAttributeNames())
    if (!name.getValue().ends_with("SegmentSizes"))
      names.push_back(name.getValue());
  llvm::sort(names);
  Operation *copy = op->cloneWithoutRegions();
  copy->getName().populateDefaultProperties(copy->getPropertiesStorage());
  std::vector<int64_t> words;
  std::optional<std::pair<size_t, size_t>> place;
  for (StringRef name : names) {
    size_t start = words.size();
    Attribute attr = copy->getInherentAttr(name).value_or(Attribute());
    serialize(attr, words);
    if (name != wanted)
      continue;
    // A list starts with its length.
    if (isa_and_nonnull<DenseI64ArrayAttr>(attr))
      ++start;
    place = {start, words.size() - start};
  }
  copy->destroy();
  return place;
}

llvm::SmallVector<int> xgen::evalOperands(Operation *op) {
  SmallVector<int> positions;
  auto segments = dyn_cast_or_null<DenseI32ArrayAttr>(
      op->getInherentAttr("operandSegmentSizes").value_or(Attribute()));
  int next = 0;
  if (!segments) {
    for (; next < static_cast<int>(op->getNumOperands()); ++next)
      positions.push_back(next);
    return positions;
  }
  for (int32_t size : segments.asArrayRef()) {
    if (size == 0)
      positions.push_back(-1);
    for (int32_t i = 0; i < size; ++i)
      positions.push_back(next++);
  }
  return positions;
}

std::string xgen::evalSymbol(Operation *op) {
  StringRef name = op->getName().getStringRef();
  if (!name.consume_front("xgen."))
    return "";
#define XGEN_EVAL_OP(op)                                                       \
  if (name == #op)                                                             \
    return "xgen_eval_" #op;
#include "codegen/reference/eval/EvalOps.def"
  return "";
}
