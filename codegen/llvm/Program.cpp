//===- Program.cpp - A plan and its kernels, ready to emit ----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads plan.program and checks that every reference stays inside its buffer:
// generated code has no bounds checks.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Program.h"
#include "codegen/llvm/Binary.h"
#include "dialects/xgen/XgenBatch.h"
#include "xgen/xgen.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace xgen;

std::string xgen::cIdentifier(StringRef text) {
  std::string name;
  for (char c : text)
    name += isAlnum(c) ? c : '_';
  if (name.empty())
    name = "model";
  return name;
}

std::optional<int32_t> xgen::tensorDType(mlir::Type element) {
  element = ir::storageType(element);
  if (element.isF32())
    return XGEN_F32;
  if (element.isF64())
    return XGEN_F64;
  if (element.isF16())
    return XGEN_F16;
  if (element.isBF16())
    return XGEN_BF16;
  if (isa<mlir::Float8E4M3FNType>(element))
    return XGEN_F8E4M3FN;
  if (isa<mlir::Float8E4M3FNUZType>(element))
    return XGEN_F8E4M3FNUZ;
  if (isa<mlir::Float8E5M2Type>(element))
    return XGEN_F8E5M2;
  if (isa<mlir::Float8E5M2FNUZType>(element))
    return XGEN_F8E5M2FNUZ;
  if (isa<mlir::Float4E2M1FNType>(element))
    return XGEN_F4E2M1;
  if (isa<mlir::Float8E8M0FNUType>(element))
    return XGEN_F8E8M0;
  auto integer = dyn_cast<mlir::IntegerType>(element);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return XGEN_BOOL;
  case 2:
    return isUnsigned ? XGEN_U2 : XGEN_I2;
  case 4:
    return isUnsigned ? XGEN_U4 : XGEN_I4;
  case 8:
    return isUnsigned ? XGEN_U8 : XGEN_I8;
  case 16:
    return isUnsigned ? XGEN_U16 : XGEN_I16;
  case 32:
    return isUnsigned ? XGEN_U32 : XGEN_I32;
  case 64:
    return isUnsigned ? XGEN_U64 : XGEN_I64;
  }
  return std::nullopt;
}

static Error checkRef(const Program &program, plan::RefAttr ref,
                      mlir::Operation *op, bool written) {
  auto bad = [&](const Twine &why) {
    std::string text;
    raw_string_ostream stream(text);
    stream << ref;
    return createStringError("internal error: plan: '" +
                             op->getName().getStringRef() + "' on " + text +
                             ": " + why);
  };
  int64_t size = 0;
  switch (ref.getSpace()) {
  case plan::Space::Input:
  case plan::Space::Output: {
    bool input = ref.getSpace() == plan::Space::Input;
    if (input && written)
      return bad("inputs are never written");
    ArrayRef<plan::TensorAttr> tensors =
        input ? program.inputs : program.outputs;
    if (ref.getIndex() < 0 || ref.getIndex() >= int64_t(tensors.size()))
      return bad("no such tensor");
    size = ir::tensorBytes(tensors[ref.getIndex()].getType());
    break;
  }
  case plan::Space::Weights:
    if (written)
      return bad("weights are never written");
    size = program.weightsBytes;
    break;
  case plan::Space::Arena:
    size = program.arenaBytes;
    break;
  }
  if (ref.getOffset() < 0 || ref.getBytes() < 0 || ref.getOffset() > size ||
      ref.getBytes() > size - ref.getOffset())
    return bad("ends outside its " + Twine(size) + " bytes");
  return Error::success();
}

