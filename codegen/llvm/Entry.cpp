//===- Entry.cpp - Run function and model table ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The run function is the plan as straight-line code: for each launch the
// kernel's pointers are stored on the stack and the kernel is called. The table
// is the xgen_model of runtime/include/xgen/xgen.h, whose order of members is
// repeated here.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Program.h"
#include "codegen/llvm/Version.h"
#include "xgen/xgen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace xgen;

namespace {
class EntryBuilder {
public:
  EntryBuilder(const Program &program, const xgen::Target &target,
               Module &module)
      : program(program), target(target), module(module),
        c(module.getContext()), b(c), i32(b.getInt32Ty()), i64(b.getInt64Ty()),
        ptr(b.getPtrTy()),
        contextType(StructType::get(
            c, {i32, i32, ptr, i64, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr,
                ptr})),
        kernelType(FunctionType::get(i32, {ptr, ptr, ptr}, false)) {}

  void build(uint64_t cpuFeatures);

private:
  /// Members of xgen_ctx.
  enum {
    Scratch = 2,
    ScratchBytes = 3,
    User = 8,
    Profile = 9,
    InputDims = 11,
    OutputDims = 12
  };

  Function *buildStep();
  Function *buildRun();
  void emitLaunch(const Layer &layer, unsigned index, Function *step);
  void check(Value *status);
  /// Ends the run with XGEN_E_SHAPE unless `good`.
  void require(Value *good);
  Value *least(Value *a, Value *b, CmpInst::Predicate predicate);
  /// The value of an expression of symbols that have values.
  Value *evaluate(mlir::AffineExpr expr);
  void define(unsigned symbol, Value *value);
  /// Gives values to derived symbols, and checks conditions, as soon as
  /// everything they need has a value.
  void defineDerived();
  bool isReady(mlir::AffineExpr expr);
  void readInputDims();
  void writeOutputDims();
  void emitBind(plan::BindOp op);
  Value *pointer(plan::RefAttr ref);
  Value *contextWithScratch(plan::RefAttr scratch);

  Constant *text(StringRef value);
  /// A constant array, null when empty.
  Constant *array(Type *element, ArrayRef<Constant *> values, StringRef name);
  Constant *tensorTable(ArrayRef<plan::TensorAttr> tensors, StringRef name);
  Constant *layerTable();
  ConstantInt *u32(uint64_t value) { return ConstantInt::get(i32, value); }
  ConstantInt *u64(uint64_t value) { return ConstantInt::get(i64, value); }

  const Program &program;
  const xgen::Target &target;
  Module &module;
  LLVMContext &c;
  IRBuilder<> b;
  IntegerType *i32, *i64;
  PointerType *ptr;
  StructType *contextType;
  FunctionType *kernelType;
  // Of the run function being built.
  Function *run = nullptr;
  Value *pointers = nullptr, *ownContext = nullptr;
  SmallVector<Value *> inputs, outputs;
  BasicBlock *failed = nullptr;
  PHINode *failure = nullptr;
  /// Values of the module's symbols, and of the kernel's that is launched.
  Value *symbols = nullptr, *launchDims = nullptr;
  SmallVector<bool> defined;
  StringMap<Constant *> texts;
};
} // namespace

Constant *EntryBuilder::text(StringRef value) {
  Constant *&known = texts[value];
  if (!known)
    known = b.CreateGlobalString(value, "text", 0, &module);
  return known;
}

Constant *EntryBuilder::array(Type *element, ArrayRef<Constant *> values,
                              StringRef name) {
  if (values.empty())
    return ConstantPointerNull::get(ptr);
  auto *type = ArrayType::get(element, values.size());
  return new GlobalVariable(module, type, /*isConstant=*/true,
                            GlobalValue::PrivateLinkage,
                            ConstantArray::get(type, values), name);
}

