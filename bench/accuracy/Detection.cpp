//===- Detection.cpp - Boxes ----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Faces against reference boxes, objects by mean average precision (COCO's: 101
// recall points, thresholds 0.5 to 0.95, at most 100 boxes a picture).
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

namespace {
struct Box {
  float x1, y1, x2, y2, score;
  int64_t kind;

  /// A total order, so that equal scores are always taken in the same order.
  bool before(const Box &other) const {
    return std::tie(other.score, x1, y1, x2, y2, kind) <
           std::tie(score, other.x1, other.y1, other.x2, other.y2, other.kind);
  }
};
} // namespace

static float overlap(const Box &a, const Box &b) {
  float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w <= 0 || h <= 0)
    return 0;
  float both = w * h;
  return both / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both);
}

/// Non-maximum suppression within each kind; the best first.
static std::vector<Box> suppress(std::vector<Box> boxes, float threshold,
                                 size_t limit) {
  sort(boxes, [](const Box &a, const Box &b) { return a.before(b); });
  std::vector<Box> kept;
  for (const Box &box : boxes) {
    if (kept.size() == limit)
      break;
    if (none_of(kept, [&](const Box &other) {
          return other.kind == box.kind && overlap(other, box) > threshold;
        }))
      kept.push_back(box);
  }
  return kept;
}

//===-- Faces ---------------------------------------------------------------===//

static Figures faces(const Context &context, StringRef csv) {
  std::string folder = context.data + "/faces";
  auto text = readText(folder + "/" + csv.str());
  if (!text)
    return text.takeError();
  StringMap<std::vector<Box>> reference;
  SmallVector<StringRef> lines;
  StringRef(*text).split(lines, '\n', -1, false);
  for (StringRef line : drop_begin(lines)) {
    SmallVector<StringRef> f;
    line.split(f, ',');
    double v[5];
    for (int i = 0; i < 5; ++i)
      if (f.size() != 6 || f[size_t(i) + 1].trim().getAsDouble(v[i]))
        return createStringError(folder + "/" + csv + ": not six fields: " + line);
    reference[f[0]].push_back(
        {float(v[1]), float(v[2]), float(v[3]), float(v[4]), float(v[0]), 0});
  }
  io::ImageOptions options;
  options.mean = {127};
  options.std = {128};
  int64_t images = 0, found = 0, wanted = 0, matched = 0;
  double apart = 0;
  for (const std::string &path : listFiles(folder, ".jpg")) {
    if (images >= context.limit)
      break;
    ++images;
    auto image = io::readJpeg(path);
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
    ArrayRef<float> scores = (*outputs)[0], boxes = (*outputs)[1];
    std::vector<Box> candidates;
    for (size_t i = 0; i * 2 + 1 < scores.size(); ++i)
      if (scores[2 * i + 1] > 0.7f)
        candidates.push_back({boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2],
                              boxes[4 * i + 3], scores[2 * i + 1], 0});
    std::vector<Box> kept = suppress(candidates, 0.3f, SIZE_MAX);
    found += int64_t(kept.size());
    for (const Box &want : reference[sys::path::filename(path)]) {
      ++wanted;
      auto best = max_element(kept, [&](const Box &a, const Box &b) {
        return overlap(a, want) < overlap(b, want);
      });
      if (best == kept.end() || overlap(*best, want) < 0.9f)
        continue;
      ++matched;
      apart = std::max({apart, double(std::fabs(best->x1 - want.x1)),
                        double(std::fabs(best->y1 - want.y1)),
                        double(std::fabs(best->x2 - want.x2)),
                        double(std::fabs(best->y2 - want.y2))});
      kept.erase(best);
    }
  }
  return json::Object{{"samples", images},
                      {"faces", found},
                      {"reference_faces", wanted},
                      {"matched", double(matched) / double(std::max<int64_t>(wanted, 1))},
                      {"largest_box_error", apart}};
}

Figures bench::ultrafaceRfb(const Context &context) {
  return faces(context, "reference_rfb320.csv");
}

Figures bench::ultrafaceSlim(const Context &context) {
  return faces(context, "reference_slim320.csv");
}

/// There are no labels for this network's outputs: pictures to compare with.
Figures bench::yunet(const Context &context) {
  io::ImageOptions options;
  options.bgr = true;
  int64_t images = 0;
  for (const std::string &path : listFiles(context.data + "/faces", ".jpg")) {
    if (images >= context.limit)
      break;
    ++images;
    auto image = io::readJpeg(path);
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
  }
  return json::Object{{"samples", images}};
}

//===-- Objects -------------------------------------------------------------===//

namespace {
struct Found {
  Box box;
  size_t image;
};

/// Collects boxes of all pictures, then computes the precision.
struct Precision {
  std::map<int64_t, std::vector<Found>> truth, found;
  size_t images = 0;

