//===- KernelEmitter.cpp - Kernels through Halide -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Entry points. Halide's exceptions end here.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/KernelEmitter.h"
#include "codegen/halide/Emitter.h"
#include "codegen/halide/schedules/Templates.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

bool xgen::canEmit(Operation *op, const Target &target) {
  if (ir::isDynamic(op))
    return false;
  if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
    auto type = cast<RankedTensorType>(constant.getResult().getType());
    return isa<DenseElementsAttr>(constant.getValue()) && type.getNumElements() > 0 &&
           type.getNumElements() <= 4096 && supportedElement(type.getElementType());
  }
  for (Value v : llvm::concat<const Value>(
           SmallVector<Value>(op->getOperands()), SmallVector<Value>(op->getResults()))) {
    auto type = dyn_cast<RankedTensorType>(v.getType());
    if (!type || !type.hasStaticShape() || type.getNumElements() == 0 ||
        type.getNumElements() >= (int64_t(1) << 30) ||
        !supportedElement(type.getElementType()))
      return false;
  }
  if (op->getNumResults() != 1)
    return false;
  return isAnchor(op) ? canEmitAnchor(op, target) : canEmitPointwise(op, target);
}

Operation *xgen::mainAnchorOf(kernel::FuncOp kernel) {
  Operation *main = nullptr;
  int64_t macs = -1;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (isAnchor(&op))
      if (int64_t n = cast<ir::TensorOpInterface>(op).getMacs(); n > macs)
        main = &op, macs = n;
  return main;
}

double xgen::serialCycles(kernel::FuncOp kernel, const xgen::Target &target) {
  double cycles = 0, bytes = 0, lanes = target.lanes(4);
  auto add = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    bytes += tensor.hasStaticShape() ? ir::tensorBytes(tensor) : 0;
  };
  llvm::for_each(kernel.getArgumentTypes(), add);
  llvm::for_each(kernel.getResultTypes(), add);
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    auto tensor = dyn_cast<ir::TensorOpInterface>(op);
    if (!tensor || isa<ir::ConstantOp>(op) || op.getNumOperands() == 0)
      continue;
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    if (!type || !type.hasStaticShape())
      continue;
    auto operand = dyn_cast<RankedTensorType>(op.getOperand(0).getType());
    bool quantized = operand && ir::isQuantized(operand.getElementType());
    // Two vectors of multiply-adds a cycle at most; four times as many of bytes.
    cycles += tensor.getMacs() / (lanes * (quantized ? 4 : 1.4));
    cycles += type.getNumElements() / lanes * 2;
  }
  return cycles + bytes / 24;
}

Target halide::targetOf(kernel::FuncOp kernel, const Target &target) {
  Target own = target;
  if (kernel->hasAttr("kernel.serial"))
    own.threads = 1;
  return own;
}

namespace {
/// Halide's messages. Assertions are compiled out of kernels, so the warning that
/// one of them is certain to fail means wrong code.
class Reporter : public Halide::CompileTimeErrorReporter {
public:
  void warning(const char *message) override {
    if (llvm::StringRef(message).contains("guaranteed to fail"))
      throw Halide::CompileError(message);
  }
  void error(const char *message) override { throw Halide::CompileError(message); }
};
} // namespace

static constexpr llvm::StringLiteral halideSymbol = "xgen_halide_kernel";

static void installReporter() {
  static Reporter reporter;
  static const bool done = [] {
    Halide::set_custom_compile_time_error_reporter(&reporter);
    return true;
  }();
  (void)done;
}

/// Halide writes files only; what it makes of a module passes through a temporary
/// one.
static llvm::Expected<std::string> outputOf(Halide::Module &module,
                                            Halide::OutputFileType kind) {
  SmallString<128> path;
  if (std::error_code ec = llvm::sys::fs::createTemporaryFile("xgen", "halide", path))
    return llvm::createStringError(ec, "cannot make a temporary file");
  std::string failure;
  try {
    module.compile({{kind, path.str().str()}});
  } catch (const Halide::Error &error) {
    failure = error.what();
  }
  auto buffer = llvm::MemoryBuffer::getFile(path);
  llvm::sys::fs::remove(path);
  if (!failure.empty())
    return llvm::createStringError("internal error: Halide: %s", failure.c_str());
  if (!buffer)
    return llvm::createStringError(buffer.getError(), "cannot read back a kernel");
  return (*buffer)->getBuffer().str();
}

static bool hasQuantized(kernel::FuncOp kernel) {
  auto quantized = [](mlir::Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && ir::isQuantized(tensor.getElementType());
  };
  return kernel.getBody()
      .walk([&](Operation *op) {
        return llvm::any_of(op->getOperandTypes(), quantized) ||
                       llvm::any_of(op->getResultTypes(), quantized)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Schedules and lowers `kernel`, and returns what `kind` says of it; `code` gets
/// the rest.
static llvm::Expected<std::string> emit(kernel::FuncOp kernel, const Target &target,
                                        Halide::OutputFileType kind, KernelCode &code) {
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (!canEmit(&op, target))
      return llvm::createStringError(
          "kernel '%s': '%s' with these types has no Halide emitter for target '%s'",
          kernel.getSymName().str().c_str(), op.getName().getStringRef().str().c_str(),
          target.name.c_str());
  installReporter();
  try {
    const Target own = targetOf(kernel, target);
    Emitter emitter(kernel, own);
    emitter.build();
    Halide::Module module = emitter.compile(halideSymbol.str());
    // Strict code lost the permission to contract, which only the arithmetic of
    // quantized numbers must not have.
    code.contract = emitter.halideTarget.has_feature(Halide::Target::StrictFloat) &&
                    !hasQuantized(kernel);
    code.buffers = emitter.buffers();
    code.stream = emitter.stream;
    return outputOf(module, kind);
  } catch (const Unsupported &u) {
    std::string name = u.op ? u.op->getName().getStringRef().str() : "an argument";
    return llvm::createStringError("kernel '%s': %s in '%s' cannot be emitted",
                                   kernel.getSymName().str().c_str(), u.what.c_str(),
                                   name.c_str());
  } catch (const Halide::Error &error) {
    return llvm::createStringError("internal error: kernel '%s': Halide: %s",
                                   kernel.getSymName().str().c_str(), error.what());
  }
}

llvm::Expected<KernelCode> xgen::emitKernel(kernel::FuncOp kernel, const Target &target) {
  KernelCode code;
  auto bitcode = emit(kernel, target, Halide::OutputFileType::bitcode, code);
  if (!bitcode)
    return bitcode.takeError();
  code.bitcode = std::move(*bitcode);
  code.halideSymbol = halideSymbol.str();
  return code;
}

llvm::Expected<std::string> xgen::printHalide(kernel::FuncOp kernel, const Target &target) {
  KernelCode code;
  return emit(kernel, target, Halide::OutputFileType::stmt, code);
}