/// profile(user, layer, 1); status = kernel(ctx, pointers); profile(.., 0).
/// One function for all launches: the calls would be most of the code.
Function *EntryBuilder::buildStep() {
  auto *type = FunctionType::get(i32, {ptr, ptr, ptr, ptr, i32}, false);
  auto *step =
      Function::Create(type, GlobalValue::InternalLinkage, "step", module);
  step->addFnAttr(Attribute::NoInline);
  Value *context = step->getArg(0), *kernel = step->getArg(1);
  Value *buffers = step->getArg(2), *dims = step->getArg(3);
  Value *layer = step->getArg(4);
  auto block = [&](const char *name) {
    return BasicBlock::Create(c, name, step);
  };
  BasicBlock *entry = block("entry"), *plain = block("plain"),
             *profiled = block("profiled");
  b.SetInsertPoint(entry);
  auto *profileType = FunctionType::get(b.getVoidTy(), {ptr, i32, i32}, false);
  Value *profile =
      b.CreateLoad(ptr, b.CreateStructGEP(contextType, context, Profile));
  b.CreateCondBr(b.CreateIsNull(profile), plain, profiled);
  b.SetInsertPoint(plain);
  b.CreateRet(b.CreateCall(kernelType, kernel, {context, buffers, dims}));
  b.SetInsertPoint(profiled);
  Value *user =
      b.CreateLoad(ptr, b.CreateStructGEP(contextType, context, User));
  b.CreateCall(profileType, profile, {user, layer, u32(1)});
  Value *status = b.CreateCall(kernelType, kernel, {context, buffers, dims});
  b.CreateCall(profileType, profile, {user, layer, u32(0)});
  b.CreateRet(status);
  return step;
}

Value *EntryBuilder::pointer(plan::RefAttr ref) {
  Value *base = nullptr;
  switch (ref.getSpace()) {
  case plan::Space::Input:
    base = inputs[ref.getIndex()];
    break;
  case plan::Space::Output:
    base = outputs[ref.getIndex()];
    break;
  case plan::Space::Weights:
    base = run->getArg(4);
    break;
  case plan::Space::Arena:
    base = run->getArg(1);
    break;
  }
  if (!ref.getOffset())
    return base;
  Type *size = module.getDataLayout().getIntPtrType(c);
  return b.CreateGEP(b.getInt8Ty(), base,
                     ConstantInt::get(size, ref.getOffset()));
}

/// The caller's context with a scratch that the plan has placed.
Value *EntryBuilder::contextWithScratch(plan::RefAttr scratch) {
  if (!ownContext) {
    IRBuilder<> top(&run->getEntryBlock(), run->getEntryBlock().begin());
    AllocaInst *copy = top.CreateAlloca(contextType);
    uint64_t bytes = module.getDataLayout().getTypeAllocSize(contextType);
    top.CreateMemCpy(copy, copy->getAlign(), run->getArg(0), Align(4), bytes);
    ownContext = copy;
  }
  b.CreateStore(pointer(scratch),
                b.CreateStructGEP(contextType, ownContext, Scratch));
  b.CreateStore(u64(scratch.getBytes()),
                b.CreateStructGEP(contextType, ownContext, ScratchBytes));
  return ownContext;
}

void EntryBuilder::check(Value *status) {
  BasicBlock *next = BasicBlock::Create(c, "next", run, failed);
  failure->addIncoming(status, b.GetInsertBlock());
  b.CreateCondBr(b.CreateIsNull(status), next, failed);
  b.SetInsertPoint(next);
}

void EntryBuilder::require(Value *good) {
  BasicBlock *next = BasicBlock::Create(c, "next", run, failed);
  failure->addIncoming(u32(XGEN_E_SHAPE), b.GetInsertBlock());
  b.CreateCondBr(good, next, failed);
  b.SetInsertPoint(next);
}

Value *EntryBuilder::least(Value *x, Value *y, CmpInst::Predicate predicate) {
  return b.CreateSelect(b.CreateICmp(predicate, x, y), x, y);
}

