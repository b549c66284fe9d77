// RUN: xgen-opt %s -xgen-split-grouped-conv | FileCheck %s

// Few channels: one dense convolution, its weight zero between groups.
// CHECK-LABEL: func.func @few
// CHECK: xgen.constant dense<{{\[\[\[}}1.000000e+00, 0.000000e+00], [3.000000e+00, 0.000000e+00], [0.000000e+00, 2.000000e+00], [0.000000e+00, 4.000000e+00]]]> : tensor<1x4x2xf32>
// CHECK: xgen.conv {{.*}}groups = 1 : i64
func.func @few(%x: tensor<1x9x4xf32>) -> tensor<1x9x2xf32> {
  %w = xgen.constant dense<[[[1.0, 2.0], [3.0, 4.0]]]> : tensor<1x2x2xf32>
  %y = xgen.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, groups = 2 : i64} : (tensor<1x9x4xf32>, tensor<1x2x2xf32>) -> tensor<1x9x2xf32>
  return %y : tensor<1x9x2xf32>
}

// Many: one convolution a group.
// CHECK-LABEL: func.func @many
// CHECK-COUNT-2: xgen.conv {{.*}}groups = 1 : i64
// CHECK: xgen.concat {{.*}} {axis = 2 : i64}
func.func @many(%x: tensor<1x9x64xf32>) -> tensor<1x9x8xf32> {
  %w = xgen.constant dense<1.0> : tensor<1x32x8xf32>
  %y = xgen.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, groups = 2 : i64} : (tensor<1x9x64xf32>, tensor<1x32x8xf32>) -> tensor<1x9x8xf32>
  return %y : tensor<1x9x8xf32>
}

// One group a channel stays.
// CHECK-LABEL: func.func @depthwise
// CHECK: groups = 64 : i64
func.func @depthwise(%x: tensor<1x9x64xf32>) -> tensor<1x9x64xf32> {
  %w = xgen.constant dense<1.0> : tensor<1x1x64xf32>
  %y = xgen.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, groups = 64 : i64} : (tensor<1x9x64xf32>, tensor<1x1x64xf32>) -> tensor<1x9x64xf32>
  return %y : tensor<1x9x64xf32>
}
