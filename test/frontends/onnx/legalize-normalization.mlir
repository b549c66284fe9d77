// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// Batch normalization is a scale and a shift, computed from constants.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x4x4xf32>, %p: tensor<2xf32>) -> none {
  // CHECK: xgen.unary {{.*}}<sqrt>
  // CHECK: %[[SCALE:.*]] = xgen.binary {{.*}}<div>
  // CHECK: xgen.reshape %[[SCALE]] : (tensor<2xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: xgen.binary %arg0, {{.*}}<mul>
  // CHECK: xgen.binary {{.*}}<add>
  %0 = onnx.node "BatchNormalization"(%x, %p, %p, %p, %p) {opset = 9 : i64, onnx_attributes = {epsilon = 0.001 : f32}} : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x8xf32>, %s: tensor<8xf32>) -> none {
  // CHECK: xgen.normalize %arg0, %arg1 {axes = array<i64: 2>, epsilon = {{.*}}, kind = #xgen.normalize_kind<mean>, operandSegmentSizes = array<i32: 1, 1, 0>}
  %0 = onnx.node "LayerNormalization"(%x, %s) {opset = 17 : i64, onnx_attributes = {}} : (tensor<1x2x8xf32>, tensor<8xf32>) -> none
  return %0 : none
}

// -----
// From version 21 scale and bias belong to channels, not to groups.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x8xf32>, %s: tensor<4xf32>) -> none {
  // CHECK: xgen.reshape %arg0 : (tensor<1x4x8xf32>) -> tensor<1x2x2x8xf32>
  // CHECK: xgen.normalize %{{[0-9]+}} {axes = array<i64: 2, 3>
  // CHECK: xgen.reshape {{.*}} -> tensor<1x4x8xf32>
  // CHECK: xgen.binary {{.*}}<mul>
  // CHECK: xgen.binary {{.*}}<add>
  %0 = onnx.node "GroupNormalization"(%x, %s, %s) {opset = 21 : i64, onnx_attributes = {num_groups = 2 : i64}} : (tensor<1x4x8xf32>, tensor<4xf32>, tensor<4xf32>) -> none
  return %0 : none
}

// -----
// Softmax worked on a matrix before version 13.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> none {
  // CHECK: xgen.softmax %arg0 {axes = array<i64: 1, 2>}
  %0 = onnx.node "Softmax"(%x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<2x3x4xf32>) -> none
  // CHECK: xgen.softmax {{.*}} {axes = array<i64: 2>, log = true}
  %1 = onnx.node "LogSoftmax"(%0) {opset = 13 : i64, onnx_attributes = {}} : (none) -> none
  return %1 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> none {
  %axes = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  // CHECK: xgen.reduce %arg0 {axes = array<i64: 2>, keepdims = false, kind = #xgen.reduce_kind<sum>}
  %0 = onnx.node "ReduceSum"(%x, %axes) {opset = 13 : i64, onnx_attributes = {keepdims = 0 : i64}} : (tensor<2x3x4xf32>, tensor<1xi64>) -> none
  // CHECK: xgen.reduce {{.*}} {axes = array<i64: 0>, keepdims = true, kind = #xgen.reduce_kind<max>}
  %1 = onnx.node "ReduceMax"(%0) {opset = 13 : i64, onnx_attributes = {axes = array<i64: 0>}} : (none) -> none
  return %1 : none
}
