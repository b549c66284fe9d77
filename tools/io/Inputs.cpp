//===- Inputs.cpp - Sound, and files of any kind as an input --------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What a user hands over rarely has exactly the model's type and shape. What
// loses nothing is adapted; what would lose something is an error with both.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Media.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "xgen/xgen.h"
#include <cmath>
#include <cstring>

using namespace llvm;
using namespace xgen::io;

//===-- Sound --------------------------------------------------------------===//

Expected<Sound> xgen::io::readWav(StringRef path) {
  using support::endian::read16le;
  using support::endian::read32le;
  Expected<std::vector<uint8_t>> file = readBytes(path);
  if (!file)
    return file.takeError();
  ArrayRef<uint8_t> bytes = *file;
  if (bytes.size() < 12 || std::memcmp(&bytes[0], "RIFF", 4) != 0 ||
      std::memcmp(&bytes[8], "WAVE", 4) != 0)
    return createStringError(path + ": not a WAV file");
  unsigned format = 0, channels = 0, bits = 0;
  Sound sound;
  ArrayRef<uint8_t> data;
  bool found = false;
  for (size_t at = 12; bytes.size() - at >= 8 && !found;) {
    uint64_t size = read32le(&bytes[at + 4]);
    ArrayRef<uint8_t> chunk = bytes.drop_front(at + 8);
    bool isData = std::memcmp(&bytes[at], "data", 4) == 0;
    // Recorders that were cut off leave a length of 0 or -1 behind.
    if (size > chunk.size()) {
      if (!isData)
        break;
      size = chunk.size();
    }
    chunk = chunk.take_front(size_t(size));
    if (std::memcmp(&bytes[at], "fmt ", 4) == 0 && size >= 16) {
      format = read16le(&chunk[0]);
      channels = read16le(&chunk[2]);
      sound.rate = read32le(&chunk[4]);
      bits = read16le(&chunk[14]);
      if (format == 0xfffe && size >= 26) // extensible: the real format follows
        format = read16le(&chunk[24]);
    } else if (isData) {
      data = chunk;
      found = true;
    }
    at += 8 + size_t(size) + (size & 1);
    if (at > bytes.size())
      break;
  }
  if (!found || !channels)
    return createStringError(path + ": WAV: no samples in it");
  bool pcm = format == 1 && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
  bool floating = format == 3 && (bits == 32 || bits == 64);
  if (!pcm && !floating)
    return createStringError(
        path + formatv(": WAV: format {0} with {1} bits is not supported; "
                       "convert it to 16-bit PCM",
                       format, bits)
                   .str());
  size_t frame = size_t(channels) * bits / 8;
  size_t frames = data.size() / frame;
  sound.samples.resize(frames);
  for (size_t i = 0; i < frames; ++i) {
    const uint8_t *p = &data[i * frame];
    double value;
    if (floating && bits == 32) {
      float f;
      std::memcpy(&f, p, 4);
      value = f;
    } else if (floating) {
      std::memcpy(&value, p, 8);
    } else if (bits == 8) {
      value = (double(p[0]) - 128) / 128;
    } else if (bits == 16) {
      value = int16_t(read16le(p)) / 32768.0;
    } else if (bits == 24) {
      int32_t v = int32_t(uint32_t(p[0]) << 8 | uint32_t(p[1]) << 16 |
                          uint32_t(p[2]) << 24);
      value = v / 2147483648.0;
    } else {
      value = int32_t(read32le(p)) / 2147483648.0;
    }
    sound.samples[i] = float(value);
  }
  return sound;
}

Expected<Tensor> xgen::io::soundTensor(const Sound &sound, int32_t dtype,
                                       ArrayRef<int64_t> dims, int64_t rate) {
  std::vector<float> resampled;
  const std::vector<float> *samples = &sound.samples;
  if (rate > 0 && sound.rate > 0 && rate != sound.rate &&
      !sound.samples.empty()) {
    size_t n = size_t(double(samples->size()) * double(rate) / double(sound.rate));
    resampled.resize(n);
    for (size_t i = 0; i < n; ++i) {
      double at = double(i) * double(sound.rate) / double(rate);
      size_t low = std::min(size_t(at), samples->size() - 1);
      size_t high = std::min(low + 1, samples->size() - 1);
      double part = at - double(low);
      resampled[i] =
          float((*samples)[low] * (1 - part) + (*samples)[high] * part);
    }
    samples = &resampled;
  }
  Tensor t;
  t.dtype = dtype;
  t.dims.assign(dims.begin(), dims.end());
  // Of several unknown dimensions the last one is time.
  bool time = false;
  for (int64_t &d : reverse(t.dims))
    if (d < 0) {
      d = time ? 1 : int64_t(samples->size());
      time = true;
    }
  Expected<int64_t> n = checkedElements(t.dims, dtypeBytes(dtype));
  if (!n)
    return n.takeError();
  double range = isFloat(dtype) ? 1 : std::exp2(8 * dtypeBytes(dtype) - 1);
  t.data.resize(size_t(*n * dtypeBytes(dtype)));
  for (int64_t i = 0; i < *n; ++i)
    setElement(t, i,
               size_t(i) < samples->size() ? (*samples)[size_t(i)] * range : 0);
  return t;
}

//===-- Any file -----------------------------------------------------------===//

/// Whether every value of `from` survives in `to`; floats among each other
/// always do for us.
static bool mayConvert(const Tensor &tensor, int32_t to) {
  if (tensor.dtype == to)
    return true;
  if (isFloat(tensor.dtype) && !isFloat(to))
    return false;
  Tensor there = convert(tensor, to);
  if (isFloat(tensor.dtype))
    return true;
  Tensor back = convert(there, tensor.dtype);
  return back.data == tensor.data;
}

