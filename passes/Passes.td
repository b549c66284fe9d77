//===- Passes.td - Every pass of xgen ----------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One record a pass. `xgen-fold-batchnorm` is FoldBatchNorm.cpp and
// test/passes/<folder>/fold-batchnorm.mlir.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_TD
#define XGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

// Sections by folder; each folder's passes stand together.

//===-- graph ---------------------------------------------------------------===//

def FoldConstants : Pass<"xgen-fold-constants", "::mlir::ModuleOp"> {
  let summary = "evaluate ops whose operands are all constants";
  let description = [{
    Ops are evaluated by the reference kernels. The memory of a constant goes
    when its last user is folded, so that weights are never kept twice for long.
    Ops that make a much larger tensor out of a small one stay: their result
    would only fill the artefact.
  }];
  let options = [
    Option<"quantized", "quantized", "bool", "false",
           "fold quantize and dequantize too (after the quantization passes)">,
    Option<"growth", "growth", "int64_t", "65536",
           "bytes that a folded result may have beyond its operands">
  ];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def CanonicalizeGraph : Pass<"xgen-canonicalize-graph", "::mlir::ModuleOp"> {
  let summary = "remove what does nothing and name what is spelled out";
  let description = [{
    Identities, pairs that cancel or compose (transpose, reshape, slice, pad,
    concat, cast, clamp), broadcasts before broadcasting ops, and activations
    and normalizations that a model spells in basic ops. Equal ops are merged.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def FoldBatchNorm : Pass<"xgen-fold-batchnorm", "::mlir::ModuleOp"> {
  let summary = "fold scales, shifts and zero padding into convolutions";
  let description = [{
    Multiplication and addition by per-channel constants after a convolution or
    matrix product become part of its weight and bias; a border of zeros before
    it becomes its padding.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def SplitBatch : Pass<"xgen-split-batch", "::mlir::ModuleOp"> {
  let summary = "a network with a free batch size becomes one of a sample";
  let description = [{
    Where the batch is the only free dimension and no op mixes samples, the
    module computes one sample, with all extents known; the program runs it once
    a sample (`xgen.batch`, see dialects/xgen/XgenBatch.h). Otherwise nothing
    changes.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def WidenHalf : Pass<"xgen-widen-half", "::mlir::ModuleOp"> {
  let summary = "half precision values become single precision";
  let description = [{
    Values of f16 and bf16 are computed in f32, with one conversion where they
    enter and one where they leave the network. Casts of the model still round.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def LowerConvTranspose : Pass<"xgen-lower-conv-transpose", "::mlir::ModuleOp"> {
  let summary = "transposed convolutions become convolutions";
  let description = [{
    One convolution computes the output positions of all remainders by the
    stride as channels, which are then interleaved in space. Needs a constant
    weight, and a stride or a dilation of 1 in each dimension; others stay.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def LowerRnn : Pass<"xgen-lower-rnn", "::mlir::ModuleOp"> {
  let summary = "recurrent layers of few steps become matrix products";
  let description = [{
    Each step is two matrix products and elementwise functions. Layers with
    more steps, with weights that are not constant, or with lengths of
    sequences stay.
  }];
  let options = [Option<"maxSteps", "max-steps", "int64_t", "1",
                        "steps up to which a layer is taken apart">];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def SplitGroupedConv : Pass<"xgen-split-grouped-conv", "::mlir::ModuleOp"> {
  let summary = "convolutions with a few groups become dense ones";
  let description = [{
    With at most 32 input channels one convolution with a weight that is zero
    between groups, otherwise one convolution a group on slices of the channels.
    Depthwise convolutions stay.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def LowerLrn : Pass<"xgen-lower-lrn", "::mlir::ModuleOp"> {
  let summary = "local response normalization becomes arithmetic";
  let description = [{
    Squares with a border of zeros, a sum of slices, a power. In float32, windows
    of up to 16 channels.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def SplitPools : Pass<"xgen-split-pools", "::mlir::ModuleOp"> {
  let summary = "large maximum pools become small ones";
  let description = [{
    Pools of one input with stride 1 take each from the next smaller one (windows
    of 5, 9 and 13 are three of 5); a large window is taken by rows, then by
    columns. The results are the same bits.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

//===-- layout --------------------------------------------------------------===//

def SinkTransposes : Pass<"xgen-sink-transposes", "::mlir::ModuleOp"> {
  let summary = "move transposes until they cancel";
  let description = [{
    One sweep from inputs to outputs moves transposes behind the ops that can
    work on the transposed tensor; one sweep back moves those that are left
    forward where that makes them smaller. The result is kept only if fewer
    bytes are transposed than before. Constants are transposed here and now.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

//===-- quantization --------------------------------------------------------===//

def FoldQdq : Pass<"xgen-fold-qdq", "::mlir::ModuleOp"> {
  let summary = "dequantize, op, quantize become one op on quantized tensors";
  let description = [{
    What a QDQ model means is what it says: every op between dequantize and
    quantize is replaced by the op on quantized elements, whose semantics are
    just that. Data movement carries quantized elements.
  }];
  let dependentDialects = ["::xgen::ir::XgenDialect",
                           "::mlir::quant::QuantDialect"];
}

def CheckInteger : Pass<"xgen-check-integer", "::mlir::ModuleOp"> {
  let summary = "report ops that compute in float between quantized ones";
  let description = [{
    An error for every op on floats that depends on a quantized tensor and that
    a quantized tensor depends on. Softmax and ops after it are none of these
    when the model quantizes only their result.
  }];
}

//===-- pruning -------------------------------------------------------------===//

def Prune : Pass<"xgen-prune", "::mlir::ModuleOp"> {
  let summary = "zero the weakest blocks of convolution weights";
  let description = [{
    A block is one position of (kernel, input channel) times the register tile's
    output channels on the target. Blocks with the smallest L2 norm go, so many
    that every layer has exactly the density asked for. What was done stands
    in `xgen.prune` at the op.
  }];
  let options = [Option<"density", "density", "double", "0.25",
                        "share of blocks that is kept">];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def EncodeSparse : Pass<"xgen-encode-sparse", "::mlir::ModuleOp"> {
  let summary = "store sparse convolution weights by their blocks";
  let description = [{
    Weights with few non-zero blocks get `#xgen.block_sparse` through an
    `xgen.encode`; denser ones stay with a remark, since the dense kernel is
    faster there.
  }];
  let options = [Option<"maxDensity", "max-density", "double", "0.6",
                        "density above which a weight stays dense">];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

//===-- fusion --------------------------------------------------------------===//

def SinkReshapes : Pass<"xgen-sink-reshapes", "::mlir::ModuleOp"> {
  let summary = "reshapes move behind pointwise ops";
  let description = [{
    `product -> reshape -> add` becomes `product -> add -> reshape`, so that the
    addition can share the product's kernel. Operands that broadcast may do so
    only along dimensions which the reshape leaves alone.
  }];
  let statistics = [Statistic<"numSunk", "sunk", "Number of ops passed">];
}

def FormKernels : Pass<"xgen-form-kernels", "::mlir::ModuleOp"> {
  let summary = "groups ops of @main into kernels";
  let description = [{
    An op with heavy arithmetic or data movement of its own (convolution,
    product, reduction, softmax, ...) takes the pointwise ops behind it; other
    pointwise ops and index maps form groups among themselves. Which pairs may
    meet follows DNNFusion's mapping types (PLDI 2021, table 2) with two
    stricter rules: nothing that computes is repeated, and a group never lies on
    both sides of another (it stays convex). Views (reshape, contiguous slices
    and concatenations) stay in @main: they cost nothing in a plan. Convolutions
    and windows that are read once join into chains that are computed row by row
    where the emitter says that it pays (`PassHooks::fusesByRows`). An op
    without emitter becomes a kernel of its own with schedule `eval`.
  }];
  let options = [
    Option<"oneOp", "one-op", "bool", "false", "One kernel an op: for debugging">,
    Option<"assumeEmitters", "assume-emitters", "bool", "false",
           "Every op counts as having an emitter: for tests of grouping">,
    Option<"maxOps", "max-ops", "unsigned", "24", "Most ops in a kernel">,
    Option<"maxResults", "max-results", "unsigned", "2",
           "Most results of a kernel with several ops">
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of kernels before merging">,
    Statistic<"numOps", "ops", "Number of ops in kernels">
  ];
  let dependentDialects = ["::xgen::kernel::KernelDialect"];
}

def DeduplicateKernels : Pass<"xgen-deduplicate-kernels", "::mlir::ModuleOp"> {
  let summary = "equal kernels become one symbol, with a readable name";
  let description = [{
    Two kernels are equal when they print the same without names and locations.
    Names say what a kernel computes (`conv3x3s1_64x64_relu`), numbered where
    different kernels would share one. Kernels that nobody launches go.
  }];
  let statistics = [Statistic<"numMerged", "merged", "Number of kernels merged">];
}

def ChooseThreads : Pass<"xgen-choose-threads", "::mlir::ModuleOp"> {
  let summary = "marks kernels that are too short for several threads";
  let description = [{
    Only for targets with several threads. `kernel.serial` goes to kernels shorter than
    what starting threads and moving data between cores costs, unless they stand
    between long ones, whose data is spread over the cores already; and to all kernels of
    a network that wins little.
  }];
  let statistics = [Statistic<"numSerial", "serial", "Number of kernels on one thread">];
}

def ChooseSchedules : Pass<"xgen-choose-schedules", "::mlir::ModuleOp"> {
  let summary = "sets the schedule of every kernel and encodes its weights";
  let description = [{
    A schedule may want weights in panels of its register tile: the argument's
    type then carries an encoding, and launches pass an `xgen.encode` of the
    constant. A kernel of several ops for which there is no schedule comes apart.
  }];
  let statistics = [Statistic<"numSplit", "split", "Number of kernels split">];
  let dependentDialects = ["::xgen::kernel::KernelDialect",
                           "::xgen::ir::XgenDialect"];
}

//===-- planning ------------------------------------------------------------===//

def MaterializeWeights : Pass<"xgen-materialize-weights", "::mlir::ModuleOp"> {
  let summary = "constant expressions of @main become constants";
  let description = [{
    Each `xgen.encode`, transpose, cast, ... of constants is evaluated and
    replaced; equal constants become one. Sources are freed as soon as nothing
    needs them, so that memory stays at about one network plus one tensor.
  }];
  let statistics = [
    Statistic<"numEvaluated", "evaluated", "Number of expressions evaluated">,
    Statistic<"numMerged", "merged", "Number of constants merged">
  ];
  let dependentDialects = ["::xgen::ir::XgenDialect"];
}

def PlanMemory : Pass<"xgen-plan-memory", "::mlir::ModuleOp"> {
  let summary = "turns @main into plan.program: an order and byte offsets";
  let description = [{
    Chooses among several orders of launches the one with the lowest peak of
    live bytes, and among several greedy placements (best fit and first fit, by
    size, by lifetime times size, ...) the smallest arena. Reshapes and
    contiguous slices are views; producers write into their piece of a
    contiguous concatenation; the last kernel writes user outputs directly.
  }];
  let statistics = [
    Statistic<"numLaunches", "launches", "Number of launches">,
    Statistic<"numCopies", "copies", "Number of copies">,
    Statistic<"numViews", "views", "Number of ops that became views">,
    Statistic<"numInplace", "inplace", "Number of results in place">,
    Statistic<"peakLive", "peak-live-bytes", "Largest sum of live bytes">,
    Statistic<"arena", "arena-bytes", "Bytes of the arena">
  ];
  let dependentDialects = ["::xgen::plan::PlanDialect"];
}

def VerifyPlan : Pass<"xgen-verify-plan", "::mlir::ModuleOp"> {
  let summary = "proves that no launch reads or overwrites the wrong bytes";
  let description = [{
    Runs after every compilation and shares no code with the planner: it
    replays the program on a map of who wrote which bytes.
  }];
}

#endif // XGEN_PASSES_TD
