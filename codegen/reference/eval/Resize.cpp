//===- Resize.cpp - Interpolation -------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// ONNX Resize 19, separable: for every dimension that changes, scratch holds a
// table with the input positions and weights of each output position. The
// definitions follow the ONNX reference implementation.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

struct Options {
  bool antialias, excludeOutside;
  int64_t coord, mode, nearest;
  double cubicA, extrapolation;
  const int64_t *roi, *scales;
  int64_t roiCount;

  explicit Options(const EvalCall *call) {
    Attrs attrs{call->attrs};
    int64_t n;
    antialias = attrs.integer();
    coord = attrs.integer();
    cubicA = attrs.number();
    excludeOutside = attrs.integer();
    extrapolation = attrs.number();
    mode = attrs.integer();
    nearest = attrs.integer();
    roi = attrs.array(roiCount);
    scales = attrs.array(n);
  }
};

/// One dimension. Output position o has `taps` entries from o * taps on.
struct Table {
  int64_t taps;
  int64_t *positions;
  double *weights;
  /// Whether output position o lies outside (tf_crop_and_resize).
  int64_t *outside;
};

bool hasOperand(const EvalCall *call, int32_t i) {
  return call->numIn > i && present(call->in[i]);
}

double scaleOf(const EvalCall *call, const Options &options, int32_t d) {
  double scale = hasOperand(call, 1) ? get<double>(call->in[1], d)
                                     : number(options.scales[d]);
  if (scale != 0.0)
    return scale;
  return static_cast<double>(call->out[0].dims[d]) /
         static_cast<double>(max<int64_t>(1, call->in[0].dims[d]));
}

bool changes(const EvalCall *call, const Options &options, int32_t d) {
  return call->in[0].dims[d] != call->out[0].dims[d] || hasOperand(call, 1) ||
         (number(options.scales[d]) != 1.0 && number(options.scales[d]) != 0.0) ||
         options.coord == TfCropAndResize;
}

/// Taps before the one at or left of the coordinate, minus one: the window is
/// [-reach + 1, reach] around it.
int64_t reachOf(const Options &o, double scale) {
  double s = o.antialias && scale < 1.0 ? scale : 1.0;
  switch (o.mode) {
  case ResizeLinear: return -toInteger(xgen_floor(-1.0 / s));
  case ResizeCubic: return -toInteger(xgen_floor(-2.0 / s));
  default: return 1;
  }
}

double coordinate(const Options &o, int64_t x, double scale, int64_t inSize,
                  int64_t outSize, double roiStart, double roiEnd) {
  double in = static_cast<double>(inSize), length = scale * in;
  double pos = static_cast<double>(x);
  switch (o.coord) {
  case PytorchHalfPixel:
    return length == 1.0 ? -0.5 : (pos + 0.5) / scale - 0.5;
  case AlignCorners:
    return length == 1.0 ? 0.0 : pos * (in - 1.0) / (length - 1.0);
  case Asymmetric: return pos / scale;
  case TfHalfPixelForNn: return (pos + 0.5) / scale;
  case TfCropAndResize: {
    double start = roiStart * (in - 1.0);
    if (outSize <= 1)
      return start + (roiEnd - roiStart) * (in - 1.0) / 2.0;
    return start + pos * (roiEnd - roiStart) * (in - 1.0) /
                       (static_cast<double>(outSize) - 1.0);
  }
  case HalfPixelSymmetric: {
    double adjustment = static_cast<double>(outSize) / length;
    return in / 2.0 * (1.0 - adjustment) + (pos + 0.5) / scale - 0.5;
  }
  default: return (pos + 0.5) / scale - 0.5;
  }
}

double cubicWeight(double x, double a) {
  x = xgen_fabs(x);
  if (x <= 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0)
    return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
  return 0.0;
}

/// Weight of the tap `i` positions right of the base; `ratio` in (0, 1] is the
/// coordinate's distance from the base.
double weightOf(const Options &o, int64_t i, double ratio, double scale) {
  if (o.mode == ResizeNearest) {
    bool right;
    if (ratio == 1.0)
      right = true;
    else if (o.nearest == RoundPreferFloor)
      right = ratio > 0.5;
    else if (o.nearest == RoundPreferCeil)
      right = ratio >= 0.5;
    else
      right = o.nearest == NearestCeil;
    return (i == 1) == right ? 1.0 : 0.0;
  }
  double s = o.antialias && scale < 1.0 ? scale : 1.0;
  double x = s * (static_cast<double>(i) - ratio);
  if (o.mode == ResizeCubic)
    return cubicWeight(x, o.cubicA);
  double w = 1.0 - xgen_fabs(x);
  return w > 0.0 ? w : 0.0;
}

