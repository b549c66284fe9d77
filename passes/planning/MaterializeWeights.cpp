//===- MaterializeWeights.cpp - Constant expressions become bytes ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Evaluates in program order and drops each source with its last user, so that
// at any time little more than the network's weights is in memory. Packing is
// asked of the encoding itself, everything else of the reference kernels.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenConstants.h"
#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "passes/fusion/Views.h"
#include "passes/graph/GraphUtils.h"

namespace xgen {
#define GEN_PASS_DEF_MATERIALIZEWEIGHTS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

/// The constant behind reinterprets and reshapes: the bytes are the same.
static ir::ConstantOp constantBehind(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      return constant;
    if (!isa<ir::ReinterpretOp, ir::ReshapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return nullptr;
}

namespace {
struct MaterializeWeights
    : xgen::impl::MaterializeWeightsBase<MaterializeWeights> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    ResourceUses resources(module);
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() && failed(materialize(func, resources)))
        return signalPassFailure();
  }

  LogicalResult materialize(func::FuncOp func, ResourceUses &resources) {
    llvm::DenseSet<Operation *> constants = constantExpressions(func.front());
    SmallVector<Operation *> work;
    for (Operation &op : func.front())
      if (constants.contains(&op) &&
          !isa<ir::ConstantOp, ir::ReinterpretOp, ir::ReshapeOp>(op))
        work.push_back(&op);
    for (Operation *op : work) {
      if (op->use_empty()) {
        release(op, resources);
        continue;
      }
      if (failed(evaluate(op, resources)))
        return failure();
    }
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(func.front())))
      if (isa<ir::ConstantOp, ir::ReinterpretOp, ir::ReshapeOp>(op) &&
          op.use_empty())
        release(&op, resources);
    merge(func);
    return success();
  }

  LogicalResult evaluate(Operation *op, ResourceUses &resources) {
    SmallVector<ElementsAttr> operands;
    for (Value operand : op->getOperands()) {
      ir::ConstantOp constant = constantBehind(operand);
      if (!constant)
        return op->emitError("operand is not a constant");
      ElementsAttr value = constant.getValue();
      // What the op reads has the operand's shape and storage elements.
      auto type = cast<RankedTensorType>(operand.getType());
      if (!type.getEncoding() && value.getType() != ir::storageTensor(type)) {
        std::vector<char> storage;
        auto bytes = ir::constantBytes(value, storage);
        if (!bytes)
          return op->emitError("operand is a constant without bytes");
        value = ir::makeConstant(ir::storageTensor(type), bytes->vec());
      }
      operands.push_back(value);
    }
    OpBuilder builder(op);
    SmallVector<Value> replacements;
    if (auto encode = dyn_cast<ir::EncodeOp>(op)) {
      ElementsAttr packed = pack(encode, operands[0]);
      if (!packed)
        return failure();
      replacements.push_back(replacement(builder, op->getResult(0), packed,
                                         resources));
    } else {
      if (!context->hooks.evaluate)
        return op->emitError("'") << op->getName()
                                  << "' of constants cannot be evaluated here";
      auto values = context->hooks.evaluate(op, operands);
      if (!values)
        return op->emitError("'")
               << op->getName() << "' of constants cannot be evaluated: "
               << llvm::toString(values.takeError());
      for (auto [result, value] : llvm::zip(op->getResults(), *values)) {
        if (!value)
          return op->emitError("'")
                 << op->getName() << "' of constants cannot be evaluated";
        replacements.push_back(replacement(builder, result, value, resources));
      }
    }
    ++numEvaluated;
    op->replaceAllUsesWith(replacements);
    release(op, resources);
    return success();
  }

  /// A constant of `value` seen as the type of `old`.
  Value replacement(OpBuilder &builder, Value old, ElementsAttr value,
                    ResourceUses &resources) {
    resources.add(value);
    auto type = cast<RankedTensorType>(value.getType());
    Value constant =
        ir::ConstantOp::create(builder, old.getLoc(), type, value);
    if (type == old.getType())
      return constant;
    return ir::ReinterpretOp::create(builder, old.getLoc(), old.getType(),
                                     constant);
  }

  ElementsAttr pack(ir::EncodeOp op, ElementsAttr value) {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    auto encoding = dyn_cast_or_null<ir::EncodingInterface>(type.getEncoding());
    if (!encoding) {
      op.emitError("result has no storage encoding");
      return nullptr;
    }
    std::vector<char> storage;
    ArrayRef<char> dense =
        ir::constantBytes(value, storage).value_or(ArrayRef<char>());
    int64_t expected = ir::tensorBytes(
        ir::storageTensor(cast<RankedTensorType>(op.getInput().getType())));
    if ((int64_t)dense.size() != expected) {
      op.emitError("constant has ")
          << dense.size() << " bytes, not " << expected;
      return nullptr;
    }
    std::vector<char> packed(encoding.getPackedBytes(type));
    if (llvm::Error error = encoding.pack(type, dense, packed)) {
      op.emitError("constant does not fit its encoding: ")
          << llvm::toString(std::move(error));
      return nullptr;
    }
    auto bytes = RankedTensorType::get({(int64_t)packed.size()},
                                       IntegerType::get(op.getContext(), 8));
    return ir::makeConstant(bytes, std::move(packed));
  }

  /// Erases `op` and the constants that only it used.
  void release(Operation *op, ResourceUses &resources) {
    SmallVector<Operation *> operands;
    for (Value operand : op->getOperands())
      if (Operation *source = operand.getDefiningOp();
          source && !llvm::is_contained(operands, source))
        operands.push_back(source);
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      resources.drop(constant.getValue());
    op->erase();
    for (Operation *source : operands)
      if (source->use_empty() &&
          isa<ir::ConstantOp, ir::ReinterpretOp, ir::ReshapeOp>(source))
        release(source, resources);
  }

  /// Blobs are named by their contents, so equal constants are equal attributes.
  void merge(func::FuncOp func) {
    llvm::DenseMap<Attribute, ir::ConstantOp> first;
    for (auto constant :
         llvm::make_early_inc_range(func.front().getOps<ir::ConstantOp>())) {
      auto [it, isNew] = first.try_emplace(constant.getValueAttr(), constant);
      if (isNew)
        continue;
      constant.replaceAllUsesWith(it->second.getResult());
      constant.erase();
      ++numMerged;
    }
  }

  const PassContext *context = &defaultPassContext();
};
} // namespace

std::unique_ptr<Pass>
xgen::createMaterializeWeightsPass(const PassContext &context) {
  auto pass = std::make_unique<MaterializeWeights>();
  pass->context = &context;
  return pass;
}
