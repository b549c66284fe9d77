//===- Tensor.cpp - Element types, random data, comparison ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Numbers go through double, which holds every value of all types but 64-bit
// integers; those are compared and converted as integers.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Tensor.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "xgen/xgen.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;
using namespace xgen::io;

namespace {

struct TypeInfo {
  int32_t dtype;
  const char *name;
  int64_t bytes;
  bool floating;
  double low, high; // of integers
};

constexpr TypeInfo kTypes[] = {
    {XGEN_F32, "f32", 4, true, 0, 0},
    {XGEN_U8, "u8", 1, false, 0, 255},
    {XGEN_I8, "i8", 1, false, -128, 127},
    {XGEN_U16, "u16", 2, false, 0, 65535},
    {XGEN_I16, "i16", 2, false, -32768, 32767},
    {XGEN_I32, "i32", 4, false, -2147483648.0, 2147483647.0},
    {XGEN_I64, "i64", 8, false, -9223372036854775808.0, 9223372036854775807.0},
    {XGEN_BOOL, "bool", 1, false, 0, 1},
    {XGEN_F16, "f16", 2, true, 0, 0},
    {XGEN_F64, "f64", 8, true, 0, 0},
    {XGEN_U32, "u32", 4, false, 0, 4294967295.0},
    {XGEN_U64, "u64", 8, false, 0, 18446744073709551615.0},
    {XGEN_BF16, "bf16", 2, true, 0, 0},
    {XGEN_F8E4M3FN, "f8e4m3fn", 1, true, 0, 0},
    {XGEN_F8E4M3FNUZ, "f8e4m3fnuz", 1, true, 0, 0},
    {XGEN_F8E5M2, "f8e5m2", 1, true, 0, 0},
    {XGEN_F8E5M2FNUZ, "f8e5m2fnuz", 1, true, 0, 0},
    {XGEN_F4E2M1, "f4e2m1", 1, true, 0, 0},
    {XGEN_F8E8M0, "f8e8m0", 1, true, 0, 0},
    {XGEN_U4, "u4", 1, false, 0, 15},
    {XGEN_I4, "i4", 1, false, -8, 7},
    {XGEN_U2, "u2", 1, false, 0, 3},
    {XGEN_I2, "i2", 1, false, -2, 1}};

const TypeInfo *typeInfo(int32_t dtype) {
  for (const TypeInfo &info : kTypes)
    if (info.dtype == dtype)
      return &info;
  return nullptr;
}

/// Small floating-point types; null for f32, f64 and integers.
const fltSemantics *smallFloat(int32_t dtype) {
  switch (dtype) {
  case XGEN_F16:
    return &APFloat::IEEEhalf();
  case XGEN_BF16:
    return &APFloat::BFloat();
  case XGEN_F8E4M3FN:
    return &APFloat::Float8E4M3FN();
  case XGEN_F8E4M3FNUZ:
    return &APFloat::Float8E4M3FNUZ();
  case XGEN_F8E5M2:
    return &APFloat::Float8E5M2();
  case XGEN_F8E5M2FNUZ:
    return &APFloat::Float8E5M2FNUZ();
  case XGEN_F4E2M1:
    return &APFloat::Float4E2M1FN();
  case XGEN_F8E8M0:
    return &APFloat::Float8E8M0FNU();
  default:
    return nullptr;
  }
}

template <typename T> T load(const Tensor &t, int64_t i) {
  T value;
  std::memcpy(&value, t.data.data() + i * int64_t(sizeof(T)), sizeof(T));
  return value;
}

template <typename T> void store(Tensor &t, int64_t i, T value) {
  std::memcpy(t.data.data() + i * int64_t(sizeof(T)), &value, sizeof(T));
}

/// Element of an integer type; u64 wraps.
int64_t integerElement(const Tensor &t, int64_t i) {
  switch (t.dtype) {
  case XGEN_I64:
  case XGEN_U64:
    return load<int64_t>(t, i);
  default:
    return int64_t(element(t, i));
  }
}

} // namespace

int64_t Tensor::elements() const {
  int64_t n = 1;
  for (int64_t d : dims)
    n *= d;
  return n;
}

