//===- Classic.cpp - N-grams and decision trees -----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Tables are operands, so nothing about them is trusted: indices are checked,
// and a walk through a tree ends after as many steps as there are nodes.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

/// -1, 0 or 1: how n items of a row, `step` apart, compare to an n-gram.
int compare(const EvalTensor &in, int64_t at, int64_t step,
            const EvalTensor &ngrams, int64_t p, int64_t n) {
  for (int64_t k = 0; k < n; ++k) {
    int64_t x = get<int64_t>(in, at + k * step);
    int64_t y = get<int64_t>(ngrams, p * n + k);
    if (x != y)
      return x < y ? -1 : 1;
  }
  return 0;
}

} // namespace

extern "C" int32_t xgen_eval_ngram_count(const EvalCall *call) {
  const EvalTensor &in = call->in[0], &ngrams = call->in[1];
  const EvalTensor &columns = call->in[2], &out = call->out[0];
  int64_t n = ngrams.dims[1], length = in.dims[1], width = out.dims[1];
  // All distances between single items are the same.
  int64_t skips = n == 1 ? 0 : min(call->attrs[0], length);
  for (int64_t row = 0; row < in.dims[0]; ++row) {
    for (int64_t c = 0; c < width; ++c)
      put<float>(out, row * width + c, 0.0f);
    for (int64_t step = 1; step <= skips + 1; ++step)
      for (int64_t i = 0; i + (n - 1) * step < length; ++i) {
        int64_t low = 0, high = ngrams.dims[0];
        while (low < high) {
          int64_t middle = low + (high - low) / 2;
          int order = compare(in, row * length + i, step, ngrams, middle, n);
          if (order == 0) {
            int64_t c = get<int64_t>(columns, middle);
            if (c >= 0 && c < width)
              put<float>(out, row * width + c,
                         get<float>(out, row * width + c) + 1.0f);
            break;
          }
          (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
        }
      }
  }
  return EvalOk;
}

namespace {

enum Mode : int64_t {
  LessEq,
  LessThan,
  GreaterEq,
  GreaterThan,
  Eq,
  NotEq,
  Member
};

template <class C>
struct Forest {
  const EvalTensor &in, &nodes, &splits, &members;

  /// Whether feature value x satisfies node `i`.
  bool holds(C x, const int64_t *node, int64_t i) const {
    if (x != x && node[4])
      return true;
    C split = get<C>(splits, i);
    switch (node[1]) {
    case LessEq:
      return x <= split;
    case LessThan:
      return x < split;
    case GreaterEq:
      return x >= split;
    case GreaterThan:
      return x > split;
    case Eq:
      return x == split;
    case NotEq:
      return x != split;
    default:
      break;
    }
    for (int64_t k = max<int64_t>(node[5], 0); k < members.dims[0]; ++k) {
      C member = get<C>(members, k);
      if (member != member)
        return false;
      if (member == x)
        return true;
    }
    return false;
  }

  /// The leaf of a row, or -1.
  int64_t leaf(int64_t row, int64_t at) const {
    int64_t features = in.dims[1], count = nodes.dims[0];
    for (int64_t step = 0; step <= count; ++step) {
      if (at < 0)
        return -1 - at;
      if (at >= count)
        return -1;
      int64_t node[6];
      read<int64_t>(node, nodes, at * 6, 1, 6);
      if (node[0] < 0 || node[0] >= features)
        return -1;
      at = node[holds(get<C>(in, row * features + node[0]), node, at) ? 2 : 3];
    }
    return -1;
  }
};

template <class C>
void forest(const EvalCall *call) {
  Forest<C> f{call->in[0], call->in[1], call->in[2], call->in[3]};
  const EvalTensor &roots = call->in[4], &targets = call->in[5];
  const EvalTensor &weights = call->in[6], &out = call->out[0];
  int64_t aggregate = call->attrs[0], width = out.dims[1];
  int64_t trees = roots.dims[0];
  auto *sums = static_cast<double *>(call->scratch);
  auto *seen = static_cast<int64_t *>(call->scratch) + width;
  for (int64_t row = 0; row < f.in.dims[0]; ++row) {
    for (int64_t c = 0; c < width; ++c) {
      sums[c] = 0.0;
      seen[c] = 0;
    }
    for (int64_t t = 0; t < trees; ++t) {
      int64_t leaf = f.leaf(row, get<int64_t>(roots, t)), target[2] = {0, 1};
      for (; target[1] == 1 && leaf >= 0 && leaf < targets.dims[0]; ++leaf) {
        read<int64_t>(target, targets, leaf * 2, 1, 2);
        int64_t c = target[0];
        if (c < 0 || c >= width)
          continue;
        double w = get<double>(weights, leaf);
        if (aggregate == RMax)
          sums[c] = seen[c] ? max(sums[c], w) : w;
        else if (aggregate == RMin)
          sums[c] = seen[c] ? min(sums[c], w) : w;
        else
          sums[c] += w;
        seen[c] = 1;
      }
    }
    if (aggregate == RMean)
      for (int64_t c = 0; c < width; ++c)
        sums[c] /= static_cast<double>(max<int64_t>(trees, 1));
    write<double>(out, row * width, 1, sums, width);
  }
}

} // namespace

extern "C" int64_t xgen_eval_scratch_tree_ensemble(const EvalCall *call) {
  return call->out[0].dims[1] * 16;
}

extern "C" int32_t xgen_eval_tree_ensemble(const EvalCall *call) {
  if (computeOf(call->in[0]) == Compute::Double)
    forest<double>(call);
  else
    forest<float>(call);
  return EvalOk;
}
