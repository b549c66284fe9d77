//===- Elementwise.cpp - unary, select, cast --------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Functions of one element, and choice between two.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Kinds.h"
#include "codegen/reference/eval/Support.h"

using namespace xgen;
using namespace xgen::eval;

namespace {

template <class C>
int32_t unaryFloat(const EvalTensor &in, const EvalTensor &out, int32_t kind,
                   double alpha, double beta) {
  C buffer[kBlock];
  for (int64_t i = 0, n = elementCount(in); i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<C>(buffer, in, i, 1, m);
    if (!unaryBlock<C>(buffer, m, kind, alpha, beta))
      return EvalUnsupported;
    write<C>(out, i, 1, buffer, m);
  }
  return EvalOk;
}

int32_t unaryInt(const EvalTensor &in, const EvalTensor &out, int32_t kind,
                 double alpha, double beta) {
  int64_t b[kBlock];
  bool isUnsigned = baseType(in.dtype) == U64;
  for (int64_t i = 0, n = elementCount(in); i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<int64_t>(b, in, i, 1, m);
    for (int64_t k = 0; k < m; ++k) {
      int64_t x = b[k];
      uint64_t u = static_cast<uint64_t>(x);
      switch (kind) {
      case Abs: x = x < 0 && !isUnsigned ? static_cast<int64_t>(0 - u) : x; break;
      case Neg: x = static_cast<int64_t>(0 - u); break;
      case Sign: x = isUnsigned ? x != 0 : (x > 0) - (x < 0); break;
      case Not: x = x == 0; break;
      case BitNot: x = ~x; break;
      case Relu: x = x < 0 && !isUnsigned ? 0 : x; break;
      case Clamp: {
        // Bounds beyond 64 bits do not bind.
        if (alpha > -0x1p63 && x < toInteger(xgen_ceil(alpha)))
          x = toInteger(xgen_ceil(alpha));
        if (beta < 0x1p63 && x > toInteger(xgen_floor(beta)))
          x = toInteger(xgen_floor(beta));
        break;
      }
      case Floor:
      case Ceil:
      case Round: break;
      case IsNaN:
      case IsInf: x = 0; break;
      default: {
        // Through double: as exact as a 64-bit integer can ask of a function.
        EvalTensor one = in;
        int64_t dims[1] = {1};
        one.dims = dims;
        one.rank = 1;
        double d = get<double>(one, i + k);
        if (!unaryBlock<double>(&d, 1, kind, alpha, beta))
          return EvalUnsupported;
        x = toInteger(d);
      }
      }
      b[k] = x;
    }
    write<int64_t>(out, i, 1, b, m);
  }
  return EvalOk;
}

template <class C>
void selectAs(const EvalTensor *in, const EvalTensor &out, Walk<4> &w) {
  C a[kBlock], b[kBlock];
  int64_t c[kBlock];
  int64_t n = w.rowLength();
  do {
    for (int64_t i = 0; i < n; i += kBlock) {
      int64_t m = min(kBlock, n - i);
      read<int64_t>(c, in[0], w.offset[1] + i * w.rowStride(1), w.rowStride(1),
                    m);
      read<C>(a, in[1], w.offset[2] + i * w.rowStride(2), w.rowStride(2), m);
      read<C>(b, in[2], w.offset[3] + i * w.rowStride(3), w.rowStride(3), m);
      for (int64_t k = 0; k < m; ++k)
        a[k] = c[k] ? a[k] : b[k];
      write<C>(out, w.offset[0] + i * w.rowStride(0), w.rowStride(0), a, m);
    }
  } while (w.next());
}

} // namespace

extern "C" int32_t xgen_eval_unary(const EvalCall *call) {
  Attrs attrs{call->attrs};
  double alpha = attrs.number(), beta = attrs.number();
  int32_t kind = static_cast<int32_t>(attrs.integer());
  const EvalTensor &in = call->in[0], &out = call->out[0];
  switch (computeOf(in)) {
  case Compute::Float: return unaryFloat<float>(in, out, kind, alpha, beta);
  case Compute::Double: return unaryFloat<double>(in, out, kind, alpha, beta);
  case Compute::Int: return unaryInt(in, out, kind, alpha, beta);
  }
  return EvalUnsupported;
}

extern "C" int32_t xgen_eval_select(const EvalCall *call) {
  Walk<4> w;
  const EvalTensor &out = call->out[0];
  if (!broadcastWalk(w, out, call->in))
    return EvalUnsupported;
  if (w.empty)
    return EvalOk;
  switch (computeOf(call->in[1])) {
  case Compute::Float: selectAs<float>(call->in, out, w); break;
  case Compute::Double: selectAs<double>(call->in, out, w); break;
  case Compute::Int: selectAs<int64_t>(call->in, out, w); break;
  }
  return EvalOk;
}

namespace {
template <class C>
void castAs(const EvalTensor &in, const EvalTensor &out) {
  C buffer[kBlock];
  for (int64_t i = 0, n = elementCount(in); i < n; i += kBlock) {
    int64_t m = min(kBlock, n - i);
    read<C>(buffer, in, i, 1, m);
    write<C>(out, i, 1, buffer, m);
  }
}
} // namespace

extern "C" int32_t xgen_eval_cast(const EvalCall *call) {
  Attrs attrs{call->attrs};
  EvalTensor in = call->in[0], out = call->out[0];
  int64_t round = attrs.integer();
  out.dtype |= round == 1 ? DTypeRoundUp : round == 2 ? DTypeRoundDown : 0;
  if (!attrs.integer())
    out.dtype |= DTypeNoSaturate;
  switch (computeOf(in)) {
  case Compute::Float: castAs<float>(in, out); break;
  case Compute::Double: castAs<double>(in, out); break;
  case Compute::Int:
    // Unsigned 64 bits do not fit the signed compute type as a number.
    if (baseType(in.dtype) == U64 && isFloatType(out.dtype)) {
      if (baseType(out.dtype) == F32)
        castAs<float>(in, out);
      else
        castAs<double>(in, out);
    } else
      castAs<int64_t>(in, out);
    break;
  }
  return EvalOk;
}
