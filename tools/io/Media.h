//===- Media.h - Pictures and sound as tensors ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// PNG, JPEG and WAV files, and what is done to them before a network sees them.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_IO_MEDIA_H
#define XGEN_TOOLS_IO_MEDIA_H

#include "tools/io/Tensor.h"

namespace xgen::io {

/// Interleaved samples, 0 to 255 (0 to 65535 for 16-bit grey, as in depth maps).
struct Image {
  int64_t width = 0, height = 0, channels = 0;
  std::vector<float> pixels;
};

llvm::Expected<Image> readPng(llvm::StringRef path);
llvm::Expected<Image> readJpeg(llvm::StringRef path);

/// Bilinear, wide enough to average when it shrinks (as Pillow's BILINEAR).
Image resize(const Image &image, int64_t width, int64_t height);

enum class Fit {
  Stretch,   ///< the whole picture, proportions lost
  Crop,      ///< the centre, `cropFraction` of the short side
  Letterbox, ///< the whole picture in the top left, the rest is `pad`
  None       ///< must have the right size already
};

/// value = (pixel - mean) * scale / std, by R, G, B (one number: for all).
struct ImageOptions {
  Fit fit = Fit::Stretch;
  double cropFraction = 1.0;
  double pad = 114;
  std::vector<double> mean, scale, std;
  bool bgr = false;
};

/// `image` as a tensor of shape [N=1] C H W or H W C, whichever has 1, 3 or 4
/// where channels would be (C H W if both), of type `dtype`.
llvm::Expected<Tensor> imageTensor(const Image &image, int32_t dtype,
                                   llvm::ArrayRef<int64_t> dims,
                                   const ImageOptions &options);

/// First channel, -1 to 1.
struct Sound {
  int64_t rate = 0;
  std::vector<float> samples;
};

/// PCM of 8, 16, 24, 32 bits, float of 32 and 64.
llvm::Expected<Sound> readWav(llvm::StringRef path);

/// The first samples, or all with zeros after them. `rate` > 0: interpolated to
/// that many a second. Integer types get the range of the type.
llvm::Expected<Tensor> soundTensor(const Sound &sound, int32_t dtype,
                                   llvm::ArrayRef<int64_t> dims, int64_t rate);

/// What to do to files before they are an input.
struct InputOptions {
  ImageOptions image;
  int64_t soundRate = 0;
};

/// Input `name` from `path` by its suffix: .npy .npz (the array of that name,
/// or the only one) .pb .png .jpg .jpeg .wav .bin .raw, or the words "random"
/// and "zeros". Converts element types where every value survives, adds or
/// removes dimensions of 1, else it is an error that says both shapes. A
/// dimension of -1 takes the file's.
llvm::Expected<Tensor> readInput(llvm::StringRef path, llvm::StringRef name,
                                 int32_t dtype, llvm::ArrayRef<int64_t> dims,
                                 const InputOptions &options = {});

} // namespace xgen::io

#endif // XGEN_TOOLS_IO_MEDIA_H
