// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// Windows that would start in the end padding do not count: ceil_mode gives 2
// and not 3 here.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x3x3xf32>) -> none {
  // CHECK: xgen.pool {{.*}}kind = #xgen.pool_kind<max>
  // CHECK-SAME: -> tensor<1x2x2x2xf32>
  %0 = onnx.node "MaxPool"(%x) {opset = 12 : i64, onnx_attributes = {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, ceil_mode = 1 : i64}} : (tensor<1x2x3x3xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x6x6xf32>) -> none {
  // CHECK: xgen.pool {{.*}}count_include_pad = true, {{.*}}kind = #xgen.pool_kind<avg>
  %0 = onnx.node "AveragePool"(%x) {opset = 19 : i64, onnx_attributes = {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, count_include_pad = 1 : i64}} : (tensor<1x2x6x6xf32>) -> none
  return %0 : none
}

// -----
// A global pool is a reduction where the spatial dimensions are: no transpose.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x6x6xf32>) -> none {
  // CHECK-NOT: xgen.transpose
  // CHECK: xgen.reduce {{.*}} {axes = array<i64: 2, 3>, keepdims = true, kind = #xgen.reduce_kind<mean>}
  %0 = onnx.node "GlobalAveragePool"(%x) {opset = 7 : i64, onnx_attributes = {}} : (tensor<1x2x6x6xf32>) -> none
  return %0 : none
}

// -----
// Indices of the maxima are a second result, channels-last like the first.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x4x4xf32>) -> (none, none) {
  // CHECK: %[[P:.*]]:2 = xgen.pool {{.*}} -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xi64>)
  // CHECK-DAG: xgen.transpose %[[P]]#0
  // CHECK-DAG: xgen.transpose %[[P]]#1
  %0:2 = onnx.node "MaxPool"(%x) {opset = 12 : i64, onnx_attributes = {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>}} : (tensor<1x2x4x4xf32>) -> (none, none)
  return %0#0, %0#1 : none, none
}