/// The wanted shape with -1 filled from `have`, when they differ only in
/// dimensions of 1 and in -1.
static bool adaptShape(ArrayRef<int64_t> have, ArrayRef<int64_t> want,
                       std::vector<int64_t> &result) {
  result.assign(want.begin(), want.end());
  if (have.size() == want.size()) {
    for (size_t i = 0; i < want.size(); ++i) {
      if (want[i] < 0)
        result[i] = have[i];
      else if (want[i] != have[i])
        return false;
    }
    return true;
  }
  SmallVector<int64_t> significant;
  copy_if(have, std::back_inserter(significant), [](int64_t d) { return d != 1; });
  size_t at = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i] == 1)
      continue;
    if (at == significant.size()) {
      if (want[i] >= 0)
        return false;
      result[i] = 1;
      continue;
    }
    if (want[i] >= 0 && want[i] != significant[at])
      return false;
    result[i] = significant[at++];
  }
  return at == significant.size();
}

static Expected<Tensor> adapt(Tensor tensor, StringRef path, int32_t dtype,
                              ArrayRef<int64_t> dims) {
  std::vector<int64_t> shape;
  if (!adaptShape(tensor.dims, dims, shape))
    return createStringError(path +
                             formatv(": shape {0}, but the input is {1}",
                                     shapeText(tensor.dims), shapeText(dims))
                                 .str());
  if (!mayConvert(tensor, dtype))
    return createStringError(
        path + formatv(": elements are {0}, but the input is {1}, which does not "
                       "hold them all",
                       dtypeName(tensor.dtype), dtypeName(dtype))
                   .str());
  tensor = convert(tensor, dtype);
  tensor.dims = std::move(shape);
  return tensor;
}

/// Shape for generated inputs: unknown dimensions are 1.
static std::vector<int64_t> known(ArrayRef<int64_t> dims) {
  std::vector<int64_t> result(dims.begin(), dims.end());
  for (int64_t &d : result)
    if (d < 0)
      d = 1;
  return result;
}

static Expected<Tensor> readNpzInput(StringRef path, StringRef name) {
  auto arrays = readNpz(path);
  if (!arrays)
    return arrays.takeError();
  if (arrays->empty())
    return createStringError(path + ": no array in it");
  std::string names;
  for (auto &[arrayName, tensor] : *arrays) {
    if (arrayName == name)
      return std::move(tensor);
    names += (names.empty() ? "'" : ", '") + arrayName + "'";
  }
  if (arrays->size() == 1)
    return std::move(arrays->front().second);
  return createStringError(path + ": no array '" + name + "' in it; it has " +
                           names);
}

static Error inFile(StringRef path, Error error) {
  return createStringError(path + ": " + toString(std::move(error)));
}

Expected<Tensor> xgen::io::readInput(StringRef path, StringRef name,
                                     int32_t dtype, ArrayRef<int64_t> dims,
                                     const InputOptions &options) {
  if (!dtypeBytes(dtype))
    return createStringError("input '" + name + "' has elements of " +
                             dtypeName(dtype) + ", which cannot be given");
  std::vector<int64_t> fixed = known(dims);
  Expected<int64_t> n = checkedElements(fixed, dtypeBytes(dtype));
  if (!n)
    return n.takeError();
  if (path == "random")
    return randomTensor(name, dtype, fixed);
  if (path == "zeros") {
    Tensor t;
    t.dtype = dtype;
    t.dims = fixed;
    t.data.resize(size_t(*n * dtypeBytes(dtype)));
    return t;
  }
  std::string suffix = sys::path::extension(path).lower();
  if (suffix == ".npy" || suffix == ".npz" || suffix == ".pb") {
    Expected<Tensor> tensor = suffix == ".npy"   ? readNpy(path)
                              : suffix == ".npz" ? readNpzInput(path, name)
                                                 : readTensorProto(path);
    if (!tensor)
      return tensor.takeError();
    return adapt(std::move(*tensor), path, dtype, dims);
  }
  if (suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg") {
    Expected<Image> image = suffix == ".png" ? readPng(path) : readJpeg(path);
    if (!image)
      return image.takeError();
    Expected<Tensor> tensor = imageTensor(*image, dtype, dims, options.image);
    if (!tensor)
      return inFile(path, tensor.takeError());
    return tensor;
  }
  if (suffix == ".wav") {
    Expected<Sound> sound = readWav(path);
    if (!sound)
      return sound.takeError();
    Expected<Tensor> tensor =
        soundTensor(*sound, dtype, dims, options.soundRate);
    if (!tensor)
      return inFile(path, tensor.takeError());
    return tensor;
  }
  if (suffix == ".bin" || suffix == ".raw") {
    Expected<std::vector<uint8_t>> bytes = readBytes(path);
    if (!bytes)
      return bytes.takeError();
    Tensor t;
    t.dtype = dtype;
    t.dims = fixed;
    t.data = std::move(*bytes);
    if (int64_t(t.data.size()) != *n * dtypeBytes(dtype))
      return createStringError(
          path + formatv(": {0} bytes, but the input {1} {2} has {3}",
                         t.data.size(), dtypeName(dtype), shapeText(fixed),
                         *n * dtypeBytes(dtype))
                     .str());
    return t;
  }
  return createStringError(
      path + ": unknown kind of input; known are .npy .npz .pb .png .jpg .wav "
             ".bin .raw and the words 'random' and 'zeros'");
}