Value *EntryBuilder::evaluate(mlir::AffineExpr expr) {
  if (auto number = dyn_cast<mlir::AffineConstantExpr>(expr))
    return u64(number.getValue());
  if (auto symbol = dyn_cast<mlir::AffineSymbolExpr>(expr))
    return b.CreateLoad(i64, b.CreateConstGEP1_32(i64, symbols,
                                                  symbol.getPosition()));
  auto binary = cast<mlir::AffineBinaryOpExpr>(expr);
  Value *x = evaluate(binary.getLHS()), *y = evaluate(binary.getRHS());
  switch (expr.getKind()) {
  case mlir::AffineExprKind::Add:
    return b.CreateAdd(x, y);
  case mlir::AffineExprKind::Mul:
    return b.CreateMul(x, y);
  default:
    break;
  }
  // Rounded down; a divisor that data made 0 must not trap.
  y = least(y, u64(1), CmpInst::ICMP_SGT);
  if (expr.getKind() == mlir::AffineExprKind::CeilDiv)
    x = b.CreateAdd(x, b.CreateSub(y, u64(1)));
  Value *quotient = b.CreateSDiv(x, y);
  Value *rest = b.CreateSub(x, b.CreateMul(quotient, y));
  Value *below = b.CreateICmpSLT(rest, u64(0));
  if (expr.getKind() == mlir::AffineExprKind::Mod)
    return b.CreateSelect(below, b.CreateAdd(rest, y), rest);
  return b.CreateSub(quotient, b.CreateZExt(below, i64));
}

void EntryBuilder::define(unsigned symbol, Value *value) {
  auto entry = cast<ir::SymbolAttr>(program.symbols[symbol]);
  require(b.CreateAnd(b.CreateICmpSGE(value, u64(entry.getMin())),
                      b.CreateICmpSLE(value, u64(entry.getMax()))));
  b.CreateStore(value, b.CreateConstGEP1_32(i64, symbols, symbol));
  defined[symbol] = true;
}

bool EntryBuilder::isReady(mlir::AffineExpr expr) {
  bool ready = true;
  expr.walk([&](mlir::AffineExpr e) {
    if (auto symbol = dyn_cast<mlir::AffineSymbolExpr>(e))
      ready &= defined[symbol.getPosition()];
  });
  return ready;
}

void EntryBuilder::defineDerived() {
  // Symbols are made of earlier ones: one pass in order is enough.
  for (auto [i, attr] : enumerate(program.symbols)) {
    auto entry = cast<ir::SymbolAttr>(attr);
    if (defined[i] || !entry.getArgs())
      continue;
    auto args = entry.getArgs().getValue().getResults();
    if (!all_of(args, [&](mlir::AffineExpr e) { return isReady(e); }))
      continue;
    SmallVector<Value *> v;
    for (mlir::AffineExpr arg : args)
      v.push_back(evaluate(arg));
    switch (entry.getKind()) {
    case ir::SymbolKind::Min:
      define(i, least(v[0], v[1], CmpInst::ICMP_SLT));
      break;
    case ir::SymbolKind::Max:
      define(i, least(v[0], v[1], CmpInst::ICMP_SGT));
      break;
    case ir::SymbolKind::Equal:
      define(i, b.CreateZExt(b.CreateICmpEQ(v[0], v[1]), i64));
      break;
    case ir::SymbolKind::Less:
      define(i, b.CreateZExt(b.CreateICmpSLT(v[0], v[1]), i64));
      break;
    case ir::SymbolKind::Scaled: {
      // As the specification's reference computes it: in float.
      Type *f32 = b.getFloatTy();
      Value *factor = ConstantFP::get(f32, entry.getFactor().getValueAsDouble());
      Value *product = b.CreateFMul(b.CreateSIToFP(v[0], f32), factor);
      // Not negative, so that truncation rounds down.
      define(i, b.CreateFPToSI(product, i64));
      break;
    }
    case ir::SymbolKind::RequireEqual:
      require(b.CreateICmpEQ(v[0], v[1]));
      break;
    case ir::SymbolKind::RequireLessEqual:
      require(b.CreateICmpSLE(v[0], v[1]));
      break;
    case ir::SymbolKind::Input:
    case ir::SymbolKind::Data:
      break;
    }
    defined[i] = true;
  }
}

