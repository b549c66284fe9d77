//===- Regions.cpp - Regions of pictures ------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pooling of regions, resampled or by whole elements, and the choice among
// overlapping boxes. Regions are data: sums run over what lies inside the
// picture only, so that no region takes longer than the picture is large.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Heap.h"
#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

constexpr int64_t kChannels = 64;

double finite(double x) {
  return x > -0x1p30 ? (x < 0x1p30 ? x : 0x1p30) : -0x1p30;
}

/// The samples of one dimension of one bin.
template <class C>
struct Samples {
  C start, step;
  int64_t size;     // of the picture
  double count;     // all of them
  int64_t from, to; // a range that holds all that are inside
  bool someOutside;

  Samples(C start, C bin, double count, int64_t size)
      : start(start), step(bin / static_cast<C>(count)), size(size),
        count(count) {
    // In [-1, size], with one to spare for rounding.
    double s = static_cast<double>(step), o = static_cast<double>(start);
    double low = 0.0, high = count;
    if (s > 0.0) {
      low = xgen_floor((-1.0 - o) / s) - 2.0;
      high = xgen_ceil((static_cast<double>(size) - o) / s) + 2.0;
    }
    low = low > 0.0 ? low : 0.0;
    high = high < count ? high : count;
    from = toInteger(finite(low));
    to = toInteger(finite(high));
    someOutside = static_cast<double>(to - from) < count;
  }

  /// False when outside; else the two elements and their weights.
  bool at(int64_t i, int64_t *element, C *weight) const {
    C x = start + (static_cast<C>(static_cast<double>(i)) + C(0.5)) * step;
    if (!(x >= C(-1) && x <= static_cast<C>(static_cast<double>(size))))
      return false;
    x = x < C(0) ? C(0) : x;
    element[0] = min(toInteger(static_cast<double>(x)), size - 1);
    element[1] = min(element[0] + 1, size - 1);
    C low = static_cast<C>(static_cast<double>(element[0]));
    weight[1] = element[0] == size - 1 ? C(0) : x - low;
    weight[0] = C(1) - weight[1];
    return true;
  }
};

template <class C>
void roiAlign(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &rois = call->in[1], &batch = call->in[2];
  const EvalTensor &out = call->out[0];
  bool half = call->attrs[0], isMax = call->attrs[2] == PoolMax;
  int64_t ratio = call->attrs[3];
  C scale = static_cast<C>(number(call->attrs[4]));
  C offset = half ? C(0.5) : C(0);
  int64_t height = out.dims[1], width = out.dims[2], channels = out.dims[3];
  int64_t strides[EvalMaxRank];
  stridesOf(in, strides);
  for (int64_t r = 0, to = 0; r < out.dims[0]; ++r) {
    C box[4];
    read<C>(box, rois, r * 4, 1, 4);
    for (C &c : box)
      c = static_cast<C>(finite(static_cast<double>(c * scale - offset)));
    C w = box[2] - box[0], h = box[3] - box[1];
    if (!half) {
      w = w > C(1) ? w : C(1);
      h = h > C(1) ? h : C(1);
    }
    C binW = w / static_cast<C>(width), binH = h / static_cast<C>(height);
    double countH = ratio ? static_cast<double>(ratio)
                          : xgen_ceil(static_cast<double>(binH));
    double countW = ratio ? static_cast<double>(ratio)
                          : xgen_ceil(static_cast<double>(binW));
    int64_t picture =
        clamp(get<int64_t>(batch, r), 0, in.dims[0] - 1) * strides[0];
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x, to += channels) {
        Samples<C> sy(box[1] + static_cast<C>(y) * binH, binH, countH,
                      in.dims[1]);
        Samples<C> sx(box[0] + static_cast<C>(x) * binW, binW, countW,
                      in.dims[2]);
        C samples = static_cast<C>(countH * countW);
        for (int64_t c = 0; c < channels; c += kChannels) {
          int64_t m = min(kChannels, channels - c);
          C acc[kChannels] = {}, value[kChannels], buffer[kChannels];
          bool first = !(sy.someOutside || sx.someOutside);
          for (int64_t iy = sy.from; iy < sy.to; ++iy)
            for (int64_t ix = sx.from; ix < sx.to; ++ix) {
              int64_t ey[2], ex[2];
              C wy[2], wx[2];
              bool inside = sy.at(iy, ey, wy) && sx.at(ix, ex, wx);
              for (int64_t k = 0; k < m; ++k)
                value[k] = C(0);
              // A maximum is over the four weighted corners of each sample.
              for (int q = 0; inside && q < 4; ++q) {
                C weight = wy[q / 2] * wx[q % 2];
                const C *px = view<C>(buffer, in,
                                      picture + ey[q / 2] * strides[1] +
                                          ex[q % 2] * strides[2] + c,
                                      m);
                for (int64_t k = 0; k < m; ++k) {
                  C term = weight * px[k];
                  value[k] = !isMax   ? value[k] + term
                             : q == 0 ? term
                                      : max(value[k], term);
                }
              }
              for (int64_t k = 0; k < m; ++k)
                acc[k] = !isMax  ? acc[k] + value[k]
                         : first ? value[k]
                                 : max(acc[k], value[k]);
              first = false;
            }
          if (!isMax && samples > C(1))
            for (int64_t k = 0; k < m; ++k)
              acc[k] = acc[k] / samples;
          write<C>(out, to + c, 1, acc, m);
        }
      }
  }
}

