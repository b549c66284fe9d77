//===- Images.cpp - PNG and JPEG, resizing, tensors -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// libpng's and libjpeg's error handlers leave by longjmp. No C++ object with a
// destructor is created between setjmp and it.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Media.h"
#include "llvm/Support/FormatVariadic.h"
#include "xgen/xgen.h"
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <jpeglib.h>
#include <png.h>

using namespace llvm;
using namespace xgen::io;

/// Decoded size above which a picture is refused (a 20 KB PNG can claim 4e9
/// pixels).
static constexpr uint64_t kMaxPixels = uint64_t(1) << 28;

//===-- PNG ----------------------------------------------------------------===//

namespace {

struct PngInput {
  const uint8_t *data;
  size_t bytes;
  char message[160];
};

void pngRead(png_structp png, png_bytep to, png_size_t bytes) {
  auto *input = static_cast<PngInput *>(png_get_io_ptr(png));
  if (bytes > input->bytes)
    png_error(png, "truncated");
  std::memcpy(to, input->data, bytes);
  input->data += bytes;
  input->bytes -= bytes;
}

void pngError(png_structp png, png_const_charp message) {
  auto *input = static_cast<PngInput *>(png_get_error_ptr(png));
  std::snprintf(input->message, sizeof(input->message), "%s", message);
  png_longjmp(png, 1);
}

void pngWarning(png_structp, png_const_charp) {}

/// Decodes into malloc'ed memory of 8- or 16-bit samples; false with a message.
bool decodePng(PngInput &input, png_uint_32 &width, png_uint_32 &height,
               int &channels, int &depth, uint8_t *volatile &samples,
               png_bytep *volatile &rows) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, pngError, pngWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_read_fn(png, &input, pngRead);
  png_read_info(png, info);
  width = png_get_image_width(png, info);
  height = png_get_image_height(png, info);
  if (uint64_t(width) * height > kMaxPixels)
    png_error(png, "more than 2^28 pixels");
  int color = png_get_color_type(png, info);
  depth = png_get_bit_depth(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8)
    png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_valid(png, info, PNG_INFO_tRNS))
    png_set_tRNS_to_alpha(png);
  // 16 bits are kept in grey pictures (depth maps), where they mean something.
  if (depth == 16 && color != PNG_COLOR_TYPE_GRAY)
    png_set_scale_16(png);
  if (depth == 16)
    png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  depth = png_get_bit_depth(png, info);
  channels = png_get_channels(png, info);
  size_t rowBytes = png_get_rowbytes(png, info);
  samples = static_cast<uint8_t *>(std::calloc(height, rowBytes));
  rows = static_cast<png_bytep *>(std::calloc(height, sizeof(png_bytep)));
  if (!samples || !rows)
    png_error(png, "out of memory");
  for (png_uint_32 y = 0; y < height; ++y)
    rows[y] = samples + y * rowBytes;
  png_read_image(png, rows);
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

} // namespace

Expected<Image> xgen::io::readPng(StringRef path) {
  Expected<std::vector<uint8_t>> bytes = readBytes(path);
  if (!bytes)
    return bytes.takeError();
  if (bytes->size() < 8 || png_sig_cmp(bytes->data(), 0, 8))
    return createStringError(path + ": not a PNG file");
  PngInput input = {bytes->data(), bytes->size(), "cannot decode"};
  png_uint_32 width = 0, height = 0;
  int channels = 0, depth = 0;
  uint8_t *volatile samples = nullptr;
  png_bytep *volatile rows = nullptr;
  bool ok = decodePng(input, width, height, channels, depth, samples, rows);
  Image image;
  if (ok) {
    image.width = width;
    image.height = height;
    image.channels = channels;
    size_t n = size_t(width) * height * size_t(channels);
    image.pixels.resize(n);
    for (size_t i = 0; i < n; ++i) {
      if (depth == 16) {
        uint16_t sample;
        std::memcpy(&sample, samples + 2 * i, 2);
        image.pixels[i] = sample;
      } else {
        image.pixels[i] = samples[i];
      }
    }
  }
  std::free(samples);
  std::free(rows);
  if (!ok)
    return createStringError(path + ": PNG: " + input.message);
  return image;
}

//===-- JPEG ---------------------------------------------------------------===//