/// Free dimensions have the values that the caller's extents give them; all
/// extents of inputs are then checked.
void EntryBuilder::readInputDims() {
  if (program.symbols.empty())
    return;
  symbols = b.CreateAlloca(ArrayType::get(i64, program.symbols.size()));
  defined.assign(program.symbols.size(), false);
  Value *table =
      b.CreateLoad(ptr, b.CreateStructGEP(contextType, run->getArg(0), InputDims));
  SmallVector<std::pair<Value *, mlir::AffineExpr>> extents;
  for (auto [i, tensor] : enumerate(program.inputs)) {
    mlir::RankedTensorType type = tensor.getType();
    if (!ir::isDynamic(type))
      continue;
    SmallVector<Constant *> most;
    for (int64_t extent : ir::largestOf(type).getShape())
      most.push_back(u64(extent));
    Value *largest = array(i64, most, "most");
    // table ? (table[i] ? table[i] : most) : most.
    BasicBlock *before = b.GetInsertBlock();
    BasicBlock *given = BasicBlock::Create(c, "given", run, failed);
    BasicBlock *next = BasicBlock::Create(c, "next", run, failed);
    b.CreateCondBr(b.CreateIsNull(table), next, given);
    b.SetInsertPoint(given);
    Value *own = b.CreateLoad(ptr, b.CreateConstGEP1_32(ptr, table, i));
    Value *chosen = b.CreateSelect(b.CreateIsNull(own), largest, own);
    b.CreateBr(next);
    b.SetInsertPoint(next);
    PHINode *dims = b.CreatePHI(ptr, 2);
    dims->addIncoming(largest, before);
    dims->addIncoming(chosen, given);
    for (auto [d, dim] : enumerate(ir::dimsOf(type)))
      extents.push_back(
          {b.CreateLoad(i64, b.CreateConstGEP1_32(i64, dims, d)),
           dim.expr(type.getContext())});
  }
  for (auto [i, attr] : enumerate(program.symbols)) {
    auto entry = cast<ir::SymbolAttr>(attr);
    if (entry.getKind() != ir::SymbolKind::Input)
      continue;
    int64_t step = entry.getFactor().getValueAsDouble();
    mlir::AffineExpr wanted =
        mlir::getAffineSymbolExpr(i, attr.getContext()) * step;
    auto it = find_if(extents, [&](auto &e) { return e.second == wanted; });
    // Nothing says what it is: the smallest will do, nothing depends on it.
    define(i, it == extents.end() ? (Value *)u64(entry.getMin())
              : step == 1         ? it->first
                                  : b.CreateSDiv(it->first, u64(step)));
  }
  for (auto &[value, expr] : extents)
    if (isReady(expr))
      require(b.CreateICmpEQ(value, evaluate(expr)));
  defineDerived();
}

void EntryBuilder::writeOutputDims() {
  bool any = any_of(program.outputs, [](plan::TensorAttr tensor) {
    return ir::isDynamic(tensor.getType());
  });
  if (!any)
    return;
  Value *table =
      b.CreateLoad(ptr, b.CreateStructGEP(contextType, run->getArg(0), OutputDims));
  BasicBlock *wanted = BasicBlock::Create(c, "wanted", run, failed);
  BasicBlock *done = BasicBlock::Create(c, "done", run, failed);
  b.CreateCondBr(b.CreateIsNull(table), done, wanted);
  b.SetInsertPoint(wanted);
  for (auto [i, tensor] : enumerate(program.outputs)) {
    if (tensor.getType().getRank() == 0)
      continue;
    Value *dims = b.CreateLoad(ptr, b.CreateConstGEP1_32(ptr, table, i));
    BasicBlock *write = BasicBlock::Create(c, "write", run, failed);
    BasicBlock *next = BasicBlock::Create(c, "next", run, failed);
    b.CreateCondBr(b.CreateIsNull(dims), next, write);
    b.SetInsertPoint(write);
    for (auto [d, dim] : enumerate(ir::dimsOf(tensor.getType())))
      b.CreateStore(evaluate(dim.expr(tensor.getContext())),
                    b.CreateConstGEP1_32(i64, dims, d));
    b.CreateBr(next);
    b.SetInsertPoint(next);
  }
  b.CreateBr(done);
  b.SetInsertPoint(done);
}

