// RUN: xgen-opt %s -xgen-target=x86-64-v3 -xgen-prune=density=0.5 | FileCheck %s
// RUN: xgen-opt %s -xgen-target=x86-64-v3 -xgen-prune=density=0.5 -xgen-encode-sparse | FileCheck %s --check-prefix=SPARSE
// RUN: xgen-opt %s -xgen-target=x86-64-v3 -xgen-prune=density=0.75 -xgen-encode-sparse 2>&1 | FileCheck %s --check-prefix=DENSE
// RUN: not xgen-opt %s -xgen-prune=density=0 2>&1 | FileCheck %s --check-prefix=ERROR

// AVX2's register tile is 8 channels wide for 8 channels. Of the four blocks of
// 1 position times 8 channels the two with the largest L2 norm stay.

// CHECK-LABEL: func.func @main
// CHECK:         %[[W:.*]] = xgen.constant dense<{{\[+}}0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00], [3.000000e+00, {{.*}}], [0.000000e+00, {{.*}}], [-4.000000e+00,
// CHECK:         xgen.conv %arg0, %[[W]] {
// CHECK-SAME:      xgen.prune = {block = 8 : i64, blocks = 4 : i64, density = 5.000000e-01 : f64, energy = {{.*}}, kept = 2 : i64}

// A depthwise convolution stays, and says why.
// CHECK:         xgen.conv
// CHECK-SAME:      xgen.prune = {skipped = "grouped or depthwise: its weights are too few to matter"}

// SPARSE:        %[[E:.*]] = xgen.encode %{{.*}} -> tensor<1x1x4x8xf32, #xgen.block_sparse<nr = 8, blocks = 2>>
// SPARSE:        xgen.conv %arg0, %[[E]]

// DENSE:         remark: the weight stays dense: 0.75 of its blocks are not zero
// DENSE-NOT:     xgen.encode

// ERROR:         error: pruning keeps a density of 0
func.func @main(%x: tensor<1x4x4x4xf32>) -> (tensor<1x2x2x8xf32>, tensor<1x4x4x4xf32>) {
  %w = xgen.constant dense<[[[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
                              [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0],
                              [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0],
                              [-4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]]]]> : tensor<1x1x4x8xf32>
  %d = xgen.constant dense<1.0> : tensor<1x1x1x4xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x4x4x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x2x2x8xf32>
  %1 = xgen.conv %x, %d {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 4 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x4x4x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x4x4x4xf32>
  return %0, %1 : tensor<1x2x2x8xf32>, tensor<1x4x4x4xf32>
}
