//===- ConvGeometry.h - Extents of a convolution ----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One- and two-dimensional convolutions, and products over all pixels, seen as
// the same thing.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_OPS_CONVGEOMETRY_H
#define XGEN_CODEGEN_HALIDE_OPS_CONVGEOMETRY_H

#include "codegen/halide/Emitter.h"

namespace xgen::halide {

struct ConvGeometry {
  int64_t n = 1, h = 1, w = 1, ci = 1, oh = 1, ow = 1, co = 1, kh = 1, kw = 1;
  int64_t sy = 1, sx = 1, dy = 1, dx = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  int64_t groups = 1;

  bool padded() const { return top || left || bottom || right; }
  /// Rows and columns of the padded input that are read.
  int64_t paddedHeight() const { return (oh - 1) * sy + (kh - 1) * dy + 1; }
  int64_t paddedWidth() const { return (ow - 1) * sx + (kw - 1) * dx + 1; }
  /// A product of all pixels with one matrix.
  bool isProduct() const {
    return kh == 1 && kw == 1 && sy == 1 && sx == 1 && !padded() && groups == 1;
  }
  /// All pixels in one row.
  void flatten() {
    w = ow = n * oh * ow;
    n = h = oh = 1;
  }
};

/// nullopt for three spatial dimensions.
std::optional<ConvGeometry> convGeometry(ir::ConvOp op);

/// The window of a pool as that of a depthwise convolution; nullopt for three spatial
/// dimensions.
std::optional<ConvGeometry> poolGeometry(ir::PoolOp op);

/// The panel width of a packed weight, 0 for a dense one.
int64_t packedWidth(mlir::Value weight);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_OPS_CONVGEOMETRY_H
