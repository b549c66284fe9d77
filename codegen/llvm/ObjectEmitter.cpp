//===- ObjectEmitter.cpp - LLVM modules to objects ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Target machines, the optimization pipeline and emission.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/ObjectEmitter.h"
#include "codegen/llvm/Reciprocals.h"
#include "codegen/llvm/Roundings.h"
#include "xgen/xgen.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace llvm;
using namespace xgen;

void xgen::initializeBackends() {
  static const bool done = [] {
    // By name: the tools need no other back end.
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
    LLVMInitializeARMTargetInfo();
    LLVMInitializeARMTarget();
    LLVMInitializeARMTargetMC();
    LLVMInitializeARMAsmPrinter();
    LLVMInitializeARMAsmParser();
    return true;
  }();
  (void)done;
}

Expected<std::unique_ptr<TargetMachine>>
xgen::createTargetMachine(const xgen::Target &target) {
  initializeBackends();
  Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return createStringError("target '%s': %s", target.name.c_str(),
                             error.c_str());
  // LLVM only prints a warning about a misspelt cpu or feature and goes on.
  std::unique_ptr<MCSubtargetInfo> probe(
      backend->createMCSubtargetInfo(triple, "", ""));
  if (!probe->isCPUStringValid(target.cpu))
    return createStringError("unknown -mcpu=%s for target '%s'",
                             target.cpu.c_str(), target.name.c_str());
  SmallVector<StringRef> features;
  StringRef(target.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features) {
    StringRef name =
        feature.drop_while([](char c) { return c == '+' || c == '-'; });
    bool known = any_of(probe->getAllProcessorFeatures(),
                        [&](const auto &kv) { return name == kv.Key; });
    if (!known)
      return createStringError("unknown feature '%s' in -mattr for target '%s'",
                               feature.str().c_str(), target.name.c_str());
  }

  TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  // Sums must not depend on where LLVM sees a multiply next to an add: Halide
  // says itself where contraction is allowed.
  options.AllowFPOpFusion = FPOpFusion::Standard;
  if (target.arch == Arch::Arm)
    options.FloatABIType = FloatABI::Hard;
  std::unique_ptr<TargetMachine> machine(backend->createTargetMachine(
      triple, target.cpu, target.features, options, Reloc::PIC_,
      CodeModel::Small, CodeGenOptLevel::Aggressive));
  if (!machine)
    return createStringError("target '%s': LLVM has no back end for it",
                             target.name.c_str());
  return std::move(machine);
}

/// Gives everything that the module defines the machine's attributes and local
/// linkage, `symbol` excepted.
static void retarget(Module &module, StringRef symbol, TargetMachine &machine) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  // A module flag of Halide's may name another ABI or unwinding; only
  // wchar_size and the like would be left, and nothing reads them.
  module.setSourceFileName("xgen");
  if (NamedMDNode *ident = module.getNamedMetadata("llvm.ident"))
    ident->eraseFromParent();
  for (Function &f : module) {
    if (f.isIntrinsic())
      continue;
    for (StringRef name : {"target-cpu", "target-features", "tune-cpu",
                           "reciprocal-estimates", "probe-stack"})
      f.removeFnAttr(name);
    if (f.isDeclaration())
      continue;
    f.addFnAttr("target-cpu", machine.getTargetCPU());
    f.addFnAttr("target-features", machine.getTargetFeatureString());
    f.addFnAttr(Attribute::NoUnwind);
    f.removeFnAttr(Attribute::UWTable);
    f.setDSOLocal(true);
    if (f.getName() != symbol) {
      // With the kernel's name in theirs, for profiles and for assembly files
      // of many kernels.
      f.setComdat(nullptr);
      f.setLinkage(GlobalValue::InternalLinkage);
      f.setName(symbol + "." + f.getName());
    } else {
      f.setLinkage(GlobalValue::ExternalLinkage);
      f.setVisibility(GlobalValue::HiddenVisibility);
    }
  }
  for (GlobalVariable &g : module.globals()) {
    if (g.isDeclaration() || g.getName() == symbol)
      continue;
    g.setComdat(nullptr);
    if (!g.hasAppendingLinkage() && !g.hasSection())
      g.setLinkage(GlobalValue::PrivateLinkage);
  }
}