void EntryBuilder::emitBind(plan::BindOp op) {
  Value *from = pointer(op.getFrom());
  auto *type = IntegerType::get(c, op.getWidth());
  for (auto [i, expr] : enumerate(op.getMap().getResults())) {
    Value *value = b.CreateSExtOrTrunc(
        b.CreateAlignedLoad(type, b.CreateConstGEP1_32(type, from, i),
                            Align(op.getWidth() / 8)),
        i64);
    auto symbol = dyn_cast<mlir::AffineSymbolExpr>(expr);
    if (symbol && !defined[symbol.getPosition()])
      define(symbol.getPosition(), value);
    else
      require(b.CreateICmpEQ(value, evaluate(expr)));
  }
  defineDerived();
}

void EntryBuilder::emitLaunch(const Layer &layer, unsigned index,
                              Function *step) {
  FunctionCallee kernel =
      module.getOrInsertFunction(layer.kernel->symbol, kernelType);
  cast<Function>(kernel.getCallee())
      ->setVisibility(GlobalValue::HiddenVisibility);
  unsigned slot = 0;
  plan::LaunchOp launch = layer.launch;
  for (mlir::ArrayAttr list : {launch.getReads(), launch.getWrites()})
    for (auto ref : list.getAsRange<plan::RefAttr>())
      b.CreateStore(pointer(ref), b.CreateConstGEP1_32(ptr, pointers, slot++));
  Value *context = run->getArg(0);
  plan::RefAttr scratch = launch.getScratchAttr();
  if (scratch && !layer.kernel->object.parallel)
    context = contextWithScratch(scratch);
  Value *dims = ConstantPointerNull::get(ptr);
  if (auto map = launch.getDims()) {
    dims = launchDims;
    for (auto [i, expr] : enumerate(map->getResults()))
      b.CreateStore(evaluate(expr), b.CreateConstGEP1_32(i64, launchDims, i));
  }
  check(b.CreateCall(
      step, {context, kernel.getCallee(), pointers, dims, u32(index)}));
}