/// Half away from zero, as C's round.
int64_t roundAway(double x) {
  x = finite(x);
  return toInteger(x < 0.0 ? xgen_ceil(x - 0.5) : xgen_floor(x + 0.5));
}

template <class C>
void maxRoiPool(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &rois = call->in[1], &out = call->out[0];
  C scale = static_cast<C>(number(call->attrs[1]));
  int64_t height = out.dims[1], width = out.dims[2], channels = out.dims[3];
  int64_t strides[EvalMaxRank];
  stridesOf(in, strides);
  for (int64_t r = 0, to = 0; r < out.dims[0]; ++r) {
    C roi[5];
    read<C>(roi, rois, r * 5, 1, 5);
    int64_t box[4];
    for (int i = 0; i < 4; ++i)
      box[i] = roundAway(static_cast<double>(roi[i + 1] * scale));
    C binW = static_cast<C>(max<int64_t>(box[2] - box[0] + 1, 1)) /
             static_cast<C>(width);
    C binH = static_cast<C>(max<int64_t>(box[3] - box[1] + 1, 1)) /
             static_cast<C>(height);
    auto begin = [](int64_t i, C bin) {
      return toInteger(
          xgen_floor(static_cast<double>(static_cast<C>(i) * bin)));
    };
    auto end = [](int64_t i, C bin) {
      return toInteger(
          xgen_ceil(static_cast<double>(static_cast<C>(i + 1) * bin)));
    };
    int64_t picture = clamp(toInteger(finite(static_cast<double>(roi[0]))), 0,
                            in.dims[0] - 1) *
                      strides[0];
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x, to += channels) {
        int64_t y0 = clamp(box[1] + begin(y, binH), 0, in.dims[1]);
        int64_t y1 = clamp(box[1] + end(y, binH), 0, in.dims[1]);
        int64_t x0 = clamp(box[0] + begin(x, binW), 0, in.dims[2]);
        int64_t x1 = clamp(box[0] + end(x, binW), 0, in.dims[2]);
        for (int64_t c = 0; c < channels; c += kChannels) {
          int64_t m = min(kChannels, channels - c);
          C acc[kChannels] = {}, buffer[kChannels];
          for (int64_t i = y0; i < y1; ++i)
            for (int64_t j = x0; j < x1; ++j) {
              const C *px = view<C>(
                  buffer, in, picture + i * strides[1] + j * strides[2] + c, m);
              for (int64_t k = 0; k < m; ++k)
                acc[k] = i == y0 && j == x0 ? px[k] : max(acc[k], px[k]);
            }
          write<C>(out, to + c, 1, acc, m);
        }
      }
  }
}

