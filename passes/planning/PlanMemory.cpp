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
/// Writes a plan.program for a plan, those of branches and loops inside it.
class Writer {
public:
  explicit Writer(const Plan &plan) : plan(plan) {}

  plan::ProgramOp write() {
    func::FuncOp main = plan.func;
    OpBuilder builder(main);
    auto program = plan::ProgramOp::create(
        builder, main.getLoc(), main.getSymName(),
        signature(main, main.getArgumentTypes(), false),
        signature(main, main.getResultTypes(), true), plan.bytes(), 0,
        plan.lifetimes.peak);
    Block *body = &program.getBody().emplaceBlock();
    builder.setInsertionPointToEnd(body);
    Frame frame(plan);
    steps(builder, frame);
    weights(program);
    return program;
  }

private:
  /// A function, where its arguments, results and arena are.
  struct Frame {
    explicit Frame(const Plan &plan)
        : plan(plan), valueNumbers(plan.model.buffers.size(), -1) {}
    const Plan &plan;
    /// Of a called function; else they are the program's.
    bool called = false;
    SmallVector<RefAttr> inputs, outputs;
    int64_t base = 0;
    std::vector<int64_t> valueNumbers;
  };
  struct Weight {
    ElementsAttr value;
    int64_t number = 0, offset = 0;
  };

  MLIRContext *context() { return plan.func->getContext(); }

  /// Part of a buffer, as far as that goes.
  RefAttr part(RefAttr whole, int64_t offset, int64_t bytes) {
    return RefAttr::get(context(), whole.getSpace(), whole.getIndex(),
                        whole.getOffset() + offset,
                        std::min(bytes, whole.getBytes() - offset));
  }

  /// Scratch is a value like any other.
  RefAttr scratch(int64_t offset, int64_t bytes) {
    return RefAttr::get(context(), Space::Arena, numValues++, offset, bytes);
  }

  RefAttr ref(Frame &frame, const Slot &slot) {
    const Buffer &buffer = frame.plan.model.buffers[slot.buffer];
    int64_t index = buffer.index, offset = slot.offset;
    switch (buffer.space) {
    case Space::Input:
    case Space::Output:
      if (frame.called)
        return part(buffer.space == Space::Input ? frame.inputs[index]
                                                 : frame.outputs[index],
                    slot.offset, slot.bytes);
      break;
    case Space::Weights: {
      ElementsAttr value = frame.plan.model.weights[buffer.index];
      auto [it, isNew] = weightOf.try_emplace(value, usedWeights.size());
      if (isNew) {
        usedWeights.push_back(
            {value, static_cast<int64_t>(usedWeights.size()), weightsEnd});
        weightsEnd = alignUp(weightsEnd + buffer.bytes);
      }
      const Weight &weight = usedWeights[it->second];
      offset += weight.offset;
      index = weight.number;
      break;
    }
    case Space::Arena: {
      int64_t &number = frame.valueNumbers[slot.buffer];
      if (number < 0)
        number = numValues++;
      index = number;
      offset += frame.base + frame.plan.placement.offsets
                                 [frame.plan.lifetimes.unitOf[slot.buffer]];
      break;
    }
    }
    return RefAttr::get(context(), buffer.space, index, offset, slot.bytes);
  }

  SmallVector<RefAttr> refs(Frame &frame, ArrayRef<Slot> slots) {
    SmallVector<RefAttr> result;
    for (const Slot &slot : slots)
      result.push_back(ref(frame, slot));
    return result;
  }
  ArrayAttr array(ArrayRef<RefAttr> refs) {
    return ArrayAttr::get(context(),
                          SmallVector<Attribute>(refs.begin(), refs.end()));
  }

  void steps(OpBuilder &builder, Frame &frame) {
    for (auto [at, index] : llvm::enumerate(frame.plan.lifetimes.order))
      step(builder, frame, frame.plan.model.steps[index], at);
  }

  void step(OpBuilder &builder, Frame &frame, const Step &step, size_t at) {
    func::FuncOp func = frame.plan.func;
    if (ir::BindOp bind = step.bind) {
      auto type = cast<RankedTensorType>(bind.getValue().getType());
      plan::BindOp::create(builder, bind.getLoc(), ref(frame, step.reads[0]),
                           builder.getI64IntegerAttr(
                               8 * ir::elementBytes(type.getElementType())),
                           bind.getMapAttr());
      return;
    }
    if (!step.launch && !step.call) {
      RefAttr from = ref(frame, step.reads[0]);
      plan::CopyOp::create(builder, func.getLoc(), from,
                           ref(frame, step.writes[0]), step.count);
      return;
    }
    SmallVector<RefAttr> reads = refs(frame, step.reads);
    SmallVector<RefAttr> writes = refs(frame, step.writes);
    int64_t place = frame.base;
    int unit = frame.plan.lifetimes.scratchUnit[at];
    if (unit >= 0)
      place += frame.plan.placement.offsets[unit];
    if (auto branch = dyn_cast_or_null<ir::IfOp>(step.call))
      return writeIf(builder, branch, step, reads, writes, place);
    if (auto loop = dyn_cast_or_null<ir::LoopOp>(step.call))
      return writeLoop(builder, loop, *step.pieces[0], reads, writes, place);
    kernel::LaunchOp launch = step.launch;
    plan::LaunchOp::create(
        builder, launch.getLoc(), launch.getCallee(), array(reads),
        array(writes), unit >= 0 ? scratch(place, step.scratch) : RefAttr(),
        step.macs, launch.getNodesAttr(), launch.getDimsAttr());
  }

