//===- EvalWrapper.cpp - Reference kernels as kernels ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A reference kernel takes an EvalCall: tables of tensors, quantization and
// attributes. The wrapper holds dims, scales and attributes as constants, and
// builds what contains pointers on the stack, so that no relocation and no
// written global is needed. Structures have the target's natural layout (32-bit
// pointers on Arm), which LLVM takes from the data layout.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/KernelCodegen.h"
#include "codegen/reference/EvalAttrs.h"
#include "codegen/reference/Reference.h"
#include "dialects/xgen/XgenConstants.h"
#include "xgen/xgen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace xgen;

namespace {
/// Where an operand's bytes come from.
struct Source {
  /// Null: an absent optional operand.
  mlir::Type type;
  /// Position in the kernel's pointers, or the bytes of a constant.
  unsigned pointer = 0;
  mlir::ElementsAttr constant;
};

class WrapperBuilder {
public:
  WrapperBuilder(Module &module)
      : module(module), c(module.getContext()), b(c), i32(b.getInt32Ty()),
        i64(b.getInt64Ty()), ptr(b.getPtrTy()),
        tensorType(StructType::get(c, {ptr, ptr, i32, i32, ptr})),
        quantType(StructType::get(c, {ptr, ptr, i64, i32})),
        callType(StructType::get(c, {ptr, i32, ptr, i32, ptr, ptr})) {}

  Error build(StringRef symbol, mlir::Operation *op, ArrayRef<Source> inputs,
              ArrayRef<Source> outputs);

private:
  enum { ContextScratch = 2 };

  template <typename T>
  Constant *table(ArrayRef<T> values, StringRef name) {
    if (values.empty())
      return ConstantPointerNull::get(ptr);
    Constant *data = ConstantDataArray::get(c, values);
    auto *global = new GlobalVariable(module, data->getType(), true,
                                      GlobalValue::PrivateLinkage, data, name);
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return global;
  }
  void store(Value *value, Type *type, Value *base, unsigned member) {
    b.CreateStore(value, b.CreateStructGEP(type, base, member));
  }
  /// A list of numbers of which some are the kernel's symbols.
  Value *numbers(ArrayRef<uint64_t> values,
                 ArrayRef<std::pair<size_t, mlir::AffineExpr>> dynamic,
                 StringRef name);
  Value *dims(mlir::RankedTensorType type);
  Expected<Value *> tensors(ArrayRef<Source> sources);
  Expected<Value *> data(const Source &source);
  Value *quant(mlir::Type element);

  Module &module;
  LLVMContext &c;
  IRBuilder<> b;
  IntegerType *i32, *i64;
  PointerType *ptr;
  StructType *tensorType, *quantType, *callType;
  Function *function = nullptr;
};
} // namespace

Expected<Value *> WrapperBuilder::data(const Source &source) {
  if (!source.constant)
    return b.CreateLoad(
        ptr, b.CreateConstGEP1_32(ptr, function->getArg(1), source.pointer));
  std::vector<char> storage;
  auto bytes = ir::constantBytes(source.constant, storage);
  if (!bytes)
    return createStringError("internal error: constant inside a kernel has no "
                             "bytes");
  Constant *global =
      table(arrayRefFromStringRef(StringRef(bytes->data(), bytes->size())),
            "constant");
  if (auto *variable = dyn_cast<GlobalVariable>(global))
    variable->setAlignment(Align(16));
  return global;
}

Value *WrapperBuilder::quant(mlir::Type element) {
  std::optional<EvalQuantContent> content = evalQuant(element);
  if (!content)
    return ConstantPointerNull::get(ptr);
  std::vector<uint64_t> zeros(content->zeroPoints.begin(),
                              content->zeroPoints.end());
  Value *result = b.CreateAlloca(quantType);
  store(table(ArrayRef<float>(content->scales), "scales"), quantType, result,
        0);
  store(table(ArrayRef<uint64_t>(zeros), "zeros"), quantType, result, 1);
  store(b.getInt64(content->scales.size()), quantType, result, 2);
  store(b.getInt32(content->axis), quantType, result, 3);
  return result;
}

