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
using ir::Dim;
using ir::Dims;
using ir::DimsRef;
using ir::BinaryKind;
using ir::ReduceKind;
using ir::UnaryKind;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
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

/// What is known of values while a model is legalized: constants, evaluated on
/// demand, and integers that are expressions of free dimensions.
class Folder {
public:
  Folder(const FoldFn &fold, mlir::ModuleOp module)
      : symbols(module), fold(fold) {}

  /// The value as a constant, evaluating what it depends on; null when it is
  /// not known at compile time (or there is no evaluator).
  ElementsAttr constant(Value value, unsigned depth = 0);
  /// Evaluates `op` at once when it is small integer arithmetic on constants:
  /// the shapes that models compute.
  ElementsAttr foldSmall(mlir::Operation *op);

  /// The elements of a small tensor of integers, when each is a number or an
  /// expression of symbols.
  std::optional<Dims> extents(Value value);
  /// Learns what the op computes from extents; see SymbolicValues.cpp.
  void learnExtents(mlir::Operation *op);
  /// What has been learnt; nullopt for constants.
  std::optional<Dims> learned(Value value) const {
    auto it = known_extents.find(value);
    return it == known_extents.end() ? std::nullopt
                                     : std::optional<Dims>(it->second);
  }
  void setExtents(Value value, DimsRef dims) {
    known_extents[value] = Dims(dims);
  }

  ir::Symbols symbols;
  int64_t dataBound = 0;

private:
  ElementsAttr evaluate(mlir::Operation *op, unsigned index,
                        ArrayRef<ElementsAttr> operands);
  const FoldFn &fold;
  llvm::DenseMap<Value, ElementsAttr> known;
  llvm::DenseMap<Value, Dims> known_extents;
};

/// Extents as arguments: numbers, or numbers and expressions.
class Extents {
public:
  Extents(ShapeRef numbers) : dims(ir::toDims(numbers)) {}
  Extents(const Shape &numbers) : dims(ir::toDims(numbers)) {}
  Extents(DimsRef dims) : dims(dims) {}
  Extents(const Dims &dims) : dims(dims) {}
  Extents(std::initializer_list<Dim> list) : dims(list) {}
  operator DimsRef() const { return dims; }
  size_t size() const { return dims.size(); }
  const Dim &operator[](size_t i) const { return dims[i]; }
  auto begin() const { return dims.begin(); }
  auto end() const { return dims.end(); }

private:
  Dims dims;
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
  /// Extents; empty for a null value.
  static Dims dims(Value v) { return v ? ir::dimsOf(type(v)) : Dims(); }
  /// The same for operators that need numbers: free ones are an error.
  Shape shape(Value v);
  static int64_t rank(Value v) { return v ? type(v).getRank() : 0; }
  static Dim count(Value v) { return v ? ir::product(dims(v)) : Dim(0); }
  int64_t elements(Value v) { return v ? known(count(v), "size") : 0; }
  /// An extent that must be a number; an error names it.
  int64_t known(const Dim &d, StringRef what);
  ir::Symbols &symbols() { return folder.symbols; }
  /// False when the extents are known to differ; what cannot be known now is
  /// checked when the program runs.
  bool same(const Dim &a, const Dim &b);
  bool same(DimsRef a, DimsRef b);
  /// The broadcast of two shapes, with checks in the program where they are
  /// needed; nullopt after an error.
  std::optional<Dims> broadcast(DimsRef a, DimsRef b);
  static RankedTensorType tensorType(const Extents &extents, Type element) {
    return ir::tensorOf(extents, element);
  }
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
  /// An attribute that is a list of integers, or with `scalar` one; what is no
  /// number becomes an expression in `xgen.dynamic`, and kDynamic (0) here.
  void addExtents(SmallVectorImpl<NamedAttribute> &attributes, StringRef name,
                  const Extents &values, bool scalar = false);
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
      OpTy::populateDefaultProperties(
          mlir::OperationName(OpTy::getOperationName(), builder.getContext()),
          properties);
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

  /// Integers that are numbers or expressions, as a tensor.
  Value extentsOf(const Extents &values, const Extents &shape,
                  Type element = {});
  Value extentsOf(const Extents &values) {
    return extentsOf(values, {int64_t(values.size())});
  }
  /// Elements of a tensor of integers become extents: element i is `given[i]`
  /// where that is known, else a new symbol with bounds [min, max], or up to
  /// LegalizeOptions::dataBound without. The program checks both.
  std::optional<Dims> bind(Value v, ArrayRef<std::optional<Dim>> given,
                           int64_t min, std::optional<int64_t> max = {});
  /// The extents that the elements of `v` are.
  void setExtents(Value v, DimsRef extents) { folder.setExtents(v, extents); }
  /// Bound of what only data decides.
  int64_t dataBound() const { return folder.dataBound; }

  Value constant(ElementsAttr value);
  /// A tensor of one number; `shape` {} is a scalar.
  Value splat(Type element, double number, const Extents &shape = ShapeRef());
  Value integersOf(ShapeRef values, ShapeRef shape, Type element = {});
  /// Each number rounded once, to `element`.
  Value numbersOf(ArrayRef<double> values, ShapeRef shape, Type element);
  /// 0, 1, ... `size` - 1.
  Value iota(const Dim &size, const Extents &shape);
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
  Value cast(Value v, Type element, bool saturate = true,
             ir::CastRounding round = ir::CastRounding::Nearest);
  /// The same bytes as elements of another type.
  Value reinterpret(Value v, Type element);

  /// No op when nothing moves. Of a dequantized constant, the storage is
  /// transposed, so that the quantized weight stays in sight.
  Value transpose(Value v, ShapeRef perm);
  /// `[N, C, S...]` to `[N, S..., C]`, and back.
  Value toChannelsLast(Value v);
  Value toChannelsFirst(Value v);
  /// `extents` must be free of -1.
  Value reshape(Value v, const Extents &extents);
  Value expand(Value v, const Extents &extents);
  Value tile(Value v, const Extents &repeats);
  Value slice(Value v, const Extents &starts, const Extents &sizes,
              const Extents &steps);
  /// [start, start + size) of one dimension.
  Value slice(Value v, int64_t axis, const Dim &start, const Dim &size);
  Value concat(ValueRange values, int64_t axis);
  Value pad(Value v, const Extents &low, const Extents &high,
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
  Value filled(Attribute value, const Extents &extents);
  Folder &folder;
};

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_EMITTER_H