Function *EntryBuilder::buildRun() {
  Function *step = buildStep();
  auto *type = FunctionType::get(i32, {ptr, ptr, ptr, ptr, ptr}, false);
  run = Function::Create(type, GlobalValue::InternalLinkage, "run", module);
  BasicBlock *entry = BasicBlock::Create(c, "entry", run);
  failed = BasicBlock::Create(c, "failed", run);
  b.SetInsertPoint(failed);
  failure = b.CreatePHI(i32, program.layers.size());
  b.CreateRet(failure);
  b.SetInsertPoint(entry);
  size_t most = 1, mostDims = 0;
  for (const Layer &layer : program.layers) {
    plan::LaunchOp launch = layer.launch;
    if (auto dims = launch.getDims())
      mostDims = std::max<size_t>(mostDims, dims->getNumResults());
    most = std::max(most, launch.getReads().size() + launch.getWrites().size());
  }
  pointers = b.CreateAlloca(ArrayType::get(ptr, most));
  if (mostDims)
    launchDims = b.CreateAlloca(ArrayType::get(i64, mostDims));
  auto loadAll = [&](Value *table, size_t count) {
    SmallVector<Value *> loaded;
    for (size_t i = 0; i < count; ++i)
      loaded.push_back(b.CreateLoad(ptr, b.CreateConstGEP1_32(ptr, table, i)));
    return loaded;
  };
  inputs = loadAll(run->getArg(2), program.inputs.size());
  outputs = loadAll(run->getArg(3), program.outputs.size());

  readInputDims();
  // A network of samples runs once for each.
  bool samples = !program.inputSampleBytes.empty();
  BasicBlock *done = nullptr, *head = nullptr;
  PHINode *sample = nullptr;
  if (samples) {
    mlir::AffineExpr n =
        mlir::getAffineSymbolExpr(0, program.symbols[0].getContext());
    Value *count = evaluate(n);
    BasicBlock *before = b.GetInsertBlock();
    head = BasicBlock::Create(c, "sample", run, failed);
    BasicBlock *body = BasicBlock::Create(c, "body", run, failed);
    done = BasicBlock::Create(c, "done", run, failed);
    b.CreateBr(head);
    b.SetInsertPoint(head);
    sample = b.CreatePHI(i64, 2);
    sample->addIncoming(u64(0), before);
    b.CreateCondBr(b.CreateICmpSLT(sample, count), body, done);
    b.SetInsertPoint(body);
    auto advance = [&](SmallVector<Value *> &bases, ArrayRef<int64_t> bytes) {
      for (auto [base, distance] : zip(bases, bytes))
        base = b.CreateGEP(b.getInt8Ty(), base, b.CreateMul(sample, u64(distance)));
    };
    advance(inputs, program.inputSampleBytes);
    advance(outputs, program.outputSampleBytes);
  }

  unsigned layer = 0;
  plan::ProgramOp op = program.op;
  for (mlir::Operation &step_ : op.getBody().front()) {
    if (isa<plan::LaunchOp>(step_)) {
      emitLaunch(program.layers[layer], layer, step);
      ++layer;
    } else if (auto copy = dyn_cast<plan::CopyOp>(step_)) {
      Type *size = module.getDataLayout().getIntPtrType(c);
      Value *bytes = ConstantInt::get(size, copy.getFrom().getBytes());
      if (auto count = copy.getCount())
        bytes = b.CreateTrunc(
            least(evaluate(count->getResult(0)),
                  u64(copy.getFrom().getBytes()), CmpInst::ICMP_SLT),
            size);
      b.CreateMemCpy(pointer(copy.getTo()), Align(1), pointer(copy.getFrom()),
                     Align(1), bytes);
    } else if (auto bind = dyn_cast<plan::BindOp>(step_)) {
      emitBind(bind);
    }
  }
  if (samples) {
    sample->addIncoming(b.CreateAdd(sample, u64(1)), b.GetInsertBlock());
    b.CreateBr(head);
    b.SetInsertPoint(done);
  }
  writeOutputDims();
  b.CreateRet(u32(XGEN_OK));
  if (!failure->getNumIncomingValues())
    failed->eraseFromParent();
  return run;
}

Constant *EntryBuilder::tensorTable(ArrayRef<plan::TensorAttr> tensors,
                                    StringRef name) {
  Type *f64 = b.getDoubleTy();
  auto *type =
      StructType::get(c, {ptr, ptr, i32, i32, i64, i32, i32, f64, i64});
  SmallVector<Constant *> rows;
  for (plan::TensorAttr tensor : tensors) {
    mlir::RankedTensorType shape = ir::largestOf(tensor.getType());
    SmallVector<Constant *> dims;
    for (int64_t dim : shape.getShape())
      dims.push_back(u64(dim));
    uint32_t flags =
        ir::isDynamic(tensor.getType()) ? XGEN_TENSOR_DYNAMIC : 0;
    double scale = 1;
    int64_t zero = 0;
    if (auto quant = dyn_cast<mlir::quant::UniformQuantizedType>(
            shape.getElementType())) {
      flags |= XGEN_TENSOR_QUANTIZED;
      scale = quant.getScale();
      zero = quant.getZeroPoint();
    }
    rows.push_back(ConstantStruct::get(
        type,
        {text(tensor.getName()), array(i64, dims, "dims"), u32(shape.getRank()),
         u32(*tensorDType(shape.getElementType())), u64(ir::tensorBytes(shape)),
         u32(ir::elementBytes(shape.getElementType())), u32(flags),
         ConstantFP::get(f64, scale), u64(zero)}));
  }
  return array(type, rows, name);
}

