// RUN: xgenc verify %s -threads=2 | FileCheck %s --check-prefix=VERIFY
// RUN: xgenc %s -target=x86-64-v4 -threads=2 -emit=halide -o - | FileCheck %s

// Each thread slides a window over its block of rows: the padded rows are made in the
// body of the parallel loop, a few of them, and no element under a condition.
// CHECK-LABEL: // kernel dwconv3x3_384, schedule depthwise
// CHECK: external func {{.*}}_par_for_
// CHECK: allocate rows[float32 * 6144 * 4 * 1]
// CHECK-NOT: select
// CHECK: for (rows.s2.{{.*}}, 0, 336)
// CHECK-NOT: select
// CHECK: produce acc

// What takes as long as starting the threads runs on one.
// CHECK-LABEL: // kernel conv1x1_16x32, schedule direct_conv
// CHECK-NOT: par_for
// CHECK-LABEL: // kernel matmul_256x256, schedule gemm
// VERIFY: ok {{.*}} dwconv3x3_384 (depthwise)
// VERIFY: ok {{.*}} conv1x1_16x32 (direct_conv)
// The product makes the network long enough for threads.
func.func @main(%x: tensor<1x14x14x384xf32>, %y: tensor<1x4x4x16xf32>, %z: tensor<512x256xf32>) -> (tensor<1x14x14x384xf32>, tensor<1x4x4x32xf32>, tensor<512x256xf32>) {
  %u = xgen.constant dense<0.01> : tensor<256x256xf32>
  %w = xgen.constant dense<0.01> : tensor<3x3x1x384xf32>
  %v = xgen.constant dense<0.01> : tensor<1x1x16x32xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 384 : i64} : (tensor<1x14x14x384xf32>, tensor<3x3x1x384xf32>) -> tensor<1x14x14x384xf32>
  %1 = xgen.conv %y, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x4x4x16xf32>, tensor<1x1x16x32xf32>) -> tensor<1x4x4x32xf32>
  %2 = xgen.matmul %z, %u {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<512x256xf32>, tensor<256x256xf32>) -> tensor<512x256xf32>
  return %0, %1, %2 : tensor<1x14x14x384xf32>, tensor<1x4x4x32xf32>, tensor<512x256xf32>
}
