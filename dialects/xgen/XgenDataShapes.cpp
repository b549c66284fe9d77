//===- XgenDataShapes.cpp - Result types of ops that data steers ----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// InferTypeOpInterface of the ops of XgenSampling.td, XgenSelection.td and
// XgenClassic.td. Their reference kernels trust what is checked here.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenInfer.h"

using namespace mlir;
using namespace xgen::ir;

/// Larger attributes are mistakes, and would overflow.
static constexpr int64_t maxEntry = int64_t(1) << 31;

static Type i64(MLIRContext *context) { return IntegerType::get(context, 64); }

static bool isFloat(Value v) {
  return isa<FloatType>(typeOf(v).getElementType());
}

static bool isInteger(Value v, unsigned width) {
  return typeOf(v).getElementType().isSignlessInteger(width);
}

static bool isIndex(Value v) { return isInteger(v, 32) || isInteger(v, 64); }

static bool inRange(ArrayRef<int64_t> values, int64_t low, size_t count) {
  return values.size() == count && llvm::all_of(values, [&](int64_t v) {
           return v >= low && v < maxEntry;
         });
}

/// The number of elements at run time.
static RankedTensorType countType(MLIRContext *context) {
  return make({1}, i64(context));
}

/// How often a window fits; nullopt when it does not.
static std::optional<int64_t> positions(int64_t extent, int64_t kernel,
                                        int64_t stride, int64_t dilation,
                                        int64_t pads) {
  int64_t room = extent + pads - ((kernel - 1) * dilation + 1);
  if (room < 0)
    return std::nullopt;
  return room / stride + 1;
}

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

static LogicalResult inferGridSampleOp(GridSampleOp::Adaptor op,
                                       std::optional<Location> loc,
                                       SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput()), grid = typeOf(op.getGrid());
  int64_t rank = x.getRank();
  if (rank < 3 || rank > 5 || grid.getRank() != rank)
    return emitOptionalError(loc,
                             "input and grid must have one rank of 3 to 5");
  if (!isFloat(op.getGrid()))
    return emitOptionalError(loc, "the grid must hold floats");
  Dims shape = dimsOf(grid);
  if (clash(dimsOf(x)[0], shape[0]) || clash(shape.back(), rank - 2))
    return emitOptionalError(loc, "the grid must have the input's batch and ",
                             rank - 2, " coordinates a position");
  if (op.getPadding() == PadMode::Wrap)
    return emitOptionalError(loc, "padding wrap is not defined here");
  shape.back() = dimsOf(x).back();
  types.push_back(makeDims(shape, x.getElementType()));
  return success();
}
INFER(GridSampleOp)

