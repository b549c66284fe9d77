// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/selection-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// K was an attribute, then (version 10) an input.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<3x8xf32>) -> (none, none, none) {
  // CHECK: xgen.topk %arg0 {axis = 1 : i64, k = 2 : i64} : (tensor<3x8xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)
  %0, %1 = onnx.node "TopK"(%x) {opset = 7 : i64, onnx_attributes = {k = 2 : i64}} : (tensor<3x8xf32>) -> (none, none)
  // CHECK: xgen.topk %arg0 {axis = 0 : i64, k = 1 : i64, largest = false} : (tensor<3x8xf32>) -> (tensor<1x8xf32>, tensor<1x8xi64>)
  %k = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %2, %3 = onnx.node "TopK"(%x, %k) {opset = 11 : i64, onnx_attributes = {axis = -2 : i64, largest = 0 : i64}} : (tensor<3x8xf32>, tensor<1xi64>) -> (none, none)
  return %0, %1, %3 : none, none, none
}

// -----
// How many results there are is a symbol: the results are padded to the largest
// number, and dense at the actual one.
// CHECK: #map = affine_map<()[s0] -> (s0)>
// CHECK: #map1 = affine_map<()[s0, s1] -> (s1)>
// CHECK: xgen.symbols = [#xgen.symbol<data, "", 0 to 6>, #xgen.symbol<data, "", 0 to 3>]
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3xf32>, %c: tensor<3xi1>) -> (none, none) {
  // CHECK: %[[I:.*]], %[[N:.*]] = xgen.nonzero %arg0 : (tensor<2x3xf32>) -> (tensor<2x6xi64>, tensor<1xi64>)
  // CHECK: xgen.bind %[[N]] as #map : tensor<1xi64>
  // CHECK: xgen.prefix %[[I]] : (tensor<2x6xi64>) -> tensor<2x?xi64, #xgen.dims<()[s0] -> (2, s0), min = [2, 0], max = [2, 6]>>
  %0 = onnx.node "NonZero"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x3xf32>) -> none
  // CHECK: %[[R:.*]], %[[N:.*]] = xgen.compress %arg0, %arg1 {axis = 1 : i64}
  // CHECK: xgen.bind %[[N]] as #map1 : tensor<1xi64>
  // CHECK: xgen.prefix %[[R]] : (tensor<2x3xf32>) -> tensor<2x?xf32, #xgen.dims<()[s0, s1] -> (2, s1), min = [2, 0], max = [2, 3]>>
  %1 = onnx.node "Compress"(%x, %c) {opset = 11 : i64, onnx_attributes = {axis = 1 : i64}} : (tensor<2x3xf32>, tensor<3xi1>) -> none
  return %0, %1 : none, none
}

// -----
// What is known at compile time has a known number of results.
// CHECK-LABEL: func.func @main
func.func @main() -> (none, none) {
  %x = onnx.constant dense<[[0, 2], [3, 0]]> : tensor<2x2xi64> : tensor<2x2xi64>
  // CHECK: return {{.*}} : tensor<2x2xi64>, tensor<1x2xi64>
  %0 = onnx.node "NonZero"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x2xi64>) -> none
  %c = onnx.constant dense<[false, true]> : tensor<2xi1> : tensor<2xi1>
  %1 = onnx.node "Compress"(%x, %c) {opset = 11 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<2x2xi64>, tensor<2xi1>) -> none
  return %0, %1 : none, none
}

// -----
// A node whose outputs nobody wants, not even by name.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3xf32>) {
  // CHECK-NOT: onnx.node
  // CHECK: return
  onnx.node "NonZero"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x3xf32>) -> ()
  return
}

// ERR: TopK {{ *}}11  K (9) is outside 0 to 8
// ERR: Compress {{ *}}11  the condition must be a vector of bool
// ERR: Unique {{ *}}11  axis 2 is outside a tensor of rank 2
// ERR: NonMaxSuppression {{ *}}11  needs boxes [B, N, 4] and scores [B, C, N]
