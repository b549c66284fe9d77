//===- XgenClassic.td - Signals, matrices, decision trees --*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What surrounds networks in models: transforms of signals, linear algebra,
// classic machine learning.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_CLASSIC_TD
#define XGEN_DIALECTS_XGEN_CLASSIC_TD

include "XgenAttrs.td"

def Xgen_DftOp : Xgen_InferOp<"dft", "ManyToMany"> {
  let summary = "discrete Fourier transform along `axis`";
  let description = [{
    The last dimension is 1 (real) or 2 (real and imaginary part). `length` is
    the number of samples of the signal: input is cut, or filled up with zeros.
    `inverse` divides by it. `onesided` leaves out the second, conjugate half of
    the spectrum of a real signal: the result has `length / 2 + 1` bins, or, in
    the inverse, the input has and the result is real.
    Real signals are transformed in double precision, complex ones in that of
    their type (half in single), as ONNX's reference does; in
    O(length * sum of its prime factors).
  }];
  let arguments = (ins Xgen_Tensor:$input, I64Attr:$axis, I64Attr:$length,
                       DefaultValuedAttr<BoolAttr, "false">:$inverse,
                       DefaultValuedAttr<BoolAttr, "false">:$onesided);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_DetOp : Xgen_InferOp<"det", "ManyToMany"> {
  let summary = "determinants of the matrices in the last two dimensions";
  let description = [{
    Elimination with pivots, in double precision.
  }];
  let arguments = (ins Xgen_Tensor:$input);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_NgramCountOp : Xgen_InferOp<"ngram_count", "ManyToMany"> {
  let summary = "how often each n-gram of a list appears";
  let description = [{
    input `[N, L]` (i32 or i64), ngrams `[P, n]` (i64) in rising order, columns
    `[P]` (i64, below `width`), result `[N, width]` (f32): the number of
    appearances of n-gram p is added to column columns[p]. The items of an
    appearance are 1 to `max_skip` + 1 positions apart, all the same distance;
    single items count once.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$ngrams,
                       Xgen_Tensor:$columns, I64Attr:$width,
                       DefaultValuedAttr<I64Attr, "0">:$max_skip);
  let results = (outs Xgen_Tensor:$result);
}

def Xgen_TreeEnsembleOp : Xgen_InferOp<"tree_ensemble", "ManyToMany"> {
  let summary = "sum, mean, minimum or maximum of decision trees";
  let description = [{
    input `[N, F]`; a node is a row of `nodes` (`[M, 6]`, i64): feature, mode
    (0 to 5: feature <=, <, >=, >, ==, != split; 6: is a member), child when that
    holds, child when not, 1 when a missing value (NaN) counts as holding, first
    member. Children, and `roots` (`[T]`, i64), are nodes, or leaves as
    `-1 - leaf`. `splits` `[M]`. `members` `[K]`: sets of values, each ended by
    NaN or the end. Leaf l adds `weights[l]` (`[L]`) to column `targets[l][0]`
    (`[L, 2]`, i64) of the result `[N, width]`, and so do the rows after it while
    `targets[l][1]` is 1. Columns that no tree reaches are 0.
  }];
  let arguments = (ins Xgen_Tensor:$input, Xgen_Tensor:$nodes,
                       Xgen_Tensor:$splits, Xgen_Tensor:$members,
                       Xgen_Tensor:$roots, Xgen_Tensor:$targets,
                       Xgen_Tensor:$weights, ReduceKindAttr:$aggregate,
                       I64Attr:$width);
  let results = (outs Xgen_Tensor:$result);
}

#endif // XGEN_DIALECTS_XGEN_CLASSIC_TD
