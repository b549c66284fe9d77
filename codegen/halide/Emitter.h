//===- Emitter.h - Inside of the Halide emitters ----------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// How a kernel's body becomes a Halide pipeline.
//
// Values that are computed as arrays are *roots*: the kernel's results, and
// inside it whatever would else be computed over and over. A root is a Func; all
// other values are expressions of a position in their root's index space. A root
// holds at most one *anchor*: the convolution, product, reduction... whose
// schedule template decides the loops. What follows the anchor in the same root
// (bias, activation, residual) is evaluated at the store. Where the result is a
// concatenation of what the kernel computes, its operands are the roots, each of
// which writes its slice.
//
// Index spaces: a position is a list of Exprs, outermost first. In a *collapsed*
// root, runs of dimensions over which every value is either whole or broadcast
// are one dimension: pointwise kernels are one loop, and a 1x1 convolution is a
// product over all pixels.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_HALIDE_EMITTER_H
#define XGEN_CODEGEN_HALIDE_EMITTER_H

#include "codegen/halide/HalideSupport.h"
#include "codegen/halide/KernelEmitter.h"
#include "codegen/halide/MathExprs.h"

namespace xgen::halide {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;
using Shape = llvm::SmallVector<int64_t>;
using Index = std::vector<Expr>;

/// A construct that has no emitter; becomes an llvm::Error.
struct Unsupported {
  mlir::Operation *op;
  std::string what;
};

/// Numbers of 16 bits that are moved and converted, but not computed with.
inline bool isHalf(mlir::Type element) { return element.isF16() || element.isBF16(); }
/// The Halide type of stored elements. Bool is stored as a byte, halves as their
/// bits.
Halide::Type storedType(mlir::Type element);
/// The Halide type of computed elements: i1 is Bool.
Halide::Type computeType(mlir::Type element);
/// Whether elements of this type can be emitted at all.
bool supportedElement(mlir::Type element);

inline mlir::RankedTensorType typeOf(mlir::Value v) {
  return llvm::cast<mlir::RankedTensorType>(v.getType());
}
inline Shape shapeOf(mlir::Value v) {
  return Shape(typeOf(v).getShape());
}
inline int64_t product(llvm::ArrayRef<int64_t> dims) {
  int64_t n = 1;
  for (int64_t d : dims)
    n *= d;
  return n;
}

class Emitter;

/// The op that decides a root's loops.
class Anchor {
public:
  virtual ~Anchor() = default;
  /// The op's result at a position of the root.
  virtual Expr at(const Index &position) = 0;
  /// Schedules the root's Func, whose Halide arguments are the position,
  /// reversed, and everything that the anchor made.
  virtual void schedule(Func root, const Shape &shape) = 0;
};

/// The loop over rows of a kernel's result in which other roots make their rows.
struct RowLoop {
  Halide::LoopLevel step; ///< each of whose iterations makes the rows that it reads
  Halide::LoopLevel kept; ///< while which rows are kept that the next iterations read, too
};

/// A value that is computed as an array.
struct Root {
  mlir::Value value;
  mlir::Operation *anchorOp = nullptr;
  std::unique_ptr<Anchor> anchor;
  /// Extents of the index space, and for each the run of dimensions it covers.
  Shape shape;
  llvm::SmallVector<std::pair<int64_t, int64_t>> groups;
  bool collapsed = false;
  Func func;
  std::vector<Var> vars; ///< innermost first
  bool isResult = false;
  /// The result whose slice along `axis`, from `start` on, this root is.
  mlir::Value whole;
  int64_t axis = 0, start = 0;
  /// Defined and scheduled at once, without an anchor.
  bool finished = false;
  /// The one root that reads this one, and makes its rows while it does; see RowFusion.h.
  Root *rowReader = nullptr;
  /// Where the roots that this one reads make their rows: set when this one is scheduled.
  std::optional<RowLoop> rowLoop;
};

/// `target` as it is for this kernel: with one thread where it is `kernel.serial`.
Target targetOf(kernel::FuncOp kernel, const Target &target);

/// One kernel on its way to Halide.
class Emitter {
public:
  Emitter(kernel::FuncOp kernel, const Target &target);

  /// Builds and schedules everything. Throws Unsupported and Halide::Error.
  void build();
  Halide::Module compile(const std::string &symbol);
  /// What Halide's buffers are: arguments of the kernel, then results or parts of
  /// them.
  std::vector<KernelBuffer> buffers();

  //===--- For the op emitters ---------------------------------------------===//