/// Corners in rising order.
template <class C>
struct Box {
  C x0, y0, x1, y1;

  Box(const EvalTensor &boxes, int64_t at, bool center) {
    C b[4];
    read<C>(b, boxes, at * 4, 1, 4);
    if (center) {
      x0 = b[0] - b[2] / C(2);
      x1 = b[0] + b[2] / C(2);
      y0 = b[1] - b[3] / C(2);
      y1 = b[1] + b[3] / C(2);
    } else {
      y0 = min(b[0], b[2]);
      y1 = max(b[0], b[2]);
      x0 = min(b[1], b[3]);
      x1 = max(b[1], b[3]);
    }
  }
  C area() const { return (x1 - x0) * (y1 - y0); }
  bool overlaps(const Box &o, C threshold) const {
    C w = min(x1, o.x1) - max(x0, o.x0), h = min(y1, o.y1) - max(y0, o.y0);
    if (!(w > C(0) && h > C(0)))
      return false;
    C common = w * h, all = area() + o.area() - common;
    return area() > C(0) && o.area() > C(0) && all > C(0) &&
           common / all > threshold;
  }
};

template <class C>
void nms(const EvalCall *call) {
  const EvalTensor &boxes = call->in[0], &scores = call->in[1];
  const EvalTensor &out = call->out[0];
  bool center = call->attrs[0];
  int64_t n = boxes.dims[1], limit = call->attrs[1] < 0 ? n : call->attrs[1];
  if (present(call->in[2]))
    limit = min(limit, get<int64_t>(call->in[2], 0));
  C iou = present(call->in[3]) ? get<C>(call->in[3], 0) : C(0);
  bool filter = present(call->in[4]);
  C least = filter ? get<C>(call->in[4], 0) : C(0);
  auto *heap = static_cast<Item<C> *>(call->scratch);
  auto before = [](const Item<C> &a, const Item<C> &b) {
    return a.key > b.key || (a.key == b.key && a.index < b.index);
  };
  int64_t rows = 0;
  for (int64_t b = 0; b < scores.dims[0]; ++b)
    for (int64_t c = 0; c < scores.dims[1]; ++c) {
      int64_t size = 0, first = rows;
      for (int64_t i = 0; i < n; ++i) {
        C score = get<C>(scores, (b * scores.dims[1] + c) * n + i);
        if (score == score && (!filter || score > least))
          heap[size++] = {score, i};
      }
      makeHeap(heap, size, before);
      while (size && rows - first < limit) {
        int64_t next = popHeap(heap, size, before).index;
        Box<C> box(boxes, b * n + next, center);
        bool keep = true;
        for (int64_t r = first; keep && r < rows; ++r)
          keep = !box.overlaps(
              Box<C>(boxes, b * n + get<int64_t>(out, r * 3 + 2), center), iou);
        if (!keep)
          continue;
        int64_t row[3] = {b, c, next};
        write<int64_t>(out, rows++ * 3, 1, row, 3);
      }
    }
  put<int64_t>(call->out[1], 0, rows);
}

} // namespace

extern "C" int32_t xgen_eval_roi_align(const EvalCall *call) {
  if (!elementCount(call->out[0]))
    return EvalOk;
  if (computeOf(call->in[0]) == Compute::Double)
    roiAlign<double>(call);
  else
    roiAlign<float>(call);
  return EvalOk;
}

extern "C" int32_t xgen_eval_max_roi_pool(const EvalCall *call) {
  if (!elementCount(call->out[0]))
    return EvalOk;
  if (computeOf(call->in[0]) == Compute::Double)
    maxRoiPool<double>(call);
  else
    maxRoiPool<float>(call);
  return EvalOk;
}

extern "C" int64_t xgen_eval_scratch_nms(const EvalCall *call) {
  return call->in[0].dims[1] * kItemBytes;
}

extern "C" int32_t xgen_eval_nms(const EvalCall *call) {
  if (computeOf(call->in[0]) == Compute::Double)
    nms<double>(call);
  else
    nms<float>(call);
  return EvalOk;
}
