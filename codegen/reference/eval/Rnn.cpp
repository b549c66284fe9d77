//===- Rnn.cpp - Recurrent layers -------------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// ONNX RNN, GRU and LSTM, one batch element after the other. Scratch holds the
// input, the gates and the states of one element as floats. Small weights that
// are used for several steps are transposed there first, so that vectors run
// over the units; large ones are read where they are.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

struct Rnn {
  const EvalCall *call;
  const int64_t *alphas, *betas, *activations;
  int64_t alphaCount, betaCount, activationCount;
  bool batchMajor, inputForget, linearBeforeReset;
  double clip;
  int64_t direction, kind;
  int64_t steps, batch, input, hidden, gates;

  explicit Rnn(const EvalCall *c) : call(c) {
    Attrs attrs{c->attrs};
    alphas = attrs.array(alphaCount);
    betas = attrs.array(betaCount);
    activations = attrs.array(activationCount);
    batchMajor = attrs.integer();
    clip = attrs.number();
    direction = attrs.integer();
    inputForget = attrs.integer();
    kind = attrs.integer();
    linearBeforeReset = attrs.integer();
    const EvalTensor &x = c->in[0];
    steps = x.dims[batchMajor ? 1 : 0];
    batch = x.dims[batchMajor ? 0 : 1];
    input = x.dims[2];
    hidden = c->in[2].dims[2];
    gates = kind == CellLstm ? 4 : kind == CellGru ? 3 : 1;
  }

  const EvalTensor *operand(int32_t i) const {
    return i < call->numIn && present(call->in[i]) ? &call->in[i] : nullptr;
  }
  int64_t units() const { return gates * hidden; }
  /// Whether the weights of a direction are worth a transposition.
  bool transposes() const {
    return steps * batch >= 4 && units() * (input + hidden) <= 1 << 15;
  }
  /// x, gates, recurrent part of a GRU's hidden gate, h, c, a weight row, both
  /// biases, transposed weights.
  int64_t scratchFloats() const {
    return input + (gates + 3) * hidden + max(input, hidden) + 2 * units() +
           (transposes() ? units() * (input + hidden) : 0);
  }
};

/// The float path of one direction.
struct Layer {
  const Rnn &r;
  int64_t d;
  float *x, *gate, *inner, *h, *c, *row, *biases;
  float *weights = nullptr, *recurrence = nullptr; ///< [from][unit]

  Layer(const Rnn &rnn, int64_t direction) : r(rnn), d(direction) {
    x = static_cast<float *>(r.call->scratch);
    gate = x + r.input;
    inner = gate + r.gates * r.hidden;
    h = inner + r.hidden;
    c = h + r.hidden;
    row = c + r.hidden;
    biases = row + max(r.input, r.hidden);
    if (r.transposes()) {
      weights = biases + 2 * r.units();
      recurrence = weights + r.units() * r.input;
    }
  }

  /// What the steps of this direction share.
  void prepare() const {
    int64_t units = r.units();
    for (int64_t u = 0; u < 2 * units; ++u)
      biases[u] = 0.0f;
    if (const EvalTensor *b = r.operand(3))
      read<float>(biases, *b, d * 2 * units, 1, 2 * units);
    if (weights) {
      transpose(weights, r.call->in[1], r.input);
      transpose(recurrence, r.call->in[2], r.hidden);
    }
  }
  void transpose(float *to, const EvalTensor &from, int64_t length) const {
    int64_t units = r.units();
    for (int64_t u = 0; u < units; ++u) {
      const float *p = view<float>(row, from, (d * units + u) * length, length);
      for (int64_t k = 0; k < length; ++k)
        to[k * units + u] = p[k];
    }
  }

  void activate(float *v, int64_t n, int64_t which) const {
    int64_t perDirection = r.kind == CellLstm ? 3 : r.kind == CellGru ? 2 : 1;
    int64_t i = d * perDirection + which;
    if (r.clip > 0.0) {
      float limit = static_cast<float>(r.clip);
      for (int64_t k = 0; k < n; ++k)
        v[k] = v[k] > limit ? limit : v[k] < -limit ? -limit : v[k];
    }
    int32_t kind = i < r.activationCount
                       ? static_cast<int32_t>(r.activations[i])
                       : (which == 0 && r.kind != CellRnn ? Sigmoid : Tanh);
    double a = i < r.alphaCount ? number(r.alphas[i]) : 0.0;
    double b = i < r.betaCount ? number(r.betas[i]) : 0.0;
    unaryBlock<float>(v, n, kind, a, b);
  }

