//===- Tensor.h - Tensors in files ------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A dense tensor in host memory and its files. Every reader takes any bytes and
// returns a tensor or an error that begins with the file's name.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_IO_TENSOR_H
#define XGEN_TOOLS_IO_TENSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace xgen::io {

/// Row-major; `dtype` is numbered as in ONNX and xgen.h (XGEN_F32 ...). 4- and
/// 2-bit types take one byte an element.
struct Tensor {
  int32_t dtype = 0;
  std::vector<int64_t> dims;
  std::vector<uint8_t> data;

  int64_t elements() const;
};

/// Bytes of an element in memory, 0 for a type that we do not have.
int64_t dtypeBytes(int32_t dtype);
/// "f32", "u8", ...; "type 8" for one that we do not have.
std::string dtypeName(int32_t dtype);
bool isFloat(int32_t dtype);
/// "1x3x224x224", "scalar".
std::string shapeText(llvm::ArrayRef<int64_t> dims);

/// Product of `dims`, or an error when one is negative or memory would not do
/// (the limit is 16 GiB of data).
llvm::Expected<int64_t> checkedElements(llvm::ArrayRef<int64_t> dims,
                                        int64_t elementBytes);

/// Element `i` as a number (half, bf16 and fp8 exactly).
double element(const Tensor &tensor, int64_t i);
/// Stores `value` rounded to the type, saturating for integers.
void setElement(Tensor &tensor, int64_t i, double value);
/// The same numbers in another type. Integers to integers go without rounding
/// through floating point.
Tensor convert(const Tensor &tensor, int32_t dtype);

/// NumPy's .npy, versions 1 to 3, C and Fortran order, either byte order.
llvm::Expected<Tensor> readNpy(llvm::StringRef path);
llvm::Expected<Tensor> parseNpy(llvm::ArrayRef<uint8_t> bytes,
                                llvm::StringRef name);
llvm::Error writeNpy(llvm::StringRef path, const Tensor &tensor);
/// The .npy image of `tensor`. bf16 and fp8 are stored as f32.
std::vector<uint8_t> formatNpy(const Tensor &tensor);

/// Arrays of a .npz with their names, stored or deflated.
llvm::Expected<std::vector<std::pair<std::string, Tensor>>>
readNpz(llvm::StringRef path);

/// A serialized onnx.TensorProto, raw or typed data. `name` receives the name
/// in it.
llvm::Expected<Tensor> readTensorProto(llvm::StringRef path,
                                       std::string *name = nullptr);
llvm::Expected<Tensor> parseTensorProto(llvm::ArrayRef<uint8_t> bytes,
                                        llvm::StringRef file,
                                        std::string *name = nullptr);

/// The onnx.TensorProto of `tensor`, its data raw.
std::vector<uint8_t> formatTensorProto(const Tensor &tensor,
                                       llvm::StringRef name);

/// Whole file; errors name it.
llvm::Expected<std::vector<uint8_t>> readBytes(llvm::StringRef path);
llvm::Error writeBytes(llvm::StringRef path, llvm::ArrayRef<uint8_t> bytes);

/// A deterministic tensor: the same name, type and shape give the same numbers
/// everywhere. Floats in [-1, 1), 8- and 16-bit integers over their range, wider
/// ones 0 or 1 (they are mostly indices), booleans either.
Tensor randomTensor(llvm::StringRef name, int32_t dtype,
                    llvm::ArrayRef<int64_t> dims);

/// How far `got` is from `want`.
struct Difference {
  bool equal = false;   // within tolerance
  double maxAbs = 0;    // max |got - want|
  double maxWant = 0;   // max |want|
  int64_t count = 0;    // elements outside the tolerance
  int64_t worst = -1;   // index of the largest excess
  std::string shapes;   // not empty: types or shapes differ, in words
};

enum class Tolerance {
  /// |got - want| <= atol + rtol * |want| for each element: ONNX's own tests.
  Elementwise,
  /// |got - want| <= atol + rtol * max |want|: for whole networks.
  MaxNorm
};

/// NaN equals NaN, infinities equal themselves. Integer and boolean outputs must
/// be equal, whatever the tolerance, unless `looseIntegers`.
Difference compare(const Tensor &got, const Tensor &want, double rtol,
                   double atol, Tolerance kind, bool looseIntegers = false);

} // namespace xgen::io

#endif // XGEN_TOOLS_IO_TENSOR_H
