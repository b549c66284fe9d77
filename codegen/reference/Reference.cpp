//===- Reference.cpp - Reference kernels in the compiler ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Builds an EvalCall from an op and runs its kernel.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/Reference.h"
#include "codegen/reference/EvalAttrs.h"
#include "codegen/reference/eval/Eval.h"
#include "dialects/xgen/XgenConstants.h"
#include "dialects/xgen/XgenOps.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"
#include <cstdlib>
#include <cstring>

using namespace mlir;
using namespace xgen;

namespace {

using Kernel = int32_t (*)(const EvalCall *);
using ScratchFn = int64_t (*)(const EvalCall *);

Kernel kernelOf(Operation *op) {
  StringRef name = op->getName().getStringRef();
  if (!name.consume_front("xgen."))
    return nullptr;
#define XGEN_EVAL_OP(op)                                                       \
  if (name == #op)                                                             \
    return xgen_eval_##op;
#include "codegen/reference/eval/EvalOps.def"
  return nullptr;
}

/// Null for an op that wants no scratch.
ScratchFn scratchOf(Operation *op) {
  StringRef name = op->getName().getStringRef();
  if (!name.consume_front("xgen."))
    return nullptr;
#define XGEN_EVAL_SCRATCH_OP(op)                                               \
  if (name == #op)                                                             \
    return xgen_eval_scratch_##op;
#include "codegen/reference/eval/EvalOps.def"
  return nullptr;
}

llvm::Error failure(Operation *op, const llvm::Twine &reason) {
  return llvm::createStringError(op->getName().getStringRef() +
                                 " cannot be evaluated: " + reason);
}

bool isKnown(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && (!ir::isDynamic(tensor) || tensor.getEncoding()) &&
         tensor.getRank() <= EvalMaxRank &&
         evalDType(tensor.getElementType());
}

/// An EvalCall and what it points to.
class Call {
public:
  /// Dense views only; null data is allowed for asking about scratch.
  Call(Operation *op, ArrayRef<TensorView> ins, ArrayRef<TensorView> outs) {
    attrs = serializeAttrs(op);
    SmallVector<int> positions = evalOperands(op);
    quants.reserve(positions.size() + outs.size());
    contents.reserve(positions.size() + outs.size());
    for (int position : positions)
      in.push_back(position < 0
                       ? EvalTensor{nullptr, nullptr, -1, F32, nullptr}
                       : tensor(ins[position]));
    for (const TensorView &view : outs)
      out.push_back(tensor(view));
    call = {in.data(),  static_cast<int32_t>(in.size()),
            out.data(), static_cast<int32_t>(out.size()),
            attrs.data(), nullptr};
  }

  int64_t scratchBytes(Operation *op) const {
    ScratchFn scratch = scratchOf(op);
    return scratch ? scratch(&call) : 0;
  }

  EvalCall call;

private:
  EvalTensor tensor(const TensorView &view) {
    Type element = view.type.getElementType();
    EvalTensor t{view.data, view.type.getShape().data(),
                 static_cast<int32_t>(view.type.getRank()),
                 evalDType(element).value_or(F32), nullptr};
    if (std::optional<EvalQuantContent> content = evalQuant(element)) {
      contents.push_back(std::move(*content));
      const EvalQuantContent &c = contents.back();
      quants.push_back({c.scales.data(), c.zeroPoints.data(),
                        static_cast<int64_t>(c.scales.size()), c.axis});
      t.quant = &quants.back();
    }
    return t;
  }

  std::vector<int64_t> attrs;
  SmallVector<EvalTensor> in, out;
  std::vector<EvalQuantContent> contents;
  std::vector<EvalQuant> quants;
};

/// The numbers in the kernels' headers are those of the dialect.
static_assert(static_cast<int>(ir::UnaryKind::Swish) == 44 &&
              static_cast<int>(ir::BinaryKind::GreaterEqual) == 23 &&
              static_cast<int>(ir::ReduceKind::SumSquare) == 9 &&
              static_cast<int>(ir::ResizeCoord::HalfPixelSymmetric) == 6 &&
              static_cast<int>(ir::PadMode::Wrap) == 3 &&
              static_cast<int>(ir::RnnKind::Lstm) == 2,
              "keep eval/Kinds.h and XgenAttrs.td in step");

ir::EncodingInterface encodingOf(RankedTensorType type) {
  return dyn_cast_or_null<ir::EncodingInterface>(type.getEncoding());
}

RankedTensorType withoutEncoding(RankedTensorType type) {
  return RankedTensorType::get(type.getShape(), type.getElementType());
}

} // namespace

void HostTensor::Free::operator()(void *p) const { std::free(p); }

HostTensor::HostTensor(RankedTensorType type)
    : type(type), bytes(ir::tensorBytes(type)) {
  // A multiple of the alignment, and never nothing.
  size_t size = (static_cast<size_t>(bytes) + 64) / 64 * 64;
  data.reset(std::aligned_alloc(64, size));
  if (!data)
    llvm::report_bad_alloc_error("tensor of the reference evaluator");
  std::memset(data.get(), 0, size);
}

bool xgen::hasEval(Operation *op) {
  if (isa<ir::ConstantOp, ir::ReinterpretOp, ir::EncodeOp>(op))
    return true;
  return kernelOf(op) && llvm::all_of(op->getOperandTypes(), isKnown) &&
         llvm::all_of(op->getResultTypes(), isKnown);
}

int64_t xgen::evalScratchBytes(Operation *op) {
  if (!scratchOf(op) || !hasEval(op))
    return 0;
  SmallVector<TensorView> ins, outs;
  for (Type type : op->getOperandTypes())
    ins.push_back({nullptr, ir::largestOf(cast<RankedTensorType>(type))});
  for (Type type : op->getResultTypes())
    outs.push_back({nullptr, ir::largestOf(cast<RankedTensorType>(type))});
  return Call(op, ins, outs).scratchBytes(op);
}

/// The bytes of a tensor as they are stored.
static MutableArrayRef<char> bytesOf(const TensorView &view) {
  return {static_cast<char *>(view.data),
          static_cast<size_t>(ir::tensorBytes(view.type))};
}

static llvm::Error evalConstant(ir::ConstantOp op, const TensorView &out) {
  std::vector<char> storage;
  auto value = cast<ElementsAttr>(op.getValueAttr());
  std::optional<ArrayRef<char>> bytes = ir::constantBytes(value, storage);
  MutableArrayRef<char> to = bytesOf(out);
  if (!bytes)
    return failure(op, "its weights are missing (is the .weights file beside "
                       "the module?)");
  if (bytes->size() != to.size())
    return failure(op, llvm::formatv("it has {0} bytes, its type {1}",
                                     bytes->size(), to.size()));
  std::memcpy(to.data(), bytes->data(), to.size());
  return llvm::Error::success();
}

llvm::Error xgen::evalOp(Operation *op, ArrayRef<TensorView> ins,
                         MutableArrayRef<TensorView> outs) {
  if (ins.size() != op->getNumOperands() || outs.size() != op->getNumResults())
    return failure(op, "wrong number of tensors");
  if (auto constant = dyn_cast<ir::ConstantOp>(op))
    return evalConstant(constant, outs[0]);
  if (isa<ir::ReinterpretOp>(op)) {
    ArrayRef<char> from = bytesOf(ins[0]);
    MutableArrayRef<char> to = bytesOf(outs[0]);
    if (from.size() != to.size())
      return failure(op, "operand and result differ in size");
    std::memcpy(to.data(), from.data(), to.size());
    return llvm::Error::success();
  }
  if (isa<ir::EncodeOp>(op)) {
    ir::EncodingInterface encoding = encodingOf(outs[0].type);
    if (!encoding)
      return failure(op, "the result has no encoding");
    return encoding.pack(withoutEncoding(outs[0].type), bytesOf(ins[0]),
                         bytesOf(outs[0]));
  }
  Kernel kernel = kernelOf(op);
  if (!kernel)
    return failure(op, "it has no reference kernel");
  for (const TensorView &view : llvm::concat<const TensorView>(
           ins, ArrayRef<TensorView>(outs)))
    if (!isKnown(view.type))
      return failure(op, llvm::formatv("type {0} has no reference "
                                       "implementation",
                                       Type(view.type)));
  // Kernels see dense tensors: encoded operands are unpacked.
  SmallVector<TensorView> dense(ins);
  std::vector<HostTensor> unpacked;
  for (TensorView &view : dense) {
    ir::EncodingInterface encoding = encodingOf(view.type);
    if (!encoding)
      continue;
    RankedTensorType type = withoutEncoding(view.type);
    HostTensor tensor(type);
    if (llvm::Error error =
            encoding.unpack(type, bytesOf(view), bytesOf(tensor.view())))
      return error;
    view = tensor.view();
    unpacked.push_back(std::move(tensor));
  }
  Call call(op, dense, outs);
  std::unique_ptr<void, decltype(&std::free)> scratch(nullptr, &std::free);
  if (int64_t bytes = call.scratchBytes(op)) {
    scratch.reset(
        std::aligned_alloc(64, (static_cast<size_t>(bytes) + 63) / 64 * 64));
    if (!scratch)
      return failure(op, llvm::formatv("no memory for {0} bytes", bytes));
    call.call.scratch = scratch.get();
  }
  if (kernel(&call.call) != EvalOk)
    return failure(op, "its kernel does not take these types");
  return llvm::Error::success();
}
