//===- Output.cpp - What xgen-run prints ----------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Names of JSON members are stable: scripts depend on them.
//
//===----------------------------------------------------------------------===//

#include "Output.h"
#include "tools/io/Media.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <numeric>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

/// A number in as many digits as tell something ("%g", which formatv lacks).
static std::string brief(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

//===-- Comparing ----------------------------------------------------------===//

Expected<Comparison> xgen::run::compareWithFile(StringRef output,
                                                const io::Tensor &got,
                                                StringRef file, double rtol,
                                                double atol,
                                                io::Tolerance kind) {
  std::string suffix = sys::path::extension(file).lower();
  Comparison c;
  c.output = output.str();
  c.file = file.str();
  Expected<io::Tensor> want = io::Tensor();
  if (suffix == ".npy") {
    want = io::readNpy(file);
  } else if (suffix == ".pb") {
    want = io::readTensorProto(file);
  } else {
    // By name out of a .npz; raw files as the output's own type.
    want = io::readInput(file, output, got.dtype, got.dims);
  }
  if (!want)
    return want.takeError();
  io::Tensor mine = got;
  if (io::isFloat(mine.dtype) == io::isFloat(want->dtype))
    mine = io::convert(mine, want->dtype);
  // Dimensions of 1 are a matter of taste of whoever saved the file.
  auto significant = [](const io::Tensor &t) {
    std::vector<int64_t> dims;
    copy_if(t.dims, std::back_inserter(dims), [](int64_t d) { return d != 1; });
    return dims;
  };
  if (significant(mine) == significant(*want))
    mine.dims = want->dims;
  c.elements = want->elements();
  c.difference = io::compare(mine, *want, rtol, atol, kind);
  if (c.difference.worst >= 0) {
    c.got = io::element(mine, c.difference.worst);
    c.want = io::element(*want, c.difference.worst);
  }
  return c;
}

void xgen::run::printComparisons(ArrayRef<Comparison> comparisons) {
  for (const Comparison &c : comparisons) {
    const io::Difference &d = c.difference;
    if (!d.shapes.empty())
      outs() << formatv("{0}: MISMATCH with {1}: {2}\n", c.output, c.file,
                        d.shapes);
    else if (!d.equal)
      outs() << formatv("{0}: MISMATCH with {1}: {2} of {3} elements, largest "
                        "difference {4}, at element {5}: {6}, expected {7}\n",
                        c.output, c.file, d.count, c.elements, brief(d.maxAbs),
                        d.worst, brief(c.got), brief(c.want));
    else
      outs() << formatv("{0}: equals {1}: largest difference {2}, largest value "
                        "{3}\n",
                        c.output, c.file, brief(d.maxAbs), brief(d.maxWant));
  }
}

//===-- Times --------------------------------------------------------------===//

namespace {
struct Times {
  double min = 0, median = 0, mean = 0, p90 = 0, p99 = 0, max = 0;
};
} // namespace

static Times summarize(std::vector<double> ms) {
  Times t;
  if (ms.empty())
    return t;
  llvm::sort(ms);
  // The smallest time that is not exceeded by this share of the runs.
  auto at = [&](double share) {
    size_t i = size_t(std::ceil(share * double(ms.size())));
    return ms[std::min(std::max<size_t>(i, 1), ms.size()) - 1];
  };
  t.min = ms.front();
  t.max = ms.back();
  t.median = ms.size() % 2 ? ms[ms.size() / 2]
                           : (ms[ms.size() / 2 - 1] + ms[ms.size() / 2]) / 2;
  t.p90 = at(0.9);
  t.p99 = at(0.99);
  t.mean = std::accumulate(ms.begin(), ms.end(), 0.0) / double(ms.size());
  return t;
}

static int64_t arenaBytes(const ModelInfo &info, unsigned threads) {
  return info.arenaBytes + info.scratchBytes * int64_t(threads);
}

json::Value xgen::run::resultJson(const Model &model, double compileMs,
                                  const RunPlan &plan, const RunResult &result,
                                  ArrayRef<Comparison> comparisons) {
  const ModelInfo &info = model.info();
  Times t = summarize(result.milliseconds);
  auto tensors = [](ArrayRef<TensorInfo> list) {
    json::Array array;
    for (const TensorInfo &tensor : list)
      array.push_back(json::Object{{"name", tensor.name},
                                   {"type", io::dtypeName(tensor.dtype)},
                                   {"shape", json::Array(tensor.dims)}});
    return array;
  };
  json::Object object{
      {"model", info.name},
      {"target", info.target},
      {"compiler", info.compiler},
      {"emulator", info.emulator},
      {"threads", int64_t(plan.threads)},
      {"warmup", int64_t(plan.warmup)},
      {"runs", int64_t(result.milliseconds.size())},
      {"min_ms", t.min},
      {"median_ms", t.median},
      {"mean_ms", t.mean},
      {"p90_ms", t.p90},
      {"p99_ms", t.p99},
      {"max_ms", t.max},
      {"create_ms", model.createMs()},
      {"compile_ms", compileMs},
      {"arena_bytes", arenaBytes(info, plan.threads)},
      {"weights_bytes", info.weightsBytes},
      {"code_bytes", info.codeBytes},
      {"state_bytes", info.stateBytes},
      {"layers", int64_t(info.layers.size())},
      {"macs", std::accumulate(
                   info.layers.begin(), info.layers.end(), int64_t(0),
                   [](int64_t a, const LayerInfo &l) { return a + l.macs; })},
      {"inputs", tensors(info.inputs)},
      {"outputs", tensors(info.outputs)}};
  json::Array compared;
  for (const Comparison &c : comparisons) {
    const io::Difference &d = c.difference;
    json::Object o{{"output", c.output},
                   {"file", c.file},
                   {"equal", d.equal},
                   {"mismatches", d.count},
                   {"elements", c.elements},
                   // JSON has no infinity.
                   {"max_abs", std::isfinite(d.maxAbs) ? d.maxAbs : 1e308},
                   {"max_want", d.maxWant}};
    if (!d.shapes.empty())
      o["reason"] = d.shapes;
    compared.push_back(std::move(o));
  }
  if (!compared.empty())
    object["expect"] = std::move(compared);
  return object;
}

void xgen::run::printTimes(const Model &model, double compileMs,
                           const RunPlan &plan, const RunResult &result) {
  const ModelInfo &info = model.info();
  Times t = summarize(result.milliseconds);
  outs() << formatv("{0} for {1}{2}, {3} thread{4}, {5} runs after {6}\n",
                    info.name, info.target,
                    info.emulator.empty() ? "" : " under " + info.emulator,
                    plan.threads, plan.threads == 1 ? "" : "s",
                    result.milliseconds.size(), plan.warmup);
  outs() << formatv("  time     min {0:f4}  median {1:f4}  mean {2:f4}  p90 {3:f4} "
                    " p99 {4:f4} ms\n",
                    t.min, t.median, t.mean, t.p90, t.p99);
  outs() << formatv("  start    create {0:f3} ms, compile {1:f1} ms\n",
                    model.createMs(), compileMs);
  outs() << formatv("  memory   arena {0} bytes, weights {1}, code {2}\n",
                    arenaBytes(info, plan.threads), info.weightsBytes,
                    info.codeBytes);
}

//===-- Results ------------------------------------------------------------===//

void xgen::run::printOutputs(const ModelInfo &info, const RunResult &result) {
  for (auto [tensorInfo, t] : zip(info.outputs, result.outputs)) {
    int64_t n = t.elements();
    double low = INFINITY, high = -INFINITY, sum = 0;
    int64_t special = 0;
    for (int64_t i = 0; i < n; ++i) {
      double v = io::element(t, i);
      if (!std::isfinite(v)) {
        ++special;
        continue;
      }
      low = std::min(low, v);
      high = std::max(high, v);
      sum += v;
    }
    outs() << formatv("{0}: {1} {2}", tensorInfo.name, io::dtypeName(t.dtype),
                      io::shapeText(t.dims));
    if (n > special && n > 1)
      outs() << formatv(", {0} to {1}, mean {2}", brief(low), brief(high),
                        brief(sum / double(n - special)));
    if (special)
      outs() << formatv(", {0} not finite", special);
    outs() << "\n ";
    for (int64_t i = 0; i < std::min<int64_t>(n, 8); ++i)
      outs() << " " << brief(io::element(t, i));
    outs() << (n > 8 ? " ...\n" : "\n");
  }
}

Error xgen::run::readLabels(StringRef path, std::vector<std::string> &labels) {
  Expected<std::vector<uint8_t>> bytes = io::readBytes(path);
  if (!bytes)
    return bytes.takeError();
  StringRef text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
  for (StringRef line : split(text.rtrim(), '\n'))
    labels.push_back(line.trim().str());
  return Error::success();
}

void xgen::run::printTop(const ModelInfo &info, const RunResult &result,
                         unsigned k, ArrayRef<std::string> labels) {
  for (auto [tensorInfo, t] : zip(info.outputs, result.outputs)) {
    int64_t n = t.elements();
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    size_t count = std::min<size_t>(k, order.size());
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [&t = t](int64_t a, int64_t b) {
                        double x = io::element(t, a), y = io::element(t, b);
                        return x != y ? x > y : a < b;
                      });
    outs() << tensorInfo.name << ":\n";
    bool background = !labels.empty() && n == int64_t(labels.size()) + 1;
    for (int64_t i : ArrayRef<int64_t>(order).take_front(count)) {
      int64_t label = background ? i - 1 : i;
      StringRef name = label >= 0 && label < int64_t(labels.size())
                           ? StringRef(labels[size_t(label)])
                           : StringRef(background && i == 0 ? "background" : "");
      outs() << formatv("  {0,10:f5}  {1}{2}{3}\n", io::element(t, i), i,
                        name.empty() ? "" : "  ", name);
    }
  }
}
