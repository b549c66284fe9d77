//===- Emitter.h - Checked creation of xgen ops ----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Legalizations build ops from attributes that a stranger wrote. So each op is
// inferred and verified here when it is made; what is wrong becomes the node's
// error, the value is null, and everything built on a null value is null. A
// legalization therefore reads as straight-line code and checks at its end.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_EMITTER_H
#define XGEN_FRONTENDS_ONNX_EMITTER_H

#include "dialects/xgen/XgenOps.h"
#include "frontends/onnx/Legalize.h"
#include "mlir/IR/Builders.h"
#include <optional>

namespace xgen::onnx {

using Shape = llvm::SmallVector<int64_t>;
using ShapeRef = llvm::ArrayRef<int64_t>;
using ir::BinaryKind;
using ir::ReduceKind;
using ir::UnaryKind;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using mlir::Attribute;
using mlir::ElementsAttr;
using mlir::failed;
using mlir::failure;
using mlir::LogicalResult;
using mlir::NamedAttribute;
using mlir::RankedTensorType;
using mlir::success;
using mlir::succeeded;
using mlir::Type;
using mlir::Value;
using mlir::ValueRange;

/// Numbers of a constant; nullopt when the elements are of another kind.
std::optional<Shape> readInts(ElementsAttr attr);
std::optional<SmallVector<double>> readDoubles(ElementsAttr attr);

/// Constants, and their evaluation on demand.
class Folder {
public:
  explicit Folder(const FoldFn &fold) : fold(fold) {}