static LogicalResult inferDeformSampleOp(DeformSampleOp::Adaptor op,
                                         std::optional<Location> loc,
                                         SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput()), offset = typeOf(op.getOffset());
  int64_t rank = x.getRank(), spatial = rank - 2, groups = op.getOffsetGroups();
  if (spatial < 1 || spatial > 3 || offset.getRank() != rank)
    return emitOptionalError(loc, "1 to 3 spatial dimensions are supported");
  if (!isFloat(op.getInput()) || !isFloat(op.getOffset()))
    return emitOptionalError(loc, "input and offset must hold floats");
  if (!inRange(op.getKernel(), 1, spatial) ||
      !inRange(op.getStrides(), 1, spatial) ||
      !inRange(op.getDilations(), 1, spatial) ||
      !inRange(op.getPads(), 0, 2 * spatial))
    return emitOptionalError(loc, "kernel, strides, dilations or pads do not "
                                  "fit the input");
  int64_t window = 1;
  for (int64_t k : op.getKernel())
    if (llvm::MulOverflow(window, k, window) || window > maxEntry)
      return emitOptionalError(loc, "the kernel is too large");
  Dims in = dimsOf(x), shape = dimsOf(offset);
  Dim channels = in.back(), entries = shape.back();
  if (groups < 1 || groups > std::max<int64_t>(channels.max(), 1) ||
      (channels.isStatic() && channels.value() % groups))
    return emitOptionalError(loc, "offset_groups must divide the channels");
  shape.pop_back();
  for (int64_t i = 0; i < spatial; ++i) {
    if (!in[i + 1].isStatic() || !shape[i + 1].isStatic())
      continue;
    auto want = positions(in[i + 1].value(), op.getKernel()[i],
                          op.getStrides()[i], op.getDilations()[i],
                          op.getPads()[i] + op.getPads()[spatial + i]);
    if (!want || shape[i + 1] != *want)
      return emitOptionalError(loc, "offset dimension ", i + 1, " is ",
                               shape[i + 1].value(), ", must be ",
                               want.value_or(0));
  }
  if (clash(shape[0], in[0]) || clash(entries, groups * window * spatial))
    return emitOptionalError(loc, "offset needs the input's batch and ",
                             groups * window * spatial, " entries a position");
  if (op.getMask()) {
    Dims factors = shape, have = dimsOf(op.getMask());
    factors.push_back(groups * window);
    bool fits = have.size() == factors.size() && isFloat(op.getMask());
    for (auto [a, b] : llvm::zip(have, factors))
      fits &= !clash(a, b);
    if (!fits)
      return emitOptionalError(loc, "mask needs ", groups * window,
                               " float entries a position");
  }
  shape.push_back(window);
  shape.push_back(channels);
  types.push_back(makeDims(shape, x.getElementType()));
  return success();
}
INFER(DeformSampleOp)

/// Regions of pictures; `entries` numbers each.
static LogicalResult inferRegions(std::optional<Location> loc, Value input,
                                  Value rois, int64_t entries, int64_t height,
                                  int64_t width, SmallVectorImpl<Type> &types) {
  auto x = typeOf(input), r = typeOf(rois);
  if (x.getRank() != 4 || r.getRank() != 2 || r.getDimSize(1) != entries)
    return emitOptionalError(loc, "needs an input [N, H, W, C] and regions of ",
                             entries, " numbers");
  if (!isFloat(input) || !isFloat(rois))
    return emitOptionalError(loc, "input and regions must hold floats");
  if (height < 1 || width < 1 || height >= maxEntry || width >= maxEntry)
    return emitOptionalError(loc, "height and width must be positive");
  Dims shape = dimsOf(x);
  Dim count = dimsOf(r)[0];
  if (count.min() > 0 && product(shape).max() == 0)
    return emitOptionalError(loc, "the input is empty");
  types.push_back(
      makeDims({count, height, width, shape[3]}, x.getElementType()));
  return success();
}

static LogicalResult inferRoiAlignOp(RoiAlignOp::Adaptor op,
                                     std::optional<Location> loc,
                                     SmallVectorImpl<Type> &types) {
  if (op.getKind() == PoolKind::Lp || int64_t(op.getSamplingRatio()) < 0 ||
      int64_t(op.getSamplingRatio()) > 4096)
    return emitOptionalError(loc, "kind must be avg or max, and sampling_ratio "
                                  "0 to 4096");
  auto batch = typeOf(op.getBatch());
  if (batch.getRank() != 1 || !isIndex(op.getBatch()) ||
      typeOf(op.getRois()).getRank() != 2 ||
      clash(dimsOf(batch)[0], dimsOf(op.getRois())[0]))
    return emitOptionalError(loc,
                             "needs one batch index (i32 or i64) a region");
  return inferRegions(loc, op.getInput(), op.getRois(), 4, op.getHeight(),
                      op.getWidth(), types);
}
INFER(RoiAlignOp)

static LogicalResult inferMaxRoiPoolOp(MaxRoiPoolOp::Adaptor op,
                                       std::optional<Location> loc,
                                       SmallVectorImpl<Type> &types) {
  return inferRegions(loc, op.getInput(), op.getRois(), 5, op.getHeight(),
                      op.getWidth(), types);
}
INFER(MaxRoiPoolOp)

