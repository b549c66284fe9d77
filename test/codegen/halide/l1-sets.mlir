// RUN: xgenc verify %s | FileCheck %s --check-prefix=VERIFY
// RUN: xgenc %s -target=x86-64-v4 -emit=halide -o - | FileCheck %s

// Pixels that are 4 KB apart share sets of the L1 cache: they are copied, a line of
// 16 at a time. Others are read where they are. With AVX-512, whose tiles are large.
// CHECK-LABEL: // kernel conv1x1_1024x32, schedule direct_conv
// CHECK: staging[ramp(0, 1, 16)]
// CHECK-LABEL: // kernel conv1x1_1040x32, schedule direct_conv
// CHECK-NOT: staging
// VERIFY: ok {{.*}} conv1x1_1024x32 (direct_conv)
// VERIFY: ok {{.*}} conv1x1_1040x32 (direct_conv)
func.func @main(%x: tensor<1x1x14x1024xf32>, %y: tensor<1x1x14x1040xf32>) -> (tensor<1x1x14x32xf32>, tensor<1x1x14x32xf32>) {
  %w = xgen.constant dense<0.01> : tensor<1x1x1024x32xf32>
  %v = xgen.constant dense<0.01> : tensor<1x1x1040x32xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x1x14x1024xf32>, tensor<1x1x1024x32xf32>) -> tensor<1x1x14x32xf32>
  %1 = xgen.conv %y, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x1x14x1040xf32>, tensor<1x1x1040x32xf32>) -> tensor<1x1x14x32xf32>
  return %0, %1 : tensor<1x1x14x32xf32>, tensor<1x1x14x32xf32>
}
