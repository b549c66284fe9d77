//===- Entry.cpp - Model table ----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The table is the xgen_model of runtime/include/xgen/xgen.h, whose order of
// members is repeated here; the run function is in EntryRun.cpp.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Entry.h"
#include "codegen/llvm/Version.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace xgen;

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
