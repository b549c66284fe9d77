// RUN: xgenc %s -emit=kernel -target=x86-64-v4 -o - | FileCheck %s

// Anchors that are computed in turn, row by row, where what lies between them would not
// stay in the cache.

// An inverted residual block is one kernel.
// CHECK:     kernel.launch @conv1x1_8x48_relu_dwconv3x3_48_relu_and1(%arg0
// Here it stays in L1.
// CHECK:     kernel.launch @conv1x1_8x48{{.*}}(%arg1
// CHECK:     kernel.launch @dwconv3x3_48
// And here it is a result.
// CHECK:     kernel.launch @conv1x1_8x48{{.*}}(%arg2
// CHECK:     kernel.launch @dwconv3x3_48
// A product reads what a window made as fast from L2,
// CHECK:     kernel.launch @dwconv3x3_8{{.*}}(%arg3
// CHECK:     kernel.launch @conv1x1_8x8
// but not from beyond it.
// CHECK:     kernel.launch @dwconv3x3_8_conv1x1_8x8{{.*}}(%arg4
// A Winograd convolution wants several rows at a time.
// CHECK:     kernel.launch @conv3x3_16x16{{.*}}(%arg5
// CHECK:     kernel.launch @maxpool
// CHECK-NOT: kernel.launch

func.func @main(%a: tensor<1x64x64x8xf32>, %b: tensor<1x8x8x8xf32>, %c: tensor<1x64x64x8xf32>, %d: tensor<1x64x64x8xf32>, %e: tensor<1x160x160x8xf32>, %f: tensor<1x96x96x16xf32>) -> (tensor<1x64x64x24xf32>, tensor<1x8x8x48xf32>, tensor<1x64x64x48xf32>, tensor<1x64x64x48xf32>, tensor<1x64x64x8xf32>, tensor<1x160x160x8xf32>, tensor<1x48x48x16xf32>) {
  %w = xgen.constant dense<0.5> : tensor<1x1x8x48xf32>
  %v = xgen.constant dense<0.25> : tensor<3x3x1x48xf32>
  %u = xgen.constant dense<0.5> : tensor<1x1x48x24xf32>
  %t = xgen.constant dense<0.25> : tensor<3x3x1x8xf32>
  %s = xgen.constant dense<0.5> : tensor<1x1x8x8xf32>
  %r = xgen.constant dense<0.125> : tensor<3x3x16x16xf32>
  %0 = xgen.conv %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x8xf32>, tensor<1x1x8x48xf32>) -> tensor<1x64x64x48xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<1x64x64x48xf32>) -> tensor<1x64x64x48xf32>
  %2 = xgen.conv %1, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 48 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x48xf32>, tensor<3x3x1x48xf32>) -> tensor<1x64x64x48xf32>
  %3 = xgen.unary %2 {kind = #xgen.unary_kind<relu>} : (tensor<1x64x64x48xf32>) -> tensor<1x64x64x48xf32>
  %4 = xgen.conv %3, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x48xf32>, tensor<1x1x48x24xf32>) -> tensor<1x64x64x24xf32>
  %6 = xgen.conv %b, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x8x8x8xf32>, tensor<1x1x8x48xf32>) -> tensor<1x8x8x48xf32>
  %7 = xgen.conv %6, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 48 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x8x8x48xf32>, tensor<3x3x1x48xf32>) -> tensor<1x8x8x48xf32>
  %8 = xgen.conv %c, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x8xf32>, tensor<1x1x8x48xf32>) -> tensor<1x64x64x48xf32>
  %9 = xgen.conv %8, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 48 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x48xf32>, tensor<3x3x1x48xf32>) -> tensor<1x64x64x48xf32>
  %10 = xgen.conv %d, %t {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 8 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x8xf32>, tensor<3x3x1x8xf32>) -> tensor<1x64x64x8xf32>
  %11 = xgen.conv %10, %s {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x64x64x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x64x64x8xf32>
  %12 = xgen.conv %e, %t {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 8 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x160x160x8xf32>, tensor<3x3x1x8xf32>) -> tensor<1x160x160x8xf32>
  %13 = xgen.conv %12, %s {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x160x160x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x160x160x8xf32>
  %14 = xgen.conv %f, %r {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x96x96x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x96x96x16xf32>
  %15 = xgen.pool %14 {kind = #xgen.pool_kind<max>, window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x96x96x16xf32>) -> tensor<1x48x48x16xf32>
  return %4, %7, %8, %9, %11, %13, %15 : tensor<1x64x64x24xf32>, tensor<1x8x8x48xf32>, tensor<1x64x64x48xf32>, tensor<1x64x64x48xf32>, tensor<1x64x64x8xf32>, tensor<1x160x160x8xf32>, tensor<1x48x48x16xf32>
}
