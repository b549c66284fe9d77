//===- Npy.cpp - NumPy's file formats -------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// .npy: magic, version, length, a Python dictionary in text, raw elements
// (NEP 1). .npz: a zip archive of them; only what numpy.savez writes is read
// (stored or deflated, no encryption), from the central directory at the end.
//
//===----------------------------------------------------------------------===//

#include "tools/io/Tensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "xgen/xgen.h"
#include <cstring>
#include <zlib.h>

using namespace llvm;
using namespace xgen::io;

static Error fileError(StringRef file, const Twine &what) {
  return createStringError(file + ": " + what);
}

Expected<std::vector<uint8_t>> xgen::io::readBytes(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(path, /*IsText=*/false,
                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fileError(path, buffer.getError().message());
  StringRef text = (*buffer)->getBuffer();
  return std::vector<uint8_t>(text.bytes_begin(), text.bytes_end());
}

Error xgen::io::writeBytes(StringRef path, ArrayRef<uint8_t> bytes) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (!code) {
    os.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    os.close();
    code = os.error();
    os.clear_error();
  }
  if (code)
    return fileError(path, "cannot write: " + code.message());
  return Error::success();
}

//===-- npy ----------------------------------------------------------------===//

/// Element type of a NumPy type string without its byte order ("f4").
static int32_t npyType(StringRef descr) {
  return StringSwitch<int32_t>(descr)
      .Case("f4", XGEN_F32)
      .Case("f8", XGEN_F64)
      .Case("f2", XGEN_F16)
      .Case("V2", XGEN_BF16) // how ml_dtypes' bfloat16 is saved
      .Case("i1", XGEN_I8)
      .Case("i2", XGEN_I16)
      .Case("i4", XGEN_I32)
      .Case("i8", XGEN_I64)
      .Case("u1", XGEN_U8)
      .Case("u2", XGEN_U16)
      .Case("u4", XGEN_U32)
      .Case("u8", XGEN_U64)
      .Case("b1", XGEN_BOOL)
      .Default(0);
}

/// The text after `'key':` in the header's dictionary, empty without it.
static StringRef dictValue(StringRef header, StringRef key) {
  for (char quote : {'\'', '"'}) {
    std::string quoted = (Twine(quote) + key + Twine(quote)).str();
    size_t at = header.find(quoted);
    if (at == StringRef::npos)
      continue;
    StringRef rest = header.drop_front(at + quoted.size()).ltrim();
    if (rest.consume_front(":"))
      return rest.ltrim();
  }
  return {};
}

/// Fortran order (first index fastest) to C order.
static void toRowMajor(Tensor &t, int64_t bytes) {
  int64_t n = t.elements();
  std::vector<uint8_t> source(std::move(t.data));
  t.data.assign(source.size(), 0);
  std::vector<int64_t> index(t.dims.size(), 0);
  for (int64_t i = 0; i < n; ++i) {
    int64_t from = 0;
    for (size_t d = t.dims.size(); d-- > 0;)
      from = from * t.dims[d] + index[d];
    std::memcpy(&t.data[size_t(i * bytes)], &source[size_t(from * bytes)],
                size_t(bytes));
    for (size_t d = t.dims.size(); d-- > 0;) {
      if (++index[d] < t.dims[d])
        break;
      index[d] = 0;
    }
  }
}