  double average(int64_t kind, float threshold) {
    std::vector<Found> &want = truth[kind];
    std::vector<Found> got = found[kind];
    sort(got, [](const Found &a, const Found &b) {
      return a.box.score != b.box.score ? a.box.score > b.box.score
             : a.image != b.image       ? a.image < b.image
                                        : a.box.before(b.box);
    });
    std::vector<bool> taken(want.size());
    std::vector<double> precision, recall;
    int64_t right = 0;
    for (auto [i, candidate] : enumerate(got)) {
      float best = threshold;
      size_t which = want.size();
      for (size_t k = 0; k < want.size(); ++k)
        if (!taken[k] && want[k].image == candidate.image)
          if (float o = overlap(want[k].box, candidate.box); o >= best) {
            best = o;
            which = k;
          }
      if (which < want.size()) {
        taken[which] = true;
        ++right;
      }
      precision.push_back(double(right) / double(i + 1));
      recall.push_back(double(right) / double(want.size()));
    }
    for (size_t i = precision.size(); i-- > 1;)
      precision[i - 1] = std::max(precision[i - 1], precision[i]);
    double sum = 0;
    for (int point = 0; point <= 100; ++point) {
      auto at = lower_bound(recall, point / 100.0);
      sum += at == recall.end() ? 0 : precision[size_t(at - recall.begin())];
    }
    return sum / 101;
  }

  json::Object figures() {
    double half = 0, all = 0, kinds = 0;
    std::vector<int64_t> present;
    for (auto &[kind, boxes] : truth)
      present.push_back(kind);
    for (int64_t kind : present) {
      ++kinds;
      for (int step = 0; step < 10; ++step) {
        double ap = average(kind, 0.5f + 0.05f * float(step));
        all += ap / 10;
        if (step == 0)
          half += ap;
      }
    }
    kinds = std::max(kinds, 1.0);
    return json::Object{{"samples", int64_t(images)},
                        {"map50", half / kinds},
                        {"map", all / kinds}};
  }
};
} // namespace

using Decode = function_ref<std::vector<Box>(ArrayRef<float> output,
                                             const io::Image &image)>;

static Figures objects(const Context &context, const io::ImageOptions &options,
                       Decode decode) {
  std::string folder = context.data + "/coco128_val";
  Precision precision;
  for (const std::string &path : listFiles(folder + "/images", ".jpg")) {
    if (int64_t(precision.images) >= context.limit)
      break;
    auto image = io::readJpeg(path);
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
    for (const Box &box : decode((*outputs)[0], *image))
      precision.found[box.kind].push_back({box, precision.images});
    auto text = readText(folder + "/labels/" + sys::path::stem(path).str() + ".txt");
    if (!text) {
      consumeError(text.takeError()); // no file: no box
    } else {
      SmallVector<StringRef> lines;
      StringRef(*text).split(lines, '\n', -1, false);
      for (StringRef line : lines) {
        SmallVector<StringRef> f;
        line.split(f, ' ', -1, false);
        double v[4];
        int64_t kind;
        if (f.size() < 5 || f[0].getAsInteger(10, kind))
          continue;
        for (size_t i = 0; i < 4; ++i)
          if (f[i + 1].getAsDouble(v[i]))
            v[i] = 0;
        float w = float(image->width), h = float(image->height);
        precision.truth[kind].push_back(
            {{float(v[0] - v[2] / 2) * w, float(v[1] - v[3] / 2) * h,
              float(v[0] + v[2] / 2) * w, float(v[1] + v[3] / 2) * h, 1, kind},
             precision.images});
      }
    }
    ++precision.images;
  }
  return precision.figures();
}

Figures bench::yolox(const Context &context) {
  constexpr int64_t side = 416, fields = 85;
  io::ImageOptions options;
  options.fit = io::Fit::Letterbox;
  options.bgr = true;
  return objects(context, options, [&](ArrayRef<float> o, const io::Image &image) {
    float ratio = std::min(float(side) / float(image.width),
                           float(side) / float(image.height));
    std::vector<Box> boxes;
    for (int64_t stride : {8, 16, 32})
      for (int64_t y = 0; y < side / stride; ++y)
        for (int64_t x = 0; x < side / stride; ++x, o = o.drop_front(fields)) {
          float s = float(stride);
          float cx = (o[0] + float(x)) * s, cy = (o[1] + float(y)) * s;
          float w = std::exp(o[2]) * s, h = std::exp(o[3]) * s;
          for (int64_t kind = 0; kind < fields - 5; ++kind)
            if (float score = o[4] * o[size_t(5 + kind)]; score > 0.01f)
              boxes.push_back({(cx - w / 2) / ratio, (cy - h / 2) / ratio,
                               (cx + w / 2) / ratio, (cy + h / 2) / ratio, score,
                               kind});
        }
    return suppress(std::move(boxes), 0.65f, 100);
  });
}

Figures bench::fastestdet(const Context &context) {
  constexpr size_t side = 22, cells = side * side, fields = 85;
  io::ImageOptions options;
  options.std = {255};
  options.bgr = true;
  return objects(context, options, [&](ArrayRef<float> o, const io::Image &image) {
    auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
    std::vector<Box> boxes;
    for (size_t cell = 0; cell < cells; ++cell) {
      auto field = [&](size_t i) { return o[i * cells + cell]; };
      size_t kind = 5;
      for (size_t i = 6; i < fields; ++i)
        if (field(i) > field(kind))
          kind = i;
      float score = std::pow(field(0), 0.6f) * std::pow(field(kind), 0.4f);
      if (score <= 0.01f)
        continue;
      float iw = float(image.width), ih = float(image.height);
      float cx = (float(cell % side) + std::tanh(field(1))) / side * iw;
      float cy = (float(cell / side) + std::tanh(field(2))) / side * ih;
      float w = sigmoid(field(3)) * iw, h = sigmoid(field(4)) * ih;
      boxes.push_back({cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score,
                       int64_t(kind - 5)});
    }
    return suppress(std::move(boxes), 0.45f, 100);
  });
}