  /// `value` at a position of `root`'s index space, broadcast to it.
  Expr at(mlir::Value value, const Index &position, Root &root);
  /// `value` at a position of its own (not collapsed) index space.
  Expr dense(mlir::Value value, const Index &position);
  /// Element number `flat` of an argument or constant, row-major. Only for
  /// values that `isFlat`.
  Expr flat(mlir::Value value, Expr flat);
  bool isFlat(mlir::Value value);
  /// The root of `value` when it is made by rows, or null.
  Root *rowSource(mlir::Value value) {
    Root *root = rootOf(value);
    return root && root->rowReader ? root : nullptr;
  }
  /// The raw bytes of an encoded argument, as elements of `type`.
  Halide::ImageParam &raw(mlir::Value value, Halide::Type type);

  const Target &target;
  Halide::Target halideTarget;
  kernel::FuncOp kernel;
  /// Integer parameter of the kernel's schedule, which is that of its largest
  /// anchor: roots of others go without.
  int64_t param(const Root &root, llvm::StringRef name, int64_t otherwise);
  llvm::StringRef templateName();
  /// Whether a store may be repeated: no operand shares memory with a result.
  bool mayRecompute();
  /// For KernelCode; see prefetchWeights.
  WeightStream stream;
  /// Vector lanes of a type.
  int lanes(Halide::Type type) const {
    return std::max<int>(1, target.vectorBytes / type.bytes());
  }
  bool isArm() const { return target.arch != Arch::X86_64; }
  /// NEON of Armv7 has no rounding; x86's VRCPPS is quicker than its VDIVPS.
  MathTraits math() const {
    return {/*slowDivision=*/target.arch == Arch::X86_64,
            /*hasRounding=*/target.arch != Arch::Arm,
            /*saturates=*/target.arch == Arch::AArch64};
  }

private:
  void findRoots();
  void findOutputs();
  void findRowReaders();
  void emitRoot(Root &root);
  void bindOutput(Root &root);
  void collapse(Root &root);
  bool collectMembers(Root &root, llvm::SmallVectorImpl<mlir::Value> &members);
  Root *rootOf(mlir::Value value);
  Expr rootAt(Root &producer, const Index &position, llvm::ArrayRef<int64_t> shape);
  Expr compute(mlir::Value value, const Index &position, Root &root);

  std::vector<Halide::ImageParam> params;
  llvm::DenseMap<mlir::Value, unsigned> paramOf;
  llvm::DenseMap<mlir::Value, Halide::Buffer<>> constants;
  std::vector<std::unique_ptr<Root>> roots;
  llvm::DenseMap<mlir::Value, Root *> rootByValue;
  llvm::DenseMap<mlir::Value, Root *> homeOf;
  llvm::DenseMap<std::pair<mlir::Value, Root *>, Func> shared;
  /// Roots that are results or their parts, in the order of Halide's arguments.
  llvm::SmallVector<mlir::Value> outputs;
  mlir::Operation *mainAnchor = nullptr;
};

/// Elementwise and movement ops: the result at `position` of its index space.
/// `read(operand, position)` evaluates an operand: of elementwise ops at the
/// result's position, which it broadcasts; of movements at the operand's own.
using Reader = std::function<Expr(mlir::Value, const Index &)>;
Expr emitPointwise(Emitter &e, mlir::Operation *op, const Index &position,
                   const Reader &read);
Expr emitMovement(Emitter &e, mlir::Operation *op, const Index &position,
                  const Reader &read);
/// Whether `op` maps a position to the same position of its operands.
bool isElementwise(mlir::Operation *op);
bool isMovement(mlir::Operation *op);
/// Everything else that can be emitted: ops with an anchor.
bool isAnchor(mlir::Operation *op);
std::unique_ptr<Anchor> makeAnchor(Emitter &e, mlir::Operation *op, Root &root);
/// Whether the anchor works on a collapsed index space, given runs of dimensions.
bool anchorCollapses(mlir::Operation *op);

/// Schedules a root that has no anchor.
void schedulePointwise(Emitter &e, Root &root);
/// Defines and schedules a root that is a concatenation of arrays: one loop an
/// input. False when it is something else.
bool buildConcat(Emitter &e, Root &root);
/// The same for a permutation of an array.
bool buildTranspose(Emitter &e, Root &root);

/// Anchors by op, one function a file of ops/.
std::unique_ptr<Anchor> makeConv(Emitter &, mlir::Operation *, Root &);
std::unique_ptr<Anchor> makeMatMul(Emitter &, mlir::Operation *, Root &);
std::unique_ptr<Anchor> makePool(Emitter &, mlir::Operation *, Root &);
std::unique_ptr<Anchor> makeReduction(Emitter &, mlir::Operation *, Root &);

/// Per-op checks of types and attributes, beyond supportedElement.
bool canEmitPointwise(mlir::Operation *op, const Target &target);
bool canEmitMovement(mlir::Operation *op);
bool canEmitAnchor(mlir::Operation *op, const Target &target);

} // namespace xgen::halide

#endif // XGEN_CODEGEN_HALIDE_EMITTER_H
