//===- Conv.cpp - Convolutions --------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Which template computes a convolution.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/ops/ConvGeometry.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

std::optional<ConvGeometry> halide::convGeometry(ir::ConvOp op) {
  Shape x = shapeOf(op.getInput()), w = shapeOf(op.getWeight()), y = shapeOf(op.getResult());
  int64_t spatial = x.size() - 2;
  if (spatial > 2)
    return std::nullopt;
  ConvGeometry g;
  g.n = x[0];
  g.ci = x.back();
  g.co = y.back();
  g.groups = op.getGroups();
  bool two = spatial == 2;
  ArrayRef<int64_t> s = op.getStrides(), d = op.getDilations(), p = op.getPads();
  g.w = x[spatial], g.ow = y[spatial], g.kw = w[spatial - 1];
  g.sx = s[spatial - 1], g.dx = d[spatial - 1];
  g.left = p[spatial - 1], g.right = p[2 * spatial - 1];
  if (two) {
    g.h = x[1], g.oh = y[1], g.kh = w[0], g.sy = s[0], g.dy = d[0];
    g.top = p[0], g.bottom = p[2];
  }
  if (g.kw == 1)
    g.dx = 1;
  if (g.kh == 1)
    g.dy = 1;
  return g;
}

int64_t halide::packedWidth(Value weight) {
  auto packed = dyn_cast_or_null<ir::PackedAttr>(typeOf(weight).getEncoding());
  return packed ? packed.getNr() : 0;
}

static bool isDepthwise(const ConvGeometry &g) {
  return g.groups == g.ci && g.co == g.ci;
}

bool halide::canEmitConv(ir::ConvOp op, const xgen::Target &target) {
  if (typeOf(op.getInput()).getRank() < 3)
    return false;
  auto g = convGeometry(op);
  if (!g || llvm::any_of(op.getPads(), [](int64_t p) { return p < 0; }))
    return false;
  if (typeOf(op.getResult()).getNumElements() == 0 || g->ci == 0)
    return false;
  mlir::Type x = typeOf(op.getInput()).getElementType();
  bool f32 = x.isF32() && typeOf(op.getWeight()).getElementType().isF32() &&
             typeOf(op.getResult()).getElementType().isF32();
  if (!f32)
    return canEmitInt8Conv(op, *g, target);
  Attribute encoding = typeOf(op.getWeight()).getEncoding();
  if (isa_and_nonnull<ir::WinogradAttr>(encoding))
    return canUseWinograd(op);
  return g->groups == 1 || isDepthwise(*g);
}

bool halide::convCollapses(ir::ConvOp op) {
  auto g = convGeometry(op);
  return g && g->isProduct();
}

std::unique_ptr<Anchor> halide::makeConv(Emitter &e, Operation *operation, Root &root) {
  auto op = cast<ir::ConvOp>(operation);
  ConvGeometry g = *convGeometry(op);
  if (root.collapsed)
    g.flatten();
  if (!typeOf(op.getInput()).getElementType().isF32())
    return makeInt8Conv(e, op, g, root);
  if (isDepthwise(g) && g.ci > 1)
    return makeDepthwise(e, op, g, root);
  if (isa_and_nonnull<ir::WinogradAttr>(typeOf(op.getWeight()).getEncoding()))
    return makeWinograd(e, op, g, root);
  if (isa_and_nonnull<ir::BlockSparseAttr>(typeOf(op.getWeight()).getEncoding()))
    return makeSparseConv(e, op, g, root);
  if (packedWidth(op.getWeight()) == 1)
    return makeDotConv(e, op, g, root);
  return makeDirectConv(e, op, g, root);
}