int64_t xgen::io::dtypeBytes(int32_t dtype) {
  const TypeInfo *info = typeInfo(dtype);
  return info ? info->bytes : 0;
}

std::string xgen::io::dtypeName(int32_t dtype) {
  const TypeInfo *info = typeInfo(dtype);
  if (info)
    return info->name;
  return dtype == 8 ? "string" : ("type " + Twine(dtype)).str();
}

bool xgen::io::isFloat(int32_t dtype) {
  const TypeInfo *info = typeInfo(dtype);
  return info && info->floating;
}

std::string xgen::io::shapeText(ArrayRef<int64_t> dims) {
  if (dims.empty())
    return "scalar";
  std::string text;
  for (int64_t d : dims) {
    if (!text.empty())
      text += 'x';
    text += d < 0 ? "?" : std::to_string(d);
  }
  return text;
}

Expected<int64_t> xgen::io::checkedElements(ArrayRef<int64_t> dims,
                                            int64_t elementBytes) {
  const int64_t limit = int64_t(16) << 30;
  int64_t n = 1;
  bool empty = is_contained(dims, 0);
  for (int64_t d : dims) {
    if (d < 0)
      return createStringError(
          formatv("negative dimension in shape {0}", shapeText(dims)));
    if (!empty && (MulOverflow(n, d, n) ||
                   n > limit / std::max<int64_t>(elementBytes, 1)))
      return createStringError(
          formatv("shape {0} is larger than 16 GiB", shapeText(dims)));
  }
  return empty ? 0 : n;
}

double xgen::io::element(const Tensor &t, int64_t i) {
  switch (t.dtype) {
  case XGEN_F32:
    return load<float>(t, i);
  case XGEN_F64:
    return load<double>(t, i);
  case XGEN_U8:
  case XGEN_U4:
  case XGEN_U2:
  case XGEN_BOOL:
    return load<uint8_t>(t, i);
  case XGEN_I8:
  case XGEN_I4:
  case XGEN_I2:
    return load<int8_t>(t, i);
  case XGEN_U16:
    return load<uint16_t>(t, i);
  case XGEN_I16:
    return load<int16_t>(t, i);
  case XGEN_U32:
    return load<uint32_t>(t, i);
  case XGEN_I32:
    return load<int32_t>(t, i);
  case XGEN_U64:
    return double(load<uint64_t>(t, i));
  case XGEN_I64:
    return double(load<int64_t>(t, i));
  default:
    break;
  }
  const fltSemantics *semantics = smallFloat(t.dtype);
  if (!semantics)
    return 0;
  uint64_t word =
      dtypeBytes(t.dtype) == 1 ? load<uint8_t>(t, i) : load<uint16_t>(t, i);
  unsigned bits = APFloat::getSizeInBits(*semantics);
  APFloat value(*semantics, APInt(bits, word, false, /*implicitTrunc=*/true));
  bool lossy;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
  return value.convertToDouble();
}

void xgen::io::setElement(Tensor &t, int64_t i, double value) {
  if (t.dtype == XGEN_F32)
    return store(t, i, float(value));
  if (t.dtype == XGEN_F64)
    return store(t, i, value);
  if (const fltSemantics *semantics = smallFloat(t.dtype)) {
    if (std::isnan(value) && t.dtype == XGEN_F4E2M1)
      return store(t, i, uint8_t(8)); // It has none: minus zero.
    APFloat f(value);
    bool lossy;
    f.convert(*semantics, APFloat::rmNearestTiesToEven, &lossy);
    uint64_t word = f.bitcastToAPInt().getZExtValue();
    if (dtypeBytes(t.dtype) == 1)
      store(t, i, uint8_t(word));
    else
      store(t, i, uint16_t(word));
    return;
  }
  const TypeInfo *info = typeInfo(t.dtype);
  if (!info)
    return;
  double rounded = std::isnan(value) ? 0 : std::nearbyint(value);
  bool top = rounded >= info->high;
  rounded = std::min(std::max(rounded, info->low), info->high);
  switch (info->bytes) {
  case 1:
    return store(t, i, uint8_t(int64_t(rounded)));
  case 2:
    return store(t, i, uint16_t(int64_t(rounded)));
  case 4:
    return store(t, i, uint32_t(int64_t(rounded)));
  default:
    if (t.dtype == XGEN_U64)
      return store(t, i, top ? ~uint64_t(0) : uint64_t(rounded));
    return store(t, i, top ? std::numeric_limits<int64_t>::max()
                           : int64_t(rounded));
  }
}

