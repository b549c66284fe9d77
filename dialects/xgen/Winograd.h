//===- Winograd.h - Transforms of Winograd convolution ----------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// F(m x m, 3x3): m x m outputs of a 3x3 convolution from (m + 2)^2 products.
// With a tile d of (m + 2)^2 inputs and a kernel g,
//
//   Y = A^T [(G g G^T) * (B^T d B)] A
//
// (A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks",
// CVPR 2016). The encoding `#xgen.winograd` holds G g G^T, the schedule template
// has the other two.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_WINOGRAD_H
#define XGEN_DIALECTS_XGEN_WINOGRAD_H

#include <cstdint>

namespace xgen::ir {

/// Entries of `bt` and `at` are exact in fp32. Only the first `n` rows and
/// columns (`m` rows of `at`) are used.
struct WinogradTransform {
  int64_t m; ///< outputs along one side of a tile
  int64_t n; ///< inputs along it, m + 2
  double bt[6][6];
  double g[6][3];
  double at[4][6];
};

/// The transform for `m` = 2 or 4; null for another one.
const WinogradTransform *winogradTransform(int64_t m);

} // namespace xgen::ir

#endif // XGEN_DIALECTS_XGEN_WINOGRAD_H