namespace {

struct JpegError {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void jpegFail(j_common_ptr info) {
  auto *error = reinterpret_cast<JpegError *>(info->err);
  info->err->format_message(info, error->message);
  std::longjmp(error->jump, 1);
}

/// Warnings are damaged data: a picture of grey would be a silent wrong input.
void jpegMessage(j_common_ptr info, int level) {
  if (level < 0)
    jpegFail(info);
}

bool decodeJpeg(const std::vector<uint8_t> &bytes, jpeg_decompress_struct &info,
                JpegError &error, uint8_t *volatile &samples) {
  info.err = jpeg_std_error(&error.base);
  error.base.error_exit = jpegFail;
  error.base.emit_message = jpegMessage;
  if (setjmp(error.jump)) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&info, TRUE);
  if (uint64_t(info.image_width) * info.image_height > kMaxPixels) {
    std::snprintf(error.message, sizeof(error.message), "more than 2^28 pixels");
    std::longjmp(error.jump, 1);
  }
  // CMYK pictures have no agreed conversion.
  info.out_color_space =
      info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  size_t rowBytes = size_t(info.output_width) * size_t(info.output_components);
  samples = static_cast<uint8_t *>(std::malloc(rowBytes * info.output_height));
  if (!samples) {
    std::snprintf(error.message, sizeof(error.message), "out of memory");
    std::longjmp(error.jump, 1);
  }
  while (info.output_scanline < info.output_height) {
    uint8_t *row = samples + rowBytes * info.output_scanline;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

} // namespace

Expected<Image> xgen::io::readJpeg(StringRef path) {
  Expected<std::vector<uint8_t>> bytes = readBytes(path);
  if (!bytes)
    return bytes.takeError();
  if (bytes->size() < 3 || (*bytes)[0] != 0xff || (*bytes)[1] != 0xd8)
    return createStringError(path + ": not a JPEG file");
  jpeg_decompress_struct info = {};
  JpegError error = {};
  uint8_t *volatile samples = nullptr;
  Image image;
  bool ok = decodeJpeg(*bytes, info, error, samples);
  if (ok) {
    image.width = info.output_width;
    image.height = info.output_height;
    image.channels = info.output_components;
    size_t n = size_t(image.width * image.height * image.channels);
    image.pixels.assign(samples, samples + n);
    jpeg_destroy_decompress(&info);
  }
  std::free(samples);
  if (!ok)
    return createStringError(path + ": JPEG: " + error.message);
  return image;
}

//===-- Resizing -----------------------------------------------------------===//

/// One axis: for each output position its first input and the weights.
static void bilinearWeights(int64_t from, int64_t to,
                            std::vector<int64_t> &first,
                            std::vector<std::vector<float>> &weights) {
  double scale = double(from) / double(to);
  double support = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    double centre = (double(i) + 0.5) * scale;
    int64_t low = std::max<int64_t>(int64_t(centre - support + 0.5), 0);
    int64_t high = std::min<int64_t>(int64_t(centre + support + 0.5), from);
    std::vector<float> w;
    double sum = 0;
    for (int64_t x = low; x < high; ++x) {
      double value =
          std::max(0.0, 1 - std::fabs((double(x) + 0.5 - centre) / support));
      w.push_back(float(value));
      sum += value;
    }
    for (float &value : w)
      value = float(value / sum);
    first.push_back(low);
    weights.push_back(std::move(w));
  }
}

Image xgen::io::resize(const Image &image, int64_t width, int64_t height) {
  if (image.width == width && image.height == height)
    return image;
  int64_t c = image.channels;
  std::vector<int64_t> first;
  std::vector<std::vector<float>> weights;
  bilinearWeights(image.width, width, first, weights);
  Image wide;
  wide.width = width;
  wide.height = image.height;
  wide.channels = c;
  wide.pixels.resize(size_t(width * image.height * c));
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t k = 0; k < c; ++k) {
        float sum = 0;
        for (size_t i = 0; i < weights[size_t(x)].size(); ++i)
          sum += weights[size_t(x)][i] *
                 image.pixels[size_t(
                     (y * image.width + first[size_t(x)] + int64_t(i)) * c + k)];
        // Rounded like the 8-bit pictures that networks were trained on.
        wide.pixels[size_t((y * width + x) * c + k)] = std::nearbyint(sum);
      }
  first.clear();
  weights.clear();
  bilinearWeights(image.height, height, first, weights);
  Image result;
  result.width = width;
  result.height = height;
  result.channels = c;
  result.pixels.resize(size_t(width * height * c));
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width * c; ++x) {
      float sum = 0;
      for (size_t i = 0; i < weights[size_t(y)].size(); ++i)
        sum += weights[size_t(y)][i] *
               wide.pixels[size_t((first[size_t(y)] + int64_t(i)) * width * c + x)];
      result.pixels[size_t(y * width * c + x)] = std::nearbyint(sum);
    }
  return result;
}

//===-- Tensors ------------------------------------------------------------===//

static Image crop(const Image &image, int64_t x0, int64_t y0, int64_t width,
                  int64_t height) {
  Image result;
  result.width = width;
  result.height = height;
  result.channels = image.channels;
  size_t row = size_t(width * image.channels);
  result.pixels.resize(row * size_t(height));
  for (int64_t y = 0; y < height; ++y)
    std::copy_n(&image.pixels[size_t(((y0 + y) * image.width + x0) *
                                     image.channels)],
                row, &result.pixels[size_t(y) * row]);
  return result;
}

