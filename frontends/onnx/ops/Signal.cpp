//===- Signal.cpp - DFT, STFT, windows, Det -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Windows and filter banks depend on sizes only, so they are constants. A
// short-time transform is frames, times the window, transformed.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/reader/ElementTypes.h"
#include <cmath>

namespace xgen::onnx {

/// Longer tables are mistakes.
static constexpr int64_t maxTable = int64_t(1) << 24;

/// An input that is one integer, known at compile time.
static std::optional<int64_t> scalar(Node &n, unsigned i, StringRef what) {
  auto values = n.ints(i, what);
  if (values && values->size() == 1)
    return values->front();
  (void)n.fail("input '" + what + "' must be one number");
  return std::nullopt;
}

static Value emitDft(Node &n, Value x, int64_t axis, int64_t length,
                     bool inverse, bool onesided) {
  SmallVector<NamedAttribute> attributes{n.attr("axis", axis),
                                         n.attr("length", length)};
  if (inverse)
    attributes.push_back(n.attr("inverse", true));
  if (onesided)
    attributes.push_back(n.attr("onesided", true));
  return n.make<ir::DftOp>({x}, attributes);
}

static LogicalResult legalizeDft(Node &n) {
  Value x = n.input(0);
  int64_t rank = n.rank(x);
  std::optional<int64_t> given;
  // An attribute before version 20, then an input with another default.
  if (n.since(20))
    given = n.has(2) ? scalar(n, 2, "axis") : -2;
  else
    given = n.integer("axis", 1);
  auto axis = given ? n.axis(*given, rank) : std::nullopt;
  if (!axis)
    return failure();
  if (*axis == rank - 1)
    return n.fail("the axis is the one of real and imaginary parts");
  bool inverse = n.integer("inverse", 0) != 0;
  bool onesided = n.integer("onesided", 0) != 0;
  int64_t length = n.shape(x)[*axis];
  // The one-sided spectrum of an even signal, unless told otherwise.
  if (inverse && onesided)
    length = 2 * (length - 1);
  if (n.has(1)) {
    auto wanted = scalar(n, 1, "dft_length");
    if (!wanted)
      return failure();
    length = *wanted;
  }
  return n.result(emitDft(n, x, *axis, length, inverse, onesided));
}

static LogicalResult legalizeStft(Node &n) {
  Value x = n.input(0), window = n.input(2);
  auto step = scalar(n, 1, "frame_step");
  if (!step)
    return failure();
  int64_t length = n.elements(window);
  if (n.has(3)) {
    auto given = scalar(n, 3, "frame_length");
    if (!given)
      return failure();
    length = *given;
  } else if (!window) {
    return n.fail("neither window nor frame_length is given");
  }
  if (window && n.shape(window) != Shape{length})
    return n.fail("the window must be a vector of frame_length (" +
                  llvm::Twine(length) + ")");
  if (window && n.elementType(window) != n.elementType(x))
    return n.fail("signal and window have different element types");
  // [B, L], [B, L, 1] or [B, L, 2].
  if (n.rank(x) == 2)
    x = n.reshape(x, {n.shape(x)[0], n.shape(x)[1], 1});
  if (n.rank(x) != 3)
    return n.fail("the signal must be [batch, length, 1 or 2]");
  Value frames =
      n.make<ir::FrameOp>({x}, {n.attr("axis", int64_t(1)),
                                n.attr("size", length), n.attr("step", *step)});
  if (window)
    frames = n.mul(frames, n.reshape(window, {length, 1}));
  return n.result(emitDft(n, frames, 2, length, /*inverse=*/false,
                          n.integer("onesided", 1) != 0));
}

/// a0 - a1 cos(2 pi i / N) + a2 cos(4 pi i / N).
static LogicalResult legalizeWindow(Node &n, double a0, double a1, double a2) {
  auto size = scalar(n, 0, "size");
  Type element =
      elementTypeOf(n.builder.getContext(), n.integer("output_datatype", 1));
  if (!size)
    return failure();
  if (!element)
    return n.fail("attribute 'output_datatype' is unsupported");
  if (*size < 0 || *size > maxTable)
    return n.fail("the size is negative or too large");
  bool periodic = n.integer("periodic", 1) != 0;
  double period = periodic ? double(*size) : double(*size - 1);
  SmallVector<double> values;
  for (int64_t i = 0; i < *size; ++i) {
    double t = period > 0 ? 2 * M_PI * double(i) / period : 0;
    values.push_back(a0 - a1 * std::cos(t) + a2 * std::cos(2 * t));
  }
  return n.result(n.numbersOf(values, {*size}, element));
}

/// Triangles in frequency, evenly spaced on the mel scale.
static LogicalResult legalizeMel(Node &n) {
  auto bands = scalar(n, 0, "num_mel_bins"),
       length = scalar(n, 1, "dft_length");
  auto rate = scalar(n, 2, "sample_rate");
  auto lower = n.doubles(3, "lower_edge_hertz");
  auto upper = n.doubles(4, "upper_edge_hertz");
  Type element =
      elementTypeOf(n.builder.getContext(), n.integer("output_datatype", 1));
  if (!bands || !length || !rate || !lower || !upper)
    return failure();
  if (!element)
    return n.fail("attribute 'output_datatype' is unsupported");
  if (*bands < 1 || *length < 1 || *rate < 1 || lower->size() != 1 ||
      upper->size() != 1 || lower->front() < 0 ||
      double(*bands) * double(*length / 2 + 1) > double(maxTable))
    return n.fail("sizes and frequencies must be positive and not too large");
  auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  int64_t bins = *length / 2 + 1;
  double low = mel(lower->front()), high = mel(upper->front());
  double step = (high - low) / double(*bands + 2);
  Shape edges;
  for (int64_t i = 0; i < *bands + 2; ++i) {
    double hertz = 700 * (std::pow(10, (double(i) * step + low) / 2595) - 1);
    double bin = std::floor(double(*length + 1) * hertz / double(*rate));
    if (!(bin >= 0 && bin < double(bins)))
      return n.fail("a band lies above half the sample rate");
    edges.push_back(int64_t(bin));
  }
  SmallVector<double> values(bins * *bands, 0.0);
  for (int64_t band = 0; band < *bands; ++band) {
    int64_t left = edges[band], middle = edges[band + 1],
            right = edges[band + 2];
    if (middle == left)
      values[middle * *bands + band] = 1;
    for (int64_t bin = left; middle > left && bin <= middle; ++bin)
      values[bin * *bands + band] = double(bin - left) / double(middle - left);
    for (int64_t bin = middle; bin < right; ++bin)
      values[bin * *bands + band] =
          double(right - bin) / double(right - middle);
  }
  return n.result(n.numbersOf(values, {bins, *bands}, element));
}

void registerSignal(Registry &registry) {
  registry.add("DFT", 1, legalizeDft);
  registry.add("STFT", 2, legalizeStft);
  registry.add("HannWindow", 1,
               [](Node &n) { return legalizeWindow(n, 0.5, 0.5, 0); });
  registry.add("HammingWindow", 1, [](Node &n) {
    return legalizeWindow(n, 25.0 / 46, 1 - 25.0 / 46, 0);
  });
  registry.add("BlackmanWindow", 1,
               [](Node &n) { return legalizeWindow(n, 0.42, 0.5, 0.08); });
  registry.add("MelWeightMatrix", 5, legalizeMel);
  registry.add("Det", 1, [](Node &n) {
    return n.result(n.make<ir::DetOp>({n.input(0)}, {}));
  });
}

} // namespace xgen::onnx