Value *WrapperBuilder::numbers(
    ArrayRef<uint64_t> values,
    ArrayRef<std::pair<size_t, mlir::AffineExpr>> dynamic, StringRef name) {
  Constant *known = table(values, name);
  if (dynamic.empty())
    return known;
  auto *type = ArrayType::get(i64, values.size());
  Value *list = b.CreateAlloca(type);
  b.CreateMemCpy(list, Align(8), known, Align(8), values.size() * 8);
  for (auto [i, expr] : dynamic) {
    Value *value =
        isa<mlir::AffineConstantExpr>(expr)
            ? (Value *)b.getInt64(cast<mlir::AffineConstantExpr>(expr).getValue())
            : b.CreateLoad(
                  i64, b.CreateConstGEP1_32(
                           i64, function->getArg(2),
                           cast<mlir::AffineSymbolExpr>(expr).getPosition()));
    b.CreateStore(value, b.CreateConstGEP1_32(i64, list, i));
  }
  return list;
}

Value *WrapperBuilder::dims(mlir::RankedTensorType type) {
  SmallVector<uint64_t> known;
  SmallVector<std::pair<size_t, mlir::AffineExpr>> dynamic;
  for (auto [i, dim] : enumerate(ir::dimsOf(type))) {
    known.push_back(dim.max());
    if (!dim.isStatic())
      dynamic.push_back({i, dim.expr(type.getContext())});
  }
  return numbers(known, dynamic, "dims");
}

Expected<Value *> WrapperBuilder::tensors(ArrayRef<Source> sources) {
  Value *none = ConstantPointerNull::get(ptr);
  Value *list = b.CreateAlloca(
      ArrayType::get(tensorType, std::max<size_t>(1, sources.size())));
  for (auto [i, source] : enumerate(sources)) {
    Value *row = b.CreateConstGEP1_32(tensorType, list, i);
    auto type = dyn_cast_or_null<mlir::RankedTensorType>(source.type);
    if (!type) {
      store(none, tensorType, row, 0);
      store(none, tensorType, row, 1);
      store(b.getInt32(-1), tensorType, row, 2);
      store(b.getInt32(0), tensorType, row, 3);
      store(none, tensorType, row, 4);
      continue;
    }
    Expected<Value *> bytes = data(source);
    if (!bytes)
      return bytes.takeError();
    std::optional<int32_t> dtype = evalDType(type.getElementType());
    if (!dtype)
      return createStringError(
          "reference kernels do not know this element type");
    store(*bytes, tensorType, row, 0);
    store(dims(type), tensorType, row, 1);
    store(b.getInt32(type.getRank()), tensorType, row, 2);
    store(b.getInt32(*dtype), tensorType, row, 3);
    store(quant(type.getElementType()), tensorType, row, 4);
  }
  return list;
}