/// Grey, RGB or RGBA from any of them. Grey is ITU-R 601 luma.
static Image withChannels(const Image &image, int64_t channels) {
  if (image.channels == channels)
    return image;
  Image result;
  result.width = image.width;
  result.height = image.height;
  result.channels = channels;
  int64_t n = image.width * image.height, from = image.channels;
  result.pixels.resize(size_t(n * channels));
  for (int64_t i = 0; i < n; ++i) {
    const float *p = &image.pixels[size_t(i * from)];
    float *q = &result.pixels[size_t(i * channels)];
    bool color = from >= 3;
    if (channels == 1) {
      q[0] = color ? std::nearbyint(0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2])
                   : p[0];
      continue;
    }
    for (int k = 0; k < 3; ++k)
      q[k] = color ? p[k] : p[0];
    if (channels == 4)
      q[3] = from == 2 ? p[1] : from == 4 ? p[3] : 255.0f;
  }
  return result;
}

static Image fit(const Image &image, int64_t width, int64_t height,
                 const ImageOptions &options) {
  switch (options.fit) {
  case Fit::Crop: {
    // The largest centred part of the wanted proportions, times the fraction.
    double scale = std::min(double(image.width) / double(width),
                            double(image.height) / double(height)) *
                   options.cropFraction;
    int64_t w = std::clamp<int64_t>(int64_t(std::nearbyint(double(width) * scale)),
                                    1, image.width);
    int64_t h = std::clamp<int64_t>(
        int64_t(std::nearbyint(double(height) * scale)), 1, image.height);
    return resize(
        crop(image, (image.width - w) / 2, (image.height - h) / 2, w, h), width,
        height);
  }
  case Fit::Letterbox: {
    double scale = std::min(double(width) / double(image.width),
                            double(height) / double(image.height));
    int64_t w = std::clamp<int64_t>(int64_t(double(image.width) * scale), 1, width);
    int64_t h =
        std::clamp<int64_t>(int64_t(double(image.height) * scale), 1, height);
    Image small = resize(image, w, h);
    Image result;
    result.width = width;
    result.height = height;
    result.channels = image.channels;
    result.pixels.assign(size_t(width * height * image.channels),
                         float(options.pad));
    size_t row = size_t(w * image.channels);
    for (int64_t y = 0; y < h; ++y)
      std::copy_n(&small.pixels[size_t(y) * row], row,
                  &result.pixels[size_t(y * width * image.channels)]);
    return result;
  }
  default:
    return resize(image, width, height);
  }
}

Expected<Tensor> xgen::io::imageTensor(const Image &image, int32_t dtype,
                                       ArrayRef<int64_t> dims,
                                       const ImageOptions &options) {
  auto isChannels = [](int64_t n) { return n == 1 || n == 3 || n == 4; };
  ArrayRef<int64_t> d = dims;
  if (d.size() == 4 && (d[0] == 1 || d[0] == -1))
    d = d.drop_front();
  bool planar = d.size() == 3 && isChannels(d[0]);
  if (d.size() == 2 && d[0] != 1 && d[1] != 1)
    planar = true; // H W
  else if (d.size() != 3 || (!planar && !isChannels(d[2])))
    return createStringError(
        formatv("an input of shape {0} is no picture: 1xCxHxW or 1xHxWxC with "
                "1, 3 or 4 channels is expected",
                shapeText(dims)));
  int64_t c = d.size() == 2 ? 1 : planar ? d[0] : d[2];
  int64_t h = d.size() == 2 ? d[0] : planar ? d[1] : d[0];
  int64_t w = d.size() == 2 ? d[1] : planar ? d[2] : d[1];
  if (h < 0)
    h = image.height;
  if (w < 0)
    w = image.width;
  if (h == 0 || w == 0 || uint64_t(h) * uint64_t(w) > kMaxPixels)
    return createStringError(
        formatv("an input of shape {0} is no picture", shapeText(dims)));
  if (options.fit == Fit::None && (image.width != w || image.height != h))
    return createStringError(
        formatv("the picture has {0}x{1} pixels (width x height), the input "
                "{2}x{3}; see -fit",
                image.width, image.height, w, h));
  auto channelValue = [](const std::vector<double> &values, int64_t k,
                         double otherwise) {
    if (values.empty())
      return otherwise;
    return values[size_t(std::min<int64_t>(k, int64_t(values.size()) - 1))];
  };
  Image fitted = fit(withChannels(image, c), w, h, options);
  Tensor t;
  t.dtype = dtype;
  t.dims.assign(dims.begin(), dims.end());
  size_t lead = dims.size() - d.size();
  if (lead)
    t.dims[0] = 1;
  size_t yAt = lead + (d.size() == 3 && planar ? 1 : 0);
  t.dims[yAt] = h;
  t.dims[yAt + 1] = w;
  t.data.resize(size_t(c * h * w * dtypeBytes(dtype)));
  for (int64_t y = 0; y < h; ++y)
    for (int64_t x = 0; x < w; ++x)
      for (int64_t k = 0; k < c; ++k) {
        double value = fitted.pixels[size_t((y * w + x) * c + k)];
        value = (value - channelValue(options.mean, k, 0)) *
                channelValue(options.scale, k, 1) /
                channelValue(options.std, k, 1);
        int64_t to = options.bgr && c >= 3 && k < 3 ? 2 - k : k;
        setElement(t, planar ? (to * h + y) * w + x : (y * w + x) * c + to,
                   value);
      }
  return t;
}
