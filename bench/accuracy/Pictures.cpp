//===- Pictures.cpp - An answer for each pixel ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Segmentation, super-resolution and text.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

//===-- Segmentation ---------------------------------------------------------===//

/// Pascal VOC's class of a class of COCO's masks; 0 is background.
static int64_t vocClass(int64_t coco) {
  static const std::pair<int64_t, int64_t> pairs[] = {
      {5, 1},   {2, 2},   {16, 3},  {9, 4},   {44, 5},  {6, 6},   {3, 7},
      {17, 8},  {62, 9},  {21, 10}, {67, 11}, {18, 12}, {19, 13}, {4, 14},
      {1, 15},  {64, 16}, {20, 17}, {63, 18}, {7, 19},  {72, 20}};
  for (auto [from, to] : pairs)
    if (from == coco)
      return to;
  return 0;
}

Figures bench::deeplab(const Context &context) {
  constexpr int64_t side = 257, classes = 21;
  std::string folder = context.data + "/coco128_val";
  io::ImageOptions options;
  options.mean = {127.5};
  options.std = {127.5};
  std::vector<std::vector<int64_t>> confusion(classes,
                                              std::vector<int64_t>(classes));
  int64_t samples = 0;
  for (const std::string &path : listFiles(folder + "/semantic_masks", ".png")) {
    if (samples >= context.limit)
      break;
    ++samples;
    auto mask = io::readPng(path);
    if (!mask)
      return mask.takeError();
    auto image =
        io::readJpeg(folder + "/images/" + sys::path::stem(path).str() + ".jpg");
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
    ArrayRef<float> scores = (*outputs)[0];
    for (int64_t y = 0; y < side; ++y)
      for (int64_t x = 0; x < side; ++x) {
        int64_t sy = int64_t((double(y) + 0.5) * double(mask->height) / side);
        int64_t sx = int64_t((double(x) + 0.5) * double(mask->width) / side);
        auto label = int64_t(
            mask->pixels[size_t((sy * mask->width + sx) * mask->channels)]);
        if (label == 0) // unlabelled
          continue;
        int64_t got = argmax(scores.slice(size_t((y * side + x) * classes), classes));
        ++confusion[size_t(vocClass(label))][size_t(got)];
      }
  }
  double sum = 0, person = 0;
  int64_t present = 0, right = 0, all = 0;
  for (size_t c = 0; c < size_t(classes); ++c) {
    int64_t truth = 0, found = 0;
    for (size_t k = 0; k < size_t(classes); ++k) {
      truth += confusion[c][k];
      found += confusion[k][c];
    }
    right += confusion[c][c];
    all += truth;
    if (!truth)
      continue;
    double iou = double(confusion[c][c]) / double(truth + found - confusion[c][c]);
    sum += iou;
    ++present;
    if (c == 15)
      person = iou;
  }
  return json::Object{{"samples", samples},
                      {"miou", sum / double(std::max<int64_t>(present, 1))},
                      {"classes", present},
                      {"pixel_accuracy", double(right) / double(std::max<int64_t>(all, 1))},
                      {"person_iou", person}};
}

//===-- Super-resolution -----------------------------------------------------===//

namespace {
struct Plane {
  int64_t width = 0, height = 0;
  std::vector<float> at;
  float operator()(int64_t x, int64_t y) const {
    x = std::clamp<int64_t>(x, 0, width - 1);
    y = std::clamp<int64_t>(y, 0, height - 1);
    return at[size_t(y * width + x)];
  }
};
} // namespace

static double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// One axis of Pillow's BICUBIC, rounded to 8 bits as it does.
static Plane bicubicRows(const Plane &in, int64_t width) {
  Plane out{width, in.height, std::vector<float>(size_t(width * in.height))};
  double scale = double(in.width) / double(width), filter = std::max(scale, 1.0);
  for (int64_t x = 0; x < width; ++x) {
    double centre = (double(x) + 0.5) * scale;
    auto low = std::max<int64_t>(int64_t(centre - 2 * filter + 0.5), 0);
    auto high = std::min<int64_t>(int64_t(centre + 2 * filter + 0.5), in.width);
    std::vector<double> weights;
    double total = 0;
    for (int64_t i = low; i < high; ++i) {
      weights.push_back(bicubic((double(i) + 0.5 - centre) / filter));
      total += weights.back();
    }
    for (int64_t y = 0; y < in.height; ++y) {
      double sum = 0;
      for (int64_t i = low; i < high; ++i)
        sum += weights[size_t(i - low)] / total * in.at[size_t(y * in.width + i)];
      out.at[size_t(y * width + x)] =
          std::clamp(float(std::floor(sum + 0.5)), 0.0f, 255.0f);
    }
  }
  return out;
}

static Plane transposed(const Plane &in) {
  Plane out{in.height, in.width, std::vector<float>(in.at.size())};
  for (int64_t y = 0; y < in.height; ++y)
    for (int64_t x = 0; x < in.width; ++x)
      out.at[size_t(x * in.height + y)] = in.at[size_t(y * in.width + x)];
  return out;
}

static Plane resizeBicubic(const Plane &in, int64_t width, int64_t height) {
  return transposed(bicubicRows(transposed(bicubicRows(in, width)), height));
}

static double psnr(const Plane &a, const Plane &b, int64_t border) {
  double sum = 0, count = 0;
  for (int64_t y = border; y < b.height - border; ++y)
    for (int64_t x = border; x < b.width - border; ++x) {
      double d = double(a(x, y)) - double(b(x, y));
      sum += d * d;
      ++count;
    }
  return 10 * std::log10(255.0 * 255.0 * count / sum);
}

