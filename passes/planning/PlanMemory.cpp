//===- PlanMemory.cpp - @main becomes plan.program ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Asks the planner's three parts and writes down the answer.
//
//===----------------------------------------------------------------------===//

#include "passes/FusionPipelines.h"
#include "passes/planning/Planner.h"

namespace xgen {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::planning;
using plan::RefAttr;
using plan::Space;

/// Names and types of the signature. Names come from the ONNX model.
static ArrayAttr signature(func::FuncOp main, TypeRange types, bool results) {
  SmallVector<Attribute> tensors;
  for (auto [index, type] : llvm::enumerate(types)) {
    auto name = results ? main.getResultAttrOfType<StringAttr>(index, "onnx.name")
                        : main.getArgAttrOfType<StringAttr>(index, "onnx.name");
    std::string text = name ? name.str()
                            : (results ? "output" : "input") + std::to_string(index);
    tensors.push_back(plan::TensorAttr::get(main.getContext(), text,
                                            cast<RankedTensorType>(type)));
  }
  return ArrayAttr::get(main.getContext(), tensors);
}

namespace {
/// Writes a plan.program for a model, an order and a placement.
class Writer {
public:
  Writer(func::FuncOp main, const Model &model, const Lifetimes &lifetimes,
         const Placement &placement)
      : main(main), model(model), lifetimes(lifetimes), placement(placement),
        valueNumbers(model.buffers.size(), -1),
        weightNumbers(model.weights.size(), -1),
        weightOffsets(model.weights.size(), 0) {}

  plan::ProgramOp write() {
    OpBuilder builder(main);
    auto program = plan::ProgramOp::create(
        builder, main.getLoc(), main.getSymName(),
        signature(main, main.getArgumentTypes(), false),
        signature(main, main.getResultTypes(), true),
        alignUp(placement.bytes), 0, lifetimes.peak);
    Block *body = &program.getBody().emplaceBlock();
    builder.setInsertionPointToEnd(body);
    for (auto [at, index] : llvm::enumerate(lifetimes.order))
      step(builder, model.steps[index], at);
    weights(program);
    return program;
  }

private:
  RefAttr ref(const Slot &slot) {
    const Buffer &buffer = model.buffers[slot.buffer];
    int64_t index = buffer.index, offset = slot.offset;
    switch (buffer.space) {
    case Space::Input:
    case Space::Output:
      break;
    case Space::Weights: {
      int64_t &number = weightNumbers[buffer.index];
      if (number < 0) {
        number = usedWeights.size();
        usedWeights.push_back(buffer.index);
        weightOffsets[buffer.index] = weightsEnd;
        weightsEnd = alignUp(weightsEnd + buffer.bytes);
      }
      offset += weightOffsets[buffer.index];
      index = number;
      break;
    }
    case Space::Arena: {
      int64_t &number = valueNumbers[slot.buffer];
      if (number < 0)
        number = numValues++;
      index = number;
      offset += placement.offsets[lifetimes.unitOf[slot.buffer]];
      break;
    }
    }
    return RefAttr::get(main.getContext(), buffer.space, index, offset,
                        slot.bytes);
  }

  void step(OpBuilder &builder, const Step &step, size_t at) {
    if (ir::BindOp bind = step.bind) {
      auto type = cast<RankedTensorType>(bind.getValue().getType());
      plan::BindOp::create(builder, bind.getLoc(), ref(step.reads[0]),
                           builder.getI64IntegerAttr(
                               8 * ir::elementBytes(type.getElementType())),
                           bind.getMapAttr());
      return;
    }
    if (!step.launch) {
      RefAttr from = ref(step.reads[0]);
      plan::CopyOp::create(builder, main.getLoc(), from, ref(step.writes[0]),
                           step.count);
      return;
    }
    SmallVector<Attribute> reads, writes;
    for (const Slot &slot : step.reads)
      reads.push_back(ref(slot));
    for (const Slot &slot : step.writes)
      writes.push_back(ref(slot));
    RefAttr scratch;
    // Scratch is a value like any other, that nobody reads.
    if (int unit = lifetimes.scratchUnit[at]; unit >= 0)
      scratch = RefAttr::get(main.getContext(), Space::Arena, numValues++,
                             placement.offsets[unit], step.scratch);
    kernel::LaunchOp launch = step.launch;
    plan::LaunchOp::create(builder, launch.getLoc(), launch.getCallee(),
                           builder.getArrayAttr(reads),
                           builder.getArrayAttr(writes), scratch, step.macs,
                           launch.getNodesAttr(), launch.getDimsAttr());
  }

  /// In the order of first use, before the launches.
  void weights(plan::ProgramOp program) {
    OpBuilder builder = OpBuilder::atBlockBegin(&program.getBody().front());
    for (auto [number, index] : llvm::enumerate(usedWeights)) {
      ElementsAttr value = model.weights[index];
      auto type = cast<RankedTensorType>(value.getType());
      plan::WeightOp::create(
          builder, main.getLoc(),
          RefAttr::get(main.getContext(), Space::Weights, number,
                       weightOffsets[index], ir::tensorBytes(type)),
          value);
    }
    program.setWeightsBytes(weightsEnd);
  }

  func::FuncOp main;
  const Model &model;
  const Lifetimes &lifetimes;
  const Placement &placement;
  std::vector<int64_t> valueNumbers, weightNumbers, weightOffsets;
  std::vector<int64_t> usedWeights;
  int64_t numValues = 0, weightsEnd = 0;
};

struct PlanMemory : xgen::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    FailureOr<Model> model = buildModel(main, context->hooks);
    if (failed(model))
      return signalPassFailure();
    Lifetimes lifetimes = chooseOrder(*model);
    Placement placement = placeUnits(lifetimes.units, lifetimes.peak);
    Writer(main, *model, lifetimes, placement).write();
    for (const Step &step : model->steps)
      step.launch ? ++numLaunches : step.bind ? numLaunches : ++numCopies;
    numViews += model->numViews;
    numInplace += lifetimes.numInplace;
    peakLive += lifetimes.peak;
    arena += placement.bytes;
    main.erase();
  }

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass> xgen::createPlanMemoryPass(const PassContext &context) {
  auto pass = std::make_unique<PlanMemory>();
  pass->context = &context;
  return pass;
}
