//===- XgenAttrs.td - The xgen dialect: kinds and encodings -*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Enum attributes (the integer values are the ones that `eval` receives; see
// codegen/reference) and storage encodings of tensors.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_DIALECTS_XGEN_ATTRS_TD
#define XGEN_DIALECTS_XGEN_ATTRS_TD

include "XgenBase.td"

def UnaryKind : I32Enum<"UnaryKind", "elementwise function of one tensor", [
  I32EnumCase<"Abs", 0, "abs">, I32EnumCase<"Neg", 1, "neg">,
  I32EnumCase<"Exp", 2, "exp">, I32EnumCase<"Log", 3, "log">,
  I32EnumCase<"Sqrt", 4, "sqrt">, I32EnumCase<"Rsqrt", 5, "rsqrt">,
  I32EnumCase<"Reciprocal", 6, "reciprocal">,
  I32EnumCase<"Sin", 7, "sin">, I32EnumCase<"Cos", 8, "cos">,
  I32EnumCase<"Tan", 9, "tan">, I32EnumCase<"Asin", 10, "asin">,
  I32EnumCase<"Acos", 11, "acos">, I32EnumCase<"Atan", 12, "atan">,
  I32EnumCase<"Sinh", 13, "sinh">, I32EnumCase<"Cosh", 14, "cosh">,
  I32EnumCase<"Tanh", 15, "tanh">, I32EnumCase<"Asinh", 16, "asinh">,
  I32EnumCase<"Acosh", 17, "acosh">, I32EnumCase<"Atanh", 18, "atanh">,
  I32EnumCase<"Erf", 19, "erf">, I32EnumCase<"Floor", 20, "floor">,
  I32EnumCase<"Ceil", 21, "ceil">,
  // Half to even, as ONNX Round and QuantizeLinear want.
  I32EnumCase<"Round", 22, "round">,
  I32EnumCase<"Sign", 23, "sign">, I32EnumCase<"Not", 24, "not">,
  I32EnumCase<"BitNot", 25, "bit_not">, I32EnumCase<"IsNaN", 26, "is_nan">,
  // alpha: detect negative (0/1), beta: detect positive (0/1).
  I32EnumCase<"IsInf", 27, "is_inf">,
  I32EnumCase<"Relu", 28, "relu">, I32EnumCase<"Sigmoid", 29, "sigmoid">,
  I32EnumCase<"Softplus", 30, "softplus">,
  I32EnumCase<"Softsign", 31, "softsign">,
  // alpha: slope below 0.
  I32EnumCase<"LeakyRelu", 32, "leaky_relu">,
  // alpha * (exp(x) - 1) below 0.
  I32EnumCase<"Elu", 33, "elu">,
  // beta * elu(x; alpha).
  I32EnumCase<"Selu", 34, "selu">,
  // max(0, min(1, alpha * x + beta)).
  I32EnumCase<"HardSigmoid", 35, "hard_sigmoid">,
  I32EnumCase<"HardSwish", 36, "hard_swish">,
  // min(max(x, alpha), beta).
  I32EnumCase<"Clamp", 37, "clamp">,
  // x > alpha ? x : 0.
  I32EnumCase<"ThresholdedRelu", 38, "thresholded_relu">,
  // x < -alpha ? x + beta : x > alpha ? x - beta : 0.
  I32EnumCase<"Shrink", 39, "shrink">,
  I32EnumCase<"Celu", 40, "celu">, I32EnumCase<"Mish", 41, "mish">,
  I32EnumCase<"Gelu", 42, "gelu">, I32EnumCase<"GeluTanh", 43, "gelu_tanh">,
  // x * sigmoid(alpha * x): SiLU for alpha 1.
  I32EnumCase<"Swish", 44, "swish">
]> { let cppNamespace = "::xgen::ir"; }
def UnaryKindAttr : Xgen_EnumAttr<UnaryKind, "unary_kind">;

def BinaryKind : I32Enum<"BinaryKind", "elementwise function of two tensors", [
  I32EnumCase<"Add", 0, "add">, I32EnumCase<"Sub", 1, "sub">,
  I32EnumCase<"Mul", 2, "mul">,
  // Integers truncate towards zero; division by zero gives 0.
  I32EnumCase<"Div", 3, "div">,
  I32EnumCase<"Pow", 4, "pow">,
  // Sign of the divisor (Python, ONNX Mod fmod=0).
  I32EnumCase<"Mod", 5, "mod">,
  // Sign of the dividend (C fmod, ONNX Mod fmod=1).
  I32EnumCase<"Fmod", 6, "fmod">,
  I32EnumCase<"Min", 7, "min">, I32EnumCase<"Max", 8, "max">,
  // a < 0 ? a * b : a.
  I32EnumCase<"PRelu", 9, "prelu">,
  I32EnumCase<"And", 10, "and">, I32EnumCase<"Or", 11, "or">,
  I32EnumCase<"Xor", 12, "xor">, I32EnumCase<"BitAnd", 13, "bit_and">,
  I32EnumCase<"BitOr", 14, "bit_or">, I32EnumCase<"BitXor", 15, "bit_xor">,
  I32EnumCase<"ShiftLeft", 16, "shift_left">,
  I32EnumCase<"ShiftRight", 17, "shift_right">,
  // Comparisons give i1.
  I32EnumCase<"Equal", 18, "eq">, I32EnumCase<"NotEqual", 19, "ne">,
  I32EnumCase<"Less", 20, "lt">, I32EnumCase<"LessEqual", 21, "le">,
  I32EnumCase<"Greater", 22, "gt">, I32EnumCase<"GreaterEqual", 23, "ge">
]> { let cppNamespace = "::xgen::ir"; }
def BinaryKindAttr : Xgen_EnumAttr<BinaryKind, "binary_kind">;