  float dot(const EvalTensor &w, int64_t index, const float *v,
            int64_t n) const {
    const float *p = view<float>(row, w, index, n);
    // Eight partial sums: they vectorize, and stay the same everywhere.
    float part[8] = {};
    int64_t k = 0;
    for (; k + 8 <= n; k += 8)
      for (int64_t j = 0; j < 8; ++j)
        part[j] += p[k + j] * v[k + j];
    for (int64_t j = 0; k < n; ++k, ++j)
      part[j] += p[k] * v[k];
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
  }

  float peephole(int64_t which) const {
    const EvalTensor *p = r.operand(7);
    return p ? get<float>(*p, d * 3 * r.hidden + which) : 0.0f;
  }

  /// to[u] += m v for `count` units from `first` on, of transposed weights.
  void addColumns(float *to, const float *m, int64_t first, int64_t count,
                  const float *v, int64_t n) const {
    int64_t units = r.units(), u = 0;
    m += first;
    for (; u + 16 <= count; u += 16)
      addBlock<16>(to + u, m + u, units, v, n);
    for (; u + 4 <= count; u += 4)
      addBlock<4>(to + u, m + u, units, v, n);
    for (; u < count; ++u)
      addBlock<1>(to + u, m + u, units, v, n);
  }
  template <int64_t Width>
  static void addBlock(float *to, const float *m, int64_t stride,
                       const float *v, int64_t n) {
    float sum[Width];
    for (int64_t j = 0; j < Width; ++j)
      sum[j] = to[j];
    for (int64_t k = 0; k < n; ++k, m += stride)
      for (int64_t j = 0; j < Width; ++j)
        sum[j] += v[k] * m[j];
    for (int64_t j = 0; j < Width; ++j)
      to[j] = sum[j];
  }

  /// to = W x + Wb (+ R h + Rb), for the units of `count` gates from g on.
  void inputPart(float *to, int64_t g, int64_t count) const {
    int64_t first = g * r.hidden, n = count * r.hidden;
    for (int64_t j = 0; j < n; ++j)
      to[j] = biases[first + j];
    if (weights)
      return addColumns(to, weights, first, n, x, r.input);
    for (int64_t j = 0; j < n; ++j)
      to[j] += dot(r.call->in[1], (d * r.units() + first + j) * r.input, x,
                   r.input);
  }
  void recurrentPart(float *to, int64_t g, int64_t count,
                     const float *state) const {
    int64_t first = g * r.hidden, n = count * r.hidden;
    for (int64_t j = 0; j < n; ++j)
      to[j] += biases[r.units() + first + j];
    if (recurrence)
      return addColumns(to, recurrence, first, n, state, r.hidden);
    for (int64_t j = 0; j < n; ++j)
      to[j] += dot(r.call->in[2], (d * r.units() + first + j) * r.hidden, state,
                   r.hidden);
  }

  void stepRnn() const {
    inputPart(gate, 0, 1);
    recurrentPart(gate, 0, 1, h);
    activate(gate, r.hidden, 0);
    for (int64_t j = 0; j < r.hidden; ++j)
      h[j] = gate[j];
  }

  void stepGru() const {
    int64_t n = r.hidden;
    float *z = gate, *reset = gate + n, *candidate = gate + 2 * n;
    inputPart(gate, 0, 3);
    recurrentPart(gate, 0, 2, h);
    activate(z, 2 * n, 0);
    for (int64_t j = 0; j < n; ++j)
      inner[j] = r.linearBeforeReset ? 0.0f : reset[j] * h[j];
    if (r.linearBeforeReset) {
      recurrentPart(inner, 2, 1, h);
      for (int64_t j = 0; j < n; ++j)
        candidate[j] += reset[j] * inner[j];
    } else {
      recurrentPart(candidate, 2, 1, inner);
    }
    activate(candidate, n, 1);
    for (int64_t j = 0; j < n; ++j)
      h[j] = (1.0f - z[j]) * candidate[j] + z[j] * h[j];
  }

