//===- GraphUtils.h - What rewrites of tensor graphs share ------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reading and making constants (large ones are dense_resource blobs, whose
// memory is given back when their last user goes), permutations, and how the
// dimensions of two reshaped tensors correspond.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_GRAPH_GRAPHUTILS_H
#define XGEN_PASSES_GRAPH_GRAPHUTILS_H

#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

namespace xgen {

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// Whether each slice along an axis has its own scale: such a tensor does not
/// follow every reshape.
inline bool isPerAxis(mlir::Type type) {
  return llvm::isa<mlir::quant::UniformQuantizedPerAxisType>(
      mlir::getElementTypeOrSelf(type));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The attribute of an `xgen.constant`, null for other values.
mlir::ElementsAttr constantOf(mlir::Value value);
/// Whether the value is known at compile time: a constant, or one behind
/// reinterpret, quantize, dequantize, requantize and data movement.
bool isConstantLike(mlir::Value value);
/// Row-major bytes of a constant (one byte for i1). `storage` holds them where
/// the attribute does not hold them in this form; empty when there are none.
llvm::ArrayRef<char> bytesOf(mlir::ElementsAttr attr,
                             std::vector<char> &storage);
/// All elements as numbers; nullopt for what is no constant or no number.
std::optional<std::vector<float>> floatsOf(mlir::Value value);
std::optional<std::vector<int64_t>> integersOf(mlir::Value value);
/// The number that all elements of a constant are.
std::optional<double> splatOf(mlir::Value value);

/// A constant of `bytes` (as `bytesOf` gives them), which it takes over.
mlir::Value makeConstant(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::RankedTensorType type, std::vector<char> bytes);
/// Floats to a constant of any float element type.
mlir::Value makeFloats(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::RankedTensorType type,
                       llvm::ArrayRef<float> values);
/// Integers to a constant of any integer element type (truncated).
mlir::Value makeIntegers(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::RankedTensorType type,
                         llvm::ArrayRef<int64_t> values);
/// A number as a scalar of `element`.
mlir::Value makeScalar(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Type element, double value);

/// How often the blobs of dense_resource constants are used; frees those that
/// are not. Blobs live in the context, not in the IR: without this, every step
/// of folding would keep another copy of the weights.
class ResourceUses {
public:
  explicit ResourceUses(mlir::Operation *root);
  /// Counts an attribute that came into the IR, or left it: the last one to
  /// leave frees the blob.
  void add(mlir::Attribute attr);
  void drop(mlir::Attribute attr);

private:
  llvm::StringMap<int64_t> count;
};
/// Frees every blob that nothing below `root` refers to.
void releaseDeadResources(mlir::Operation *root);

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

using Shape = llvm::SmallVector<int64_t, 6>;

bool isIdentity(llvm::ArrayRef<int64_t> perm);
Shape invert(llvm::ArrayRef<int64_t> perm);
/// The permutation of transpose(transpose(x, first), second).
Shape compose(llvm::ArrayRef<int64_t> first, llvm::ArrayRef<int64_t> second);
/// result[i] = list[perm[i]].
Shape permute(llvm::ArrayRef<int64_t> list, llvm::ArrayRef<int64_t> perm);
/// Whether a transpose only moves dimensions of extent 1: it is a reshape.
bool isReshape(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> perm);
int64_t elementsOf(llvm::ArrayRef<int64_t> shape);

/// Dimensions [begin, end) of one tensor that hold the same elements in the
/// same order as dimensions of its reshaped form.
struct DimGroup {
  int64_t fromBegin, fromEnd, toBegin, toEnd;
};
/// The finest correspondence of two shapes of equal element count; extents of
/// 1 may stand alone with nothing on the other side. nullopt with extents of 0.
std::optional<llvm::SmallVector<DimGroup>>
groupDims(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// Reshape and transpose that do nothing when there is nothing to do, fold
/// into constants, and merge with the op that made `value`.
mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, llvm::ArrayRef<int64_t> shape);
mlir::Value createTranspose(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value value, llvm::ArrayRef<int64_t> perm);
/// A reshape to a type whose extents may be known at run time only.
mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value value, mlir::RankedTensorType type);

/// `type` with its dimensions permuted; the axis of a per-axis quantized
/// element type goes along.
mlir::RankedTensorType permuteType(mlir::RankedTensorType type,
                                   llvm::ArrayRef<int64_t> perm);
/// `type` with another shape; null where a per-axis quantized type cannot
/// follow because its axis is split or merged.
mlir::RankedTensorType reshapeType(mlir::RankedTensorType type,
                                   llvm::ArrayRef<int64_t> shape);

//===----------------------------------------------------------------------===//
// Extents that are known at run time
//===----------------------------------------------------------------------===//

/// Whether `op` and what makes its operands have static shapes.
bool isStaticHere(mlir::Operation *op);

/// `Pattern`, where isStaticHere: for patterns that compute with extents.
template <typename Pattern> struct OnStatic : Pattern {
  using Pattern::Pattern;
  template <typename C, typename Op>
  static Op opOf(mlir::LogicalResult (C::*)(Op, mlir::PatternRewriter &) const);
  using RootOp = decltype(opOf(&Pattern::matchAndRewrite));
  mlir::LogicalResult
  matchAndRewrite(RootOp op, mlir::PatternRewriter &rewriter) const override {
    if (!isStaticHere(op))
      return mlir::failure();
    return Pattern::matchAndRewrite(op, rewriter);
  }
};

/// Adds patterns that may only see static shapes.
template <typename... Patterns>
void addOnStatic(mlir::RewritePatternSet &set) {
  set.add<OnStatic<Patterns>...>(set.getContext());
}

/// Erases ops without uses and without effects, last first.
void eraseDeadOps(mlir::Region &region);
/// Merges equal pure ops of a block, first one stays.
void mergeEqualOps(mlir::Block &block);

} // namespace xgen

#endif // XGEN_PASSES_GRAPH_GRAPHUTILS_H
