// RUN: xgen-opt %s -xgen-target=x86-64-v3 -xgen-prune=density=0.5 -xgen-encode-sparse | FileCheck %s

// 3 output channels: one panel that is narrower than the tile. 1D convolutions
// are pruned as all others.

// CHECK:         xgen.encode %{{.*}} -> tensor<2x1x3xf32, #xgen.block_sparse<nr = 8, blocks = 1>>
func.func @main(%x: tensor<1x5x1xf32>) -> tensor<1x2x3xf32> {
  %w = xgen.constant dense<[[[1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0]]]> : tensor<2x1x3xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 2>, dilations = array<i64: 2>, pads = array<i64: 0, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x5x1xf32>, tensor<2x1x3xf32>) -> tensor<1x2x3xf32>
  return %0 : tensor<1x2x3xf32>
}