Expected<Tensor> xgen::io::parseNpy(ArrayRef<uint8_t> bytes, StringRef name) {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
    return fileError(name, "not a .npy file (it does not begin with \\x93NUMPY)");
  int major = bytes[6];
  if (major < 1 || major > 3)
    return fileError(name, "unknown .npy version " + Twine(major));
  size_t start = major == 1 ? 10 : 12;
  if (bytes.size() < start)
    return fileError(name, "truncated header");
  size_t length = major == 1 ? support::endian::read16le(&bytes[8])
                             : support::endian::read32le(&bytes[8]);
  if (length > bytes.size() - start)
    return fileError(name, "truncated header");
  StringRef header(reinterpret_cast<const char *>(bytes.data() + start), length);

  StringRef descr = dictValue(header, "descr");
  if (descr.empty() || (descr[0] != '\'' && descr[0] != '"'))
    return fileError(name, "structured arrays are not supported");
  descr = descr.drop_front().take_until(
      [](char c) { return c == '\'' || c == '"'; });
  bool swap = descr.starts_with(">");
  if (!descr.empty() && StringRef("<>|=").contains(descr[0]))
    descr = descr.drop_front();
  Tensor t;
  t.dtype = npyType(descr);
  if (!t.dtype)
    return fileError(name, "element type '" + descr +
                               "' is not supported; convert it with astype()");
  StringRef order = dictValue(header, "fortran_order");
  StringRef shape = dictValue(header, "shape");
  if (!shape.consume_front("(") || !shape.contains(')'))
    return fileError(name, "malformed shape in the header");
  shape = shape.take_until([](char c) { return c == ')'; });
  SmallVector<StringRef> parts;
  shape.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    part = part.trim();
    if (part.empty())
      continue;
    int64_t dim;
    if (part.getAsInteger(10, dim))
      return fileError(name, "malformed shape in the header");
    t.dims.push_back(dim);
  }
  int64_t elementBytes = dtypeBytes(t.dtype);
  Expected<int64_t> n = checkedElements(t.dims, elementBytes);
  if (!n)
    return fileError(name, toString(n.takeError()));
  ArrayRef<uint8_t> data = bytes.drop_front(start + length);
  if (int64_t(data.size()) < *n * elementBytes)
    return fileError(name, formatv("truncated: shape {0} of {1} needs {2} bytes, "
                                   "there are {3}",
                                   shapeText(t.dims), dtypeName(t.dtype),
                                   *n * elementBytes, data.size())
                               .str());
  data = data.take_front(size_t(*n * elementBytes));
  t.data.assign(data.begin(), data.end());
  if (swap && elementBytes > 1)
    for (int64_t i = 0; i < *n; ++i)
      std::reverse(t.data.begin() + i * elementBytes,
                   t.data.begin() + (i + 1) * elementBytes);
  if (order.starts_with("True") && t.dims.size() > 1)
    toRowMajor(t, elementBytes);
  return t;
}

Expected<Tensor> xgen::io::readNpy(StringRef path) {
  Expected<std::vector<uint8_t>> bytes = readBytes(path);
  if (!bytes)
    return bytes.takeError();
  return parseNpy(*bytes, path);
}

std::vector<uint8_t> xgen::io::formatNpy(const Tensor &tensor) {
  const char *descr = nullptr;
  int32_t dtype = tensor.dtype;
  switch (dtype) {
  case XGEN_F64: descr = "<f8"; break;
  case XGEN_F16: descr = "<f2"; break;
  case XGEN_I8: case XGEN_I4: case XGEN_I2: descr = "|i1"; break;
  case XGEN_U8: case XGEN_U4: case XGEN_U2: descr = "|u1"; break;
  case XGEN_I16: descr = "<i2"; break;
  case XGEN_U16: descr = "<u2"; break;
  case XGEN_I32: descr = "<i4"; break;
  case XGEN_U32: descr = "<u4"; break;
  case XGEN_I64: descr = "<i8"; break;
  case XGEN_U64: descr = "<u8"; break;
  case XGEN_BOOL: descr = "|b1"; break;
  default: // NumPy has no bf16 and fp8
    descr = "<f4";
    dtype = XGEN_F32;
    break;
  }
  Tensor converted;
  const Tensor *stored = &tensor;
  if (dtype != tensor.dtype) {
    converted = convert(tensor, dtype);
    stored = &converted;
  }
  std::string header = "{'descr': '";
  header += descr;
  header += "', 'fortran_order': False, 'shape': (";
  for (int64_t d : tensor.dims)
    header += std::to_string(d) + ",";
  if (tensor.dims.size() > 1)
    header.pop_back();
  header += "), }";
  size_t total = 10 + header.size() + 1;
  header.append((64 - total % 64) % 64, ' ');
  header += '\n';
  std::vector<uint8_t> out = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0,
                              uint8_t(header.size()),
                              uint8_t(header.size() >> 8)};
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), stored->data.begin(), stored->data.end());
  return out;
}

Error xgen::io::writeNpy(StringRef path, const Tensor &tensor) {
  return writeBytes(path, formatNpy(tensor));
}

//===-- npz ----------------------------------------------------------------===//