def ReduceKind : I32Enum<"ReduceKind", "reduction over axes", [
  I32EnumCase<"Sum", 0, "sum">, I32EnumCase<"Mean", 1, "mean">,
  I32EnumCase<"Max", 2, "max">, I32EnumCase<"Min", 3, "min">,
  I32EnumCase<"Prod", 4, "prod">, I32EnumCase<"L1", 5, "l1">,
  I32EnumCase<"L2", 6, "l2">, I32EnumCase<"LogSum", 7, "log_sum">,
  I32EnumCase<"LogSumExp", 8, "log_sum_exp">,
  I32EnumCase<"SumSquare", 9, "sum_square">
]> { let cppNamespace = "::xgen::ir"; }
def ReduceKindAttr : Xgen_EnumAttr<ReduceKind, "reduce_kind">;

def PoolKind : I32Enum<"PoolKind", "pooling function", [
  I32EnumCase<"Max", 0, "max">, I32EnumCase<"Avg", 1, "avg">,
  I32EnumCase<"Lp", 2, "lp">
]> { let cppNamespace = "::xgen::ir"; }
def PoolKindAttr : Xgen_EnumAttr<PoolKind, "pool_kind">;

def PadMode : I32Enum<"PadMode", "what lies outside the tensor", [
  I32EnumCase<"Constant", 0, "constant">, I32EnumCase<"Reflect", 1, "reflect">,
  I32EnumCase<"Edge", 2, "edge">, I32EnumCase<"Wrap", 3, "wrap">
]> { let cppNamespace = "::xgen::ir"; }
def PadModeAttr : Xgen_EnumAttr<PadMode, "pad_mode">;

def NormalizeKind : I32Enum<"NormalizeKind", "what is normalized", [
  // (x - mean) / sqrt(var + eps) over `axes`, then scale and bias.
  I32EnumCase<"Mean", 0, "mean">,
  // x / sqrt(mean(x^2) + eps) over `axes`.
  I32EnumCase<"Rms", 1, "rms">
]> { let cppNamespace = "::xgen::ir"; }
def NormalizeKindAttr : Xgen_EnumAttr<NormalizeKind, "normalize_kind">;

def RnnKind : I32Enum<"RnnKind", "recurrent cell", [
  I32EnumCase<"Rnn", 0, "rnn">, I32EnumCase<"Gru", 1, "gru">,
  I32EnumCase<"Lstm", 2, "lstm">
]> { let cppNamespace = "::xgen::ir"; }
def RnnKindAttr : Xgen_EnumAttr<RnnKind, "rnn_kind">;

def RnnDirection : I32Enum<"RnnDirection", "order of time steps", [
  I32EnumCase<"Forward", 0, "forward">, I32EnumCase<"Reverse", 1, "reverse">,
  I32EnumCase<"Bidirectional", 2, "bidirectional">
]> { let cppNamespace = "::xgen::ir"; }
def RnnDirectionAttr : Xgen_EnumAttr<RnnDirection, "rnn_direction">;

def ScatterKind : I32Enum<"ScatterKind", "how scattered values combine", [
  I32EnumCase<"Assign", 0, "assign">, I32EnumCase<"Add", 1, "add">,
  I32EnumCase<"Mul", 2, "mul">, I32EnumCase<"Max", 3, "max">,
  I32EnumCase<"Min", 4, "min">
]> { let cppNamespace = "::xgen::ir"; }
def ScatterKindAttr : Xgen_EnumAttr<ScatterKind, "scatter_kind">;

def ResizeMode : I32Enum<"ResizeMode", "interpolation", [
  I32EnumCase<"Nearest", 0, "nearest">, I32EnumCase<"Linear", 1, "linear">,
  I32EnumCase<"Cubic", 2, "cubic">
]> { let cppNamespace = "::xgen::ir"; }
def ResizeModeAttr : Xgen_EnumAttr<ResizeMode, "resize_mode">;

