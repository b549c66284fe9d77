// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// Ranks are made equal with 1s; a vector is a matrix for a while.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<2x5x3x4xf32>, %b: tensor<4xf32>) -> none {
  // CHECK: %[[B:.*]] = xgen.reshape %{{.*}} : (tensor<4xf32>) -> tensor<4x1xf32>
  // CHECK: %[[B4:.*]] = xgen.reshape %[[B]] : (tensor<4x1xf32>) -> tensor<1x1x4x1xf32>
  // CHECK: %[[Y:.*]] = xgen.matmul %{{.*}}, %[[B4]]
  // CHECK: xgen.reshape %[[Y]] : (tensor<2x5x3x1xf32>) -> tensor<2x5x3xf32>
  %0 = onnx.node "MatMul"(%a, %b) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x5x3x4xf32>, tensor<4xf32>) -> none
  return %0 : none
}

// -----
// alpha 1 and beta 1: C is the product's bias.

// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<4xf32>) -> none {
  // CHECK: %[[BT:.*]] = xgen.transpose %{{.*}} {perm = array<i64: 1, 0>}
  // CHECK: xgen.matmul %{{.*}}, %[[BT]], %{{.*}} : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %0 = onnx.node "Gemm"(%a, %b, %c) {opset = 13 : i64, onnx_attributes = {transB = 1 : i64}} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<4xf32>) -> none {
  // CHECK: %[[BETA:.*]] = xgen.constant dense<2.500000e-01>
  // CHECK: %[[C:.*]] = xgen.binary %{{.*}}, %[[BETA]] {kind = #xgen.binary_kind<mul>}
  // CHECK: %[[AB:.*]] = xgen.matmul
  // CHECK: %[[ALPHA:.*]] = xgen.constant dense<5.000000e-01>
  // CHECK: %[[P:.*]] = xgen.binary %[[AB]], %[[ALPHA]] {kind = #xgen.binary_kind<mul>}
  // CHECK: xgen.binary %[[P]], %[[C]] {kind = #xgen.binary_kind<add>}
  %0 = onnx.node "Gemm"(%a, %b, %c) {opset = 13 : i64, onnx_attributes = {alpha = 0.5 : f32, beta = 0.25 : f32}} : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<4xf32>) -> none
  return %0 : none
}
