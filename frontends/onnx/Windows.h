//===- Windows.h - Attributes of windowed operators ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What Conv, ConvTranspose and the pools share: kernel, strides, padding.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_WINDOWS_H
#define XGEN_FRONTENDS_ONNX_WINDOWS_H

#include "Node.h"

namespace xgen::onnx {

struct Window {
  Dims input, kernel;
  Shape strides, dilations;
  /// All begins, then all ends; auto_pad is resolved.
  Dims pads;
  std::string autoPad;
};

/// Reads and checks kernel_shape (which must agree with `kernel` when that is
/// not empty), strides, dilations, pads and auto_pad. With `transposed`
/// SAME_* is left to the caller.
std::optional<Window> readWindow(Node &n, DimsRef input, Dims kernel,
                                 bool transposed = false);

/// Extents of a convolution's output.
std::optional<Dims> convExtents(Node &n, const Window &window);

/// Extents of a pool's output; windows that start in the end padding do not
/// count.
std::optional<Dims> poolExtents(Node &n, const Window &window, bool ceilMode);

/// A convolution of channels-first `x` and `[Co, Ci/g, K...]` weights, its
/// result channels-first again.
Value emitConv(Node &n, Value x, Value w, Value bias, const Window &window,
               int64_t groups, DimsRef extents, Type element);

/// Whether channels fit a weight that has `inputs` of them in `groups` groups and
/// makes `outputs`; the program checks what cannot be known.
LogicalResult checkChannels(Node &n, Value x, Value bias, const Dim &inputs,
                            const Dim &outputs, int64_t groups);

/// Spatial extents of a channels-first tensor, or of a weight `[Co, Ci/g, K...]`.
inline Dims spatialDims(Value x) {
  Dims dims = Emitter::dims(x);
  return Dims(DimsRef(dims).drop_front(std::min<size_t>(2, dims.size())));
}

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_WINDOWS_H