def ResizeCoord : I32Enum<"ResizeCoord", "output to input coordinate", [
  I32EnumCase<"HalfPixel", 0, "half_pixel">,
  I32EnumCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
  I32EnumCase<"AlignCorners", 2, "align_corners">,
  I32EnumCase<"Asymmetric", 3, "asymmetric">,
  I32EnumCase<"TfHalfPixelForNn", 4, "tf_half_pixel_for_nn">,
  I32EnumCase<"TfCropAndResize", 5, "tf_crop_and_resize">,
  I32EnumCase<"HalfPixelSymmetric", 6, "half_pixel_symmetric">
]> { let cppNamespace = "::xgen::ir"; }
def ResizeCoordAttr : Xgen_EnumAttr<ResizeCoord, "resize_coord">;

def ResizeNearest : I32Enum<"ResizeNearest", "rounding of coordinates", [
  I32EnumCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumCase<"Floor", 2, "floor">, I32EnumCase<"Ceil", 3, "ceil">
]> { let cppNamespace = "::xgen::ir"; }
def ResizeNearestAttr : Xgen_EnumAttr<ResizeNearest, "resize_nearest">;

// How an integer accumulator becomes an output number (DESIGN: requantization
// is a contract on the op; the same contract gives the same bits everywhere).
def Rounding : I32Enum<"Rounding", "requantization contract", [
  // sat(rint(float(acc) * float(s_in * s_w / s_out)) + zp), half to even, the
  // product rounded once to float, never contracted.
  I32EnumCase<"F32Even", 0, "f32_even">,
  // gemmlowp's 31-bit multiplier and rounding shift.
  I32EnumCase<"Fixed31", 1, "fixed31">
]> { let cppNamespace = "::xgen::ir"; }
def RoundingAttr : Xgen_EnumAttr<Rounding, "rounding">;

// Of a cast to float 8 e8m0, which has powers of two only.
def CastRounding : I32Enum<"CastRounding", "rounding to a power of two", [
  I32EnumCase<"Nearest", 0, "nearest">, I32EnumCase<"Up", 1, "up">,
  I32EnumCase<"Down", 2, "down">
]> { let cppNamespace = "::xgen::ir"; }
def CastRoundingAttr : Xgen_EnumAttr<CastRounding, "cast_rounding">;

//===----------------------------------------------------------------------===//
// Storage encodings
//===----------------------------------------------------------------------===//

def Xgen_PackedAttr : AttrDef<Xgen_Dialect, "Packed",
    [DeclareAttrInterfaceMethods<Xgen_EncodingInterface>]> {
  let mnemonic = "packed";
  let summary = "weights in panels of the register tile's output channels";
  let description = [{
    A weight `[D..., Ci, Co]` stored as `[ceil(Co / nr)][D...][ceil(Ci / kr)][nr][kr]`,
    zero padded: the order in which a tile of `nr` output channels reads it.
    `kr` is 4 for dot product instructions, 2 for 16-bit multiply-add pairs. 8 n says
    of 8-bit weights that n products with inputs of -128 to 127, those of channels i,
    i + 8, ... of a group of kr, add up to 16 bits.
  }];
  let parameters = (ins "int64_t":$nr, DefaultValuedParameter<"int64_t", "1">:$kr);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Xgen_BlockSparseAttr : AttrDef<Xgen_Dialect, "BlockSparse",
    [DeclareAttrInterfaceMethods<Xgen_EncodingInterface>]> {
  let mnemonic = "block_sparse";
  let summary = "weights pruned in blocks of one position times nr output channels";
  let description = [{
    A weight `[D..., Ci, Co]` whose non-zero blocks are one position of
    (`D...`, `Ci`) times `nr` consecutive output channels. Storage, with
    P = ceil(Co / nr) panels: `i32 start[P + 1]` (prefix sum of block counts,
    `start[P] == blocks`), padded to 64 bytes; `i32 position[blocks]` (row-major
    index over `D..., Ci`, rising within a panel), padded to 64 bytes; values
    `[blocks][nr]`, zero padded at the last panel's end.
  }];
  let parameters = (ins "int64_t":$nr, "int64_t":$blocks);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Xgen_WinogradAttr : AttrDef<Xgen_Dialect, "Winograd",
    [DeclareAttrInterfaceMethods<Xgen_EncodingInterface>]> {
  let mnemonic = "winograd";
  let summary = "3x3 weights transformed for Winograd convolution";
  let description = [{
    A weight `[3, 3, Ci, Co]` of f32 as what F(m x m, 3x3) multiplies with:
    `G w G^T` of each 3x3 kernel, computed in double and rounded once, stored as
    `[ceil(Co / nr)][(m + 2)^2][Ci][nr]`, zero padded. `m` is 2 or 4; the
    transforms are in Winograd.h. Dense weights come back with an error of at
    most 2^-23 of the largest of their 3x3 kernel.
  }];
  let parameters = (ins "int64_t":$m, "int64_t":$nr);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // XGEN_DIALECTS_XGEN_ATTRS_TD
