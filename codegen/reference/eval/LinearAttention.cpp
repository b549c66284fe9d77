//===- LinearAttention.cpp - linear_attention -------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The state is updated where it is returned. A row of the result holds what is
// added to the state before it holds the result.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class C>
struct Recurrence {
  const C *query, *key, *value, *state, *decay, *beta;
  C *out, *last;
  int64_t batch, steps, queryHeads, heads, size, values, gates, betas;
  C scale;

  /// One head at one step, with the query heads that share it.
  void step(int64_t b, int64_t t, int64_t h) {
    int64_t at = b * steps + t, group = queryHeads / heads;
    const C *k = key + (at * heads + h) * size;
    const C *v = value + (at * heads + h) * values;
    C *s = last + (b * heads + h) * size * values;
    if (decay) {
      const C *g = decay + (at * heads + h) * gates;
      for (int64_t i = 0; i < size; ++i) {
        C keep = static_cast<C>(xgen_exp(g[gates == 1 ? 0 : i]));
        for (int64_t j = 0; j < values; ++j)
          s[i * values + j] *= keep;
      }
    }
    C *rows = out + (at * queryHeads + h * group) * values;
    for (int64_t j = 0; j < values; ++j)
      rows[j] = v[j];
    if (beta) {
      for (int64_t i = 0; i < size; ++i)
        for (int64_t j = 0; j < values; ++j)
          rows[j] -= s[i * values + j] * k[i];
      C rate = beta[at * betas + (betas == 1 ? 0 : h)];
      for (int64_t j = 0; j < values; ++j)
        rows[j] *= rate;
    }
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < values; ++j)
        s[i * values + j] += k[i] * rows[j];
    const C *q = query + (at * queryHeads + h * group) * size;
    for (int64_t r = 0; r < group; ++r, q += size, rows += values) {
      for (int64_t j = 0; j < values; ++j)
        rows[j] = 0;
      for (int64_t i = 0; i < size; ++i)
        for (int64_t j = 0; j < values; ++j)
          rows[j] += q[i] * s[i * values + j];
      for (int64_t j = 0; j < values; ++j)
        rows[j] *= scale;
    }
  }

  void run() {
    int64_t n = batch * heads * size * values;
    for (int64_t i = 0; i < n; ++i)
      last[i] = state ? state[i] : 0;
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t t = 0; t < steps; ++t)
        for (int64_t h = 0; h < heads; ++h)
          step(b, t, h);
  }
};

template <class C>
int32_t run(const EvalCall *call) {
  auto data = [&](int32_t i) {
    return i < call->numIn && present(call->in[i])
               ? static_cast<const C *>(call->in[i].data)
               : nullptr;
  };
  const int64_t *q = call->in[0].dims, *k = call->in[1].dims;
  Recurrence<C> r;
  r.query = data(0), r.key = data(1), r.value = data(2);
  r.state = data(3), r.decay = data(4), r.beta = data(5);
  r.out = static_cast<C *>(call->out[0].data);
  r.last = static_cast<C *>(call->out[1].data);
  r.batch = q[0], r.steps = q[1], r.queryHeads = q[2];
  r.heads = k[2], r.size = k[3], r.values = call->in[2].dims[3];
  r.gates = r.decay ? call->in[4].dims[3] : 0;
  r.betas = r.beta ? call->in[5].dims[2] : 0;
  r.scale = static_cast<C>(number(call->attrs[0]));
  r.run();
  return EvalOk;
}

} // namespace

extern "C" int32_t xgen_eval_linear_attention(const EvalCall *call) {
  switch (baseType(call->in[0].dtype)) {
  case F32: return run<float>(call);
  case F64: return run<double>(call);
  default: return EvalUnsupported;
  }
}