Figures bench::superResolution(const Context &context) {
  constexpr int64_t small = 224;
  json::Object result;
  for (StringRef set : {"Set5", "Set14"}) {
    double sum = 0, plain = 0;
    int64_t count = 0;
    for (const std::string &path :
         listFiles(context.data + "/sr_set5_set14/" + set.str(), ".png")) {
      if (count >= context.limit)
        break;
      auto image = io::readPng(path);
      if (!image)
        return image.takeError();
      int64_t c = image->channels;
      Plane truth;
      truth.width = std::min<int64_t>(image->width / 3 * 3, 3 * small);
      truth.height = std::min<int64_t>(image->height / 3 * 3, 3 * small);
      for (int64_t y = 0; y < truth.height; ++y)
        for (int64_t x = 0; x < truth.width; ++x) {
          const float *p = &image->pixels[size_t((y * image->width + x) * c)];
          truth.at.push_back(
              c < 3 ? p[0]
                    : std::floor(0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2] + 0.5f));
        }
      Plane low = resizeBicubic(truth, truth.width / 3, truth.height / 3);
      std::vector<float> values;
      for (int64_t y = 0; y < small; ++y)
        for (int64_t x = 0; x < small; ++x)
          values.push_back(low(x, y) / 255.0f);
      auto outputs = infer(context.engine, values);
      if (!outputs)
        return outputs.takeError();
      Plane high{3 * small, 3 * small, std::move((*outputs)[0])};
      if (high.at.size() != size_t(9 * small * small))
        return createStringError("not a network that enlarges 3 times");
      for (float &value : high.at)
        value = std::clamp(value * 255.0f, 0.0f, 255.0f);
      sum += psnr(high, truth, 6);
      plain += psnr(resizeBicubic(low, truth.width, truth.height), truth, 6);
      ++count;
    }
    if (!count)
      return createStringError("no pictures of " + set + " in " + context.data);
    std::string key = set.lower();
    result["psnr_" + key] = sum / double(count);
    result["bicubic_" + key] = plain / double(count);
  }
  return result;
}

//===-- Text -----------------------------------------------------------------===//

/// Picture and size (width, height) by the network's input, where that is fixed.
Figures bench::textDetection(const Context &context) {
  struct Case {
    const char *key, *file;
    int64_t width, height;
  };
  static const Case cases[] = {{"en", "en.jpg", 704, 128},
                               {"text_det", "text_det.jpg", 320, 416}};
  ArrayRef<int64_t> dims = context.engine.inputs()[0].dims;
  io::ImageOptions options;
  options.bgr = true;
  // Mean and deviation are given for the channels in their stored order, B G R.
  options.mean = {0.406 * 255, 0.456 * 255, 0.485 * 255};
  options.std = {0.225 * 255, 0.224 * 255, 0.229 * 255};
  json::Object result;
  for (const Case &c : cases) {
    if (dims.size() != 4 || (dims[2] > 0 && (dims[2] != c.height || dims[3] != c.width)))
      continue;
    auto image = io::readJpeg(context.data + "/ocr/" + c.file);
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options, {1, 3, c.height, c.width});
    if (!outputs)
      return outputs.takeError();
    std::vector<float> &map = (*outputs)[0];
    int64_t text = 0, regions = 0;
    for (float p : map)
      text += p > 0.3f;
    result["text_share_" + std::string(c.key)] = double(text) / double(map.size());
    // Regions: 8-connected.
    std::vector<int64_t> open;
    for (size_t start = 0; start < map.size(); ++start) {
      if (map[start] <= 0.3f)
        continue;
      ++regions;
      open.push_back(int64_t(start));
      map[start] = 0;
      while (!open.empty()) {
        int64_t at = open.back(), y = at / c.width, x = at % c.width;
        open.pop_back();
        for (int64_t v = std::max<int64_t>(y - 1, 0); v <= std::min(y + 1, c.height - 1); ++v)
          for (int64_t u = std::max<int64_t>(x - 1, 0); u <= std::min(x + 1, c.width - 1); ++u)
            if (map[size_t(v * c.width + u)] > 0.3f) {
              map[size_t(v * c.width + u)] = 0;
              open.push_back(v * c.width + u);
            }
      }
    }
    result["regions_" + std::string(c.key)] = regions;
  }
  if (result.empty())
    return createStringError(
        "this task wants an input of 1x3x128x704 or 1x3x416x320");
  return result;
}

Figures bench::textDirection(const Context &context) {
  constexpr int64_t height = 48, width = 192;
  auto image = io::readJpeg(context.data + "/ocr/text_cls.jpg");
  if (!image)
    return image.takeError();
  int64_t w = std::min<int64_t>(
      width, int64_t(std::ceil(double(height * image->width) / double(image->height))));
  io::Image line = io::resize(*image, w, height);
  const Port &port = context.engine.inputs()[0];
  std::vector<float> values(3 * height * width);
  for (int64_t k = 0; k < 3; ++k)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < w; ++x)
        values[size_t((k * height + y) * width + x)] =
            (line.pixels[size_t((y * w + x) * 3 + 2 - k)] / 255.0f - 0.5f) / 0.5f;
  auto outputs = context.engine.run(makeTensor(
      port, values, knownShape(port.dims, {1, 3, height, width})));
  if (!outputs)
    return outputs.takeError();
  return json::Object{{"rotated", double(floats((*outputs)[0])[1])}};
}