/// Inflates a raw deflate stream of known result size.
static bool inflateRaw(ArrayRef<uint8_t> in, std::vector<uint8_t> &out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  size_t inAt = 0, outAt = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    // zlib counts in 32 bits.
    size_t inPart = std::min<size_t>(in.size() - inAt, 1u << 30);
    size_t outPart = std::min<size_t>(out.size() - outAt, 1u << 30);
    stream.next_in = const_cast<uint8_t *>(in.data() + inAt);
    stream.avail_in = unsigned(inPart);
    stream.next_out = out.data() + outAt;
    stream.avail_out = unsigned(outPart);
    status = inflate(&stream, Z_NO_FLUSH);
    size_t took = inPart - stream.avail_in, gave = outPart - stream.avail_out;
    inAt += took;
    outAt += gave;
    if (!took && !gave)
      break;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && outAt == out.size();
}

Expected<std::vector<std::pair<std::string, Tensor>>>
xgen::io::readNpz(StringRef path) {
  using support::endian::read16le;
  using support::endian::read32le;
  using support::endian::read64le;
  Expected<std::vector<uint8_t>> file = readBytes(path);
  if (!file)
    return file.takeError();
  ArrayRef<uint8_t> bytes = *file;
  size_t end = StringRef::npos;
  for (size_t back = 22; back <= bytes.size() && back <= 22 + 65535; ++back)
    if (read32le(&bytes[bytes.size() - back]) == 0x06054b50) {
      end = bytes.size() - back;
      break;
    }
  if (end == StringRef::npos)
    return fileError(path, "not a .npz file (no zip directory)");
  uint64_t count = read16le(&bytes[end + 10]);
  uint64_t at = read32le(&bytes[end + 16]);
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (uint64_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < 46 ||
        read32le(&bytes[at]) != 0x02014b50)
      return fileError(path, "damaged zip directory");
    const uint8_t *entry = &bytes[at];
    unsigned method = read16le(entry + 10);
    uint64_t packed = read32le(entry + 20), size = read32le(entry + 24);
    uint64_t nameBytes = read16le(entry + 28), extra = read16le(entry + 30);
    uint64_t local = read32le(entry + 42);
    if (bytes.size() - at - 46 < nameBytes + extra)
      return fileError(path, "damaged zip directory");
    std::string name(reinterpret_cast<const char *>(entry + 46),
                     size_t(nameBytes));
    // Zip64: the sizes that do not fit are in extra field 1, in this order.
    for (uint64_t e = 0; e + 4 <= extra;) {
      const uint8_t *field = entry + 46 + nameBytes + e;
      uint64_t fieldBytes = read16le(field + 2);
      if (e + 4 + fieldBytes > extra)
        break;
      if (read16le(field) == 1) {
        const uint8_t *p = field + 4, *stop = p + fieldBytes;
        for (uint64_t *value : {&size, &packed, &local})
          if (*value == 0xffffffffu && stop - p >= 8) {
            *value = read64le(p);
            p += 8;
          }
      }
      e += 4 + fieldBytes;
    }
    at += 46 + nameBytes + extra + read16le(entry + 32);
    if (local > bytes.size() || bytes.size() - local < 30 ||
        read32le(&bytes[local]) != 0x04034b50)
      return fileError(path, "damaged zip entry '" + name + "'");
    uint64_t data =
        local + 30 + read16le(&bytes[local + 26]) + read16le(&bytes[local + 28]);
    if (data > bytes.size() || bytes.size() - data < packed)
      return fileError(path, "truncated zip entry '" + name + "'");
    ArrayRef<uint8_t> stored = bytes.slice(size_t(data), size_t(packed));
    std::vector<uint8_t> inflated;
    if (method == 8) {
      // Deflate gains a factor of 1032 at most: a larger claim is a lie, and is
      // found before memory is taken.
      if (size / 1032 > packed)
        return fileError(path, "damaged zip entry '" + name + "'");
      inflated.resize(size_t(size));
      if (!inflateRaw(stored, inflated))
        return fileError(path, "damaged zip entry '" + name + "'");
      stored = inflated;
    } else if (method != 0) {
      return fileError(path, "zip entry '" + name + "' is compressed by method " +
                                 Twine(method) + ", which is not supported");
    }
    Expected<Tensor> tensor = parseNpy(stored, (path + "(" + name + ")").str());
    if (!tensor)
      return tensor.takeError();
    if (StringRef(name).ends_with(".npy"))
      name.resize(name.size() - 4);
    arrays.emplace_back(std::move(name), std::move(*tensor));
  }
  return arrays;
}
