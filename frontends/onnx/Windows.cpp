//===- Windows.cpp - Attributes of windowed operators ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Arithmetic of the ONNX specification, with bounds that keep it from overflowing.
//
//===----------------------------------------------------------------------===//

#include "Windows.h"

namespace xgen::onnx {

/// Larger strides, dilations or pads are mistakes.
static constexpr int64_t maxEntry = int64_t(1) << 31;

std::optional<Window> readWindow(Node &n, DimsRef input, Dims kernel,
                                 bool transposed) {
  size_t spatial = input.size();
  Window window;
  window.input.assign(input.begin(), input.end());
  auto given = n.integers("kernel_shape");
  if (n.hasError())
    return std::nullopt;
  if (kernel.empty()) {
    if (!given)
      return (void)n.fail("attribute 'kernel_shape' is missing"), std::nullopt;
    kernel = ir::toDims(*given);
  } else if (given) {
    if (!n.same(ir::toDims(*given), kernel))
      return (void)n.fail("attribute 'kernel_shape' disagrees with the weight"),
             std::nullopt;
    kernel = ir::toDims(*given);
  }
  window.kernel = kernel;
  window.strides = n.integers("strides").value_or(Shape(spatial, 1));
  window.dilations = n.integers("dilations").value_or(Shape(spatial, 1));
  Shape pads = n.integers("pads").value_or(Shape(2 * spatial, 0));
  window.pads = ir::toDims(pads);
  window.autoPad = n.string("auto_pad", "NOTSET");
  if (n.hasError())
    return std::nullopt;
  auto inRange = [](int64_t low) {
    return [low](int64_t v) { return v >= low && v < maxEntry; };
  };
  if (window.kernel.size() != spatial || window.strides.size() != spatial ||
      window.dilations.size() != spatial || pads.size() != 2 * spatial)
    return (void)n.fail("kernel_shape, strides, dilations and pads do not fit "
                        "an input with " +
                        llvm::Twine(spatial) + " spatial dimensions"),
           std::nullopt;
  for (const Dim &extent : kernel)
    n.symbols().requireLessEqual(1, extent);
  if (!llvm::all_of(kernel, [&](const Dim &k) { return inRange(1)(k.max()); }) ||
      !llvm::all_of(window.strides, inRange(1)) ||
      !llvm::all_of(window.dilations, inRange(1)) ||
      !llvm::all_of(pads, inRange(0)) ||
      !llvm::all_of(input, [](const Dim &d) { return d.max() < maxEntry; }))
    return (void)n.fail("kernel, strides and dilations must be positive, pads "
                        "must not be negative"),
           std::nullopt;
  if (window.autoPad.empty() || window.autoPad == "NOTSET")
    return window;
  window.pads.assign(2 * spatial, 0);
  if (window.autoPad == "VALID")
    return window;
  if (window.autoPad != "SAME_UPPER" && window.autoPad != "SAME_LOWER")
    return (void)n.fail("unknown auto_pad '" + window.autoPad + "'"),
           std::nullopt;
  if (transposed)
    return window;
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = window.strides[i];
    Dim out = ceilDiv(input[i], stride);
    Dim total = n.symbols().max(
        0, (out - 1) * stride + (kernel[i] - 1) * window.dilations[i] + 1 -
               input[i]);
    Dim half = floorDiv(total, 2);
    bool upper = window.autoPad == "SAME_UPPER";
    window.pads[i] = upper ? half : total - half;
    window.pads[spatial + i] = total - window.pads[i];
  }
  return window;
}

std::optional<Dims> convExtents(Node &n, const Window &w) {
  return poolExtents(n, w, /*ceilMode=*/false);
}

std::optional<Dims> poolExtents(Node &n, const Window &w, bool ceilMode) {
  Dims extents;
  size_t spatial = w.input.size();
  for (size_t i = 0; i < spatial; ++i) {
    Dim window = (w.kernel[i] - 1) * w.dilations[i] + 1;
    Dim padded = w.input[i] + w.pads[i] + w.pads[spatial + i];
    if (padded.max() < window.min())
      return (void)n.fail("the window is larger than the padded input in "
                          "spatial dimension " +
                          llvm::Twine(i)),
             std::nullopt;
    n.symbols().requireLessEqual(window, padded);
    Dim room = (padded - window).within(0, padded.max()), stride = w.strides[i];
    Dim out = (ceilMode ? ceilDiv(room, stride) : floorDiv(room, stride)) + 1;
    if (ceilMode) {
      Dim inside = w.input[i] + w.pads[i], start = (out - 1) * stride;
      out = out - (Dim(1) - n.symbols().less(start, inside));
    }
    extents.push_back(out);
  }
  return extents;
}

LogicalResult checkChannels(Node &n, Value x, Value bias, const Dim &inputs,
                            const Dim &outputs, int64_t groups) {
  if (groups < 1)
    return n.fail("group must be positive");
  for (const Dim &channels : {inputs, outputs})
    if (!n.same(mod(channels, groups), 0))
      return n.fail("channels (" + channels.str() + ") are no multiple of group");
  Dim have = n.dims(x)[1];
  if (!n.same(have, inputs))
    return n.fail("the weight takes " + inputs.str() +
                  " channels, the input has " + have.str());
  if (bias && (n.rank(bias) != 1 || !n.same(n.dims(bias)[0], outputs)))
    return n.fail("the bias must have one entry an output channel (" +
                  outputs.str() + ")");
  return success();
}

Value emitConv(Node &n, Value x, Value w, Value bias, const Window &window,
               int64_t groups, DimsRef extents, Type element) {
  if (!x || !w)
    return nullptr;
  int64_t rank = n.rank(x);
  Dim outputs = n.dims(w)[0];
  if (failed(checkChannels(n, x, bias, n.dims(w)[1] * groups, outputs, groups)))
    return nullptr;
  Shape perm;
  for (int64_t i = 2; i < rank; ++i)
    perm.push_back(i);
  perm.append({1, 0});
  Dims out{n.dims(x)[0]};
  llvm::append_range(out, extents);
  out.push_back(outputs);
  SmallVector<Value> operands{n.toChannelsLast(x), n.transpose(w, perm)};
  if (bias)
    operands.push_back(bias);
  SmallVector<NamedAttribute> attributes{
      n.attr("strides", window.strides), n.attr("dilations", window.dilations),
      n.attr("groups", groups), n.segments({1, 1, bias ? 1 : 0})};
  n.addExtents(attributes, "pads", window.pads);
  Value y = n.make<ir::ConvOp>(n.tensorType(out, element), operands, attributes);
  return n.toChannelsFirst(y);
}

} // namespace xgen::onnx
