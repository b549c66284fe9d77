//===- DeduplicateKernels.cpp - Equal kernels become one ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The text of a kernel without name and locations is its identity, here as in
// the cache of compiled kernels.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace xgen {
#define GEN_PASS_DEF_DEDUPLICATEKERNELS
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;

/// An extent, "n" where only the program knows it.
static std::string text(int64_t extent) {
  return ShapedType::isDynamic(extent) ? "n" : llvm::itostr(extent);
}

static std::string join(ArrayRef<int64_t> values) {
  return llvm::join(llvm::map_range(values, text), "x");
}

/// What an op contributes to a kernel's name; empty for constants.
static std::string describe(Operation &op) {
  if (isa<ir::ConstantOp>(op))
    return "";
  auto shape = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  auto stride = [](ArrayRef<int64_t> strides) -> std::string {
    if (llvm::all_of(strides, [](int64_t s) { return s == 1; }))
      return "";
    return "s" + (llvm::all_equal(strides) ? llvm::itostr(strides.front())
                                           : join(strides));
  };
  if (auto conv = dyn_cast<ir::ConvOp>(op)) {
    ArrayRef<int64_t> weight = shape(conv.getWeight());
    ArrayRef<int64_t> input = shape(conv.getInput());
    bool depthwise = conv.getGroups() > 1 && (int64_t)conv.getGroups() == input.back();
    return (depthwise ? "dwconv" : conv.getGroups() > 1 ? "gconv" : "conv") +
           join(weight.drop_back(2)) + stride(conv.getStrides()) + "_" +
           (depthwise ? text(weight.back())
                      : join({input.back(), weight.back()}));
  }
  if (auto conv = dyn_cast<ir::ConvTransposeOp>(op))
    return "convt" + join(shape(conv.getWeight()).drop_back(2)) +
           stride(conv.getStrides()) + "_" +
           join({shape(conv.getInput()).back(),
                 shape(conv.getResult()).back()});
  if (auto product = dyn_cast<ir::MatMulOp>(op))
    return "matmul_" + join({shape(product.getLhs()).back(),
                             shape(product.getRhs()).back()});
  if (auto pool = dyn_cast<ir::PoolOp>(op))
    return (stringifyPoolKind(pool.getKind()) + "pool").str() +
           join(pool.getWindow()) + stride(pool.getStrides());
  if (auto reduce = dyn_cast<ir::ReduceOp>(op))
    return ("reduce_" + stringifyReduceKind(reduce.getKind())).str();
  if (auto unary = dyn_cast<ir::UnaryOp>(op))
    return stringifyUnaryKind(unary.getKind()).str();
  if (auto binary = dyn_cast<ir::BinaryOp>(op))
    return stringifyBinaryKind(binary.getKind()).str();
  return op.getName().stripDialect().str();
}

/// "conv3x3s1_64x64_relu"; a long body shows its first four ops.
static std::string describe(kernel::FuncOp kernel) {
  std::string name;
  unsigned shown = 0, hidden = 0;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    std::string part = describe(op);
    if (part.empty())
      continue;
    if (shown == 4) {
      ++hidden;
      continue;
    }
    name += (name.empty() ? "" : "_") + part;
    ++shown;
  }
  if (hidden)
    name += "_and" + llvm::utostr(hidden);
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return name.empty() ? "copy" : name;
}

namespace {
struct DeduplicateKernels
    : xgen::impl::DeduplicateKernelsBase<DeduplicateKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<kernel::LaunchOp> launches;
    module.walk([&](kernel::LaunchOp launch) { launches.push_back(launch); });

    llvm::StringMap<kernel::FuncOp> byName, byText;
    for (auto kernel : module.getOps<kernel::FuncOp>())
      byName[kernel.getSymName()] = kernel;
    // In order of first launch, so that names do not depend on where kernels
    // stand in the module.
    llvm::StringMap<unsigned> taken;
    llvm::DenseMap<Operation *, kernel::FuncOp> replacement;
    llvm::DenseMap<Operation *, std::string> names;
    for (kernel::LaunchOp launch : launches) {
      kernel::FuncOp kernel = byName.lookup(launch.getCallee());
      if (!kernel || replacement.contains(kernel))
        continue;
      auto [it, isNew] = byText.try_emplace(text(kernel), kernel);
      replacement[kernel] = it->second;
      if (!isNew) {
        ++numMerged;
        continue;
      }
      std::string name = describe(kernel);
      // A number that was given counts as a name, too.
      std::string unique = name;
      while (taken.contains(unique))
        unique = name + "_n" + llvm::utostr(++taken[name]);
      taken[unique] = 1;
      names[kernel] = unique;
    }
    for (kernel::LaunchOp launch : launches)
      if (auto kernel = byName.lookup(launch.getCallee()))
        launch.setCallee(names.lookup(replacement.lookup(kernel)));
    for (auto kernel :
         llvm::make_early_inc_range(module.getOps<kernel::FuncOp>())) {
      if (auto name = names.find(kernel); name != names.end())
        kernel.setSymName(name->second);
      else
        kernel.erase();
    }
  }

  static std::string text(kernel::FuncOp kernel) {
    StringAttr name = kernel.getSymNameAttr();
    kernel.setSymName("k");
    std::string text;
    llvm::raw_string_ostream os(text);
    // Constants in kernels are splats, so nothing large is elided or printed.
    kernel.getOperation()->print(
        os, OpPrintingFlags().useLocalScope().assumeVerified());
    kernel.setSymNameAttr(name);
    return text;
  }
};
} // namespace
