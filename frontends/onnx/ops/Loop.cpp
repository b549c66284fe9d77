//===- Loop.cpp - Loop, Scan ----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A body that runs a small known number of times is inlined that often. Else it
// becomes a function, and the loop an op with room for the largest results.
//
// What a body carries may change its shape. It is first legalized for the shape
// that it starts with; if it returns another one, those dimensions become
// symbols of the body, with bounds from how the body changes them, and it is
// legalized again. The extents themselves are then carried, too.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Subgraph.h"

namespace xgen::onnx {

/// No loop runs longer; only loops that need no room for it may.
static constexpr int64_t manyTrips = int64_t(1) << 62;
static constexpr unsigned maxUnroll = 8;

namespace {
struct Carried {
  explicit Carried(Value initial) : initial(initial) {}
  Value initial;
  Dims first;
  /// In the body: as it starts, but for the dimensions that change.
  Dims extents;
  SmallVector<unsigned> changing;
  /// After the body.
  Value next;
};

/// A loop, whatever operator it comes from.
class LoopBuilder {
public:
  LoopBuilder(Node &n, StringRef what) : n(n), body(n, "body", what) {}

  /// Null: until the condition ends it.
  Value trips;
  /// Of `trips`; and an upper bound.
  std::optional<Dim> count;
  int64_t most = manyTrips;
  /// Null: it does not matter.
  Value condition;
  std::vector<Carried> carried;
  /// What the subgraph's inputs are: from the number of the iteration (value and
  /// extent), the condition, and what is carried.
  std::function<SmallVector<Value>(Value, const Dim &, Value, ArrayRef<Value>)>
      arguments;
  /// The subgraph's outputs begin with a condition.
  bool returnsCondition = true;
  /// Somebody reads the number of the iteration.
  bool usesIndex = true;

  LogicalResult build();
  /// Results.
  SmallVector<Value> last, scans;

private:
  /// Legalizes the body for the present extents; `settled` when it returns the
  /// same ones.
  LogicalResult convert(bool &settled);
  /// Widens a carried extent to what the body returns.
  bool widen(Carried &c, unsigned d, const Dim &next);
  bool limitTrips();
  LogicalResult finish();
  Value prefix(Value v, const Dims &extents) {
    RankedTensorType type = n.tensorType(extents, n.elementType(v));
    return v && v.getType() != type ? n.make<ir::PrefixOp>(type, {v}) : v;
  }
  void bind(Value v, DimsRef extents) {
    if (v && !ir::allStatic(extents))
      ir::BindOp::create(n.builder, n.loc, v,
                         ir::toMap(extents, n.builder.getContext()));
  }

