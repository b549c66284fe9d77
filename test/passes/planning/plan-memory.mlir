// RUN: xgen-opt %s -split-input-file -xgen-plan-memory -xgen-verify-plan | FileCheck %s

// A chain needs two buffers at a time; the third takes the first one's place.
// The last kernel writes the user's output.

// CHECK-LABEL: plan.program @main attributes {arena_bytes = 512 : i64
// CHECK-SAME:    inputs = [#plan.tensor<"image", tensor<64xf32>>]
// CHECK-SAME:    outputs = [#plan.tensor<"scores", tensor<64xf32>>]
// CHECK-SAME:    peak_live_bytes = 512 : i64
// CHECK:         reads [#plan.ref<input 0 at 0 size 256>] writes [#plan.ref<arena 0 at [[A:[0-9]+]] size 256>]
// CHECK:         reads [#plan.ref<arena 0 at [[A]] size 256>] writes [#plan.ref<arena 1 at [[B:[0-9]+]] size 256>]
// CHECK:         reads [#plan.ref<arena 1 at [[B]] size 256>] writes [#plan.ref<arena 2 at [[A]] size 256>]
// CHECK:         reads [#plan.ref<arena 2 at [[A]] size 256>] writes [#plan.ref<output 0 at 0 size 256>]
// CHECK-NOT:   func.func
func.func @main(%x: tensor<64xf32> {onnx.name = "image"}) -> (tensor<64xf32> {onnx.name = "scores"}) {
  %0 = kernel.launch @relu(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @relu(%0) : (tensor<64xf32>) -> tensor<64xf32>
  %2 = kernel.launch @relu(%1) : (tensor<64xf32>) -> tensor<64xf32>
  %3 = kernel.launch @relu(%2) : (tensor<64xf32>) -> tensor<64xf32>
  return %3 : tensor<64xf32>
}
kernel.func private @relu(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}

// -----

// The same chain with kernels that work in place needs one buffer.

// CHECK-LABEL: plan.program @main attributes {arena_bytes = 256 : i64
// CHECK:         writes [#plan.ref<arena 0 at 0 size 256>]
// CHECK:         writes [#plan.ref<arena 1 at 0 size 256>]
// CHECK:         writes [#plan.ref<output 0 at 0 size 256>]
func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = kernel.launch @relu(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @relu(%0) : (tensor<64xf32>) -> tensor<64xf32>
  %2 = kernel.launch @relu(%1) : (tensor<64xf32>) -> tensor<64xf32>
  return %2 : tensor<64xf32>
}
kernel.func private @relu(%x: tensor<64xf32>) -> tensor<64xf32> attributes {inplace = array<i64: 0, 0>} {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}

// -----

// Views: the reshape is another name of the same bytes, producers write into
// their piece of the concatenation, the slice reads a part of it. Only the user's
// input must be copied to its piece.

// CHECK-LABEL: plan.program @main
// CHECK-DAG:     plan.copy <input 1 at 0 size 256> to <arena [[C:[0-9]+]] at 256 size 256>
// CHECK-DAG:     plan.launch @relu reads [#plan.ref<input 0 at 0 size 256>] writes [#plan.ref<arena [[C]] at 0 size 256>]
// CHECK:         plan.launch @relu reads [#plan.ref<arena [[C]] at 128 size 256>] writes [#plan.ref<output 0 at 0 size 256>]
func.func @main(%x: tensor<64xf32>, %y: tensor<2x32xf32>) -> tensor<2x32xf32> {
  %0 = kernel.launch @relu(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = xgen.reshape %0 : (tensor<64xf32>) -> tensor<2x32xf32>
  %2 = xgen.concat %1, %y {axis = 0 : i64} : (tensor<2x32xf32>, tensor<2x32xf32>) -> tensor<4x32xf32>
  %3 = xgen.slice %2 {starts = array<i64: 1, 0>, sizes = array<i64: 2, 32>, steps = array<i64: 1, 1>} : (tensor<4x32xf32>) -> tensor<2x32xf32>
  %4 = xgen.reshape %3 : (tensor<2x32xf32>) -> tensor<64xf32>
  %5 = kernel.launch @relu(%4) : (tensor<64xf32>) -> tensor<64xf32>
  %6 = xgen.reshape %5 : (tensor<64xf32>) -> tensor<2x32xf32>
  return %6 : tensor<2x32xf32>
}
kernel.func private @relu(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}

// -----

// Inputs and constants that are outputs are copied, and so is the second use of
// one value. Equal constants are one weight.

// CHECK-LABEL: plan.program @main attributes {arena_bytes = 0 : i64
// CHECK-SAME:    weights_bytes = 64 : i64
// CHECK:         plan.weight <weights 0 at 0 size 8> = dense<[1.000000e+00, 2.000000e+00]>
// CHECK:         plan.copy <input 0 at 0 size 8> to <output 0 at 0 size 8>
// CHECK:         plan.copy <weights 0 at 0 size 8> to <output 1 at 0 size 8>
// CHECK:         plan.copy <weights 0 at 0 size 8> to <output 2 at 0 size 8>
// CHECK-NOT:     plan.weight
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %a = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %x, %a, %b : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// -----

// Order: in program order both large tensors live at once; running each branch
// to its small end first needs one at a time.

// CHECK-LABEL: plan.program @main attributes {arena_bytes = 4224 : i64
// CHECK:         plan.launch @grow
// CHECK:         plan.launch @shrink
// CHECK:         plan.launch @grow
// CHECK:         plan.launch @shrink
func.func @main(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = kernel.launch @grow(%x) : (tensor<16xf32>) -> tensor<64x16xf32>
  %1 = kernel.launch @grow(%y) : (tensor<16xf32>) -> tensor<64x16xf32>
  %2 = kernel.launch @shrink(%0) : (tensor<64x16xf32>) -> tensor<16xf32>
  %3 = kernel.launch @shrink(%1) : (tensor<64x16xf32>) -> tensor<16xf32>
  %4 = kernel.launch @add(%2, %3) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  return %4 : tensor<16xf32>
}
kernel.func private @grow(%x: tensor<16xf32>) -> tensor<64x16xf32> {
  %0 = xgen.expand %x : (tensor<16xf32>) -> tensor<64x16xf32>
  kernel.return %0 : tensor<64x16xf32>
}
kernel.func private @shrink(%x: tensor<64x16xf32>) -> tensor<16xf32> {
  %0 = xgen.reduce %x {kind = #xgen.reduce_kind<sum>, axes = array<i64: 0>, keepdims = false} : (tensor<64x16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
kernel.func private @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