/// One launch: its buffers are those that the kernel's signature asks for.
static Error readLaunch(Program &program, mlir::SymbolTable &symbols,
                        const KernelMap &kernels, plan::LaunchOp launch) {
  Layer layer;
  layer.launch = launch;
  layer.func = symbols.lookup<kernel::FuncOp>(launch.getKernel());
  auto compiled = kernels.find(launch.getKernel());
  if (!layer.func || compiled == kernels.end())
    return createStringError("internal error: plan launches unknown kernel '" +
                             launch.getKernel() + "'");
  layer.kernel = compiled->second.get();
  auto refs = [](mlir::ArrayAttr array) {
    return map_to_vector(
        array, [](mlir::Attribute a) { return cast<plan::RefAttr>(a); });
  };
  SmallVector<plan::RefAttr> reads = refs(launch.getReads());
  SmallVector<plan::RefAttr> writes = refs(launch.getWrites());
  mlir::FunctionType type = layer.func.getFunctionType();
  if (reads.size() != type.getNumInputs() ||
      writes.size() != type.getNumResults())
    return createStringError("internal error: plan gives kernel '" +
                             launch.getKernel() +
                             "' a wrong number of buffers");
  auto check = [&](plan::RefAttr ref, mlir::Type tensor,
                   bool written) -> Error {
    if (Error error = checkRef(program, ref, launch, written))
      return error;
    layer.bytes += ref.getBytes();
    auto ranked = dyn_cast<mlir::RankedTensorType>(tensor);
    bool dynamic = ranked && ir::isDynamic(ranked);
    if (!ranked || (dynamic && !ranked.getEncoding()))
      return createStringError("kernel '" + launch.getKernel() +
                               "' has a tensor of unknown shape; give "
                               "-input-shape");
    if (ir::tensorBytes(ranked) > ref.getBytes() && !dynamic)
      return createStringError("internal error: plan gives kernel '" +
                               launch.getKernel() +
                               "' a buffer that is too small");
    return Error::success();
  };
  for (auto [ref, tensor] : zip(reads, type.getInputs()))
    if (Error error = check(ref, tensor, false))
      return error;
  for (auto [ref, tensor] : zip(writes, type.getResults()))
    if (Error error = check(ref, tensor, true))
      return error;
  int64_t scratch = layer.kernel->object.scratchBytes;
  plan::RefAttr planned = launch.getScratchAttr();
  if (planned && planned.getSpace() != plan::Space::Arena)
    return createStringError("internal error: scratch outside the arena");
  if (planned)
    if (Error error = checkRef(program, planned, launch, true))
      return error;
  // Threads of a parallel kernel have their slots behind the arena.
  if (layer.kernel->object.parallel || !planned)
    program.scratchBytes = std::max(program.scratchBytes, scratch);
  else if (planned.getBytes() < scratch)
    return createStringError("internal error: plan gives kernel '" +
                             launch.getKernel() + "' too little scratch");
  layer.macs = launch.getMacs();
  if (auto nodes = launch.getNodes())
    for (auto node : nodes->getAsRange<mlir::StringAttr>()) {
      if (!layer.nodes.empty())
        layer.nodes += ", ";
      layer.nodes += node.getValue();
    }
  program.layers.push_back(std::move(layer));
  return Error::success();
}

/// All ops of a block and of those inside, in the order of the code.
static Error readBlock(Program &program, mlir::SymbolTable &symbols,
                       const KernelMap &kernels, mlir::Block &block) {
  struct Use {
    plan::RefAttr ref;
    bool written;
    int64_t bytes;
  };
  for (mlir::Operation &op : block) {
    SmallVector<Use> uses;
    if (auto weight = dyn_cast<plan::WeightOp>(op)) {
      uses = {{weight.getRef(), false, 0}};
      program.weights.push_back(weight);
    } else if (auto launch = dyn_cast<plan::LaunchOp>(op)) {
      if (Error error = readLaunch(program, symbols, kernels, launch))
        return error;
    } else if (auto copy = dyn_cast<plan::CopyOp>(op)) {
      // A count bounds what is read, whatever the size of the result's buffer.
      uses = {{copy.getFrom(), false,
               copy.getCount() ? 0 : copy.getTo().getBytes()},
              {copy.getTo(), true, copy.getFrom().getBytes()}};
    } else if (auto append = dyn_cast<plan::AppendOp>(op)) {
      auto loop = dyn_cast<plan::LoopOp>(op.getParentOp());
      uses = {{append.getFrom(), false, 0},
              {append.getTo(), true,
               append.getFrom().getBytes() * int64_t(loop ? loop.getMost() : 1)}};
    } else if (auto bind = dyn_cast<plan::BindOp>(op)) {
      uses = {{bind.getFrom(), false, 0}};
    } else if (auto branch = dyn_cast<plan::IfOp>(op)) {
      uses = {{branch.getCondition(), false, 1}};
    } else if (auto loop = dyn_cast<plan::LoopOp>(op)) {
      uses = {{loop.getTripsAttr(), false, 8},
              {loop.getConditionAttr(), false, 1},
              {loop.getIndex(), true, 8},
              {loop.getCount(), true, 8}};
    } else if (!isa<plan::YieldOp>(op)) {
      return createStringError("internal error: cannot emit '" +
                               op.getName().getStringRef() + "'");
    }
    for (const Use &use : uses) {
      if (!use.ref)
        continue;
      if (Error error = checkRef(program, use.ref, &op, use.written))
        return error;
      if (use.ref.getBytes() < use.bytes)
        return createStringError("internal error: plan: a buffer of '" +
                                 op.getName().getStringRef() +
                                 "' is too small");
    }
    for (mlir::Region &region : op.getRegions())
      if (Error error = readBlock(program, symbols, kernels, region.front()))
        return error;
  }
  return Error::success();
}

