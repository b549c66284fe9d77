//===- Templates.h - Schedule templates -------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One function a template, one template a file of this folder.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_SCHEDULES_TEMPLATES_H
#define XGEN_CODEGEN_HALIDE_SCHEDULES_TEMPLATES_H

#include "codegen/halide/ops/ConvGeometry.h"
#include "codegen/halide/schedules/Tiles.h"

namespace xgen::halide {

bool canEmitConv(ir::ConvOp op, const Target &target);
bool convCollapses(ir::ConvOp op);
bool canEmitInt8Conv(ir::ConvOp op, const ConvGeometry &g, const Target &target);
bool canEmitInt8MatMul(ir::MatMulOp op, const Target &target);
/// The `kr` of the packing that 8-bit `weight` has or should get.
int64_t int8Group(mlir::Value weight, const Target &target);
/// 3x3, dense, neither strided nor dilated.
bool canUseWinograd(ir::ConvOp op);
bool canEmitMatMul(ir::MatMulOp op, const Target &target);
bool canEmitPool(ir::PoolOp op);
bool canEmitReduction(mlir::Operation *op);
bool canEmitQuantReduce(ir::ReduceOp op);
std::unique_ptr<Anchor> makeQuantReduce(Emitter &, ir::ReduceOp, Root &);

std::unique_ptr<Anchor> makeDirectConv(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeDotConv(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeDepthwise(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeSparseConv(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeWinograd(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeInt8Conv(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);

std::unique_ptr<Anchor> makeInt8Depthwise(Emitter &, ir::ConvOp, const ConvGeometry &, Root &);
std::unique_ptr<Anchor> makeInt8MatMul(Emitter &, ir::MatMulOp, Root &);

/// A bilinear resize of channels-last pictures in height and width.
bool isPictureResize(mlir::Operation *op);
std::unique_ptr<Anchor> makeResize(Emitter &, ir::ResizeOp, Root &);
/// The coordinate along a dimension of the input, in float as ONNX computes it, of
/// position `x` of the result.
Expr resizeCoordinate(ir::ResizeOp op, Expr x, size_t dimension);

/// How a Winograd convolution is cut up, and what it costs.
struct WinogradPlan {
  int64_t m = 0;          ///< outputs along one side of a tile
  Tile tile;              ///< registers of the products; positions are tiles
  int64_t bx = 1, by = 1; ///< tiles of a block, multiples of `tile`
  /// All points are made before the first product, and panels of output
  /// channels are the outer loop.
  bool pointsFirst = false;
  double cycles = 0; ///< as `Tile::cycles`, of the whole convolution
};
/// `fixedNr` as for chooseFloatTile.
WinogradPlan planWinograd(const Target &target, const ConvGeometry &g, int64_t m,
                          int64_t fixedNr = 0);
/// Other plans, by rising cost.
std::vector<WinogradPlan> winogradPlans(const Target &target, const ConvGeometry &g, int64_t m,
                                        size_t count);
/// The tile of a direct convolution. `fixedNr` as for chooseFloatTile.
Tile directConvTile(const Target &target, const ConvGeometry &g, int64_t fixedNr);
/// As floatTiles.
std::vector<Tile> directConvTiles(const Target &target, const ConvGeometry &g, size_t count);
/// The tiles of a convolution whose vectors run along the reduction, by rising cost; none
/// where it has too many channels or too short rows. Their `nr` is that of the weights.
std::vector<Tile> dotConvTiles(const Target &target, const ConvGeometry &g);
/// The first of them when it is faster than a direct convolution along output channels.
std::optional<Tile> fasterDotConv(const Target &target, const ConvGeometry &g);
/// Whether a position's channels are the inner loop, which reads the input once: where
/// the weights fit in half the L2. Else a panel of weights is read once.
bool channelsInner(const Target &target, const ConvGeometry &g);
/// The tile of a product of `rows` by `k` with `k` by `columns` elements.
Tile gemmTile(const Target &target, int64_t rows, int64_t k, int64_t columns,
              int64_t fixedNr);
/// As floatTiles.
std::vector<Tile> gemmTiles(const Target &target, int64_t rows, int64_t k, int64_t columns,
                            size_t count);
/// `Tile::cycles` of a direct convolution, weights from memory included.
double directConvCycles(const Target &target, const ConvGeometry &g);

/// What a window computes; see Window.cpp.
struct WindowSpec {
  Expr fill; ///< what the border holds
  /// Changes an element where the input is copied; null: nothing.
  std::function<Expr(Expr)> convert;
  std::function<Expr(Expr c)> start;
  std::function<Expr(Expr sum, Expr input, Expr ky, Expr kx, Expr c)> step;
  std::function<Expr(Expr sum, Expr y, Expr x, Expr c)> finish;
  /// Weights are kept in registers along a row.
  bool weighted = true;
  /// Channels at a time when that is not one register of sums.
  int64_t lanes = 0;
};
std::unique_ptr<Anchor> makeWindow(Emitter &, mlir::Value input, const ConvGeometry &, Root &,
                                   const WindowSpec &);

/// The input of a convolution with its border, as rows of `width * channels`
/// elements: `rows(j, y, n)`. Made only where there is a border or where the
/// input is not an array; else it is inlined. An input that is made by rows
/// (RowFusion.h) has no `rows`: `at` reads it.
struct PaddedInput {
  Func rows;
  Var j{"j"}, y{"y"}, n{"n"};
  bool stored = false;
  Root *source; ///< that makes the rows, or null
  /// Channel `c` of position (x, y) of the padded input.
  Expr at(Expr x, Expr c, Expr y, Expr n);
  /// `fill` is what the border holds; `convert` changes an element on the way.
  PaddedInput(Emitter &e, mlir::Value input, const ConvGeometry &g, Expr fill,
              const std::function<Expr(Expr)> &convert = nullptr);
  /// With `slide`, the loop over output rows, rows are made when they are first
  /// read and kept while they are: they stay in the cache, and scratch holds a
  /// few of them. Otherwise all are made first; but with threads, they are kept
  /// during a step of the loop `kept` around `slide` when that is given; or else each
  /// step makes its `height` rows, those shared with the next step, too.
  void schedule(Emitter &e, const ConvGeometry &g,
                std::optional<Halide::LoopLevel> slide = std::nullopt, int64_t height = 0,
                std::optional<Halide::LoopLevel> kept = std::nullopt);

  void scheduleSource(Halide::LoopLevel slide, Halide::LoopLevel kept, int64_t live);

private:
  Emitter &e;
  mlir::Value input;
  ConvGeometry g;
  Expr fill;
  struct Span {
    RDom x;
    bool vectors; ///< whole ones
  };
  std::vector<Span> spans; ///< that a row is written in, if not as one
  void splitRows(Emitter &e, mlir::Value input, const ConvGeometry &g, Expr row, Expr fill,
                 const std::function<Expr(Expr)> &convert);
};

/// A position of a root as a pixel of a picture; what the root has no dimension for is 0.
struct Pixel {
  Expr x, y = 0, n = 0;
  explicit Pixel(const Index &position);
};

/// Makes one parallel loop of `loops` of `f`, innermost first; there is at least one.
void parallelize(Func f, llvm::ArrayRef<Halide::VarOrRVar> loops);

/// Splits and reorders a root of positions and channels into register tiles,
/// innermost `tile` dimensions vectorized and unrolled; returns the loop inside
/// which a tile is computed.
struct TiledRoot {
  Var at{"at"};
  /// `byRows` for a root that reads rows as they are made: it sets `rowLoop`.
  TiledRoot(Emitter &e, Root &root, const Tile &tile, int lanes, bool channelsInner,
            bool byRows = false);

private:
  void stepByRows(Emitter &e, Root &root, int64_t my, bool channelsInner);
};

/// In `loop` of `update`, which reads `stepBytes` of packed weights an iteration in
/// the order of memory, asks for weights that come from beyond L2: for a share of the
/// next panel when several tiles read each panel of the `stream`, else for those of some
/// iterations later. Nothing where all of them, `bytes`, stay in L2, and on Arm, where
/// executed instructions count.
void prefetchWeights(Emitter &e, Halide::Stage update, RVar loop, mlir::Value weight,
                     int64_t stepBytes, int64_t bytes, WeightStream stream);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_SCHEDULES_TEMPLATES_H
