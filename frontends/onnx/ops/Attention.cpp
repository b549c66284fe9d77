//===- Attention.cpp - Attention, FlexAttention ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// softmax(scale * Q K^T + bias) V as products, a sum and a softmax. Heads that
// share a key lie next to each other, so that they are more rows of one product:
// keys and values are never repeated. All masks become one bias of 0 and -inf;
// a row of which everything is masked gives 0, not softmax's NaN.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "frontends/onnx/reader/ElementTypes.h"
#include <cmath>
#include <limits>

namespace xgen::onnx {

namespace {
/// All of rank 4: [batch, heads, length, size].
struct Heads {
  Value query, key, value;
};
} // namespace

/// [batch, length, heads * size] to [batch, heads, length, size].
static Value splitHeads(Node &n, Value v, int64_t heads) {
  Dims s = n.dims(v);
  int64_t packed = n.known(s[2], "last dimension");
  if (heads < 1 || packed % heads != 0)
    return n.noValue("the number of heads does not divide the last dimension");
  return n.transpose(n.reshape(v, {s[0], s[1], heads, packed / heads}),
                     {0, 2, 1, 3});
}

static LogicalResult checkHeads(Node &n, const Heads &h) {
  if (!h.query || !h.key || !h.value)
    return n.fail("cannot be legalized");
  if (n.rank(h.query) != 4 || n.rank(h.key) != 4 || n.rank(h.value) != 4)
    return n.fail("query, key and value must be of one rank, 3 or 4");
  Dims q = n.dims(h.query), k = n.dims(h.key), v = n.dims(h.value);
  if (!n.isFloat(h.query) || n.elementType(h.query) != n.elementType(h.key) ||
      !n.isFloat(h.value))
    return n.fail("query and key must be of one float type, value of one");
  if (!n.same(k[0], q[0]) || !n.same(v[0], q[0]))
    return n.fail("query, key and value differ in batch size");
  if (!n.same(k[1], v[1]) || !n.same(k[2], v[2]))
    return n.fail("key and value differ in heads or length");
  if (!n.same(k[3], q[3]))
    return n.fail("query and key differ in head size");
  int64_t heads = n.known(q[1], "number of heads");
  int64_t shared = n.known(k[1], "number of heads");
  if (n.hasError())
    return failure();
  if (shared == 0 || heads % shared != 0)
    return n.fail("the heads of the key do not divide the heads of the query");
  return success();
}

/// x * y per head; a group of heads of `x` shares one of `y`.
static Value headProduct(Node &n, Value x, Value y) {
  if (!x || !y)
    return {};
  Dims s = n.dims(x), t = n.dims(y);
  if (s[1] == t[1])
    return n.matmul(x, y);
  int64_t group = s[1].value() / t[1].value();
  Value rows = n.reshape(x, {s[0], t[1], s[2] * group, s[3]});
  return n.reshape(n.matmul(rows, y), {s[0], s[1], s[2], t[3]});
}

/// scale * Q K^T; `scale` is 1 / sqrt(head size) where there is none.
static Value emitScores(Node &n, const Heads &h) {
  double scale = 0;
  if (n.hasAttribute("scale"))
    scale = n.number("scale", 0);
  else
    scale = 1 / std::sqrt(double(n.known(n.dims(h.query)[3], "head size")));
  Value query = n.mul(h.query, n.splat(n.elementType(h.query), scale));
  return headProduct(n, query, n.transpose(h.key, {0, 1, 3, 2}));
}

static Value negativeInfinity(Node &n, Type element) {
  return n.splat(element, -std::numeric_limits<double>::infinity());
}

/// 0 where `allowed`, else -inf.
static Value biasOf(Node &n, Value allowed, Type element) {
  return n.select(allowed, n.splat(element, 0), negativeInfinity(n, element));
}

/// What `attn_mask`, `is_causal` and `nonpad_kv_seqlen` add to the scores; null
/// for nothing. `past` is the length of the cache before the keys.
static Value emitBias(Node &n, const Heads &h, const Dim &past) {
  Type element = n.elementType(h.query);
  Dim rows = n.dims(h.query)[2], columns = n.dims(h.key)[2];
  Value bias, lengths;
  auto also = [&](Value v) { bias = bias ? n.add(bias, v) : v; };
  if (Value mask = n.input(3)) {
    if (n.rank(mask) < 1 || n.rank(mask) > 4)
      return n.noValue("attn_mask must have 1 to 4 dimensions");
    bool isBool = n.elementType(mask).isInteger(1);
    if (!isBool && !n.isFloat(mask))
      return n.noValue("attn_mask must be bool or float");
    Value v = isBool ? biasOf(n, mask, element) : n.cast(mask, element);
    // From 24 on a mask may end before the keys do: what is beyond is masked.
    Dim given = n.dims(mask).back(), missing = columns - given;
    if (n.since(24) && missing.max() > 0) {
      n.symbols().requireLessEqual(given, columns);
      Dims low(n.rank(mask), 0), high = low;
      high.back() = missing.within(0, columns.max());
      v = n.pad(v, low, high, ir::PadMode::Constant,
                -std::numeric_limits<double>::infinity());
    }
    also(v);
  }
  if (n.has(6)) {
    lengths = n.cast(n.input(6), n.i64());
    Dim batch = n.dims(h.query)[0];
    if (!n.same(n.dims(lengths), Dims{batch}))
      return n.noValue("nonpad_kv_seqlen needs one length a batch entry");
    if (past.max() > 0)
      return n.noValue("nonpad_kv_seqlen and past_key exclude each other");
    lengths = n.reshape(lengths, {batch, 1, 1, 1});
  }
  Value column = n.iota(columns, {1, columns});
  if (n.integer("is_causal", 0)) {
    // The last query sees all of the keys that are there.
    auto scalar = [&](const Dim &d) {
      return n.extentsOf({d}, ShapeRef());
    };
    Value offset = lengths ? n.sub(lengths, scalar(rows)) : scalar(past);
    Value last = n.add(n.iota(rows, {rows, 1}), offset);
    also(biasOf(n, n.binary(BinaryKind::LessEqual, column, last), element));
  }
  if (lengths)
    also(biasOf(n, n.binary(BinaryKind::Less, column, lengths), element));
  return bias;
}

/// Softmax over keys, with 0 for rows that `bias` masks altogether.
static Value emitProbabilities(Node &n, Value scores, Value bias) {
  Type element = n.elementType(scores), precise = element;
  if (int64_t type = n.integer("softmax_precision", 0)) {
    precise = elementTypeOf(n.builder.getContext(), type);
    if (!precise || !llvm::isa<mlir::FloatType>(precise))
      return n.noValue("softmax_precision must be a float type");
  }
  Value p = n.cast(n.softmax(n.cast(scores, precise), {3}), element);
  if (!bias)
    return p;
  Value best = n.reduce(ReduceKind::Max, bias, {n.rank(bias) - 1}, true);
  Value dead = n.binary(BinaryKind::Equal, best, negativeInfinity(n, element));
  return n.select(dead, n.splat(element, 0), p);
}

static LogicalResult legalizeAttention(Node &n) {
  Heads h{n.input(0), n.input(1), n.input(2)};
  bool packed = n.rank(h.query) == 3;
  if (packed) {
    if (n.rank(h.key) != 3 || n.rank(h.value) != 3)
      return n.fail("query, key and value must be of one rank, 3 or 4");
    int64_t heads = n.integer("q_num_heads", 0);
    int64_t shared = n.integer("kv_num_heads", 0);
    h.query = splitHeads(n, h.query, heads);
    h.key = splitHeads(n, h.key, shared);
    h.value = splitHeads(n, h.value, shared);
  }
  if (failed(checkHeads(n, h)))
    return failure();
  Dim past = 0;
  if (n.has(4) != n.has(5))
    return n.fail("past_key and past_value must come together");
  if (n.has(4)) {
    if (n.rank(n.input(4)) != 4 || n.rank(n.input(5)) != 4)
      return n.fail("past_key and past_value must have 4 dimensions");
    past = n.dims(n.input(4))[2];
    h.key = n.concat({n.input(4), h.key}, 2);
    h.value = n.concat({n.input(5), h.value}, 2);
    if (failed(checkHeads(n, h)))
      return failure();
  }
  if (n.used(1) && failed(n.result(1, h.key)))
    return failure();
  if (n.used(2) && failed(n.result(2, h.value)))
    return failure();

  Type element = n.elementType(h.query);
  int64_t mode = n.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    return n.fail("qk_matmul_output_mode must be 0 to 3");
  Value stages[4];
  Value scores = stages[0] = emitScores(n, h);
  double cap = n.number("softcap", 0);
  if (cap > 0) {
    Value most = n.splat(element, cap);
    scores = n.mul(n.unary(UnaryKind::Tanh, n.div(scores, most)), most);
  }
  stages[1] = scores;
  Value bias = emitBias(n, h, past);
  if (n.hasError())
    return failure();
  if (bias) {
    scores = n.add(scores, bias);
    if (!n.same(n.dims(scores), n.dims(stages[0])))
      return n.fail("attn_mask does not broadcast to the scores");
  }
  stages[2] = scores;
  stages[3] = emitProbabilities(n, scores, bias);
  if (n.used(3) && failed(n.result(3, stages[mode])))
    return failure();
  Type values = n.elementType(h.value);
  Value y = n.cast(headProduct(n, n.cast(stages[3], values), h.value), element);
  if (!y || !packed)
    return n.result(y);
  Dims s = n.dims(y);
  return n.result(n.reshape(n.transpose(y, {0, 2, 1, 3}),
                            {s[0], s[2], s[1] * s[3]}));
}

/// A subgraph of one tensor: `v` in the type that it declares, through it.
static Value modified(Node &n, StringRef name, Value v) {
  mlir::ArrayAttr names = n.op.getSubgraphsAttr();
  for (auto [i, attr] : llvm::enumerate(names ? names.getValue()
                                              : ArrayRef<Attribute>())) {
    if (!v || llvm::cast<mlir::StringAttr>(attr).getValue() != name)
      continue;
    mlir::Region &region = n.op->getRegion(i);
    if (region.empty() || region.getNumArguments() != 1)
      return n.noValue("'" + name + "' must have one input");
    if (auto type = llvm::dyn_cast<RankedTensorType>(
            region.getArgument(0).getType()))
      v = n.cast(v, type.getElementType());
    SmallVector<Value> results;
    if (failed(n.inlineSubgraph(name, v, results)))
      return n.noValue("'" + name + "' cannot be legalized");
    if (results.size() != 1 || !n.same(n.dims(results[0]), n.dims(v)))
      return n.noValue("'" + name + "' must give one tensor of its input's shape");
    return results[0];
  }
  return v;
}

static LogicalResult legalizeFlexAttention(Node &n) {
  Heads h{n.input(0), n.input(1), n.input(2)};
  if (failed(checkHeads(n, h)))
    return failure();
  Value scores = modified(n, "score_mod", emitScores(n, h));
  Value p = modified(n, "prob_mod", emitProbabilities(n, scores, {}));
  Type values = n.elementType(h.value);
  return n.result(n.cast(headProduct(n, n.cast(p, values), h.value),
                         n.elementType(h.query)));
}

void registerAttention(Registry &registry) {
  registry.add("Attention", 3, legalizeAttention);
  registry.add("FlexAttention", 3, legalizeFlexAttention, "ai.onnx.preview");
}

} // namespace xgen::onnx
