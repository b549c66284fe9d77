//===- Audio.cpp - Streaming sound ----------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Networks that see a frame at a time and are given their state back. States are
// paired with outputs by size and order.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "xgen/xgen.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <complex>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

using Complex = std::complex<double>;

/// In place, a power of two; `sign` -1 is the forward transform.
static void fourier(std::vector<Complex> &x, double sign) {
  size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j)
      std::swap(x[i], x[j]);
  }
  for (size_t length = 2; length <= n; length *= 2)
    for (size_t start = 0; start < n; start += length)
      for (size_t k = 0; k < length / 2; ++k) {
        Complex w = std::polar(1.0, sign * 2 * M_PI * double(k) / double(length));
        Complex a = x[start + k], b = w * x[start + k + length / 2];
        x[start + k] = a + b;
        x[start + k + length / 2] = a - b;
      }
}

Figures bench::speechEnhancement(const Context &context) {
  constexpr size_t size = 512, hop = 256, bins = size / 2 + 1;
  auto noisy = io::readWav(context.data + "/audio/noisy_speech.wav");
  if (!noisy)
    return noisy.takeError();
  auto clean = io::readWav(context.data + "/audio/noisy_speech_gtcrn_reference.wav");
  if (!clean)
    return clean.takeError();
  std::vector<double> window(size);
  for (size_t i = 0; i < size; ++i)
    window[i] = std::sqrt(0.5 - 0.5 * std::cos(2 * M_PI * double(i) / size));
  const std::vector<float> &s = noisy->samples;
  auto n = int64_t(s.size());
  auto sample = [&](int64_t i) { // reflected at both ends
    i = i < 0 ? -i : i;
    i = i >= n ? 2 * (n - 1) - i : i;
    return double(s[size_t(i)]);
  };
  Engine &engine = context.engine;
  std::vector<io::Tensor> feed;
  for (const Port &port : engine.inputs()) {
    std::vector<int64_t> dims = knownShape(port.dims);
    int64_t elements = 1;
    for (int64_t d : dims)
      elements *= d;
    feed.push_back(makeTensor(port, std::vector<float>(size_t(elements)), dims));
  }
  auto frames = std::min<int64_t>(n / int64_t(hop) + 1, context.limit);
  std::vector<double> sum(size_t(frames) * hop + size), norm(sum.size());
  for (int64_t frame = 0; frame < frames; ++frame) {
    std::vector<Complex> x(size);
    for (size_t i = 0; i < size; ++i)
      x[i] = window[i] * sample(frame * int64_t(hop) + int64_t(i) - int64_t(size / 2));
    fourier(x, -1);
    std::vector<float> values;
    for (size_t i = 0; i < bins; ++i) {
      values.push_back(float(x[i].real()));
      values.push_back(float(x[i].imag()));
    }
    feed[0] = makeTensor(engine.inputs()[0], values, feed[0].dims);
    auto outputs = engine.run(feed);
    if (!outputs)
      return outputs.takeError();
    if (outputs->size() != feed.size())
      return createStringError("not a network whose states come back");
    std::vector<float> enhanced = floats((*outputs)[0]);
    for (size_t i = 1; i < feed.size(); ++i)
      feed[i].data = (*outputs)[i].data;
    for (size_t i = 0; i < size; ++i) {
      size_t k = i < bins ? i : size - i;
      Complex value(enhanced[2 * k], enhanced[2 * k + 1]);
      x[i] = i < bins ? value : std::conj(value);
    }
    fourier(x, 1);
    for (size_t i = 0; i < size; ++i) {
      size_t at = size_t(frame) * hop + i;
      sum[at] += window[i] * x[i].real() / size;
      norm[at] += window[i] * window[i];
    }
  }
  double signal = 0, error = 0;
  size_t end = std::min(clean->samples.size(), size_t(frames - 1) * hop);
  for (size_t i = 0; i < end; ++i) {
    size_t at = i + size / 2;
    double got = norm[at] > 1e-8 ? sum[at] / norm[at] : 0;
    double want = clean->samples[i];
    signal += want * want;
    error += (got - want) * (got - want);
  }
  return json::Object{{"frames", frames},
                      {"snr_db", 10 * std::log10(signal / std::max(error, 1e-30))}};
}

Figures bench::voiceActivity(const Context &context) {
  constexpr size_t chunk = 512, past = 64;
  Engine &engine = context.engine;
  json::Object result;
  for (StringRef file : {"speech_en_60s", "noisy_speech", "marvin_stream_10s"}) {
    auto sound = io::readWav((context.data + "/audio/" + file + ".wav").str());
    if (!sound)
      return sound.takeError();
    std::vector<io::Tensor> feed;
    size_t input = 0, state = 0;
    for (auto [i, port] : enumerate(engine.inputs())) {
      if (port.dtype == XGEN_I64) {
        feed.push_back(makeTensor(port, {16000}, {}));
      } else if (port.dims.size() == 3) {
        state = i;
        feed.push_back(makeTensor(port, std::vector<float>(256), {2, 1, 128}));
      } else {
        input = i;
        feed.push_back({});
      }
    }
    std::vector<float> window(past + chunk);
    int64_t frames = 0, speech = 0;
    for (size_t at = 0; at + chunk <= sound->samples.size() && frames < context.limit;
         at += chunk) {
      std::copy(window.end() - past, window.end(), window.begin());
      std::copy_n(sound->samples.begin() + ptrdiff_t(at), chunk, window.begin() + past);
      feed[input] = makeTensor(engine.inputs()[input], window,
                               {1, int64_t(past + chunk)});
      auto outputs = engine.run(feed);
      if (!outputs)
        return outputs.takeError();
      size_t answer = (*outputs)[0].elements() == 1 ? 0 : 1;
      speech += floats((*outputs)[answer])[0] > 0.5f;
      feed[state].data = (*outputs)[1 - answer].data;
      ++frames;
    }
    result[file] = double(speech) / double(std::max<int64_t>(frames, 1));
  }
  return result;
}

Figures bench::notePitch(const Context &context) {
  const Port &port = context.engine.inputs()[0];
  auto sound = io::readWav(context.data + "/audio/speech_en_60s.wav");
  if (!sound)
    return sound.takeError();
  auto tensor = io::soundTensor(*sound, port.dtype, knownShape(port.dims), 22050);
  if (!tensor)
    return tensor.takeError();
  auto outputs = context.engine.run(*tensor);
  if (!outputs)
    return outputs.takeError();
  json::Object result;
  for (auto [i, output] : enumerate(*outputs)) {
    double sum = 0;
    std::vector<float> values = floats(output);
    for (float value : values)
      sum += value;
    result["mean" + std::to_string(i)] = sum / double(values.size());
  }
  return result;
}
