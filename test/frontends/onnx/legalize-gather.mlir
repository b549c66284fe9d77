// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x5xf32>, %i: tensor<2x3xi64>) -> (none, none) {
  // CHECK: xgen.gather %arg0, %arg1 {axis = 1 : i64} : (tensor<4x5xf32>, tensor<2x3xi64>) -> tensor<4x2x3xf32>
  %0 = onnx.node "Gather"(%x, %i) {opset = 13 : i64, onnx_attributes = {axis = -1 : i64}} : (tensor<4x5xf32>, tensor<2x3xi64>) -> none
  // One known index is a slice.
  // CHECK: xgen.slice %arg0 {sizes = array<i64: 1, 5>, starts = array<i64: 3, 0>
  // CHECK: xgen.reshape {{.*}} -> tensor<5xf32>
  %last = onnx.constant dense<-1> : tensor<i64> : tensor<i64>
  %1 = onnx.node "Gather"(%x, %last) {opset = 13 : i64, onnx_attributes = {}} : (tensor<4x5xf32>, tensor<i64>) -> none
  return %0, %1 : none, none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x5xf32>, %i: tensor<2x1xi64>, %u: tensor<2x5xf32>) -> none {
  // CHECK: xgen.scatter_nd %arg0, %arg1, %arg2 {kind = #xgen.scatter_kind<add>}
  %0 = onnx.node "ScatterND"(%x, %i, %u) {opset = 16 : i64, onnx_attributes = {reduction = "add"}} : (tensor<4x5xf32>, tensor<2x1xi64>, tensor<2x5xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%i: tensor<2xi64>) -> none {
  %depth = onnx.constant dense<3> : tensor<i64> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32> : tensor<2xf32>
  // CHECK: xgen.binary {{.*}}<eq>} : (tensor<1x3xi64>, tensor<2x1xi64>) -> tensor<2x3xi1>
  // CHECK: xgen.select
  %0 = onnx.node "OneHot"(%i, %depth, %values) {opset = 11 : i64, onnx_attributes = {}} : (tensor<2xi64>, tensor<i64>, tensor<2xf32>) -> none
  return %0 : none
}