  Node &n;
  Body body;
  unsigned round = 0;
  Value index, going;
  SmallVector<Value> parts;
};
} // namespace

/// Loops without a bound get the one that data has.
bool LoopBuilder::limitTrips() {
  if (most != manyTrips)
    return false;
  most = n.dataBound();
  return true;
}

bool LoopBuilder::widen(Carried &c, unsigned d, const Dim &next) {
  const Dim &first = c.first[d];
  Dim &now = c.extents[d];
  if (!llvm::is_contained(c.changing, d)) {
    if (next == now)
      return false;
    c.changing.push_back(d);
    now = n.symbols().data(std::min(now.min(), next.min()),
                           std::max(now.max(), next.max()));
    return true;
  }
  // The same step each time: as far as the iterations take it. Otherwise what
  // the body can return, which must come to rest.
  Dim step = next - now;
  int64_t low = std::min(first.min(), next.min());
  int64_t high = std::max(first.max(), next.max());
  if (step.isStatic() && step.value() != 0) {
    limitTrips();
    int64_t far;
    if (llvm::MulOverflow(step.value(), most, far))
      far = step.value() < 0 ? -manyTrips : manyTrips;
    low = std::max<int64_t>(0, first.min() + std::min<int64_t>(0, far));
    high = first.max() + std::max<int64_t>(0, far);
  } else if (round > 4) {
    low = 0;
    high = std::max(first.max(), n.dataBound());
  }
  if (low >= now.min() && high <= now.max())
    return false;
  now = n.symbols().data(std::min(low, now.min()), std::max(high, now.max()));
  return true;
}

LogicalResult LoopBuilder::convert(bool &settled) {
  body.enter();
  Type i64 = n.i64();
  index = body.argument(RankedTensorType::get({}, i64));
  Dim iteration;
  if (usesIndex) {
    iteration = n.symbols().data(0, std::max<int64_t>(0, most - 1));
    bind(index, {iteration});
    n.setExtents(index, {iteration});
  }
  going = condition ? body.argument(RankedTensorType::get({}, n.i1()))
                    : n.splat(n.i1(), 1);
  SmallVector<Value> now;
  for (Carried &c : carried) {
    // The symbols of the last round are gone.
    for (unsigned d : c.changing)
      c.extents[d] = n.symbols().data(c.extents[d].min(), c.extents[d].max());
    RankedTensorType type = n.tensorType(c.extents, n.elementType(c.initial));
    now.push_back(body.argument(c.changing.empty() ? type : ir::largestOf(type)));
  }
  for (auto [c, v] : llvm::zip(carried, now)) {
    if (c.changing.empty())
      continue;
    Dims own;
    for (unsigned d : c.changing)
      own.push_back(c.extents[d]);
    bind(body.argument(RankedTensorType::get({int64_t(own.size())}, i64)), own);
    v = prefix(v, c.extents);
  }
  SmallVector<Value> actuals = arguments(index, iteration, going, now), results;
  body.leave();
  if (n.hasError() || failed(body.convert(actuals, results)))
    return failure();
  unsigned leading = returnsCondition ? 1 : 0;
  size_t expected = leading + n.numResults();
  if (results.size() != expected || results.size() < leading + carried.size())
    return n.fail("the body has " + llvm::Twine(results.size()) +
                  " outputs, which does not fit the node");
  if (condition) {
    going = results[0];
    if (!n.elementType(going).isInteger(1) || !n.count(going).is(1))
      return n.fail("the body's condition must be one bool");
  }
  settled = true;
  body.enter();
  for (auto [i, c] : llvm::enumerate(carried)) {
    c.next = results[leading + i];
    if (n.elementType(c.next) != n.elementType(c.initial) ||
        n.rank(c.next) != n.rank(c.initial))
      return n.fail("carried value " + llvm::Twine(i) +
                    " changes its element type or number of dimensions");
    for (auto [d, next] : llvm::enumerate(n.dims(c.next)))
      settled &= !widen(c, d, next);
  }
  parts.assign(results.begin() + leading + carried.size(), results.end());
  if (!parts.empty())
    settled &= !limitTrips();
  body.leave();
  return success();
}

LogicalResult LoopBuilder::finish() {
  SmallVector<Value> initial, returned;
  SmallVector<Type> types;
  SmallVector<Value> nextExtents;
  // Extents of parts, as carried values behind the others.
  SmallVector<SmallVector<unsigned>> own(parts.size());
  body.enter();
  for (Carried &c : carried) {
    Dims capped = n.dims(c.next), extents;
    for (unsigned d : c.changing) {
      Dim limit = c.extents[d].max();
      if (capped[d].max() > limit.value()) {
        n.symbols().requireLessEqual(capped[d], limit);
        capped[d] = n.symbols().min(capped[d], limit);
      }
      extents.push_back(capped[d]);
    }
    c.next = prefix(c.next, capped);
    if (!c.changing.empty())
      nextExtents.push_back(n.extentsOf(extents));
  }
  for (auto [i, part] : llvm::enumerate(parts)) {
    Dims extents, all = n.dims(part);
    for (unsigned d = 0; d < all.size(); ++d)
      if (!body.isVisible(all[d])) {
        own[i].push_back(d);
        extents.push_back(all[d]);
      }
    if (extents.empty())
      continue;
    (void)body.argument(RankedTensorType::get({int64_t(extents.size())}, n.i64()));
    nextExtents.push_back(n.extentsOf(extents));
  }
  body.leave();
  if (n.hasError())
    return failure();
  auto add = [&](Value first, Value next, Type type) {
    initial.push_back(first);
    returned.push_back(next);
    types.push_back(type);
  };
  if (condition)
    add(condition, going, RankedTensorType::get({}, n.i1()));
  for (Carried &c : carried) {
    RankedTensorType type = n.tensorType(c.extents, n.elementType(c.initial));
    add(c.initial, c.next, c.changing.empty() ? type : ir::largestOf(type));
  }
  auto *extents = nextExtents.begin();
  for (Carried &c : carried) {
    if (c.changing.empty())
      continue;
    Dims first;
    for (unsigned d : c.changing)
      first.push_back(c.first[d]);
    Value v = n.extentsOf(first);
    add(v, *extents++, v ? v.getType() : Type());
  }
  for (auto [part, dims] : llvm::zip(parts, own))
    if (!dims.empty()) {
      Value v = n.integersOf(Shape(dims.size(), 0));
      add(v, *extents++, v ? v.getType() : Type());
    }
  if (n.hasError())
    return failure();
  for (Value part : parts) {
    Shape shape(ir::largestOf(n.type(part)).getShape());
    shape.insert(shape.begin(), most);
    int64_t elements = 1;
    for (int64_t extent : shape)
      if (llvm::MulOverflow(elements, extent, elements) ||
          elements > int64_t(1) << 38)
        return n.fail("a scan output of up to " + llvm::Twine(most) +
                          " iterations is too large",
                      "bound the number of iterations with -data-bound");
    returned.push_back(part);
    types.push_back(RankedTensorType::get(shape, n.elementType(part)));
  }
  types.push_back(RankedTensorType::get({1}, n.i64()));
  llvm::SetVector<Value> captured;
  body.capture(returned, captured);
  body.finish(returned, captured.getArrayRef());
  auto op = ir::LoopOp::create(n.builder, n.loc, types, body.name(), trips,
                               initial, captured.getArrayRef(), most,
                               bool(condition));

  // What comes out, at its actual extents.
  auto results = op->getResults().begin() + (condition ? 1 : 0);
  SmallVector<Value> values(results, results + carried.size());
  results += carried.size();
  for (auto [c, v] : llvm::zip(carried, values)) {
    if (!c.changing.empty()) {
      Dims after = c.extents, fresh;
      for (unsigned d : c.changing)
        fresh.push_back(after[d] = n.symbols().data(after[d].min(),
                                                    after[d].max()));
      bind(*results++, fresh);
      v = prefix(v, after);
    }
    last.push_back(v);
  }
  SmallVector<Dims> extentsOfParts;
  for (auto [part, dims] : llvm::zip(parts, own)) {
    Dims all = n.dims(part), fresh;
    for (unsigned d : dims)
      // 0 when there was no iteration.
      fresh.push_back(all[d] = n.symbols().data(0, all[d].max()));
    if (!dims.empty())
      bind(*results++, fresh);
    extentsOfParts.push_back(std::move(all));
  }
  if (parts.empty())
    return success();
  Dim ran = most;
  if (!condition && count) {
    ran = n.symbols().max(*count, 0);
  } else {
    ran = n.symbols().data(0, most);
    bind(op.getCount(), {ran});
  }
  for (auto [v, extents] : llvm::zip(op.getScans(), extentsOfParts)) {
    extents.insert(extents.begin(), ran);
    scans.push_back(prefix(v, extents));
  }
  return n.hasError() ? failure() : success();
}

LogicalResult LoopBuilder::build() {
  if (!body.isValid())
    return failure();
  if (count)
    most = std::min(most, std::max<int64_t>(0, count->max()));
  for (Carried &c : carried)
    c.extents = c.first = n.dims(c.initial);
  for (bool settled = false; !settled; ++round) {
    if (round > 8)
      return n.fail("the shapes that the body carries do not come to rest",
                    "give them a bound that the compiler can see");
    if (round)
      body.restart();
    if (failed(convert(settled)))
      return failure();
  }
  return finish();
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// The value behind Identity nodes.
static Value behindIdentity(Value v) {
  while (auto node = v.getDefiningOp<NodeOp>()) {
    if (node.getOpType() != "Identity" || !node.getDomain().empty() ||
        node.getInputs().size() != 1)
      break;
    v = node.getInputs()[0];
  }
  return v;
}

static bool isTrue(ElementsAttr attr) {
  auto values = attr ? readInts(attr) : std::nullopt;
  return values && values->size() == 1 && values->front();
}

/// Whether the body's condition stays true once it is.
static bool staysTrue(mlir::Region &region) {
  if (region.empty() || region.front().getNumArguments() < 2 ||
      !llvm::isa<YieldOp>(region.front().back()) ||
      region.front().back().getNumOperands() < 1)
    return false;
  Value v = behindIdentity(region.front().back().getOperand(0));
  if (v == region.front().getArgument(1))
    return true;
  if (auto constant = v.getDefiningOp<ConstantOp>())
    return isTrue(constant.getValue());
  auto node = v.getDefiningOp<NodeOp>();
  return node && node.getOpType() == "Constant" && node.getDomain().empty() &&
         isTrue(llvm::dyn_cast_or_null<ElementsAttr>(
             node.getOnnxAttributes().get("value")));
}

/// The body again and again in place of the node.
static LogicalResult unroll(Node &n, int64_t trips, ArrayRef<Value> initial) {
  SmallVector<Value> now(initial);
  SmallVector<SmallVector<Value>> parts;
  for (int64_t k = 0; k < trips; ++k) {
    SmallVector<Value> arguments{n.integersOf({k}, ShapeRef()),
                                 n.splat(n.i1(), 1)};
    llvm::append_range(arguments, now);
    SmallVector<Value> results;
    if (failed(n.inlineSubgraph("body", arguments, results)))
      return failure();
    if (results.size() != 1 + n.numResults())
      return n.fail("the body has " + llvm::Twine(results.size()) +
                    " outputs, which does not fit the node");
    now.assign(results.begin() + 1, results.begin() + 1 + initial.size());
    parts.resize(n.numResults() - initial.size());
    for (auto [list, v] :
         llvm::zip(parts, ArrayRef(results).drop_front(1 + initial.size()))) {
      Dims extents = n.dims(v);
      extents.insert(extents.begin(), 1);
      list.push_back(n.reshape(v, extents));
    }
  }
  for (auto [i, v] : llvm::enumerate(now))
    if (failed(n.result(i, v)))
      return failure();
  for (auto [i, list] : llvm::enumerate(parts))
    if (failed(n.result(initial.size() + i, n.concat(list, 0))))
      return failure();
  return success();
}

static LogicalResult legalizeLoop(Node &n) {
  Value trips = n.input(0), condition = n.input(1);
  if (trips && (!n.elementType(trips).isInteger(64) || !n.count(trips).is(1)))
    return n.fail("the number of trips must be one int64");
  if (condition &&
      (!n.elementType(condition).isInteger(1) || !n.count(condition).is(1)))
    return n.fail("the condition must be one bool");
  SmallVector<Value> initial;
  for (unsigned i = 2; i < n.numInputs(); ++i) {
    if (!n.has(i))
      return n.fail("input " + llvm::Twine(i) + " is missing");
    initial.push_back(n.input(i));
  }
  if (n.numResults() < initial.size())
    return n.fail("has fewer outputs than carried values");
  mlir::Region *region = n.subgraph("body");
  if (!region || region->empty())
    return failure();
  // A loop that only counts.
  if (condition && isTrue(n.constantOf(condition)) && staysTrue(*region))
    condition = {};
  if (!trips && !condition)
    return n.fail("the loop never ends");
  std::optional<Dim> count;
  if (trips)
    if (auto extents = n.extents(0, "M"))
      count = extents->front();
  if (count && count->isStatic() && !condition && count->value() > 0 &&
      count->value() <= maxUnroll)
    return unroll(n, count->value(), initial);

  LoopBuilder loop(n, "body");
  loop.trips = trips;
  loop.count = count;
  loop.condition = condition;
  loop.usesIndex = region->front().getNumArguments() > 0 &&
                   !region->front().getArgument(0).use_empty();
  for (Value v : initial)
    loop.carried.emplace_back(v);
  loop.arguments = [](Value index, const Dim &, Value going,
                      ArrayRef<Value> now) {
    SmallVector<Value> all{index, going};
    llvm::append_range(all, now);
    return all;
  };
  if (failed(loop.build()))
    return failure();
  for (auto [i, v] : llvm::enumerate(loop.last))
    if (failed(n.result(i, v)))
      return failure();
  for (auto [i, v] : llvm::enumerate(loop.scans))
    if (failed(n.result(initial.size() + i, v)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

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

void registerLoop(Registry &registry) {
  registry.add("Loop", 0, legalizeLoop);
  registry.add("Scan", 0, legalizeScan);
}

} // namespace xgen::onnx