Expected<Program> xgen::readProgram(mlir::ModuleOp module,
                                    const KernelMap &kernels, StringRef name) {
  auto programs = module.getOps<plan::ProgramOp>();
  if (programs.empty())
    return createStringError("internal error: no plan.program to emit");
  Program program;
  program.op = *programs.begin();
  program.name = cIdentifier(name);
  ir::Symbols symbolTable(module);
  append_range(program.symbols, symbolTable.all());
  auto batch = ir::batchOf(module);
  program.arenaBytes = alignTo(program.op.getArenaBytes(), 64);
  program.weightsBytes = program.op.getWeightsBytes();
  program.peakLiveBytes = program.op.getPeakLiveBytes();
  for (auto tensor : program.op.getInputs().getAsRange<plan::TensorAttr>())
    program.inputs.push_back(tensor);
  for (auto tensor : program.op.getOutputs().getAsRange<plan::TensorAttr>())
    program.outputs.push_back(tensor);
  if (batch) {
    // To the outside, tensors are whole batches.
    if (!program.symbols.empty() ||
        batch->inputs.size() != program.inputs.size() ||
        batch->outputs.size() != program.outputs.size())
      return createStringError("xgen.batch does not fit the program");
    program.symbols.push_back(batch->symbol);
    auto widen = [&](std::vector<plan::TensorAttr> &tensors,
                     ArrayRef<int64_t> rows, std::vector<int64_t> &bytes) {
      for (auto [tensor, r] : zip(tensors, rows)) {
        bytes.push_back(r ? ir::tensorBytes(tensor.getType()) : 0);
        tensor = plan::TensorAttr::get(
            tensor.getContext(), tensor.getName(),
            ir::batchType(tensor.getType(), r, batch->symbol));
      }
    };
    widen(program.inputs, batch->inputs, program.inputSampleBytes);
    widen(program.outputs, batch->outputs, program.outputSampleBytes);
  }
  for (ArrayRef<plan::TensorAttr> list :
       {ArrayRef(program.inputs), ArrayRef(program.outputs)})
    for (plan::TensorAttr tensor : list) {
      if (ir::isDynamic(tensor.getType()) && !tensor.getType().getEncoding())
        return createStringError("tensor '%s' has an unknown dimension; give "
                                 "-input-shape or -dim",
                                 tensor.getName().str().c_str());
      if (!tensorDType(tensor.getType().getElementType()))
        return createStringError("tensor '%s': inputs and outputs cannot have "
                                 "this element type",
                                 tensor.getName().str().c_str());
    }

  mlir::SymbolTable symbols(module);
  if (Error error = readBlock(program, symbols, kernels,
                              program.op.getBody().front()))
    return std::move(error);
  sort(program.weights, [](plan::WeightOp a, plan::WeightOp b) {
    return a.getRef().getOffset() < b.getRef().getOffset();
  });
  int64_t end = 0;
  for (plan::WeightOp weight : program.weights) {
    if (weight.getRef().getOffset() < end)
      return createStringError("internal error: plan's weights overlap");
    end = weight.getRef().getOffset() + weight.getRef().getBytes();
  }
  program.scratchBytes = alignTo(program.scratchBytes, 64);
  StringMap<bool> counted;
  for (const Layer &layer : program.layers)
    if (counted.try_emplace(layer.kernel->symbol, true).second)
      program.codeBytes += codeBytes(layer.kernel->object.bytes);
  Expected<uint64_t> hash = hashWeights(program);
  if (!hash)
    return hash.takeError();
  program.weightsHash = *hash;
  return std::move(program);
}

std::vector<Program::FreeDim> Program::freeDims() const {
  std::vector<FreeDim> result;
  for (auto [i, tensor] : enumerate(inputs))
    for (auto [d, dim] : enumerate(ir::dimsOf(tensor.getType()))) {
      if (dim.isStatic())
        continue;
      // A symbol, or a symbol times the step.
      mlir::AffineExpr expr = dim.expr(tensor.getContext());
      int64_t step = 1;
      if (auto product = dyn_cast<mlir::AffineBinaryOpExpr>(expr))
        if (auto factor =
                dyn_cast<mlir::AffineConstantExpr>(product.getRHS())) {
          step = factor.getValue();
          expr = product.getLHS();
        }
      auto symbol = dyn_cast<mlir::AffineSymbolExpr>(expr);
      if (!symbol || symbol.getPosition() >= symbols.size())
        continue;
      auto entry = cast<ir::SymbolAttr>(symbols[symbol.getPosition()]);
      result.push_back({entry.getName().str(), unsigned(i), unsigned(d),
                        dim.min(), dim.max(), step});
    }
  return result;
}
