//===- IoTest.cpp - Readers of input files --------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Good files by round trip and by hand-made bytes, and every file cut off at
// every length: an error, never a crash.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Media.h"
#include "llvm/Support/FileSystem.h"
#include "xgen/xgen.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <png.h>

using namespace llvm;
using namespace xgen::io;

namespace {

Tensor makeTensor(int32_t dtype, std::vector<int64_t> dims,
                  std::vector<double> values) {
  Tensor t;
  t.dtype = dtype;
  t.dims = std::move(dims);
  t.data.resize(values.size() * size_t(dtypeBytes(dtype)));
  for (size_t i = 0; i < values.size(); ++i)
    setElement(t, int64_t(i), values[i]);
  return t;
}

std::vector<double> values(const Tensor &t) {
  std::vector<double> result;
  for (int64_t i = 0; i < t.elements(); ++i)
    result.push_back(element(t, i));
  return result;
}

/// A file that is removed again.
struct TempFile {
  explicit TempFile(StringRef suffix, ArrayRef<uint8_t> bytes = {}) {
    SmallString<128> name;
    sys::fs::createTemporaryFile("xgen-io", suffix, name);
    path = name.str().str();
    cantFail(writeBytes(path, bytes));
  }
  ~TempFile() { sys::fs::remove(path); }
  std::string path;
};

template <typename T> std::string message(Expected<T> &&result) {
  return result ? "" : toString(result.takeError());
}

std::vector<uint8_t> npyBytes(StringRef header, ArrayRef<uint8_t> data) {
  std::vector<uint8_t> bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0,
                                uint8_t(header.size()), 0};
  bytes.insert(bytes.end(), header.bytes_begin(), header.bytes_end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

TEST(Npy, RoundTrip) {
  for (int32_t dtype : {XGEN_F32, XGEN_F64, XGEN_F16, XGEN_I8, XGEN_U8, XGEN_I16,
                        XGEN_U16, XGEN_I32, XGEN_U32, XGEN_I64, XGEN_U64}) {
    Tensor t = makeTensor(dtype, {2, 1, 3}, {0, 1, 2, 3, 100, 127});
    Expected<Tensor> back = parseNpy(formatNpy(t), "x");
    ASSERT_TRUE(bool(back)) << dtypeName(dtype);
    EXPECT_EQ(back->dtype, dtype);
    EXPECT_EQ(back->dims, t.dims);
    EXPECT_EQ(back->data, t.data);
  }
  Tensor scalar = makeTensor(XGEN_F32, {}, {2.5});
  Expected<Tensor> back = parseNpy(formatNpy(scalar), "x");
  ASSERT_TRUE(bool(back));
  EXPECT_TRUE(back->dims.empty());
  EXPECT_EQ(element(*back, 0), 2.5);
}

TEST(Npy, HeaderIsAligned) {
  Tensor t = makeTensor(XGEN_U8, {3}, {1, 2, 3});
  EXPECT_EQ((formatNpy(t).size() - 3) % 64, 0u);
}

TEST(Npy, FortranOrderAndBigEndian) {
  // [[1, 2, 3], [4, 5, 6]] by columns
  Expected<Tensor> t = parseNpy(
      npyBytes("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n",
               {0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6}),
      "x");
  ASSERT_TRUE(bool(t));
  EXPECT_EQ(values(*t), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, Errors) {
  EXPECT_EQ(message(parseNpy({}, "a.npy")),
            "a.npy: not a .npy file (it does not begin with \\x93NUMPY)");
  EXPECT_EQ(message(parseNpy(npyBytes("{'descr': '<f4', 'fortran_order': False, "
                                      "'shape': (2,), }\n",
                                      {0, 0, 0, 0}),
                             "a.npy")),
            "a.npy: truncated: shape 2 of f32 needs 8 bytes, there are 4");
  EXPECT_EQ(message(parseNpy(npyBytes("{'descr': '|O', 'fortran_order': False, "
                                      "'shape': (2,), }\n",
                                      {}),
                             "a.npy")),
            "a.npy: element type 'O' is not supported; convert it with astype()");
  EXPECT_EQ(message(parseNpy(npyBytes("{'descr': '<f4', 'fortran_order': False, "
                                      "'shape': (99999999999,9999999999), }\n",
                                      {}),
                             "a.npy")),
            "a.npy: shape 99999999999x9999999999 is larger than 16 GiB");
  EXPECT_EQ(message(parseNpy(npyBytes("{'descr': '<f4', 'fortran_order': False, "
                                      "'shape': (-1,), }\n",
                                      {}),
                             "a.npy")),
            "a.npy: negative dimension in shape ?");
  EXPECT_NE(message(readNpy("/nonexistent.npy")), "");
}

TEST(Npy, TruncatedAnywhere) {
  std::vector<uint8_t> bytes =
      formatNpy(makeTensor(XGEN_F32, {2, 3}, {1, 2, 3, 4, 5, 6}));
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_NE(message(parseNpy(ArrayRef<uint8_t>(bytes).take_front(n), "x")), "");
}

TEST(TensorProto, TypedAndRaw) {
  // dims: 2, data_type: float, float_data: 1, -2
  Expected<Tensor> typed = parseTensorProto(
      {0x08, 2, 0x10, 1, 0x22, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}, "x");
  ASSERT_TRUE(bool(typed));
  EXPECT_EQ(values(*typed), (std::vector<double>{1, -2}));
  // dims packed, int32_data packed with a negative number, name
  std::string name;
  Expected<Tensor> ints = parseTensorProto(
      {0x0a, 1, 2, 0x10, 3, 0x2a, 11, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
       0xff, 0xff, 0xff, 0x01, 0x42, 2, 'a', 'b'},
      "x", &name);
  ASSERT_TRUE(bool(ints));
  EXPECT_EQ(values(*ints), (std::vector<double>{5, -1}));
  EXPECT_EQ(name, "ab");
  // three signed 4-bit numbers in two bytes
  Expected<Tensor> nibbles =
      parseTensorProto({0x08, 3, 0x10, 22, 0x4a, 2, 0xf7, 0x08}, "x");
  ASSERT_TRUE(bool(nibbles));
  EXPECT_EQ(values(*nibbles), (std::vector<double>{7, -1, -8}));
}

TEST(TensorProto, Written) {
  // dims: 3, data_type: int4, name: "ab", raw: 7, -1 and -8 in two bytes
  Tensor nibbles;
  nibbles.dtype = XGEN_I4;
  nibbles.dims = {3};
  nibbles.data = {7, 0xff, 0xf8};
  EXPECT_EQ(formatTensorProto(nibbles, "ab"),
            (std::vector<uint8_t>{0x08, 3, 0x10, 22, 0x42, 2, 'a', 'b', 0x4a, 2,
                                  0xf7, 0x08}));
}

TEST(TensorProto, Errors) {
  EXPECT_NE(message(parseTensorProto({}, "x")), "");
  EXPECT_EQ(message(parseTensorProto({0x10, 8}, "x.pb")),
            "x.pb: tensors of strings are not supported");
  EXPECT_EQ(
      message(parseTensorProto({0x08, 2, 0x10, 1, 0x42, 1, 'a'}, "x.pb")),
      "x.pb: shape 2 of f32 needs 8 values or bytes of data, there are 0");
  // Sequences and optionals come as files of the same name: a name "ab" and an
  // element type, with a tensor in it or none.
  for (std::vector<uint8_t> other :
       {std::vector<uint8_t>{0x0a, 2, 'a', 'b', 0x10, 1},
        std::vector<uint8_t>{0x0a, 2, 'a', 'b', 0x10, 1, 0x1a, 2, 0x10, 1},
        // An optional sequence, whose letters make a large product.
        std::vector<uint8_t>{0x0a, 6, 'o', 'p', 't', '_', 's', 'q', 0x10, 1, 0x22,
                             2, 0x10, 1}})
    EXPECT_EQ(message(parseTensorProto(other, "x.pb")),
              "x.pb: a sequence or an optional, not a tensor; neither is "
              "supported");
  std::vector<uint8_t> good = {0x08, 2,    0x10, 1, 0x4a, 8, 0,
                               0,    0x80, 0x3f, 0, 0,    0, 0xc0};
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_NE(
        message(parseTensorProto(ArrayRef<uint8_t>(good).take_front(n), "x")),
        "");
}

TEST(Png, DecodesAndReportsDamage) {
  // 2x2 RGB: red, green / blue, white
  const uint8_t pixels[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = png.height = 2;
  png.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> bytes(4096);
  png_alloc_size_t size = bytes.size();
  ASSERT_TRUE(png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels, 0,
                                        nullptr));
  bytes.resize(size);
  TempFile file("png", bytes);
  ImageOptions options;
  Expected<Image> image = readPng(file.path);
  ASSERT_TRUE(bool(image));
  Expected<Tensor> chw = imageTensor(*image, XGEN_F32, {1, 3, 2, 2}, options);
  ASSERT_TRUE(bool(chw));
  EXPECT_EQ(values(*chw), (std::vector<double>{255, 0, 0, 255, 0, 255, 0, 255, 0,
                                               0, 255, 255}));
  options.bgr = true;
  options.mean = {128};
  options.std = {1, 1, 127};
  Expected<Tensor> hwc = imageTensor(*image, XGEN_F32, {1, 2, 2, 3}, options);
  ASSERT_TRUE(bool(hwc));
  std::vector<double> v = values(*hwc);
  EXPECT_FLOAT_EQ(float(v[0]), -128.f / 127);
  EXPECT_EQ(v[2], 127);
  Expected<Tensor> grey = imageTensor(*image, XGEN_U8, {1, 1, 2, 2}, {});
  ASSERT_TRUE(bool(grey));
  EXPECT_EQ(values(*grey), (std::vector<double>{76, 150, 29, 255}));
  EXPECT_NE(message(imageTensor(*image, XGEN_F32, {1, 10}, {})), "");

  for (size_t n = 0; n + 12 < size; n += 3) {
    cantFail(writeBytes(file.path, ArrayRef<uint8_t>(bytes).take_front(n)));
    EXPECT_NE(message(readPng(file.path)), "") << n;
  }
}

TEST(Jpeg, ReportsDamage) {
  TempFile file("jpg", {0xff, 0xd8, 0xff, 0xe0, 0, 4});
  EXPECT_NE(message(readJpeg(file.path)), "");
}

TEST(Image, ResizeKeepsConstantsAndAverages) {
  Image image;
  image.width = image.height = 8;
  image.channels = 1;
  image.pixels.assign(64, 37);
  for (float p : resize(image, 5, 13).pixels)
    EXPECT_EQ(p, 37);
  for (size_t i = 0; i < 64; ++i)
    image.pixels[i] = i % 2 ? 200 : 0;
  for (float p : resize(image, 2, 2).pixels)
    EXPECT_NEAR(p, 100, 13);
}

TEST(Wav, SixteenBitStereo) {
  std::vector<uint8_t> bytes = {
      'R', 'I', 'F', 'F', 44, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ',
      16,  0,   0,   0,   1,  0, 2, 0, 0x80, 0x3e, 0, 0, 0, 0, 0, 0, 4, 0, 16, 0,
      'd', 'a', 't', 'a', 8,  0, 0, 0, 0, 0x40, 9, 9, 0, 0x80, 9, 9};
  TempFile file("wav", bytes);
  Expected<Sound> sound = readWav(file.path);
  ASSERT_TRUE(bool(sound));
  EXPECT_EQ(sound->rate, 16000);
  EXPECT_EQ(sound->samples, (std::vector<float>{0.5f, -1}));
  Expected<Tensor> t = soundTensor(*sound, XGEN_F32, {1, 4}, 0);
  ASSERT_TRUE(bool(t));
  EXPECT_EQ(values(*t), (std::vector<double>{0.5, -1, 0, 0}));
  Expected<Tensor> dynamic = soundTensor(*sound, XGEN_I16, {-1, -1}, 0);
  ASSERT_TRUE(bool(dynamic));
  EXPECT_EQ(dynamic->dims, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(values(*dynamic), (std::vector<double>{16384, -32768}));
  for (size_t n = 0; n < 44; ++n) {
    cantFail(writeBytes(file.path, ArrayRef<uint8_t>(bytes).take_front(n)));
    EXPECT_NE(message(readWav(file.path)), "") << n;
  }
}

TEST(Input, AdaptsWhatLosesNothing) {
  TempFile file("npy", formatNpy(makeTensor(XGEN_I64, {2, 3}, {1, 2, 3, 4, 5, 6})));
  Expected<Tensor> t = readInput(file.path, "x", XGEN_F32, {1, 2, -1});
  ASSERT_TRUE(bool(t)) << toString(t.takeError());
  EXPECT_EQ(t->dims, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(t->dtype, XGEN_F32);
  EXPECT_EQ(message(readInput(file.path, "x", XGEN_F32, {3, 2})),
            file.path + ": shape 2x3, but the input is 3x2");
  TempFile floats("npy", formatNpy(makeTensor(XGEN_F32, {2}, {1, 2})));
  EXPECT_EQ(message(readInput(floats.path, "x", XGEN_I32, {2})),
            floats.path + ": elements are f32, but the input is i32, which does "
                          "not hold them all");
  TempFile odd("txt");
  EXPECT_NE(message(readInput(odd.path, "x", XGEN_F32, {2})).find("unknown kind"),
            std::string::npos);
}

TEST(Input, RandomIsDeterministic) {
  Tensor a = randomTensor("x", XGEN_F32, {100});
  EXPECT_EQ(a.data, randomTensor("x", XGEN_F32, {100}).data);
  EXPECT_NE(a.data, randomTensor("y", XGEN_F32, {100}).data);
  for (double v : values(a)) {
    EXPECT_GE(v, -1);
    EXPECT_LT(v, 1);
  }
}

TEST(Compare, Tolerances) {
  Tensor want = makeTensor(XGEN_F32, {3}, {100, 0.001, NAN});
  Tensor got = makeTensor(XGEN_F32, {3}, {100.05, 0.002, NAN});
  EXPECT_TRUE(compare(got, want, 1e-3, 0, Tolerance::MaxNorm).equal);
  Difference d = compare(got, want, 1e-3, 0, Tolerance::Elementwise);
  EXPECT_FALSE(d.equal);
  EXPECT_EQ(d.count, 1);
  EXPECT_EQ(d.worst, 1);
  EXPECT_FALSE(
      compare(makeTensor(XGEN_F32, {1}, {NAN}), makeTensor(XGEN_F32, {1}, {0}), 1,
              1, Tolerance::MaxNorm)
          .equal);
  EXPECT_FALSE(compare(makeTensor(XGEN_I32, {1}, {1}),
                       makeTensor(XGEN_I32, {1}, {2}), 1, 10,
                       Tolerance::Elementwise)
                   .equal);
  EXPECT_NE(compare(want, makeTensor(XGEN_F32, {1, 3}, {1, 2, 3}), 1, 1,
                    Tolerance::MaxNorm)
                .shapes,
            "");
}

} // namespace