static LogicalResult inferFrameOp(FrameOp::Adaptor op,
                                  std::optional<Location> loc,
                                  SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  int64_t axis = op.getAxis(), size = op.getSize(), step = op.getStep();
  if (failed(checkAxis(loc, axis, x.getRank())))
    return failure();
  // Scalars that are expressions stand as 0.
  if (size == 0 || step == 0) {
    types.push_back(makeOfRank(x.getRank() + 1, x.getElementType()));
    return success();
  }
  if (size < 0 || step < 0)
    return emitOptionalError(loc, "size and step must be positive");
  Dims shape = dimsOf(x);
  Dim length = shape[axis];
  if (length.max() < size)
    return emitOptionalError(loc, "a frame (", size,
                             ") is longer than the signal (", length.str(), ")");
  shape[axis] = size;
  shape.insert(shape.begin() + axis, floorDiv(length - size, step) + 1);
  types.push_back(makeDims(shape, x.getElementType()));
  return success();
}
INFER(FrameOp)

static LogicalResult inferCol2ImOp(Col2ImOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  size_t spatial = op.getImage().size();
  if (x.getRank() != 3 || spatial < 1 || spatial > 8)
    return emitOptionalError(loc, "needs an input [N, C * K, L] and 1 to 8 "
                                  "image dimensions");
  if (anyDynamic(op.getImage()) || anyDynamic(op.getBlock()) || isDynamic(x)) {
    types.push_back(makeOfRank(2 + spatial, x.getElementType()));
    return success();
  }
  if (!inRange(op.getImage(), 1, spatial) ||
      !inRange(op.getBlock(), 1, spatial) ||
      !inRange(op.getStrides(), 1, spatial) ||
      !inRange(op.getDilations(), 1, spatial) ||
      !inRange(op.getPads(), 0, 2 * spatial))
    return emitOptionalError(loc, "image, block, strides, dilations and pads "
                                  "disagree in length, or are out of range");
  int64_t block = 1, blocks = 1;
  for (size_t i = 0; i < spatial; ++i) {
    auto n = positions(op.getImage()[i], op.getBlock()[i], op.getStrides()[i],
                       op.getDilations()[i],
                       op.getPads()[i] + op.getPads()[spatial + i]);
    if (!n || llvm::MulOverflow(block, op.getBlock()[i], block) ||
        llvm::MulOverflow(blocks, *n, blocks))
      return emitOptionalError(loc, "the block does not fit the image");
  }
  if (x.getDimSize(1) % block || x.getDimSize(2) != blocks)
    return emitOptionalError(loc, "the input must hold a multiple of ", block,
                             " rows of ", blocks, " blocks");
  SmallVector<int64_t> shape{x.getDimSize(0), x.getDimSize(1) / block};
  llvm::append_range(shape, op.getImage());
  types.push_back(make(shape, x.getElementType()));
  return success();
}
INFER(Col2ImOp)

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

static LogicalResult inferTopKOp(TopKOp::Adaptor op,
                                 std::optional<Location> loc,
                                 SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  int64_t axis = op.getAxis(), k = op.getK();
  if (failed(checkAxis(loc, axis, x.getRank())))
    return failure();
  if (ShapedType::isDynamic(k)) {
    types.push_back(makeOfRank(x.getRank(), x.getElementType()));
    types.push_back(makeOfRank(x.getRank(), i64(x.getContext())));
    return success();
  }
  Dims shape = dimsOf(x);
  if (k < 0 || k > shape[axis].max())
    return emitOptionalError(loc, "k (", k, ") is outside 0 to ",
                             shape[axis].max());
  shape[axis] = k;
  types.push_back(makeDims(shape, x.getElementType()));
  types.push_back(makeDims(shape, i64(x.getContext())));
  return success();
}
INFER(TopKOp)

static LogicalResult inferNonZeroOp(NonZeroOp::Adaptor op,
                                    std::optional<Location>,
                                    SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  types.push_back(
      makeDims({x.getRank(), product(dimsOf(x))}, i64(x.getContext())));
  types.push_back(countType(x.getContext()));
  return success();
}
INFER(NonZeroOp)