  void writeIf(OpBuilder &builder, ir::IfOp op, const Step &step,
               ArrayRef<RefAttr> reads, ArrayRef<RefAttr> writes,
               int64_t place) {
    SmallVector<StringRef> names{op.getThenBranch(), op.getElseBranch()};
    auto made = plan::IfOp::create(builder, op.getLoc(), reads[0],
                                   array(writes), builder.getStrArrayAttr(names));
    OpBuilder::InsertionGuard guard(builder);
    for (auto [region, piece] : llvm::zip(made->getRegions(), step.pieces)) {
      builder.setInsertionPointToEnd(&region.emplaceBlock());
      Frame frame(*piece);
      frame.called = true;
      llvm::append_range(frame.inputs, reads.drop_front());
      llvm::append_range(frame.outputs, writes);
      frame.base = place;
      steps(builder, frame);
      SmallVector<RefAttr> written(writes);
      for (const Buffer &buffer : piece->model.buffers)
        if (buffer.space == Space::Output)
          written[buffer.index] = part(writes[buffer.index], 0, buffer.bytes);
      plan::YieldOp::create(builder, op.getLoc(), array(written));
    }
  }

  void writeLoop(OpBuilder &builder, ir::LoopOp op, const Plan &body,
                 ArrayRef<RefAttr> reads, ArrayRef<RefAttr> writes,
                 int64_t place) {
    func::FuncOp func = body.func;
    LoopBuffers own = loopBuffers(body);
    size_t carried = op.getInitial().size(), trips = op.getTrips() ? 1 : 0;
    RefAttr count = writes.back(), none;
    ArrayRef<RefAttr> kept = writes.take_front(carried);
    ArrayRef<RefAttr> scans = writes.drop_front(carried).drop_back();
    ArrayRef<RefAttr> captured = reads.drop_front(trips + carried);
    SmallVector<RefAttr> carries;
    for (size_t i = 0; i < carried; ++i) {
      RefAttr from = reads[trips + i];
      carries.push_back(part(kept[i], 0, from.getBytes()));
      copy<plan::CopyOp>(builder, op.getLoc(), op.getInitial()[i].getType(),
                         from, carries.back());
    }
    Frame frame(body);
    frame.called = true;
    frame.base = place;
    frame.inputs.push_back(scratch(place + own.index, 8));
    llvm::append_range(frame.inputs, kept);
    llvm::append_range(frame.inputs, captured);
    for (auto [offset, type] : llvm::zip(own.results, func.getResultTypes()))
      frame.outputs.push_back(
          scratch(place + offset,
                  ir::tensorBytes(cast<RankedTensorType>(type))));
    auto made = plan::LoopOp::create(
        builder, op.getLoc(), trips ? reads[0] : none,
        op.getConditional() ? part(kept[0], 0, 1) : none, op.getMostAttr(),
        frame.inputs[0], count, array(carries), array(writes.drop_back()),
        builder.getStringAttr(op.getBody()));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&made.getBody().emplaceBlock());
    steps(builder, frame);
    for (auto [i, from] : llvm::enumerate(frame.outputs)) {
      Type type = func.getResultTypes()[i];
      // Buffers of results may be smaller than their types, as prefixes are.
      for (const Buffer &buffer : body.model.buffers)
        if (buffer.space == Space::Output && buffer.index == int64_t(i))
          from = part(from, 0, buffer.bytes);
      if (i < carried)
        copy<plan::CopyOp>(builder, op.getLoc(), type, from,
                           part(kept[i], 0, from.getBytes()));
      else
        copy<plan::AppendOp>(builder, op.getLoc(), type, from,
                             scans[i - carried]);
    }
  }

  /// Copies the elements that a tensor has at run time.
  template <class OpTy>
  void copy(OpBuilder &builder, Location loc, Type type, RefAttr from,
            RefAttr to) {
    AffineMapAttr count;
    auto tensor = cast<RankedTensorType>(type);
    if (ir::isDynamic(tensor))
      count = AffineMapAttr::get(ir::toMap(
          {ir::product(ir::dimsOf(tensor)) *
           ir::elementBytes(tensor.getElementType())},
          builder.getContext()));
    if (from.getBytes() > 0)
      OpTy::create(builder, loc, from, to, count);
  }

  /// In the order of first use, before the launches.
  void weights(plan::ProgramOp program) {
    OpBuilder builder = OpBuilder::atBlockBegin(&program.getBody().front());
    for (const Weight &weight : usedWeights)
      plan::WeightOp::create(
          builder, program.getLoc(),
          RefAttr::get(context(), Space::Weights, weight.number, weight.offset,
                       ir::tensorBytes(
                           cast<RankedTensorType>(weight.value.getType()))),
          weight.value);
    program.setWeightsBytes(weightsEnd);
  }

  const Plan &plan;
  llvm::DenseMap<Attribute, size_t> weightOf;
  std::vector<Weight> usedWeights;
  int64_t numValues = 0, weightsEnd = 0;
};

struct PlanMemory : xgen::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return;
    auto plan = planFunction(main, context->hooks);
    if (failed(plan))
      return signalPassFailure();
    Writer(**plan).write();
    count(**plan);
    peakLive += (*plan)->lifetimes.peak;
    arena += (*plan)->placement.bytes;
    // Whoever calls them is gone.
    for (auto func :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      func.erase();
  }

  void count(const Plan &plan) {
    for (const Step &step : plan.model.steps) {
      if (step.launch)
        ++numLaunches;
      else if (!step.bind && !step.call)
        ++numCopies;
      for (const std::shared_ptr<Plan> &piece : step.pieces)
        count(*piece);
    }
    numViews += plan.model.numViews;
    numInplace += plan.lifetimes.numInplace;
  }

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass> xgen::createPlanMemoryPass(const PassContext &context) {
  auto pass = std::make_unique<PlanMemory>();
  pass->context = &context;
  return pass;
}
