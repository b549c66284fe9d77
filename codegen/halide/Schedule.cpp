//===- Schedule.cpp - Which template, with which parameters ---------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The choice is written into the kernel, so that it is printed, tested, cached
// with it, and can be changed by a tuner.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/KernelEmitter.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
struct Choice {
  std::string name = "pointwise";
  SmallVector<NamedAttribute> params;
  SmallVector<std::pair<unsigned, Attribute>> encodings;
  Builder builder;
  explicit Choice(MLIRContext *context) : builder(context) {}
  void set(StringRef key, int64_t value) {
    params.push_back(builder.getNamedAttr(key, builder.getI64IntegerAttr(value)));
  }
};
} // namespace

/// Whether `weight` is a constant argument of one op that has no encoding yet.
static bool mayPack(Value weight, ArrayRef<bool> constants) {
  auto arg = dyn_cast<BlockArgument>(weight);
  return arg && weight.hasOneUse() && !typeOf(weight).getEncoding() &&
         arg.getArgNumber() < constants.size() &&
         constants[arg.getArgNumber()];
}

/// Packs `weight` when it is a constant argument.
static void packWeight(Choice &choice, Value weight, ArrayRef<bool> constants, int64_t nr,
                       int64_t kr) {
  if (mayPack(weight, constants))
    choice.encodings.push_back({cast<BlockArgument>(weight).getArgNumber(),
                                ir::PackedAttr::get(weight.getContext(), nr, kr)});
}

/// The fastest Winograd convolution that is faster than the direct one.
static std::optional<WinogradPlan> chooseWinograd(ir::ConvOp op, const ConvGeometry &g,
                                                  ArrayRef<bool> constants,
                                                  const xgen::Target &target,
                                                  ConvAlgorithm algorithm) {
  if (!canUseWinograd(op))
    return std::nullopt;
  if (auto encoding = dyn_cast_or_null<ir::WinogradAttr>(typeOf(op.getWeight()).getEncoding()))
    return planWinograd(target, g, encoding.getM(), encoding.getNr());
  if (algorithm == ConvAlgorithm::Direct || !mayPack(op.getWeight(), constants))
    return std::nullopt;
  if (algorithm != ConvAlgorithm::Auto)
    return planWinograd(target, g, algorithm == ConvAlgorithm::Winograd2 ? 2 : 4);
  std::optional<WinogradPlan> best;
  // The model is coarse: a tenth must be gained, and another one by the larger
  // tiles, whose weights and errors are larger.
  double limit = 0.9 * directConvCycles(target, g);
  for (int64_t m : {2, 4}) {
    WinogradPlan plan = planWinograd(target, g, m);
    if (plan.cycles < limit) {
      best = plan;
      limit = 0.9 * plan.cycles;
    }
  }
  return best;
}

static void chooseConv(Choice &choice, ir::ConvOp op, ArrayRef<bool> constants,
                       const xgen::Target &target, ConvAlgorithm algorithm) {
  ConvGeometry g = *convGeometry(op);
  if (g.groups > 1) {
    choice.name = "depthwise";
    return;
  }
  bool product = g.isProduct();
  if (product)
    g.flatten();
  bool f32 = typeOf(op.getInput()).getElementType().isF32();
  if (auto plan = chooseWinograd(op, g, constants, target, algorithm)) {
    choice.name = "winograd";
    choice.set("m", plan->m);
    choice.set("mr", plan->tile.mr);
    choice.set("my", plan->tile.my);
    choice.set("nr", plan->tile.nr);
    choice.set("bx", plan->bx);
    choice.set("by", plan->by);
    choice.set("points_first", plan->pointsFirst);
    if (mayPack(op.getWeight(), constants))
      choice.encodings.push_back(
          {cast<BlockArgument>(op.getWeight()).getArgNumber(),
           ir::WinogradAttr::get(op.getContext(), plan->m, plan->tile.nr)});
    return;
  }
  int64_t depth = g.kh * g.kw * g.ci, nr = packedWidth(op.getWeight());
  if (auto sparse = dyn_cast_or_null<ir::BlockSparseAttr>(typeOf(op.getWeight()).getEncoding())) {
    choice.name = "sparse_conv";
    nr = sparse.getNr();
  } else {
    choice.name = f32 ? "direct_conv" : "int8_conv";
  }
  Tile tile = choice.name == "direct_conv" ? directConvTile(target, g, nr)
              : f32                        ? chooseFloatTile(target, g.ow, g.oh, g.co, depth, nr)
                                           : chooseInt8Tile(target, g.ow, g.oh, g.co, depth, nr);
  choice.set("mr", tile.mr);
  choice.set("my", tile.my);
  choice.set("nr", tile.nr);
  packWeight(choice, op.getWeight(), constants, tile.nr,
             f32 ? 1 : target.int8ReductionGroup());
}

static void chooseMatMul(Choice &choice, ir::MatMulOp op, ArrayRef<bool> constants,
                         const xgen::Target &target) {
  Shape a = shapeOf(op.getLhs()), b = shapeOf(op.getRhs());
  int64_t k = a.back(), n = b.back(), rows = product(a) / std::max<int64_t>(1, k);
  bool shared = product(ArrayRef<int64_t>(b).drop_back(2)) == 1;
  bool f32 = typeOf(op.getLhs()).getElementType().isF32();
  int64_t nr = packedWidth(op.getRhs());
  Tile tile = f32 ? gemmTile(target, shared ? rows : a[a.size() - 2], k, n, nr)
                  : chooseInt8Tile(target, shared ? rows : a[a.size() - 2], 1, n, k, nr);
  choice.name = f32 ? "gemm" : "int8_gemm";
  choice.set("mr", tile.mr);
  choice.set("nr", tile.nr);
  if (shared)
    packWeight(choice, op.getRhs(), constants, tile.nr,
               f32 ? 1 : target.int8ReductionGroup());
}

static void chooseAnchor(Choice &choice, Operation *anchor, ArrayRef<bool> constants,
                         const xgen::Target &target, ConvAlgorithm algorithm) {
  if (auto conv = dyn_cast<ir::ConvOp>(anchor))
    chooseConv(choice, conv, constants, target, algorithm);
  else if (auto matmul = dyn_cast<ir::MatMulOp>(anchor))
    chooseMatMul(choice, matmul, constants, target);
  else
    choice.name = isa<ir::PoolOp>(anchor) ? "pool" : "reduction";
}

ScheduleChoice xgen::chooseSchedule(kernel::FuncOp kernel, ArrayRef<bool> constants,
                                    const xgen::Target &target, ConvAlgorithm algorithm) {
  Choice choice(kernel.getContext());
  bool emittable = llvm::all_of(kernel.getBody().front().without_terminator(),
                                [&](Operation &op) { return canEmit(&op, target); });
  Operation *main = emittable ? mainAnchorOf(kernel) : nullptr;
  if (!emittable)
    choice.name = "eval";
  else if (main)
    chooseAnchor(choice, main, constants, target, algorithm);
  // The others store their weights as they want them, too.
  if (main)
    for (Operation &op : kernel.getBody().front().without_terminator())
      if (&op != main && isAnchor(&op)) {
        Choice other(kernel.getContext());
        chooseAnchor(other, &op, constants, target, algorithm);
        choice.encodings.append(other.encodings.begin(), other.encodings.end());
      }
  ScheduleChoice result;
  result.schedule = kernel::ScheduleAttr::get(
      kernel.getContext(), choice.name,
      choice.params.empty() ? DictionaryAttr()
                            : choice.builder.getDictionaryAttr(choice.params));
  result.encodings = std::move(choice.encodings);
  return result;
}
