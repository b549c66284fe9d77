//===- RowFusion.cpp - Anchors that are computed in turn, by rows ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Which anchors can be computed in turn, and for which that pays. See RowFusion.h.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/RowFusion.h"
#include "codegen/halide/KernelEmitter.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
/// What an anchor is in a chain.
enum class Link { None, Conv, Window, Pointwise };
} // namespace

static std::optional<ConvGeometry> geometryOf(Operation *op) {
  if (auto conv = dyn_cast<ir::ConvOp>(op))
    return convGeometry(conv);
  if (auto pool = dyn_cast<ir::PoolOp>(op))
    return poolGeometry(pool);
  return std::nullopt;
}

static Link linkOf(Operation *op) {
  if (!isa<ir::ConvOp, ir::PoolOp>(op) || op->getNumResults() != 1 ||
      typeOf(op->getOperand(0)).getRank() != 4 ||
      !typeOf(op->getOperand(0)).getElementType().isF32() ||
      !typeOf(op->getResult(0)).getElementType().isF32())
    return Link::None;
  auto g = geometryOf(op);
  // A window slides over one picture.
  if (!g || g->n != 1)
    return Link::None;
  auto conv = dyn_cast<ir::ConvOp>(op);
  // Rows that a stride skips would be made, too.
  Link window = g->sy <= (g->kh - 1) * g->dy + 1 ? Link::Window : Link::None;
  if (!conv)
    return window;
  Attribute encoding = typeOf(conv.getWeight()).getEncoding();
  if (encoding && (!isa<ir::PackedAttr>(encoding) || packedWidth(conv.getWeight()) == 1))
    return Link::None;
  if (g->groups == 1)
    return g->isProduct() ? Link::Pointwise : Link::Conv;
  return g->groups == g->ci && g->co == g->ci ? window : Link::None;
}

static bool canFuse(Link from, Link to) {
  if (to == Link::Window)
    return from == Link::Conv || from == Link::Pointwise;
  return to == Link::Pointwise && from == Link::Window;
}

Operation *halide::rowReader(Operation *anchor) {
  Operation *reader = nullptr;
  SmallVector<Operation *> work{anchor};
  llvm::DenseSet<Operation *> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    for (Operation *user : op->getUsers()) {
      if (!seen.insert(user).second)
        continue;
      if (isElementwise(user) && user->getNumResults() == 1)
        work.push_back(user);
      else if (!reader && isAnchor(user) && user->getOperand(0).getDefiningOp() == op)
        reader = user;
      else
        return nullptr;
    }
  }
  if (!reader || !canFuse(linkOf(anchor), linkOf(reader)))
    return nullptr;
  // A chain ends with a 1x1 convolution behind a window.
  return linkOf(anchor) == Link::Pointwise && rowSource(anchor) ? nullptr : reader;
}

Operation *halide::rowSource(Operation *anchor) {
  if (linkOf(anchor) == Link::None)
    return nullptr;
  for (Operation &op : anchor->getBlock()->without_terminator())
    if (isAnchor(&op) && canFuse(linkOf(&op), linkOf(anchor)) && rowReader(&op) == anchor)
      return &op;
  return nullptr;
}

Expr halide::rowBorder(Operation *reader) {
  auto g = geometryOf(reader);
  if (!g->top && g->paddedHeight() <= g->h)
    return Expr();
  auto pool = dyn_cast<ir::PoolOp>(reader);
  return Expr(pool && pool.getKind() == ir::PoolKind::Max ? -INFINITY : 0.0f);
}

int64_t halide::rowsPerStep(int64_t height) {
  // Several, for the tile of the depthwise convolution; few, so that they stay in L1.
  for (int64_t rows : {2, 3, 5, 7})
    if (height % rows == 0)
      return rows;
  return 1;
}

/// Bytes of a weight that is read again for each row.
static int64_t weightBytes(Operation *op) {
  auto conv = dyn_cast<ir::ConvOp>(op);
  return conv ? typeOf(conv.getWeight()).getNumElements() * 4 : 0;
}

/// Whether a convolution that is computed by rows takes at most `cycles` longer, as
/// `Tile::cycles`: tiles of rows cover the picture less well than tiles of all pixels, and
/// other schedules do not compute by rows.
static bool rowsCostAtMost(Operation *op, double cycles, const xgen::Target &target) {
  ConvGeometry whole = *geometryOf(op), row = whole;
  row.oh = 1;
  double byRows = directConvTile(target, row, 0).cycles * whole.oh;
  if (whole.isProduct())
    whole.flatten();
  return !fasterDotConv(target, whole) &&
         byRows <= directConvTile(target, whole, 0).cycles + cycles;
}

bool xgen::fusesByRows(ArrayRef<Operation *> producers, Operation *consumer,
                       const xgen::Target &target) {
  Link to = linkOf(consumer);
  if (!canFuse(linkOf(producers.back()), to) || (to == Link::Window && producers.size() > 1))
    return false;
  if (auto conv = dyn_cast<ir::ConvOp>(producers.back()); conv && canUseWinograd(conv))
    return false;
  auto g = geometryOf(consumer);
  int64_t row = g->w * g->ci * 4, weights = weightBytes(consumer);
  for (Operation *producer : producers)
    weights += weightBytes(producer);
  int64_t rows = to == Link::Pointwise ? rowsPerStep(g->oh) : g->kh * g->dy + 3 * g->sy;
  // A convolution that writes rows for a window saves it the copy with a border. The
  // window's result is read by a product as fast from L2.
  int64_t stays = to == Link::Window || producers.size() > 1 ? 2 * target.l1Bytes
                                                             : target.l2Bytes / 2;
  if (row * g->h <= stays || row * rows + weights >= target.l2Bytes / 2)
    return false;
  double copy = 2.0 * g->h * g->w * g->ci / target.lanes(4);
  return rowsCostAtMost(to == Link::Window ? producers.back() : consumer, copy, target);
}
