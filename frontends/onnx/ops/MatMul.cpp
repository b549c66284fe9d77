//===- MatMul.cpp - Matrix products ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// MatMul of any ranks; Gemm with its scalings.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeMatMul(Node &n) {
  return n.result(n.matmul(n.input(0), n.input(1)));
}

static LogicalResult legalizeGemm(Node &n) {
  Value a = n.input(0), b = n.input(1), c = n.input(2);
  if (n.rank(a) != 2 || n.rank(b) != 2)
    return n.fail("A and B must be matrices");
  if (n.integer("transA", 0))
    a = n.transpose(a, {1, 0});
  if (n.integer("transB", 0))
    b = n.transpose(b, {1, 0});
  double alpha = n.number("alpha", 1), beta = n.number("beta", 1);
  if (c && n.rank(c) > 2)
    return n.fail("C must be a scalar, vector or matrix");
  if (c && beta != 1)
    c = n.mul(c, n.splat(n.elementType(c), beta));
  if (beta == 0)
    c = {};
  if (alpha == 1)
    return n.result(n.matmul(a, b, c));
  Value y = n.matmul(a, b);
  if (!y)
    return failure();
  y = n.mul(y, n.splat(n.elementType(y), alpha));
  return n.result(c ? n.add(y, c) : y);
}

void registerMatMul(Registry &registry) {
  registry.add("MatMul", 2, legalizeMatMul);
  registry.add("Gemm", 2, legalizeGemm);
}

} // namespace xgen::onnx
