//===- Sequences.cpp - Bytes, tokens, and inputs without meaning ----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Kinds of files, a language model, and random inputs for networks without data.
//
//===----------------------------------------------------------------------===//

#include "bench/accuracy/Task.h"
#include "xgen/xgen.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace xgen;
using namespace xgen::bench;

Figures bench::fileTypes(const Context &context) {
  constexpr size_t half = 1024, block = 4096;
  auto text = readText(context.model + "/config.min.json");
  if (!text)
    return text.takeError();
  auto config = json::parse(*text);
  if (!config)
    return config.takeError();
  const json::Array *labels =
      config->getAsObject() ? config->getAsObject()->getArray("target_labels_space")
                            : nullptr;
  if (!labels)
    return createStringError("config.min.json: no target_labels_space");
  std::vector<std::string> files;
  std::error_code code;
  for (sys::fs::recursive_directory_iterator at(context.data + "/filetypes", code), end;
       at != end && !code; at.increment(code))
    if (at->type() == sys::fs::file_type::regular_file)
      files.push_back(at->path());
  std::sort(files.begin(), files.end());
  int64_t total = 0, right = 0;
  for (const std::string &path : files) {
    if (total >= context.limit)
      break;
    auto bytes = io::readBytes(path);
    if (!bytes)
      return bytes.takeError();
    if (bytes->size() < 16)
      continue;
    StringRef all(reinterpret_cast<const char *>(bytes->data()), bytes->size());
    constexpr StringRef white = " \t\n\r\v\f";
    StringRef head = all.take_front(block).ltrim(white).take_front(half);
    StringRef tail = all.take_back(block).rtrim(white).take_back(half);
    std::vector<float> values(2 * half, 256);
    for (auto [i, c] : enumerate(head))
      values[i] = float(uint8_t(c));
    for (auto [i, c] : enumerate(tail))
      values[2 * half - tail.size() + i] = float(uint8_t(c));
    auto outputs = infer(context.engine, values);
    if (!outputs)
      return outputs.takeError();
    StringRef want = sys::path::filename(sys::path::parent_path(path));
    auto best = size_t(argmax((*outputs)[0]));
    ++total;
    right += best < labels->size() && (*labels)[best].getAsString() == want;
  }
  return json::Object{{"samples", total}, {"right", right}};
}

Figures bench::stories(const Context &context) {
  constexpr size_t length = 256, vocabulary = 512;
  auto text = readText(context.data + "/text/tinystories_tokens_stories260k.txt");
  if (!text)
    return text.takeError();
  SmallVector<StringRef> lines;
  StringRef(*text).split(lines, '\n', -1, false);
  double loss = 0;
  int64_t windows = 0, tokens = 0;
  for (StringRef line : lines) {
    if (windows >= context.limit)
      break;
    SmallVector<StringRef> fields;
    line.split(fields, ' ', -1, false);
    std::vector<float> ids;
    for (StringRef field : fields) {
      int64_t id;
      if (!field.trim().getAsInteger(10, id))
        ids.push_back(float(id));
    }
    if (ids.size() != length)
      return createStringError("a line has not 256 tokens");
    auto outputs = infer(context.engine, ids);
    if (!outputs)
      return outputs.takeError();
    ++windows;
    ArrayRef<float> logits = (*outputs)[0];
    for (size_t i = 0; i + 1 < length; ++i) {
      ArrayRef<float> row = logits.slice(i * vocabulary, vocabulary);
      double most = *std::max_element(row.begin(), row.end()), sum = 0;
      for (float value : row)
        sum += std::exp(value - most);
      loss += most + std::log(sum) - row[size_t(ids[i + 1])];
      ++tokens;
    }
  }
  loss /= double(std::max<int64_t>(tokens, 1));
  return json::Object{{"samples", windows}, {"nats", loss}, {"perplexity", std::exp(loss)}};
}

Figures bench::randomInputs(const Context &context) {
  int64_t runs = std::min<int64_t>(context.limit, 10);
  for (int64_t run = 0; run < runs; ++run) {
    std::vector<io::Tensor> feed;
    for (const Port &port : context.engine.inputs())
      feed.push_back(io::randomTensor(port.name + "#" + std::to_string(run),
                                      port.dtype, knownShape(port.dims)));
    auto outputs = context.engine.run(feed);
    if (!outputs)
      return outputs.takeError();
  }
  return json::Object{{"samples", runs}};
}
