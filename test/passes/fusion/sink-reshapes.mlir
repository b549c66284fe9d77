// RUN: xgen-opt %s -split-input-file -xgen-sink-reshapes | FileCheck %s

// The bias broadcasts along the last dimension, which the reshape keeps; the
// residual is reshaped instead.

// CHECK-LABEL: func.func @main
// CHECK:         %[[P:.*]] = xgen.matmul
// CHECK-NEXT:    %[[B:.*]] = xgen.binary %[[P]], %arg2
// CHECK-NEXT:    %[[R:.*]] = xgen.reshape %arg3 : (tensor<2x4x16xf32>) -> tensor<8x16xf32>
// CHECK-NEXT:    %[[S:.*]] = xgen.binary %[[R]], %[[B]] {{.*}} -> tensor<8x16xf32>
// CHECK-NEXT:    %[[V:.*]] = xgen.reshape %[[S]] : (tensor<8x16xf32>) -> tensor<2x4x16xf32>
// CHECK-NEXT:    return %[[V]]
func.func @main(%x: tensor<8x32xf32>, %w: tensor<32x16xf32>, %b: tensor<16xf32>, %r: tensor<2x4x16xf32>) -> tensor<2x4x16xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x32xf32>, tensor<32x16xf32>) -> tensor<8x16xf32>
  %1 = xgen.reshape %0 : (tensor<8x16xf32>) -> tensor<2x4x16xf32>
  %2 = xgen.binary %1, %b {kind = #xgen.binary_kind<add>} : (tensor<2x4x16xf32>, tensor<16xf32>) -> tensor<2x4x16xf32>
  %3 = xgen.binary %r, %2 {kind = #xgen.binary_kind<add>} : (tensor<2x4x16xf32>, tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  return %3 : tensor<2x4x16xf32>
}

// -----

// Not when an operand broadcasts along a dimension that the reshape changes.

// CHECK-LABEL: func.func @main
// CHECK:         xgen.unary
// CHECK-NEXT:    xgen.reshape
// CHECK-NEXT:    xgen.binary
// CHECK-NEXT:    return
func.func @main(%x: tensor<8x16xf32>, %s: tensor<2x1x1xf32>) -> tensor<2x4x16xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<exp>} : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %1 = xgen.reshape %0 : (tensor<8x16xf32>) -> tensor<2x4x16xf32>
  %2 = xgen.binary %1, %s {kind = #xgen.binary_kind<mul>} : (tensor<2x4x16xf32>, tensor<2x1x1xf32>) -> tensor<2x4x16xf32>
  return %2 : tensor<2x4x16xf32>
}
