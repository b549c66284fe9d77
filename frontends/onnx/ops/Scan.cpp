//===- Scan.cpp - Scan ----------------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A loop over positions of its inputs. Before version 9 inputs have a batch, whose
// sequences are scanned one after another: by one loop, in which the states start
// anew with each sequence.
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

/// Dimension 0, of `batch` times `length` positions, becomes two.
static Value split(Node &n, Value v, const Dim &batch, const Dim &length) {
  if (!v)
    return {};
  Dims extents = n.dims(v);
  extents[0] = length;
  extents.insert(extents.begin(), batch);
  return n.reshape(v, extents);
}

/// The scan over `inputs`: states, then what is scanned; all of them with a batch
/// in front when there is one. Adds the node's outputs to `results`.
static LogicalResult scan(Node &n, ArrayRef<Value> inputs, size_t numScans,
                          std::optional<Dim> batch, const ScanDirections &in,
                          const ScanDirections &out,
                          SmallVectorImpl<Value> &results) {
  ArrayRef<Value> states = inputs.drop_back(numScans);
  ArrayRef<Value> scanned = inputs.take_back(numScans);
  LoopBuilder loop(n, "body");
  loop.returnsCondition = false;
  loop.scansCarried = batch.has_value();
  for (Value v : states)
    loop.carried.emplace_back(batch ? at(n, v, 0, 0) : v);
  Dim length = 0;
  Shape axes;
  for (auto [i, v] : llvm::enumerate(scanned)) {
    auto axis = n.axis(in.axes[i], n.rank(v) - (batch ? 1 : 0));
    if (!axis)
      return failure();
    axes.push_back(*axis);
    Dim extent = n.dims(v)[*axis + (batch ? 1 : 0)];
    if (i && !n.same(length, extent))
      return n.fail("scan inputs differ in length");
    if (!i)
      length = extent;
  }
  if (batch) {
    if (length.max() < 1 || batch->max() < 1)
      return n.fail("there are no sequences, or they are empty");
    n.symbols().requireLessEqual(1, length);
    n.symbols().requireLessEqual(1, *batch);
    length = length.within(1, length.max());
  }
  loop.count = batch ? *batch * length : length;
  loop.trips = n.extentsOf({*loop.count}, ShapeRef());
  loop.arguments = [&](Value, const Dim &iteration, Value,
                       ArrayRef<Value> now) {
    SmallVector<Value> all(now);
    Dim position = iteration, sequence = 0;
    if (batch) {
      position = mod(iteration, length);
      sequence = floorDiv(iteration, length);
      Dim isFirst = n.symbols().equal(position, 0);
      Value first = n.cast(n.extentsOf({isFirst}, ShapeRef()), n.i1());
      for (auto [v, state] : llvm::zip(all, states))
        v = n.select(first, at(n, state, 0, sequence), v);
    }
    for (auto [i, v] : llvm::enumerate(scanned))
      all.push_back(at(n, batch ? at(n, v, 0, sequence) : v, axes[i],
                       in.reverse[i] ? length - 1 - position : position));
    return all;
  };
  if (n.hasError() || failed(loop.build()))
    return failure();
  llvm::MutableArrayRef<Value> outputs = loop.scans;
  if (batch) {
    // The last state of each sequence.
    for (Value v : outputs.take_front(states.size()))
      results.push_back(at(n, split(n, v, *batch, length), 1, length - 1));
    for (Value v : outputs.drop_front(states.size()))
      results.push_back(split(n, v, *batch, length));
    return n.hasError() ? failure() : success();
  }
  llvm::append_range(results, loop.last);
  for (auto [i, v] : llvm::enumerate(outputs)) {
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
  std::optional<Dim> batch;
  if (batched) {
    if (n.has(0))
      return n.fail("sequences of different lengths are unsupported",
                    "convert the model to operator set 9 or later");
    for (Value v : inputs) {
      if (n.rank(v) < 1)
        return n.fail("an input has no batch dimension");
      if (!batch)
        batch = n.dims(v)[0];
      if (!n.same(n.dims(v)[0], *batch))
        return n.fail("inputs have different batches");
    }
  }
  SmallVector<Value> results;
  if (failed(scan(n, inputs, numScans, batch, *in, *out, results)))
    return failure();
  for (auto [i, v] : llvm::enumerate(results))
    if (failed(n.result(i, v)))
      return failure();
  return success();
}

void registerScan(Registry &registry) { registry.add("Scan", 0, legalizeScan); }

} // namespace xgen::onnx