static void optimize(Module &module, TargetMachine &machine,
                     ModuleOrigin origin) {
  PipelineTuningOptions tuning;
  bool loops = origin == ModuleOrigin::Ours;
  tuning.LoopVectorization = loops;
  tuning.LoopInterleaving = loops;
  tuning.LoopUnrolling = loops;
  tuning.SLPVectorization = loops;
  PassBuilder builder(&machine, tuning);
  LoopAnalysisManager lam;
  FunctionAnalysisManager fam;
  CGSCCAnalysisManager cgam;
  ModuleAnalysisManager mam;
  builder.registerModuleAnalyses(mam);
  builder.registerCGSCCAnalyses(cgam);
  builder.registerFunctionAnalyses(fam);
  builder.registerLoopAnalyses(lam);
  builder.crossRegisterProxies(lam, fam, cgam, mam);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3).run(module, mam);
}

Expected<SmallVector<char, 0>>
xgen::emitModule(Module &module, StringRef symbol, TargetMachine &machine,
                 ModuleOrigin origin, EmitKind kind) {
  retarget(module, symbol, machine);
  StripDebugInfo(module);
  std::string broken;
  raw_string_ostream brokenStream(broken);
  if (verifyModule(module, &brokenStream))
    return createStringError("internal error: invalid LLVM IR: %s",
                             broken.c_str());
  optimize(module, machine, origin);
  if (machine.getTargetTriple().isX86() &&
      machine.getMCSubtargetInfo()->checkFeatures("+avx512f"))
    widenReciprocalEstimates(module);
  if (machine.getTargetTriple().isAArch64())
    roundInOneInstruction(module);

  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  if (kind == EmitKind::IR) {
    module.print(stream, nullptr);
    return bytes;
  }
  legacy::PassManager passes;
  auto file = kind == EmitKind::Object ? CodeGenFileType::ObjectFile
                                       : CodeGenFileType::AssemblyFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, file))
    return createStringError("internal error: this LLVM cannot emit %s",
                             machine.getTargetTriple().str().c_str());
  passes.run(module);
  return bytes;
}

Expected<uint64_t> xgen::requiredCpuFeatures(const xgen::Target &target) {
  initializeBackends();
  Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend = TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return createStringError("target '%s': %s", target.name.c_str(),
                             error.c_str());
  std::unique_ptr<MCSubtargetInfo> info(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  struct Bit {
    const char *features;
    uint64_t bit;
  };
  static const Bit x86[] = {
      {"+sse4.2,+popcnt", XGEN_CPU_X86_V2},
      {"+avx2,+fma,+f16c,+bmi,+bmi2", XGEN_CPU_X86_V3},
      {"+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl", XGEN_CPU_X86_V4},
      {"+avx512vnni", XGEN_CPU_X86_AVX512VNNI},
      {"+avxvnni", XGEN_CPU_X86_AVXVNNI},
      {"+avx512bf16", XGEN_CPU_X86_AVX512BF16},
      {"+avx512fp16", XGEN_CPU_X86_AVX512FP16},
      {"+avx512vbmi", XGEN_CPU_X86_AVX512VBMI}};
  static const Bit arm64[] = {
      {"+neon", XGEN_CPU_ARM_NEON},       {"+fullfp16", XGEN_CPU_ARM_FP16},
      {"+dotprod", XGEN_CPU_ARM_DOTPROD}, {"+i8mm", XGEN_CPU_ARM_I8MM},
      {"+bf16", XGEN_CPU_ARM_BF16},       {"+sve", XGEN_CPU_ARM_SVE},
      {"+sve2", XGEN_CPU_ARM_SVE2}};
  static const Bit arm[] = {
      {"+neon", XGEN_CPU_ARM_NEON},     {"+vfp4", XGEN_CPU_ARM_VFPV4},
      {"+fullfp16", XGEN_CPU_ARM_FP16}, {"+dotprod", XGEN_CPU_ARM_DOTPROD},
      {"+i8mm", XGEN_CPU_ARM_I8MM},     {"+bf16", XGEN_CPU_ARM_BF16}};
  ArrayRef<Bit> bits = target.arch == Arch::X86_64    ? ArrayRef<Bit>(x86)
                       : target.arch == Arch::AArch64 ? ArrayRef<Bit>(arm64)
                                                      : ArrayRef<Bit>(arm);
  uint64_t result = 0;
  for (const Bit &bit : bits)
    if (info->checkFeatures(bit.features))
      result |= bit.bit;
  return result;
}
