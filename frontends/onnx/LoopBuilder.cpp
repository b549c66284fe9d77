//===- LoopBuilder.cpp - xgen.loop of a subgraph --------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See LoopBuilder.h.
//
//===----------------------------------------------------------------------===//

#include "LoopBuilder.h"

namespace xgen::onnx {

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
  parts.assign(results.begin() + leading + (scansCarried ? 0 : carried.size()),
               results.end());
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

} // namespace xgen::onnx
