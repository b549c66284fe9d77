//===- EntryRun.cpp - The run function ------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The run function is the plan as code: for each launch the kernel's pointers
// are stored on the stack and the kernel is called; branches and loops of the
// plan are branches and loops of the code. Extents that are known at run time
// are kept in a table on the stack.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Entry.h"

using namespace llvm;
using namespace xgen;

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
    if (defined[i] || !entry.getArgs() ||
        (entry.getScope() && !is_contained(scopes, entry.getScope().getValue())))
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

void EntryBuilder::emitCopy(plan::RefAttr from, Value *to,
                            std::optional<mlir::AffineMap> count) {
  Type *size = module.getDataLayout().getIntPtrType(c);
  Value *bytes = ConstantInt::get(size, from.getBytes());
  if (count)
    bytes = b.CreateTrunc(least(evaluate(count->getResult(0)),
                                u64(from.getBytes()), CmpInst::ICMP_SLT),
                          size);
  b.CreateMemCpy(to, Align(1), pointer(from), Align(1), bytes);
}

void EntryBuilder::emitAppend(plan::AppendOp op) {
  Value *each = u64(op.getFrom().getBytes());
  if (auto count = op.getCount())
    each = least(evaluate(count->getResult(0)), each, CmpInst::ICMP_SLT);
  Value *offset = b.CreateMul(b.CreateLoad(i64, iteration), each);
  Value *to = b.CreateGEP(
      b.getInt8Ty(), pointer(op.getTo()),
      b.CreateZExtOrTrunc(offset, module.getDataLayout().getIntPtrType(c)));
  emitCopy(op.getFrom(), to, op.getCount());
}

void EntryBuilder::emitScope(StringRef name, mlir::Block &block,
                             Function *step) {
  SmallVector<bool> before = defined;
  scopes.push_back(name);
  // What follows from symbols that have values already.
  if (symbols)
    defineDerived();
  emitBlock(block, step);
  scopes.pop_back();
  defined = std::move(before);
}

void EntryBuilder::emitIf(plan::IfOp op, Function *step) {
  Value *condition = b.CreateIsNotNull(
      b.CreateAlignedLoad(b.getInt8Ty(), pointer(op.getCondition()), Align(1)));
  BasicBlock *thenBlock = newBlock("then"), *elseBlock = newBlock("else"),
             *end = newBlock("end");
  b.CreateCondBr(condition, thenBlock, elseBlock);
  for (unsigned i : {0, 1}) {
    b.SetInsertPoint(i ? elseBlock : thenBlock);
    emitScope(cast<mlir::StringAttr>(op.getNames()[i]).getValue(),
              op->getRegion(i).front(), step);
    b.CreateBr(end);
  }
  b.SetInsertPoint(end);
}

void EntryBuilder::emitLoop(plan::LoopOp op, Function *step) {
  auto number = [&](plan::RefAttr ref) {
    return b.CreateAlignedLoad(i64, pointer(ref), Align(8));
  };
  Value *outer = iteration;
  IRBuilder<> top(&run->getEntryBlock(), run->getEntryBlock().begin());
  iteration = top.CreateAlloca(i64);
  Value *trips = op.getTrips() ? number(*op.getTrips()) : nullptr;
  b.CreateStore(u64(0), iteration);
  BasicBlock *head = newBlock("loop"), *body = newBlock("body"),
             *end = newBlock("end");
  b.CreateBr(head);
  b.SetInsertPoint(head);
  Value *at = b.CreateLoad(i64, iteration), *more = b.getTrue();
  if (trips)
    more = b.CreateICmpSLT(at, trips);
  if (auto condition = op.getCondition())
    more = b.CreateAnd(more, b.CreateIsNotNull(b.CreateAlignedLoad(
                                 b.getInt8Ty(), pointer(*condition), Align(1))));
  b.CreateCondBr(more, body, end);
  b.SetInsertPoint(body);
  require(b.CreateICmpSLT(at, u64(op.getMost())));
  b.CreateAlignedStore(at, pointer(op.getIndex()), Align(8));
  emitScope(op.getName(), op.getBody().front(), step);
  b.CreateStore(b.CreateAdd(b.CreateLoad(i64, iteration), u64(1)), iteration);
  b.CreateBr(head);
  b.SetInsertPoint(end);
  b.CreateAlignedStore(b.CreateLoad(i64, iteration), pointer(op.getCount()),
                       Align(8));
  iteration = outer;
}

void EntryBuilder::emitBlock(mlir::Block &block, Function *step) {
  for (mlir::Operation &op : block) {
    if (isa<plan::LaunchOp>(op)) {
      unsigned layer = nextLayer++;
      emitLaunch(program.layers[layer], layer, step);
    } else if (auto copy = dyn_cast<plan::CopyOp>(op)) {
      emitCopy(copy.getFrom(), pointer(copy.getTo()), copy.getCount());
    } else if (auto append = dyn_cast<plan::AppendOp>(op)) {
      emitAppend(append);
    } else if (auto bind = dyn_cast<plan::BindOp>(op)) {
      emitBind(bind);
    } else if (auto branch = dyn_cast<plan::IfOp>(op)) {
      emitIf(branch, step);
    } else if (auto loop = dyn_cast<plan::LoopOp>(op)) {
      emitLoop(loop, step);
    }
  }
}

/// The steps once for each sample of the batch, which is symbol 0.
void EntryBuilder::emitSamples(Function *step) {
  Value *count = evaluate(
      mlir::getAffineSymbolExpr(0, program.symbols[0].getContext()));
  BasicBlock *before = b.GetInsertBlock();
  BasicBlock *head = BasicBlock::Create(c, "sample", run, failed);
  BasicBlock *body = BasicBlock::Create(c, "body", run, failed);
  BasicBlock *done = BasicBlock::Create(c, "done", run, failed);
  b.CreateBr(head);
  b.SetInsertPoint(head);
  PHINode *sample = b.CreatePHI(i64, 2);
  sample->addIncoming(u64(0), before);
  b.CreateCondBr(b.CreateICmpSLT(sample, count), body, done);
  b.SetInsertPoint(body);
  auto advance = [&](SmallVector<Value *> &bases, ArrayRef<int64_t> bytes) {
    for (auto [base, distance] : zip(bases, bytes))
      base = b.CreateGEP(b.getInt8Ty(), base,
                         b.CreateMul(sample, u64(distance)));
  };
  advance(inputs, program.inputSampleBytes);
  advance(outputs, program.outputSampleBytes);
  plan::ProgramOp op = program.op;
  emitBlock(op.getBody().front(), step);
  sample->addIncoming(b.CreateAdd(sample, u64(1)), b.GetInsertBlock());
  b.CreateBr(head);
  b.SetInsertPoint(done);
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
  plan::ProgramOp op = program.op;
  if (program.inputSampleBytes.empty())
    emitBlock(op.getBody().front(), step);
  else
    emitSamples(step);
  writeOutputDims();
  b.CreateRet(u32(XGEN_OK));
  if (!failure->getNumIncomingValues())
    failed->eraseFromParent();
  return run;
}