  /// The value as a constant, evaluating what it depends on; null when it is
  /// not known at compile time (or there is no evaluator).
  ElementsAttr constant(Value value, unsigned depth = 0);
  /// Evaluates `op` at once when it is small integer arithmetic on constants:
  /// the shapes that models compute.
  ElementsAttr foldSmall(mlir::Operation *op);

private:
  ElementsAttr evaluate(mlir::Operation *op, unsigned index,
                        ArrayRef<ElementsAttr> operands);
  const FoldFn &fold;
  llvm::DenseMap<Value, ElementsAttr> known;
};

class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc, Folder &folder)
      : builder(builder), loc(loc), folder(folder) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  //===--- Types ----------------------------------------------------------===//
  static RankedTensorType type(Value v) {
    return v ? llvm::cast<RankedTensorType>(v.getType()) : RankedTensorType();
  }
  /// Empty for a null value.
  static Shape shape(Value v) {
    return v ? Shape(type(v).getShape()) : Shape();
  }
  static int64_t rank(Value v) { return v ? type(v).getRank() : 0; }
  static int64_t elements(Value v) { return v ? type(v).getNumElements() : 0; }
  static Type elementType(Value v) {
    return v ? type(v).getElementType() : Type();
  }
  static bool isFloat(Value v) {
    return v && llvm::isa<mlir::FloatType>(elementType(v));
  }
  static bool isUnsigned(Type t) { return t && t.isUnsignedInteger(); }
  Type f32() { return builder.getF32Type(); }
  Type i64() { return builder.getI64Type(); }
  Type i32() { return builder.getI32Type(); }
  Type i1() { return builder.getI1Type(); }

  //===--- Attributes -----------------------------------------------------===//
  NamedAttribute attr(StringRef name, Attribute value) {
    return builder.getNamedAttr(name, value);
  }
  NamedAttribute attr(StringRef name, ShapeRef values) {
    return attr(name, builder.getDenseI64ArrayAttr(values));
  }
  NamedAttribute attr(StringRef name, int64_t value) {
    return attr(name, builder.getI64IntegerAttr(value));
  }
  NamedAttribute attr(StringRef name, double value) {
    return attr(name, builder.getF64FloatAttr(value));
  }
  NamedAttribute attr(StringRef name, bool value) {
    return attr(name, builder.getBoolAttr(value));
  }
  NamedAttribute segments(ArrayRef<int32_t> sizes) {
    return attr("operandSegmentSizes", builder.getDenseI32ArrayAttr(sizes));
  }

  //===--- Ops ------------------------------------------------------------===//
  /// An op whose result type is inferred.
  template <class OpTy>
  Value make(ValueRange operands, ArrayRef<NamedAttribute> attributes) {
    if (!allPresent(operands))
      return {};
    auto infer = [&](mlir::DictionaryAttr dict,
                     llvm::SmallVectorImpl<Type> &types) -> LogicalResult {
      typename OpTy::Properties properties;
      auto emit = [&] { return mlir::emitError(loc); };
      if (failed(OpTy::setPropertiesFromAttr(properties, dict, emit)))
        return failure();
      return OpTy::inferReturnTypes(builder.getContext(), loc, operands, dict,
                                    mlir::OpaqueProperties(&properties), {},
                                    types);
    };
    return single(createInferred(OpTy::getOperationName(), operands,
                                 attributes, infer));
  }
  /// An op whose result type the caller knows.
  template <class OpTy>
  Value make(Type result, ValueRange operands,
             ArrayRef<NamedAttribute> attributes = {}) {
    return single(
        create(OpTy::getOperationName(), operands, attributes, {result}));
  }
  /// An op with several results; null after an error.
  mlir::Operation *create(StringRef name, ValueRange operands,
                          ArrayRef<NamedAttribute> attributes,
                          ArrayRef<Type> results);

  Value constant(ElementsAttr value);
  /// A tensor of one number; `shape` {} is a scalar.
  Value splat(Type element, double number, ShapeRef shape = {});
  Value integersOf(ShapeRef values, ShapeRef shape, Type element = {});
  /// 0, 1, ... `size` - 1.
  Value iota(int64_t size, ShapeRef shape);
  Value integersOf(ShapeRef values) {
    return integersOf(values, {int64_t(values.size())});
  }

  Value unary(UnaryKind kind, Value v, double alpha = 0, double beta = 0);
  Value binary(BinaryKind kind, Value a, Value b);
  Value add(Value a, Value b) { return binary(BinaryKind::Add, a, b); }
  Value sub(Value a, Value b) { return binary(BinaryKind::Sub, a, b); }
  Value mul(Value a, Value b) { return binary(BinaryKind::Mul, a, b); }
  Value div(Value a, Value b) { return binary(BinaryKind::Div, a, b); }
  Value select(Value condition, Value a, Value b);
  /// No op when the type is right already.
  Value cast(Value v, Type element, bool saturate = true);
  Value reinterpret(Value v, Type element);

  /// No op when nothing moves. Of a dequantized constant, the storage is
  /// transposed, so that the quantized weight stays in sight.
  Value transpose(Value v, ShapeRef perm);
  /// `[N, C, S...]` to `[N, S..., C]`, and back.
  Value toChannelsLast(Value v);
  Value toChannelsFirst(Value v);
  /// `extents` must be free of -1.
  Value reshape(Value v, ShapeRef extents);
  Value expand(Value v, ShapeRef extents);
  Value tile(Value v, ShapeRef repeats);
  Value slice(Value v, ShapeRef starts, ShapeRef sizes, ShapeRef steps);
  /// [start, start + size) of one dimension.
  Value slice(Value v, int64_t axis, int64_t start, int64_t size);
  Value concat(ValueRange values, int64_t axis);
  Value pad(Value v, ShapeRef low, ShapeRef high,
            ir::PadMode mode = ir::PadMode::Constant, double value = 0);
  Value gather(Value v, Value indices, int64_t axis);
  Value reduce(ReduceKind kind, Value v, ShapeRef axes, bool keepdims);
  Value softmax(Value v, ShapeRef axes, bool log = false);
  /// NumPy matmul of any ranks; `bias` is added. Integers of two types accumulate
  /// in `element`.
  Value matmul(Value a, Value b, Value bias = {}, Type element = {});
  Value normalize(Value v, Value scale, Value bias, ir::NormalizeKind kind,
                  ShapeRef axes, double epsilon);
  /// `v` with 1s in front, to be of rank `rank`.
  Value padRank(Value v, int64_t rank);
  /// `[C]` as `[1, C, 1...]` of a channels-first tensor of rank `rank`.
  Value perChannel(Value v, int64_t rank);

  ElementsAttr constantOf(Value v) { return v ? folder.constant(v) : nullptr; }

  /// The first error since construction.
  bool hasError() const { return !reason.empty(); }
  std::string reason, hint;
  /// Records an error; the first one counts.
  LogicalResult fail(const llvm::Twine &why, const llvm::Twine &todo = "");
  Value noValue(const llvm::Twine &why) {
    (void)fail(why);
    return {};
  }

protected:
  bool allPresent(ValueRange operands) {
    for (Value v : operands)
      if (!v) {
        if (!hasError())
          (void)fail("an operand is missing");
        return false;
      }
    return true;
  }
  using InferFn = llvm::function_ref<LogicalResult(
      mlir::DictionaryAttr, llvm::SmallVectorImpl<Type> &)>;
  mlir::Operation *createInferred(StringRef name, ValueRange operands,
                                  ArrayRef<NamedAttribute> attributes,
                                  InferFn infer);
  Value single(mlir::Operation *op);
  Folder &folder;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_EMITTER_H
