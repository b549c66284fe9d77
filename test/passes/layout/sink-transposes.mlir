// RUN: xgen-opt %s -split-input-file -xgen-sink-transposes | FileCheck %s

// Transposes pass elementwise ops and meet the one that undoes them. Constants
// are transposed at compile time.

// CHECK-LABEL: func.func @elementwise
// CHECK-NEXT:    %[[C:.*]] = xgen.constant dense<{{.*}}1.000000e+00, 2.000000e+00{{.*}}> : tensor<1x1x1x2xf32>
// CHECK-NEXT:    %[[A:.*]] = xgen.binary %arg0, %[[C]]
// CHECK-NEXT:    %[[R:.*]] = xgen.unary %[[A]]
// CHECK-NEXT:    return %[[R]]
func.func @elementwise(%x: tensor<1x3x4x2xf32>) -> tensor<1x3x4x2xf32> {
  %c = xgen.constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x3x4x2xf32>) -> tensor<1x2x3x4xf32>
  %1 = xgen.binary %0, %c {kind = #xgen.binary_kind<mul>} : (tensor<1x2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x3x4xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<relu>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  %3 = xgen.transpose %2 {perm = array<i64: 0, 2, 3, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  return %3 : tensor<1x3x4x2xf32>
}

// -----

// Axes follow: concat, slice, pad, reduce, softmax.

// CHECK-LABEL: func.func @axes
// CHECK-NOT:     xgen.transpose
// CHECK:         xgen.concat %arg0, %arg0 {axis = 3 : i64}
// CHECK:         xgen.pad {{.*}}high = array<i64: 0, 1, 1, 0>
// CHECK:         xgen.slice {{.*}}sizes = array<i64: 1, 5, 6, 2>, starts = array<i64: 0, 0, 0, 1>
// CHECK:         xgen.softmax {{.*}}axes = array<i64: 3>
// CHECK:         xgen.reduce {{.*}}axes = array<i64: 1, 2>
// CHECK-SAME:      -> tensor<1x2xf32>
func.func @axes(%x: tensor<1x4x5x2xf32>) -> tensor<1x2xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x4x5x2xf32>) -> tensor<1x2x4x5xf32>
  %1 = xgen.concat %0, %0 {axis = 1 : i64} : (tensor<1x2x4x5xf32>, tensor<1x2x4x5xf32>) -> tensor<1x4x4x5xf32>
  %2 = xgen.pad %1 {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 1, 1>, mode = #xgen.pad_mode<constant>} : (tensor<1x4x4x5xf32>) -> tensor<1x4x5x6xf32>
  %3 = xgen.slice %2 {starts = array<i64: 0, 1, 0, 0>, sizes = array<i64: 1, 2, 5, 6>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x4x5x6xf32>) -> tensor<1x2x5x6xf32>
  %4 = xgen.softmax %3 {axes = array<i64: 1>} : (tensor<1x2x5x6xf32>) -> tensor<1x2x5x6xf32>
  %5 = xgen.reduce %4 {kind = #xgen.reduce_kind<mean>, axes = array<i64: 2, 3>, keepdims = false} : (tensor<1x2x5x6xf32>) -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}

// -----

// A detector's head: the transpose passes the reshape that merges rows and
// columns, since these are neighbours on both sides.

// CHECK-LABEL: func.func @head
// CHECK-NEXT:    %[[R:.*]] = xgen.reshape %arg0 : (tensor<1x4x5x2xf32>) -> tensor<1x20x2xf32>
// CHECK-NEXT:    return %[[R]]
func.func @head(%x: tensor<1x4x5x2xf32>) -> tensor<1x20x2xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x4x5x2xf32>) -> tensor<1x2x4x5xf32>
  %1 = xgen.reshape %0 : (tensor<1x2x4x5xf32>) -> tensor<1x2x20xf32>
  %2 = xgen.transpose %1 {perm = array<i64: 0, 2, 1>} : (tensor<1x2x20xf32>) -> tensor<1x20x2xf32>
  return %2 : tensor<1x20x2xf32>
}

// -----

// Pixel shuffle: of three transposes one is left, that of the pixels.

// CHECK-LABEL: func.func @pixel_shuffle
// CHECK-NEXT:    %[[A:.*]] = xgen.reshape %arg0
// CHECK-NEXT:    %[[B:.*]] = xgen.transpose %[[A]]
// CHECK-NEXT:    %[[C:.*]] = xgen.reshape %[[B]] : ({{.*}}) -> tensor<1x1x8x8xf32>
// CHECK-NEXT:    return %[[C]]
func.func @pixel_shuffle(%x: tensor<1x4x4x4xf32>) -> tensor<1x1x8x8xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %1 = xgen.reshape %0 : (tensor<1x4x4x4xf32>) -> tensor<1x1x2x2x4x4xf32>
  %2 = xgen.transpose %1 {perm = array<i64: 0, 1, 4, 2, 5, 3>} : (tensor<1x1x2x2x4x4xf32>) -> tensor<1x1x4x2x4x2xf32>
  %3 = xgen.reshape %2 : (tensor<1x1x4x2x4x2xf32>) -> tensor<1x1x8x8xf32>
  return %3 : tensor<1x1x8x8xf32>
}

// -----

// Flatten before a fully connected layer: the rows of its weight move instead.

// CHECK-LABEL: func.func @flatten
// CHECK-NOT:     xgen.transpose
// CHECK:         %[[W:.*]] = xgen.constant dense<{{\[}}[0.000000e+00], [2.000000e+00], [1.000000e+00], [3.000000e+00]]>
// CHECK:         xgen.matmul %{{.*}}, %[[W]]
func.func @flatten(%x: tensor<1x1x2x2xf32>) -> tensor<1x1xf32> {
  %w = xgen.constant dense<[[0.0], [1.0], [2.0], [3.0]]> : tensor<4x1xf32>
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x1x2x2xf32>) -> tensor<1x2x1x2xf32>
  %1 = xgen.reshape %0 : (tensor<1x2x1x2xf32>) -> tensor<1x4xf32>
  %2 = xgen.matmul %1, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// A residual sum of two convolutions, one of which was enlarged.

// CHECK-LABEL: func.func @residual
// CHECK-NOT:     xgen.transpose
// CHECK:         xgen.resize %arg0 {{.*}}scales = array<f64: 1.000000e+00, 2.000000e+00, 2.000000e+00, 1.000000e+00>
// CHECK-NOT:     xgen.transpose
func.func @residual(%x: tensor<1x4x4x8xf32>, %y: tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %1 = xgen.resize %0 {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, mode = #xgen.resize_mode<nearest>, coord = #xgen.resize_coord<asymmetric>} : (tensor<1x8x4x4xf32>) -> tensor<1x8x8x8xf32>
  %2 = xgen.transpose %y {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %3 = xgen.binary %1, %2 {kind = #xgen.binary_kind<add>} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %4 = xgen.transpose %3 {perm = array<i64: 0, 2, 3, 1>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  return %4 : tensor<1x8x8x8xf32>
}

// -----

// What the model's interface demands stays: one transpose, no more bytes.

// CHECK-LABEL: func.func @interface
// CHECK-COUNT-1: xgen.transpose
// CHECK-NOT:     xgen.transpose
func.func @interface(%x: tensor<1x3x4x2xf32>) -> tensor<1x2x3x4xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x3x4x2xf32>) -> tensor<1x2x3x4xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return %1 : tensor<1x2x3x4xf32>
}