Tensor xgen::io::convert(const Tensor &tensor, int32_t dtype) {
  if (dtype == tensor.dtype)
    return tensor;
  Tensor result;
  result.dtype = dtype;
  result.dims = tensor.dims;
  int64_t n = tensor.elements();
  result.data.resize(size_t(n * dtypeBytes(dtype)));
  bool wide = dtype == XGEN_I64 || dtype == XGEN_U64;
  for (int64_t i = 0; i < n; ++i) {
    if (wide && !isFloat(tensor.dtype))
      store(result, i, integerElement(tensor, i));
    else
      setElement(result, i, element(tensor, i));
  }
  return result;
}

Tensor xgen::io::randomTensor(StringRef name, int32_t dtype,
                              ArrayRef<int64_t> dims) {
  Tensor t;
  t.dtype = dtype;
  t.dims.assign(dims.begin(), dims.end());
  int64_t n = t.elements();
  t.data.resize(size_t(n * dtypeBytes(dtype)));
  uint64_t state = 0xcbf29ce484222325ull; // FNV-1a of the name
  for (char c : name)
    state = (state ^ uint8_t(c)) * 0x100000001b3ull;
  const TypeInfo *info = typeInfo(dtype);
  for (int64_t i = 0; i < n; ++i) {
    state += 0x9e3779b97f4a7c15ull; // splitmix64
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    double value;
    if (isFloat(dtype))
      value = double(z >> 40) / double(1 << 23) - 1.0;
    else if (info && info->bytes <= 2)
      value = info->low + double(z % uint64_t(info->high - info->low + 1));
    else
      value = double(z & 1);
    setElement(t, i, value);
  }
  return t;
}

Difference xgen::io::compare(const Tensor &got, const Tensor &want, double rtol,
                             double atol, Tolerance kind, bool looseIntegers) {
  Difference d;
  if (got.dtype != want.dtype || got.dims != want.dims) {
    d.shapes = formatv("{0} {1}, expected {2} {3}", dtypeName(got.dtype),
                       shapeText(got.dims), dtypeName(want.dtype),
                       shapeText(want.dims));
    return d;
  }
  bool exact = !isFloat(want.dtype) && !looseIntegers;
  int64_t n = want.elements();
  for (int64_t i = 0; i < n; ++i) {
    double w = element(want, i);
    if (std::isfinite(w))
      d.maxWant = std::max(d.maxWant, std::fabs(w));
  }
  double worstExcess = -1;
  for (int64_t i = 0; i < n; ++i) {
    double g = element(got, i), w = element(want, i);
    if (exact) {
      bool same = integerElement(got, i) == integerElement(want, i);
      if (!same) {
        d.maxAbs = std::max(d.maxAbs, std::max(std::fabs(g - w), 1e-300));
        if (d.count++ == 0)
          d.worst = i;
      }
      continue;
    }
    if ((std::isnan(g) && std::isnan(w)) || g == w)
      continue;
    double error = std::fabs(g - w); // infinite or NaN for special values
    if (!std::isfinite(error))
      error = std::numeric_limits<double>::infinity();
    d.maxAbs = std::max(d.maxAbs, error);
    double allowed =
        atol + rtol * (kind == Tolerance::MaxNorm ? d.maxWant : std::fabs(w));
    if (std::isfinite(w) && error <= allowed)
      continue;
    ++d.count;
    double excess = error - (std::isfinite(allowed) ? allowed : 0);
    if (excess > worstExcess) {
      worstExcess = excess;
      d.worst = i;
    }
  }
  d.equal = d.count == 0;
  return d;
}
