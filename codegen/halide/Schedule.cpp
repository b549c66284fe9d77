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
#include "codegen/halide/RowFusion.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

namespace {
/// A template, its parameters, and how fast they are by the model.
struct Choice {
  std::string name = "pointwise";
  SmallVector<std::pair<StringRef, int64_t>> params;
  double cycles = 0;
  Choice() = default;
  explicit Choice(StringRef name) : name(name) {}
  Choice(StringRef name, const Tile &tile, bool rows) : name(name), cycles(tile.cycles) {
    set("mr", tile.mr);
    if (rows)
      set("my", tile.my);
    set("nr", tile.nr);
  }
  explicit Choice(const WinogradPlan &plan) : Choice("winograd", plan.tile, true) {
    set("m", plan.m);
    set("bx", plan.bx);
    set("by", plan.by);
    set("points_first", plan.pointsFirst);
    cycles = plan.cycles;
  }
  void set(StringRef key, int64_t value) { params.push_back({key, value}); }

  kernel::ScheduleAttr attr(MLIRContext *context) const {
    Builder builder(context);
    SmallVector<NamedAttribute> named;
    for (auto [key, value] : params)
      named.push_back(builder.getNamedAttr(key, builder.getI64IntegerAttr(value)));
    return kernel::ScheduleAttr::get(context, name,
                                     named.empty() ? DictionaryAttr()
                                                   : builder.getDictionaryAttr(named));
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

/// A convolution along the reduction, where that is faster than along output channels.
static std::optional<Tile> chooseDotConv(ir::ConvOp op, const ConvGeometry &g,
                                         ArrayRef<bool> constants,
                                         const xgen::Target &target) {
  if (!typeOf(op.getInput()).getElementType().isF32())
    return std::nullopt;
  if (packedWidth(op.getWeight()) == 1) {
    std::vector<Tile> tiles = dotConvTiles(target, g);
    return tiles.empty() ? Tile() : tiles.front();
  }
  if (!mayPack(op.getWeight(), constants) || rowReader(op) || rowSource(op))
    return std::nullopt;
  return fasterDotConv(target, g);
}

/// The fastest Winograd convolution that is faster than the others, which take `others`
/// cycles.
static std::optional<WinogradPlan> chooseWinograd(ir::ConvOp op, const ConvGeometry &g,
                                                  ArrayRef<bool> constants,
                                                  const xgen::Target &target,
                                                  ConvAlgorithm algorithm, double others) {
  if (!canUseWinograd(op) || rowReader(op))
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
  double limit = 0.9 * others;
  for (int64_t m : {2, 4}) {
    WinogradPlan plan = planWinograd(target, g, m);
    if (plan.cycles < limit) {
      best = plan;
      limit = 0.9 * plan.cycles;
    }
  }
  return best;
}

/// The part of a convolution that one nest of loops computes: all of it, or the rows that
/// are made at a time; pixels in one row where that makes no difference.
static ConvGeometry scheduledGeometry(ir::ConvOp op) {
  ConvGeometry g = *convGeometry(op);
  if (g.groups == 1 && (rowReader(op) || rowSource(op)))
    g.oh = 1;
  else if (g.isProduct())
    g.flatten();
  return g;
}

static Choice chooseConv(ir::ConvOp op, ArrayRef<bool> constants, const xgen::Target &target,
                         ConvAlgorithm algorithm) {
  ConvGeometry g = scheduledGeometry(op);
  if (g.groups > 1)
    return Choice("depthwise");
  std::optional<Tile> dot = chooseDotConv(op, g, constants, target);
  double direct = dot ? dot->cycles : directConvCycles(target, g);
  if (auto plan = chooseWinograd(op, g, constants, target, algorithm, direct))
    return Choice(*plan);
  if (dot)
    return Choice("dot_conv", *dot, false);
  int64_t depth = g.kh * g.kw * g.ci, nr = packedWidth(op.getWeight());
  bool f32 = typeOf(op.getInput()).getElementType().isF32();
  if (auto sparse = dyn_cast_or_null<ir::BlockSparseAttr>(typeOf(op.getWeight()).getEncoding()))
    return Choice("sparse_conv",
                  chooseFloatTile(target, g.ow, g.oh, g.co, depth, sparse.getNr()), true);
  if (f32)
    return Choice("direct_conv", directConvTile(target, g, nr), true);
  int64_t kr = int8Group(op.getWeight(), target);
  return Choice("int8_conv", chooseInt8Tile(target, g.ow, g.oh, g.co, depth, nr, kr), true);
}

/// Sizes of a product of matrices.
namespace {
struct ProductSizes {
  int64_t rows, k, columns;
  bool sharedRight; ///< one right operand for all matrices of the left
  explicit ProductSizes(ir::MatMulOp op) {
    Shape a = shapeOf(op.getLhs()), b = shapeOf(op.getRhs());
    k = a.back(), columns = b.back();
    sharedRight = product(ArrayRef<int64_t>(b).drop_back(2)) == 1;
    rows = sharedRight ? product(a) / std::max<int64_t>(1, k) : a[a.size() - 2];
  }
};
} // namespace

static Choice chooseMatMul(ir::MatMulOp op, const xgen::Target &target) {
  ProductSizes s(op);
  int64_t nr = packedWidth(op.getRhs());
  if (typeOf(op.getLhs()).getElementType().isF32())
    return Choice("gemm", gemmTile(target, s.rows, s.k, s.columns, nr), false);
  int64_t kr = int8Group(op.getRhs(), target);
  return Choice("int8_gemm", chooseInt8Tile(target, s.rows, 1, s.columns, s.k, nr, kr), false);
}

static Choice chooseAnchor(Operation *anchor, ArrayRef<bool> constants,
                           const xgen::Target &target, ConvAlgorithm algorithm) {
  if (auto conv = dyn_cast<ir::ConvOp>(anchor))
    return chooseConv(conv, constants, target, algorithm);
  if (auto matmul = dyn_cast<ir::MatMulOp>(anchor))
    return chooseMatMul(matmul, target);
  return Choice(isa<ir::PoolOp>(anchor)     ? "pool"
                : isa<ir::ResizeOp>(anchor) ? "resize"
                                            : "reduction");
}

//===----------------------------------------------------------------------===//
// Storage of weights
//===----------------------------------------------------------------------===//

/// Adds how `schedule` wants the weights of `anchor` stored, where that can be chosen.
static void encodeWeights(Operation *anchor, kernel::ScheduleAttr schedule,
                          ArrayRef<bool> constants, const xgen::Target &target,
                          ScheduleChoice &choice) {
  Value weight;
  if (auto conv = dyn_cast<ir::ConvOp>(anchor))
    weight = conv.getWeight();
  else if (auto matmul = dyn_cast<ir::MatMulOp>(anchor))
    weight = ProductSizes(matmul).sharedRight ? Value(matmul.getRhs()) : Value();
  DictionaryAttr params = schedule.getParams();
  auto nr = params ? params.getAs<IntegerAttr>("nr") : IntegerAttr();
  if (!weight || !nr || !mayPack(weight, constants))
    return;
  MLIRContext *context = anchor->getContext();
  Attribute encoding;
  if (auto m = params.getAs<IntegerAttr>("m"))
    encoding = ir::WinogradAttr::get(context, m.getInt(), nr.getInt());
  else
    encoding = ir::PackedAttr::get(
        context, nr.getInt(),
        typeOf(weight).getElementType().isF32() ? 1 : int8Group(weight, target));
  choice.encodings.push_back({cast<BlockArgument>(weight).getArgNumber(), encoding});
}

/// `schedule` for the main anchor of `kernel`; the others store their weights as they
/// want them, too.
static ScheduleChoice withEncodings(kernel::FuncOp kernel, Operation *main,
                                    kernel::ScheduleAttr schedule, ArrayRef<bool> constants,
                                    const xgen::Target &target, ConvAlgorithm algorithm) {
  ScheduleChoice choice;
  choice.schedule = schedule;
  if (!main)
    return choice;
  encodeWeights(main, schedule, constants, target, choice);
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (&op != main && isAnchor(&op))
      encodeWeights(&op, chooseAnchor(&op, constants, target, algorithm).attr(op.getContext()),
                    constants, target, choice);
  return choice;
}

static bool emittable(kernel::FuncOp kernel, const xgen::Target &target) {
  return llvm::all_of(kernel.getBody().front().without_terminator(),
                      [&](Operation &op) { return canEmit(&op, target); });
}

ScheduleChoice xgen::chooseSchedule(kernel::FuncOp kernel, ArrayRef<bool> constants,
                                    const xgen::Target &machine, ConvAlgorithm algorithm) {
  const xgen::Target target = targetOf(kernel, machine);
  bool emitted = emittable(kernel, target);
  Operation *main = emitted ? mainAnchorOf(kernel) : nullptr;
  Choice choice = main      ? chooseAnchor(main, constants, target, algorithm)
                  : emitted ? Choice()
                            : Choice("eval");
  return withEncodings(kernel, main, choice.attr(kernel.getContext()), constants, target,
                       algorithm);
}

//===----------------------------------------------------------------------===//
// Other schedules
//===----------------------------------------------------------------------===//

/// More than that of one kind say little new: their tiles differ by a position.
static constexpr size_t alternativesOfAKind = 16;

static void addConvAlternatives(std::vector<Choice> &choices, ir::ConvOp op,
                                ArrayRef<bool> constants, const xgen::Target &target,
                                ConvAlgorithm algorithm) {
  ConvGeometry g = scheduledGeometry(op);
  if (!mayPack(op.getWeight(), constants))
    return;
  if (algorithm == ConvAlgorithm::Auto || algorithm == ConvAlgorithm::Direct)
    for (auto [i, tile] : llvm::enumerate(directConvTiles(target, g, alternativesOfAKind)))
      for (bool inner : {channelsInner(target, g), !channelsInner(target, g)}) {
        Choice choice("direct_conv", tile, true);
        choice.cycles = std::max(choice.cycles * g.n,
                                 g.kh * g.kw * g.ci * g.co * 4 / target.farBytesPerCycle());
        if (inner != channelsInner(target, g)) {
          // The order of loops has little to do with the tile's details.
          if (i > 3)
            continue;
          choice.set("channels_inner", inner);
          choice.cycles *= 1.1;
        }
        choices.push_back(choice);
      }
  if (rowReader(op) || rowSource(op))
    return;
  for (auto [i, tile] : llvm::enumerate(dotConvTiles(target, g)))
    if (i < alternativesOfAKind)
      choices.push_back(Choice("dot_conv", tile, false));
  if (algorithm == ConvAlgorithm::Direct || !canUseWinograd(op))
    return;
  for (int64_t m : {2, 4})
    if (algorithm == ConvAlgorithm::Auto ||
        algorithm == (m == 2 ? ConvAlgorithm::Winograd2 : ConvAlgorithm::Winograd4))
      for (const WinogradPlan &plan : winogradPlans(target, g, m, alternativesOfAKind))
        choices.push_back(Choice(plan));
}

/// Positions at a time of depthwise convolutions, whose result is `shape`. Registers set the limit.
static void addWindowAlternatives(std::vector<Choice> &choices, ArrayRef<int64_t> shape,
                                  int64_t taps, const xgen::Target &target) {
  if (shape.size() < 4)
    return;
  for (int64_t my = 1; my <= std::min<int64_t>(4, shape[1]); ++my)
    for (int64_t mr = 1; mr <= std::min<int64_t>(8, shape[2]); ++mr) {
      if (mr * my + 4 > target.vectorRegisters || mr * my * taps > 256)
        continue;
      Choice choice("depthwise");
      choice.set("mr", mr);
      choice.set("my", my);
      choices.push_back(choice);
    }
}

static void addInt8Alternatives(std::vector<Choice> &choices, int64_t width, int64_t columns,
                                const xgen::Target &target) {
  RegisterTile best = target.int8Tile(columns);
  int64_t lanes = target.lanes(4);
  for (int64_t nr = lanes; nr <= 4 * lanes && nr < columns + lanes; nr += lanes) {
    int64_t most = std::min(width, best.mr * best.nr / nr);
    for (int64_t mr : {most, most * 3 / 4, most / 2})
      if (mr > 1)
        choices.push_back(Choice("int8_conv", Tile{mr, 1, nr}, true));
  }
}

std::vector<kernel::ScheduleAttr>
xgen::scheduleAlternatives(kernel::FuncOp kernel, ArrayRef<bool> constants,
                           const xgen::Target &machine, ConvAlgorithm algorithm) {
  const xgen::Target target = targetOf(kernel, machine);
  Operation *main = emittable(kernel, target) ? mainAnchorOf(kernel) : nullptr;
  std::vector<kernel::ScheduleAttr> schedules;
  if (!main)
    return schedules;
  kernel::ScheduleAttr chosen =
      chooseAnchor(main, constants, target, algorithm).attr(kernel.getContext());
  std::vector<Choice> choices;
  StringRef name = chosen.getTemplateName();
  Shape shape = shapeOf(main->getResult(0));
  if (auto conv = dyn_cast<ir::ConvOp>(main)) {
    if (name == "direct_conv" || name == "dot_conv" || name == "winograd")
      addConvAlternatives(choices, conv, constants, target, algorithm);
    else if (name == "depthwise" && typeOf(conv.getInput()).getElementType().isF32())
      addWindowAlternatives(choices, shape, convGeometry(conv)->kh * convGeometry(conv)->kw,
                            target);
    else if (name == "int8_conv" && mayPack(conv.getWeight(), constants))
      addInt8Alternatives(choices, shape[shape.size() - 2], shape.back(), target);
  } else if (auto matmul = dyn_cast<ir::MatMulOp>(main)) {
    ProductSizes s(matmul);
    if (name == "gemm" && !packedWidth(matmul.getRhs()))
      for (const Tile &tile : gemmTiles(target, s.rows, s.k, s.columns, alternativesOfAKind))
        choices.push_back(Choice(name, tile, false));
  }
  llvm::sort(choices, [](const Choice &a, const Choice &b) {
    return std::tie(a.cycles, a.name, a.params) < std::tie(b.cycles, b.name, b.params);
  });
  for (const Choice &choice : choices)
    if (choice.cycles <= 2 * choices.front().cycles) {
      kernel::ScheduleAttr schedule = choice.attr(kernel.getContext());
      if (schedule != chosen)
        schedules.push_back(schedule);
    }
  return schedules;
}

std::optional<ScheduleChoice> xgen::withSchedule(kernel::FuncOp kernel,
                                                 kernel::ScheduleAttr schedule,
                                                 ArrayRef<bool> constants,
                                                 const xgen::Target &machine,
                                                 ConvAlgorithm algorithm) {
  const xgen::Target target = targetOf(kernel, machine);
  Operation *main = emittable(kernel, target) ? mainAnchorOf(kernel) : nullptr;
  if (!main)
    return std::nullopt;
  kernel::ScheduleAttr chosen =
      chooseAnchor(main, constants, target, algorithm).attr(kernel.getContext());
  if (schedule != chosen &&
      !llvm::is_contained(scheduleAlternatives(kernel, constants, target, algorithm), schedule))
    return std::nullopt;
  return withEncodings(kernel, main, schedule, constants, target, algorithm);
}