void fill(const EvalCall *call, const Options &o, int32_t d, const Table &t) {
  int32_t rank = call->in[0].rank;
  int64_t inSize = call->in[0].dims[d], outSize = call->out[0].dims[d];
  double scale = scaleOf(call, o, d);
  bool hasRoi = o.roiCount == 2 * rank;
  double start = hasRoi ? number(o.roi[d]) : 0.0;
  double end = hasRoi ? number(o.roi[rank + d]) : 1.0;
  if (hasOperand(call, 2)) {
    start = get<double>(call->in[2], d);
    end = get<double>(call->in[2], rank + d);
  }
  int64_t reach = t.taps / 2;
  for (int64_t x = 0; x < outSize; ++x) {
    double c = coordinate(o, x, scale, inSize, outSize, start, end);
    // Coordinates are finite; this keeps whatever comes in convertible.
    c = c > -0x1p40 ? (c < 0x1p40 ? c : 0x1p40) : -0x1p40;
    t.outside[x] = o.coord == TfCropAndResize &&
                   (c < 0.0 || c > static_cast<double>(inSize - 1));
    // The base is left of the coordinate, by at most one.
    double base = xgen_ceil(c) - 1.0, ratio = c - base, sum = 0.0;
    int64_t *positions = t.positions + x * t.taps;
    double *weights = t.weights + x * t.taps;
    for (int64_t k = 0; k < t.taps; ++k) {
      int64_t i = k - reach + 1, at = toInteger(base) + i;
      positions[k] = clamp(at, 0, inSize - 1);
      weights[k] = weightOf(o, i, ratio, scale);
      if (o.excludeOutside && (at < 0 || at >= inSize))
        weights[k] = 0.0;
      sum += weights[k];
    }
    if ((o.antialias || o.excludeOutside) && sum != 0.0)
      for (int64_t k = 0; k < t.taps; ++k)
        weights[k] /= sum;
  }
}

} // namespace

extern "C" int64_t xgen_eval_scratch_resize(const EvalCall *call) {
  Options o(call);
  int64_t words = 0;
  for (int32_t d = 0; d < call->in[0].rank; ++d) {
    // Where only the program knows the scale, extents are the largest ones: the
    // widest window then covers the input.
    bool open = hasOperand(call, 1) || number(o.scales[d]) == 0.0;
    double scale = open ? 1.0 / static_cast<double>(
                                    max<int64_t>(1, call->in[0].dims[d]))
                        : number(o.scales[d]);
    if (open || changes(call, o, d))
      words += call->out[0].dims[d] * (4 * reachOf(o, scale) + 1);
  }
  return words * 8;
}

namespace {

template <class C>
void resize(const EvalCall *call, const Options &o, const Table *tables,
            const int32_t *dims, int32_t count) {
  const EvalTensor &in = call->in[0], &out = call->out[0];
  int64_t from[EvalMaxRank], index[EvalMaxRank] = {};
  stridesOf(in, from);
  // Inner dimensions that stay as they are make a row.
  int32_t outerRank = count ? dims[count - 1] + 1 : 0;
  int64_t row = 1, rows = 1;
  for (int32_t d = 0; d < out.rank; ++d)
    (d < outerRank ? rows : row) *= out.dims[d];
  if (!row || !rows || !elementCount(in))
    return;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t base = 0;
    bool outside = false;
    for (int32_t d = 0, t = 0; d < outerRank; ++d) {
      if (t < count && dims[t] == d)
        outside |= tables[t++].outside[index[d]] != 0;
      else
        base += index[d] * from[d];
    }
    for (int64_t i = 0; i < row; i += kBlock) {
      int64_t m = min(kBlock, row - i);
      C acc[kBlock], x[kBlock];
      for (int64_t k = 0; k < m; ++k)
        acc[k] = outside ? static_cast<C>(o.extrapolation) : C(0);
      // An odometer over the taps of all dimensions that change.
      int64_t tap[EvalMaxRank] = {};
      for (bool more = !outside; more;) {
        int64_t at = base + i;
        double weight = 1.0;
        for (int32_t t = 0; t < count; ++t) {
          int64_t e = index[dims[t]] * tables[t].taps + tap[t];
          at += tables[t].positions[e] * from[dims[t]];
          weight *= tables[t].weights[e];
        }
        if (weight != 0.0) {
          const C *px = view<C>(x, in, at, m);
          if (weight == 1.0)
            for (int64_t k = 0; k < m; ++k)
              acc[k] += px[k];
          else
            for (int64_t k = 0; k < m; ++k)
              acc[k] += static_cast<C>(static_cast<C>(weight) * px[k]);
        }
        more = false;
        for (int32_t t = count - 1; t >= 0 && !more; --t) {
          if (++tap[t] < tables[t].taps)
            more = true;
          else
            tap[t] = 0;
        }
      }
      write<C>(out, r * row + i, 1, acc, m);
    }
    for (int32_t d = outerRank - 1; d >= 0 && ++index[d] == out.dims[d]; --d)
      index[d] = 0;
  }
}

} // namespace

extern "C" int32_t xgen_eval_resize(const EvalCall *call) {
  Options o(call);
  const EvalTensor &in = call->in[0], &out = call->out[0];
  Table tables[EvalMaxRank];
  int32_t dims[EvalMaxRank], count = 0;
  int64_t *words = static_cast<int64_t *>(call->scratch);
  if (!elementCount(in) || !elementCount(out))
    return EvalOk;
  for (int32_t d = 0; d < in.rank; ++d) {
    if (!changes(call, o, d))
      continue;
    Table &t = tables[count];
    int64_t n = out.dims[d];
    t.taps = 2 * reachOf(o, scaleOf(call, o, d));
    // A smaller scale than any extents give would not fit the scratch.
    if (t.taps > 2 * reachOf(o, 1.0 / static_cast<double>(in.dims[d])) &&
        hasOperand(call, 1))
      return EvalUnsupported;
    t.positions = words;
    t.weights = reinterpret_cast<double *>(words + n * t.taps);
    t.outside = words + 2 * n * t.taps;
    words += n * (2 * t.taps + 1);
    fill(call, o, d, t);
    dims[count++] = d;
  }
  // Whole numbers are copied by nearest and else rounded from double.
  if (computeOf(in) == Compute::Float)
    resize<float>(call, o, tables, dims, count);
  else if (computeOf(in) == Compute::Int && o.mode == ResizeNearest)
    resize<int64_t>(call, o, tables, dims, count);
  else
    resize<double>(call, o, tables, dims, count);
  return EvalOk;
}