static LogicalResult inferCompressOp(CompressOp::Adaptor op,
                                     std::optional<Location> loc,
                                     SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput()), condition = typeOf(op.getCondition());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, axis, x.getRank())))
    return failure();
  if (condition.getRank() != 1 || !isInteger(op.getCondition(), 1))
    return emitOptionalError(loc, "the condition must be a vector of bool");
  Dims shape = dimsOf(x), given = dimsOf(condition);
  if (given[0].max() <= shape[axis].min())
    shape[axis] = given[0];
  types.push_back(makeDims(shape, x.getElementType()));
  types.push_back(countType(x.getContext()));
  return success();
}
INFER(CompressOp)

static LogicalResult inferUniqueOp(UniqueOp::Adaptor op,
                                   std::optional<Location> loc,
                                   SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  if (failed(checkAxis(loc, op.getAxis(), x.getRank())))
    return failure();
  types.push_back(x);
  types.append(3, makeDims({dimsOf(x)[op.getAxis()]}, i64(x.getContext())));
  types.push_back(countType(x.getContext()));
  return success();
}
INFER(UniqueOp)

static LogicalResult inferNmsOp(NmsOp::Adaptor op, std::optional<Location> loc,
                                SmallVectorImpl<Type> &types) {
  auto boxes = typeOf(op.getBoxes()), scores = typeOf(op.getScores());
  Dims b = dimsOf(boxes), s = dimsOf(scores);
  if (b.size() != 3 || s.size() != 3 || clash(b[2], 4) || clash(b[0], s[0]) ||
      clash(b[1], s[2]))
    return emitOptionalError(loc, "needs boxes [B, N, 4] and scores [B, C, N]");
  if (!isFloat(op.getBoxes()) || !isFloat(op.getScores()))
    return emitOptionalError(loc, "boxes and scores must hold floats");
  auto isNumber = [](Value v) { return !v || product(dimsOf(v)).is(1); };
  if (!isNumber(op.getMaxOutput()) || !isNumber(op.getIouThreshold()) ||
      !isNumber(op.getScoreThreshold()) ||
      (op.getMaxOutput() && !isIndex(op.getMaxOutput())) ||
      (op.getIouThreshold() && !isFloat(op.getIouThreshold())) ||
      (op.getScoreThreshold() && !isFloat(op.getScoreThreshold())))
    return emitOptionalError(loc, "max_output must be one integer, thresholds "
                                  "one float each");
  int64_t limit = op.getLimit(), all;
  Dim each = b[1];
  if (limit >= 0 && limit < each.max())
    each = limit;
  if (llvm::MulOverflow(each.max(), (s[0] * s[1]).max(), all))
    return emitOptionalError(loc, "there are too many boxes");
  types.push_back(makeDims({each * s[0] * s[1], 3}, i64(boxes.getContext())));
  types.push_back(countType(boxes.getContext()));
  return success();
}
INFER(NmsOp)

//===----------------------------------------------------------------------===//
// Signals, matrices, decision trees
//===----------------------------------------------------------------------===//

static LogicalResult inferDftOp(DftOp::Adaptor op, std::optional<Location> loc,
                                SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  int64_t axis = op.getAxis(), length = op.getLength();
  if (failed(checkAxis(loc, axis, x.getRank() - 1)))
    return failure();
  if (!isFloat(op.getInput()))
    return emitOptionalError(loc, "the input must hold floats");
  if (length < 0 || length >= maxEntry)
    return emitOptionalError(loc, "the length must be positive");
  Dim parts = dimsOf(x).back();
  if (parts.max() < 1 || parts.min() > 2)
    return emitOptionalError(loc, "the last dimension must be 1 (real) or 2 "
                                  "(complex)");
  bool onesided = op.getOnesided(), inverse = op.getInverse();
  if (onesided && !inverse && clash(parts, 1))
    return emitOptionalError(loc, "only the spectrum of a real signal can be "
                                  "one-sided");
  if (length == 0) { // An expression.
    types.push_back(makeOfRank(x.getRank(), x.getElementType()));
    return success();
  }
  Dims shape = dimsOf(x);
  shape[axis] = onesided && !inverse ? length / 2 + 1 : length;
  shape.back() = onesided && inverse ? 1 : 2;
  types.push_back(makeDims(shape, x.getElementType()));
  return success();
}
INFER(DftOp)

