// RUN: xgen-opt %s -split-input-file -xgen-fold-batchnorm | FileCheck %s

// A scale and a shift with one number a channel, behind the transpose that ends
// a channels-last convolution: weight 2 * (1, 3), bias (1, 1) * (1, 3) + (5, 7).

// CHECK-LABEL: func.func @batch_norm
// CHECK-NEXT:    %[[W:.*]] = xgen.constant dense<{{\[+}}2.000000e+00, 6.000000e+00]
// CHECK-NEXT:    %[[B:.*]] = xgen.constant dense<[6.000000e+00, 1.000000e+01]>
// CHECK-NEXT:    %[[C:.*]] = xgen.conv %arg0, %[[W]], %[[B]]
// CHECK-NEXT:    %[[T:.*]] = xgen.transpose %[[C]]
// CHECK-NEXT:    return %[[T]]
func.func @batch_norm(%x: tensor<1x4x4x1xf32>) -> tensor<1x2x4x4xf32> {
  %w = xgen.constant dense<2.0> : tensor<1x1x1x2xf32>
  %b = xgen.constant dense<1.0> : tensor<2xf32>
  %scale = xgen.constant dense<[[[1.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %shift = xgen.constant dense<[[[[5.0]], [[7.0]]]]> : tensor<1x2x1x1xf32>
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x4x4x1xf32>, tensor<1x1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = xgen.transpose %0 {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
  %2 = xgen.binary %1, %scale {kind = #xgen.binary_kind<mul>} : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %3 = xgen.binary %2, %shift {kind = #xgen.binary_kind<add>} : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %3 : tensor<1x2x4x4xf32>
}

// -----

// Numbers along another dimension are no channel scale.

// CHECK-LABEL: func.func @rows
// CHECK:         xgen.binary
func.func @rows(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x2xf32> {
  %w = xgen.constant dense<2.0> : tensor<1x1x1x2xf32>
  %scale = xgen.constant dense<[[[1.0], [3.0]]]> : tensor<1x2x1xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x2x2x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = xgen.binary %0, %scale {kind = #xgen.binary_kind<mul>} : (tensor<1x2x2x2xf32>, tensor<1x2x1xf32>) -> tensor<1x2x2x2xf32>
  return %1 : tensor<1x2x2x2xf32>
}

// -----

// Another user of the convolution sees what it saw.

// CHECK-LABEL: func.func @shared
// CHECK:         xgen.binary
func.func @shared(%x: tensor<1x2x2x1xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %w = xgen.constant dense<2.0> : tensor<1x1x1x2xf32>
  %scale = xgen.constant dense<3.0> : tensor<f32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x2x2x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = xgen.binary %0, %scale {kind = #xgen.binary_kind<mul>} : (tensor<1x2x2x2xf32>, tensor<f32>) -> tensor<1x2x2x2xf32>
  return %0, %1 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}

// -----

// A matrix product takes what is added to it as its bias.

// CHECK-LABEL: func.func @matmul
// CHECK:         %[[B:.*]] = xgen.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK:         xgen.matmul %arg0, %arg1, %[[B]]
// CHECK-NEXT:    return
func.func @matmul(%x: tensor<3x4xf32>, %w: tensor<4x2xf32>) -> tensor<3x2xf32> {
  %b = xgen.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %1 = xgen.binary %b, %0 {kind = #xgen.binary_kind<add>} : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// -----

// A border of zeros is padding; a border of ones is not.

// CHECK-LABEL: func.func @border
// CHECK:         xgen.conv %arg0, {{.*}}pads = array<i64: 1, 2, 1, 2>
// CHECK:         xgen.pad %arg0
func.func @border(%x: tensor<1x4x4x1xf32>, %w: tensor<3x3x1x2xf32>) -> (tensor<1x4x6x2xf32>, tensor<1x4x6x2xf32>) {
  %0 = xgen.pad %x {low = array<i64: 0, 1, 2, 0>, high = array<i64: 0, 1, 2, 0>, mode = #xgen.pad_mode<constant>} : (tensor<1x4x4x1xf32>) -> tensor<1x6x8x1xf32>
  %1 = xgen.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x6x8x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x4x6x2xf32>
  %2 = xgen.pad %x {low = array<i64: 0, 1, 2, 0>, high = array<i64: 0, 1, 2, 0>, mode = #xgen.pad_mode<constant>, value = 1.0 : f64} : (tensor<1x4x4x1xf32>) -> tensor<1x6x8x1xf32>
  %3 = xgen.conv %2, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x6x8x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x4x6x2xf32>
  return %1, %3 : tensor<1x4x6x2xf32>, tensor<1x4x6x2xf32>
}
