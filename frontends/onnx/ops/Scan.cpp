//===- Scan.cpp - Scan ----------------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A loop over positions of its inputs. Before version 9 inputs have a batch, whose
// sequences are scanned one after another.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/LoopBuilder.h"

namespace xgen::onnx {

namespace {
struct ScanDirections {
  /// Dimension and whether it is walked from its end, an entry a scan input or
  /// output.
  Shape axes;
  SmallVector<bool> reverse;
};
} // namespace

static std::optional<ScanDirections>
directions(Node &n, StringRef axes, StringRef reverse, size_t count) {
  ScanDirections result;
  result.axes = n.integers(axes).value_or(Shape(count, 0));
  Shape flags = n.integers(reverse).value_or(Shape(count, 0));
  if (result.axes.size() != count || flags.size() != count) {
    (void)n.fail("'" + axes + "' and '" + reverse + "' need " +
                 llvm::Twine(count) + " entries");
    return std::nullopt;
  }
  for (int64_t flag : flags)
    result.reverse.push_back(flag != 0);
  return result;
}

/// One position of dimension `axis`, which goes.
static Value at(Node &n, Value v, int64_t axis, const Dim &position) {
  Value part = n.slice(v, axis, position, 1);
  Dims extents = n.dims(part);
  if (!part)
    return {};
  extents.erase(extents.begin() + axis);
  return n.reshape(part, extents);
}

/// The scan over `inputs`: states, then what is scanned. Adds the node's
/// outputs to `results`.
static LogicalResult scan(Node &n, ArrayRef<Value> inputs, size_t numScans,
                          const ScanDirections &in, const ScanDirections &out,
                          SmallVectorImpl<Value> &results) {
  size_t numStates = inputs.size() - numScans;
  LoopBuilder loop(n, "body");
  loop.returnsCondition = false;
  for (Value v : inputs.take_front(numStates))
    loop.carried.emplace_back(v);
  Dim length = 0;
  Shape axes;
  for (auto [i, v] : llvm::enumerate(inputs.drop_front(numStates))) {
    auto axis = n.axis(in.axes[i], n.rank(v));
    if (!axis)
      return failure();
    axes.push_back(*axis);
    Dim extent = n.dims(v)[*axis];
    if (i && !n.same(length, extent))
      return n.fail("scan inputs differ in length");
    if (!i)
      length = extent;
  }
  loop.count = length;
  loop.trips = n.extentsOf({length}, ShapeRef());
  loop.arguments = [&](Value, const Dim &iteration, Value,
                       ArrayRef<Value> now) {
    SmallVector<Value> all(now);
    for (auto [i, v] : llvm::enumerate(inputs.drop_front(numStates)))
      all.push_back(at(n, v, axes[i],
                       in.reverse[i] ? length - 1 - iteration : iteration));
    return all;
  };
  if (n.hasError() || failed(loop.build()))
    return failure();
  llvm::append_range(results, loop.last);
  for (auto [i, v] : llvm::enumerate(loop.scans)) {
    auto axis = n.axis(out.axes[i], n.rank(v));
    if (!axis)
      return failure();
    if (out.reverse[i]) {
      Dims starts(n.rank(v), 0), steps(n.rank(v), 1);
      starts[0] = n.dims(v)[0] - 1;
      steps[0] = -1;
      v = n.slice(v, starts, n.dims(v), steps);
    }
    Shape perm;
    for (int64_t d = 1; d < n.rank(v); ++d)
      perm.push_back(d);
    perm.insert(perm.begin() + *axis, 0);
    results.push_back(n.transpose(v, perm));
  }
  return n.hasError() ? failure() : success();
}

static LogicalResult legalizeScan(Node &n) {
  // Version 8 has a batch, and lengths of its sequences in front.
  bool batched = !n.since(9);
  SmallVector<Value> inputs(
      n.allInputs().drop_front(batched && n.numInputs() ? 1 : 0));
  for (Value v : inputs)
    if (!v)
      return n.fail("an input is missing");
  int64_t numScans = n.integer("num_scan_inputs", 0);
  if (numScans < 1 || numScans > int64_t(inputs.size()))
    return n.fail("'num_scan_inputs' is out of range");
  size_t numStates = inputs.size() - numScans;
  if (n.numResults() < numStates)
    return n.fail("has fewer outputs than states");
  size_t numOutputs = n.numResults() - numStates;
  auto in = directions(n, batched ? "" : "scan_input_axes",
                       batched ? "directions" : "scan_input_directions",
                       numScans);
  auto out = directions(n, batched ? "" : "scan_output_axes",
                        batched ? "" : "scan_output_directions", numOutputs);
  if (!in || !out)
    return failure();
  SmallVector<Value> results;
  if (!batched) {
    if (failed(scan(n, inputs, numScans, *in, *out, results)))
      return failure();
  } else {
    if (n.has(0))
      return n.fail("sequences of different lengths are unsupported",
                    "convert the model to operator set 9 or later");
    for (Value v : inputs)
      if (n.rank(v) < 1)
        return n.fail("an input has no batch dimension");
    int64_t batch = n.shape(inputs.front())[0];
    if (n.hasError() || batch < 1 || batch > 64)
      return n.fail("the batch must be 1 to 64");
    SmallVector<SmallVector<Value>> lists(n.numResults());
    for (int64_t k = 0; k < batch; ++k) {
      SmallVector<Value> one, made;
      for (Value v : inputs) {
        if (!n.same(n.dims(v)[0], batch))
          return n.fail("inputs have different batches");
        one.push_back(at(n, v, 0, k));
      }
      if (n.hasError() || failed(scan(n, one, numScans, *in, *out, made)))
        return failure();
      for (auto [list, v] : llvm::zip(lists, made)) {
        Dims extents = n.dims(v);
        extents.insert(extents.begin(), 1);
        list.push_back(n.reshape(v, extents));
      }
    }
    for (ArrayRef<Value> list : lists)
      results.push_back(n.concat(list, 0));
  }
  for (auto [i, v] : llvm::enumerate(results))
    if (failed(n.result(i, v)))
      return failure();
  return success();
}

void registerScan(Registry &registry) { registry.add("Scan", 0, legalizeScan); }

} // namespace xgen::onnx