Constant *EntryBuilder::layerTable() {
  auto *type = StructType::get(c, {ptr, ptr, ptr, i64, i64});
  SmallVector<Constant *> rows;
  for (const Layer &layer : program.layers)
    rows.push_back(ConstantStruct::get(
        type,
        {text(layer.nodes), text(layer.kernel->symbol),
         text(layer.kernel->schedule), u64(layer.macs), u64(layer.bytes)}));
  return array(type, rows, "layers");
}

void EntryBuilder::build(uint64_t cpuFeatures) {
  Constant *none = ConstantPointerNull::get(ptr);
  Constant *weights = none;
  if (program.weightsBytes && !program.sideWeights) {
    // A place holder: writeWithWeights puts the bytes there.
    auto *type = ArrayType::get(b.getInt8Ty(), 64);
    auto *section =
        new GlobalVariable(module, type, true, GlobalValue::InternalLinkage,
                           Constant::getNullValue(type), weightsSymbol);
    section->setSection(weightsSection);
    section->setAlignment(Align(64));
    weights = section;
  }
  // Models without dynamic extents run with the first runtime, too.
  uint32_t abi = program.symbols.empty() ? 0x00010000u : XGEN_ABI_VERSION;
  SmallVector<Constant *> members = {u32(abi),
                                     u32(0), // struct_size, below
                                     text(program.name),
                                     text(target.name),
                                     text("xgen " XGEN_VERSION_STRING),
                                     u64(program.weightsHash),
                                     u64(cpuFeatures),
                                     tensorTable(program.inputs, "inputs"),
                                     tensorTable(program.outputs, "outputs"),
                                     none, // states
                                     layerTable(),
                                     u32(program.inputs.size()),
                                     u32(program.outputs.size()),
                                     u32(0),
                                     u32(program.layers.size()),
                                     u64(program.arenaBytes),
                                     u64(program.scratchBytes),
                                     u64(0), // state_bytes
                                     u64(program.weightsBytes),
                                     u64(program.codeBytes),
                                     weights,
                                     buildRun()};
  if (!program.symbols.empty()) {
    auto *row = StructType::get(c, {ptr, i32, i32, i64, i64, i64});
    SmallVector<Constant *> rows;
    for (const Program::FreeDim &d : program.freeDims())
      rows.push_back(ConstantStruct::get(
          row, {text(d.name), u32(d.input), u32(d.dimension), u64(d.min),
                u64(d.max), u64(d.step)}));
    members.push_back(array(row, rows, "dims"));
    members.push_back(u64(rows.size()));
  }
  SmallVector<Type *> types;
  for (Constant *member : members)
    types.push_back(member->getType());
  auto *type = StructType::get(c, types);
  members[1] = u32(module.getDataLayout().getTypeAllocSize(type));
  new GlobalVariable(
      module, type, /*isConstant=*/true, GlobalValue::ExternalLinkage,
      ConstantStruct::get(type, members), program.symbol("model"));
}

Expected<SmallVector<char, 0>> xgen::emitEntry(const Program &program,
                                               const xgen::Target &target,
                                               EmitKind kind) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  // The table must be readable, and the run function able to return, on any
  // processor of the architecture: xgen_check decides there. The table is
  // data, and run is called after the check.
  Expected<uint64_t> features = requiredCpuFeatures(target);
  if (!features)
    return features.takeError();
  LLVMContext context;
  Module module("entry", context);
  module.setDataLayout((*machine)->createDataLayout());
  module.setTargetTriple((*machine)->getTargetTriple());
  EntryBuilder(program, target, module).build(*features);
  return emitModule(module, program.symbol("model"), **machine,
                    ModuleOrigin::Ours, kind);
}