Error WrapperBuilder::build(StringRef symbol, mlir::Operation *op,
                            ArrayRef<Source> inputs, ArrayRef<Source> outputs) {
  auto *type = FunctionType::get(i32, {ptr, ptr, ptr}, false);
  function =
      Function::Create(type, GlobalValue::ExternalLinkage, symbol, module);
  b.SetInsertPoint(BasicBlock::Create(c, "", function));
  Expected<Value *> in = tensors(inputs);
  if (!in)
    return in.takeError();
  Expected<Value *> out = tensors(outputs);
  if (!out)
    return out.takeError();
  std::vector<int64_t> attrs = serializeAttrs(op);
  SmallVector<uint64_t> words(attrs.begin(), attrs.end());
  SmallVector<std::pair<size_t, mlir::AffineExpr>> dynamic;
  if (auto all = op->getAttrOfType<mlir::DictionaryAttr>(ir::dynamicAttrName))
    for (mlir::NamedAttribute attr : all) {
      auto map = cast<mlir::AffineMapAttr>(attr.getValue()).getValue();
      auto place = attrWords(op, attr.getName());
      if (!place || place->second != map.getNumResults())
        return createStringError("internal error: no attribute '" +
                                 attr.getName().str() + "' to replace");
      for (auto [i, expr] : enumerate(map.getResults()))
        dynamic.push_back({place->first + i, expr});
    }
  // xgen_ctx starts with two 32-bit numbers, then the scratch pointer.
  auto *head = StructType::get(c, {i32, i32, ptr});
  Value *scratch = b.CreateLoad(
      ptr, b.CreateStructGEP(head, function->getArg(0), ContextScratch));
  Value *call = b.CreateAlloca(callType);
  store(*in, callType, call, 0);
  store(b.getInt32(inputs.size()), callType, call, 1);
  store(*out, callType, call, 2);
  store(b.getInt32(outputs.size()), callType, call, 3);
  store(numbers(words, dynamic, "attrs"), callType, call, 4);
  store(scratch, callType, call, 5);
  FunctionCallee eval = module.getOrInsertFunction(
      evalSymbol(op), FunctionType::get(i32, {ptr}, false));
  cast<Function>(eval.getCallee())
      ->setVisibility(GlobalValue::HiddenVisibility);
  Value *status = b.CreateCall(eval, {call});
  b.CreateRet(b.CreateSelect(b.CreateIsNull(status), b.getInt32(XGEN_OK),
                             b.getInt32(XGEN_E_KERNEL)));
  return Error::success();
}

Expected<std::unique_ptr<Module>>
xgen::buildEvalWrapper(kernel::FuncOp kernel, StringRef symbol,
                       const DataLayout &layout, LLVMContext &context,
                       int64_t &scratchBytes) {
  mlir::Block &body = kernel.getBody().front();
  mlir::Operation *op = nullptr;
  for (mlir::Operation &inner : body.without_terminator()) {
    if (isa<ir::ConstantOp>(inner))
      continue;
    if (op)
      return createStringError(
          "internal error: a reference kernel holds one op, "
          "this one '" +
          op->getName().getStringRef() + "' and '" +
          inner.getName().getStringRef() + "'");
    op = &inner;
  }
  if (!op)
    return createStringError(
        "internal error: a reference kernel without an op");
  if (evalSymbol(op).empty() || !hasEval(op))
    return createStringError("'" + op->getName().getStringRef() +
                             "' has no reference kernel");
  auto bad = [&](mlir::Type type) {
    auto tensor = dyn_cast<mlir::RankedTensorType>(type);
    return !tensor || ir::isDynamic(tensor) != bool(tensor.getEncoding());
  };
  SmallVector<Source> inputs, outputs;
  for (int number : evalOperands(op)) {
    Source source;
    if (number >= 0) {
      mlir::Value operand = op->getOperand(number);
      source.type = operand.getType();
      if (bad(source.type))
        return createStringError(
            "internal error: a reference kernel takes dense "
            "tensors whose extents have bounds");
      if (auto argument = dyn_cast<mlir::BlockArgument>(operand))
        source.pointer = argument.getArgNumber();
      else
        source.constant = operand.getDefiningOp<ir::ConstantOp>().getValue();
    }
    inputs.push_back(source);
  }
  auto returned = cast<kernel::ReturnOp>(body.getTerminator());
  if (returned.getNumOperands() != op->getNumResults())
    return createStringError("internal error: a reference kernel returns all "
                             "results of its op");
  for (auto [i, value] : enumerate(returned.getOperands())) {
    if (value.getDefiningOp() != op || value != op->getResult(i) ||
        bad(value.getType()))
      return createStringError("internal error: a reference kernel returns the "
                               "results of its op, dense and in order");
    Source source;
    source.type = value.getType();
    source.pointer = body.getNumArguments() + i;
    outputs.push_back(source);
  }
  auto module = std::make_unique<Module>("eval", context);
  module->setDataLayout(layout);
  scratchBytes = evalScratchBytes(op);
  if (Error error = WrapperBuilder(*module).build(symbol, op, inputs, outputs))
    return std::move(error);
  return std::move(module);
}