  void stepLstm() const {
    int64_t n = r.hidden;
    float *i = gate, *o = gate + n, *f = gate + 2 * n, *g = gate + 3 * n;
    inputPart(gate, 0, 4);
    recurrentPart(gate, 0, 4, h);
    bool peepholes = r.operand(7) != nullptr;
    for (int64_t j = 0; peepholes && j < n; ++j) {
      i[j] += peephole(j) * c[j];
      f[j] += peephole(2 * n + j) * c[j];
    }
    activate(i, n, 0);
    if (r.inputForget)
      for (int64_t j = 0; j < n; ++j)
        f[j] = 1.0f - i[j];
    else
      activate(f, n, 0);
    activate(g, n, 1);
    for (int64_t j = 0; j < n; ++j) {
      c[j] = f[j] * c[j] + i[j] * g[j];
      inner[j] = c[j];
      if (peepholes)
        o[j] += peephole(n + j) * c[j];
    }
    activate(o, n, 0);
    // The output activation sees the state without the clip of the gates.
    Rnn open = r;
    open.clip = 0.0;
    Layer(open, d).activate(inner, n, 2);
    for (int64_t j = 0; j < n; ++j)
      h[j] = o[j] * inner[j];
  }

  void run(int64_t b, int64_t directions, bool reverse) const {
    int64_t n = r.hidden;
    int64_t state = r.batchMajor ? (b * directions + d) * n
                                 : (d * r.batch + b) * n;
    const EvalTensor *h0 = r.operand(5), *c0 = r.operand(6);
    const EvalTensor *lengths = r.operand(4);
    for (int64_t j = 0; j < n; ++j)
      h[j] = c[j] = 0.0f;
    if (h0)
      read<float>(h, *h0, state, 1, n);
    if (c0 && r.kind == CellLstm)
      read<float>(c, *c0, state, 1, n);
    int64_t length =
        lengths ? clamp(get<int64_t>(*lengths, b), 0, r.steps) : r.steps;
    const EvalCall &call = *r.call;
    bool hasY = call.numOut > 0 && present(call.out[0]);
    for (int64_t t = 0; t < r.steps; ++t) {
      int64_t at = reverse && t < length ? length - 1 - t : t;
      int64_t y = r.batchMajor
                      ? ((b * r.steps + at) * directions + d) * n
                      : ((at * directions + d) * r.batch + b) * n;
      if (t >= length) {
        // Beyond the sequence the output is zero.
        for (int64_t j = 0; j < n; ++j)
          gate[j] = 0.0f;
        if (hasY)
          write<float>(call.out[0], y, 1, gate, n);
        continue;
      }
      int64_t from = (r.batchMajor ? b * r.steps + at : at * r.batch + b);
      read<float>(x, call.in[0], from * r.input, 1, r.input);
      if (r.kind == CellLstm)
        stepLstm();
      else if (r.kind == CellGru)
        stepGru();
      else
        stepRnn();
      if (hasY)
        write<float>(call.out[0], y, 1, h, n);
    }
    if (call.numOut > 1 && present(call.out[1]))
      write<float>(call.out[1], state, 1, h, n);
    if (call.numOut > 2 && present(call.out[2]))
      write<float>(call.out[2], state, 1, c, n);
  }
};

} // namespace

extern "C" int64_t xgen_eval_scratch_rnn(const EvalCall *call) {
  return Rnn(call).scratchFloats() * 4;
}

extern "C" int32_t xgen_eval_rnn(const EvalCall *call) {
  Rnn rnn(call);
  int64_t directions = rnn.direction == OrderBoth ? 2 : 1;
  for (int64_t d = 0; d < directions; ++d) {
    Layer layer(rnn, d);
    layer.prepare();
    bool reverse = rnn.direction == OrderReverse || d == 1;
    for (int64_t b = 0; b < rnn.batch; ++b)
      layer.run(b, directions, reverse);
  }
  return EvalOk;
}