static LogicalResult inferDetOp(DetOp::Adaptor op, std::optional<Location> loc,
                                SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput());
  int64_t rank = x.getRank();
  Dims shape = dimsOf(x);
  if (rank < 2 || clash(shape[rank - 1], shape[rank - 2]) ||
      !isFloat(op.getInput()))
    return emitOptionalError(loc, "needs square matrices of floats");
  shape.resize(rank - 2);
  types.push_back(makeDims(shape, x.getElementType()));
  return success();
}
INFER(DetOp)

static LogicalResult inferNgramCountOp(NgramCountOp::Adaptor op,
                                       std::optional<Location> loc,
                                       SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput()), ngrams = typeOf(op.getNgrams());
  auto columns = typeOf(op.getColumns());
  if (x.getRank() != 2 || !isIndex(op.getInput()))
    return emitOptionalError(loc, "the input must be a matrix of i32 or i64");
  if (ngrams.getRank() != 2 || ngrams.getDimSize(1) < 1 ||
      columns.getRank() != 1 || columns.getDimSize(0) != ngrams.getDimSize(0) ||
      !isInteger(op.getNgrams(), 64) || !isInteger(op.getColumns(), 64))
    return emitOptionalError(loc,
                             "needs n-grams [P, n] and columns [P] of i64");
  int64_t width = op.getWidth();
  if (width < 0 || width >= maxEntry || int64_t(op.getMaxSkip()) < 0)
    return emitOptionalError(loc, "width and max_skip must not be negative");
  types.push_back(
      makeDims({dimsOf(x)[0], width}, Float32Type::get(x.getContext())));
  return success();
}
INFER(NgramCountOp)

static LogicalResult inferTreeEnsembleOp(TreeEnsembleOp::Adaptor op,
                                         std::optional<Location> loc,
                                         SmallVectorImpl<Type> &types) {
  auto x = typeOf(op.getInput()), nodes = typeOf(op.getNodes());
  if (x.getRank() != 2 || !isFloat(op.getInput()))
    return emitOptionalError(loc, "the input must be a matrix of floats");
  if (nodes.getRank() != 2 || nodes.getDimSize(1) != 6 ||
      !isInteger(op.getNodes(), 64) || !isInteger(op.getRoots(), 64) ||
      !isInteger(op.getTargets(), 64))
    return emitOptionalError(loc,
                             "needs nodes [M, 6], roots and targets of i64");
  if (!isFloat(op.getSplits()) || !isFloat(op.getMembers()) ||
      !isFloat(op.getWeights()))
    return emitOptionalError(loc, "splits, members and weights must be floats");
  for (Value v :
       {op.getSplits(), op.getMembers(), op.getRoots(), op.getWeights()})
    if (typeOf(v).getRank() != 1)
      return emitOptionalError(loc,
                               "splits, members, roots and weights must be "
                               "vectors");
  auto targets = typeOf(op.getTargets()), weights = typeOf(op.getWeights());
  if (typeOf(op.getSplits()).getDimSize(0) != nodes.getDimSize(0) ||
      targets.getShape() != ArrayRef<int64_t>({weights.getDimSize(0), 2}))
    return emitOptionalError(loc, "needs one split a node, and for each weight "
                                  "two targets entries");
  if (op.getAggregate() > ReduceKind::Min)
    return emitOptionalError(loc,
                             "the aggregate must be sum, mean, max or min");
  int64_t width = op.getWidth();
  if (width < 1 || width >= maxEntry)
    return emitOptionalError(loc, "the width must be positive");
  types.push_back(
      makeDims({dimsOf(x)[0], width}, typeOf(op.getWeights()).getElementType()));
  return success();
}
INFER(TreeEnsembleOp)
