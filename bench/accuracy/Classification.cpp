//===- Classification.cpp - One label a picture ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// ImageNet, CIFAR-10, MNIST, and person or no person. Figures are shares.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <zlib.h>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

namespace {
struct Score {
  int64_t total = 0, first = 0, fifth = 0;

  void add(ArrayRef<float> values, int64_t label) {
    int64_t better = 0;
    for (auto [i, value] : enumerate(values))
      better += value > values[size_t(label)] ||
                (value == values[size_t(label)] && int64_t(i) < label);
    ++total;
    first += better == 0;
    fifth += better < 5;
  }
  json::Object figures(bool five) const {
    double n = double(std::max<int64_t>(total, 1));
    json::Object result{{"samples", total}, {"top1", double(first) / n}};
    if (five)
      result["top5"] = double(fifth) / n;
    return result;
  }
};
} // namespace

static Figures imagenet(const Context &context, const io::ImageOptions &options,
                        size_t firstClass) {
  std::string folder = context.data + "/imagenet1000";
  auto labels = readText(folder + "/labels.txt");
  if (!labels)
    return labels.takeError();
  SmallVector<StringRef> lines;
  StringRef(*labels).split(lines, '\n', -1, false);
  Score score;
  for (StringRef line : lines) {
    if (score.total >= context.limit)
      break;
    SmallVector<StringRef> fields;
    line.split(fields, '\t');
    int64_t label;
    if (fields.size() != 4 || fields[0].getAsInteger(10, label))
      return createStringError(folder + "/labels.txt: not four fields: " + line);
    auto image = io::readJpeg((folder + "/images/" + fields[3]).str());
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
    score.add(ArrayRef((*outputs)[0]).drop_front(firstClass), label);
  }
  return score.figures(true);
}

Figures bench::imagenetSqueezenet(const Context &context) {
  io::ImageOptions options;
  options.fit = io::Fit::Crop;
  options.cropFraction = 0.875;
  options.mean = {123.68, 116.78, 103.94};
  options.bgr = true;
  return imagenet(context, options, 0);
}

Figures bench::imagenetMobilenet(const Context &context) {
  io::ImageOptions options;
  options.fit = io::Fit::Crop;
  options.cropFraction = 0.875;
  options.mean = {128};
  options.std = {128};
  return imagenet(context, options, 1);
}

static Figures cifar(const Context &context, float mean, float scale) {
  auto bytes = io::readBytes(context.data + "/cifar10_test2000/test_2000.bin");
  if (!bytes)
    return bytes.takeError();
  constexpr size_t pixels = 3 * 32 * 32;
  Score score;
  for (size_t at = 0; at + 1 + pixels <= bytes->size() && score.total < context.limit;
       at += 1 + pixels) {
    std::vector<float> values(pixels);
    for (size_t i = 0; i < pixels; ++i)
      values[i] = (float((*bytes)[at + 1 + i]) - mean) * scale;
    auto outputs = infer(context.engine, values);
    if (!outputs)
      return outputs.takeError();
    score.add((*outputs)[0], (*bytes)[at]);
  }
  return score.figures(false);
}

Figures bench::cifarRaw(const Context &context) { return cifar(context, 0, 1); }

Figures bench::cifarScaled(const Context &context) {
  return cifar(context, 127.5f, 1 / 127.5f);
}

Figures bench::visualWakeWords(const Context &context) {
  std::string folder = context.data + "/coco128_val";
  io::ImageOptions options;
  options.std = {255};
  Score score;
  for (const std::string &path : listFiles(folder + "/images", ".jpg")) {
    if (score.total >= context.limit)
      break;
    // A person is one whose box takes more than 0.5 % of the picture.
    int64_t person = 0;
    auto text = readText(folder + "/labels/" + sys::path::stem(path).str() + ".txt");
    if (!text) {
      consumeError(text.takeError()); // no file: no box
    } else {
      SmallVector<StringRef> lines;
      StringRef(*text).split(lines, '\n', -1, false);
      for (StringRef line : lines) {
        SmallVector<StringRef> f;
        line.split(f, ' ', -1, false);
        double w = 0, h = 0;
        if (f.size() >= 5 && f[0] == "0" && !f[3].getAsDouble(w) &&
            !f[4].getAsDouble(h) && w * h > 0.005)
          person = 1;
      }
    }
    auto image = io::readJpeg(path);
    if (!image)
      return image.takeError();
    auto outputs = infer(context.engine, *image, options);
    if (!outputs)
      return outputs.takeError();
    score.add((*outputs)[0], person);
  }
  return score.figures(false);
}

static Expected<std::vector<uint8_t>> unzip(const std::string &path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file)
    return createStringError(path + ": cannot open");
  std::vector<uint8_t> result;
  uint8_t block[1 << 16];
  int got;
  while ((got = gzread(file, block, sizeof(block))) > 0)
    result.insert(result.end(), block, block + got);
  gzclose(file);
  if (got < 0)
    return createStringError(path + ": damaged");
  return result;
}

static Figures mnist(const Context &context, float scale) {
  std::string folder = context.data + "/mnist/t10k-";
  auto images = unzip(folder + "images-idx3-ubyte.gz");
  if (!images)
    return images.takeError();
  auto labels = unzip(folder + "labels-idx1-ubyte.gz");
  if (!labels)
    return labels.takeError();
  constexpr size_t pixels = 28 * 28;
  Score score;
  for (size_t i = 0; 8 + i < labels->size() && 16 + (i + 1) * pixels <= images->size() &&
                     score.total < context.limit;
       ++i) {
    std::vector<float> values(pixels);
    for (size_t k = 0; k < pixels; ++k)
      values[k] = float((*images)[16 + i * pixels + k]) * scale;
    auto outputs = infer(context.engine, values);
    if (!outputs)
      return outputs.takeError();
    score.add((*outputs)[0], (*labels)[8 + i]);
  }
  return score.figures(false);
}

Figures bench::mnistRaw(const Context &context) { return mnist(context, 1); }

Figures bench::mnistScaled(const Context &context) {
  return mnist(context, 1 / 255.0f);
}
