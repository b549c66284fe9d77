// RUN: xgen-opt %s -xgen-lower-conv-transpose -xgen-fold-constants -canonicalize | FileCheck %s

// Upsampling by 2 with a 2x2 kernel: a 1x1 convolution to 4 times the channels,
// interleaved in space.
// CHECK-LABEL: func.func @upsample
// CHECK: %[[C:.*]] = xgen.conv %arg0, %{{.*}} {{{.*}}pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x5x6x3xf32>, tensor<1x1x3x16xf32>) -> tensor<1x5x6x16xf32>
// CHECK: %[[S:.*]] = xgen.reshape %[[C]] : (tensor<1x5x6x16xf32>) -> tensor<1x5x6x1x2x2x4xf32>
// CHECK: %[[T:.*]] = xgen.transpose %[[S]] {perm = array<i64: 0, 1, 4, 2, 5, 3, 6>}
// CHECK: xgen.reshape %[[T]] : {{.*}} -> tensor<1x10x12x4xf32>
// CHECK-NOT: xgen.conv_transpose
func.func @upsample(%x: tensor<1x5x6x3xf32>) -> tensor<1x10x12x4xf32> {
  %w = xgen.constant dense<1.0> : tensor<2x2x3x4xf32>
  %y = xgen.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x5x6x3xf32>, tensor<2x2x3x4xf32>) -> tensor<1x10x12x4xf32>
  return %y : tensor<1x10x12x4xf32>
}

// Stride 1 is a convolution with reversed taps; padding crops.
// CHECK-LABEL: func.func @stride1
// CHECK: xgen.conv {{.*}}pads = array<i64: 2, 2>
// CHECK-SAME: -> tensor<1x9x4xf32>
// CHECK: xgen.slice {{.*}}starts = array<i64: 0, 1, 0>
func.func @stride1(%x: tensor<1x7x3xf32>) -> tensor<1x7x4xf32> {
  %w = xgen.constant dense<1.0> : tensor<3x3x4xf32>
  %y = xgen.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x7x3xf32>, tensor<3x3x4xf32>) -> tensor<1x7x4xf32>
  return %y : tensor<1x7x4xf32>
}

// A stride together with a dilation stays.
// CHECK-LABEL: func.func @both
// CHECK: xgen.conv_transpose
func.func @both(%x: tensor<1x7x3xf32>) -> tensor<1x17x4xf32> {
  %w = xgen.constant dense<1.0> : tensor<3x3x4xf32>
  %y = xgen.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 2>, pads = array<i64: 0, 0>, groups = 1 : i64} : (tensor<1x7x3xf32>, tensor<3x3x4xf32>) -> tensor<1x17x4xf32>
  return %y : tensor<1x17x4xf32>
}
