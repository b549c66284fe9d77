// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>&1 | FileCheck %s

// All that is unsupported at once, and not what merely follows from it: the
// Relu reads the result of an unknown operator and is not listed.
// CHECK: 3 nodes are unsupported:
// CHECK-NEXT: node {{ *}}op {{ *}}opset  reason
// CHECK-NEXT: strange {{ *}}Mystery {{ *}}13  unknown operator
// CHECK-NEXT: hint:
// CHECK-NEXT: looped {{ *}}Loop {{ *}}13  the number of trips must be one int64
// CHECK-NEXT: wide {{ *}}Conv {{ *}}13  the weight takes 3 channels, the input has 4
func.func @main(%x: tensor<1x4x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> (none, none, none) {
  %0 = onnx.node "Mystery"(%x) {opset = 13 : i64, node_name = "strange", onnx_attributes = {}} : (tensor<1x4x8x8xf32>) -> none
  %1 = onnx.node "Relu"(%0) {opset = 13 : i64, node_name = "follows", onnx_attributes = {}} : (none) -> none
  %2 = onnx.node "Loop"(%x) {opset = 13 : i64, node_name = "looped", onnx_attributes = {}} : (tensor<1x4x8x8xf32>) -> none
  %3 = onnx.node "Conv"(%x, %w) {opset = 13 : i64, node_name = "wide", onnx_attributes = {}} : (tensor<1x4x8x8xf32>, tensor<4x3x3x3xf32>) -> none
  return %1, %2, %3 : none, none, none
}

// -----
// CHECK: input 'data' has free dimensions: 0 ('batch'), 2; fix or bound them with -input-shape=data:1x3xN or -dim=batch:1..N
func.func @main(%x: tensor<?x3x?xf32> {onnx.name = "data", onnx.dims = ["batch", "", ""]}) -> none {
  %0 = onnx.node "Relu"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x3x?xf32>) -> none
  return %0 : none
}

// -----
// CHECK: Reshape {{ *}}13  input 'shape' must hold integers
// CHECK: Tile {{ *}}5  supported from operator set 6 on
// CHECK: Softmax {{ *}}13  axis 5 is outside a tensor of rank 1
// CHECK: Add {{ *}}13  operand shapes do not broadcast
// CHECK: DequantizeLinear {{ *}}13  a scale is 0
// CHECK: If {{ *}}13  attribute 'then_branch' (a subgraph) is missing
func.func @main(%x: tensor<4xf32>, %s: tensor<2xf32>, %y: tensor<3xf32>, %c: tensor<i1>, %q: tensor<2xi8>) -> () {
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %0 = onnx.node "Reshape"(%x, %s) {opset = 13 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<2xf32>) -> none
  %1 = onnx.node "Tile"(%x, %x, %x) {opset = 5 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> none
  %2 = onnx.node "Softmax"(%x) {opset = 13 : i64, onnx_attributes = {axis = 5 : i64}} : (tensor<4xf32>) -> none
  %3 = onnx.node "Add"(%x, %y) {opset = 13 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<3xf32>) -> none
  %4 = onnx.node "DequantizeLinear"(%q, %zero) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xi8>, tensor<f32>) -> none
  %5 = onnx.node "If"(%c) {opset = 13 : i64, onnx_attributes = {}} : (tensor<i1>) -> none
  return
}

// -----
// An operand that cannot be dequantized ends the operator around it.
// CHECK: QLinearConv {{ *}}10  a scale is 0
func.func @main(%x: tensor<1x2x4x4xi8>, %w: tensor<3x2x1x1xi8>) -> none {
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32> : tensor<f32>
  %point = onnx.constant dense<0> : tensor<i8> : tensor<i8>
  %0 = onnx.node "QLinearConv"(%x, %zero, %point, %w, %one, %point, %one, %point) {opset = 10 : i64, onnx_attributes = {}} : (tensor<1x2x4x4xi8>, tensor<f32>, tensor<i8>, tensor<3x2x1x1xi8>, tensor<f32>, tensor<i8>, tensor<f32>, tensor<i8>) -> none
  return %0 : none
}

// -----
// Axes that only the program knows: more than there are dimensions, and results
// whose largest size no memory holds.
// CHECK: ReduceSum {{ *}}13  there are more axes than dimensions
// CHECK: Squeeze {{ *}}13  there are more axes than dimensions
// CHECK: Unsqueeze {{ *}}13  the new shape is invalid or too large
func.func @main(%x: tensor<2x4x8xf32>, %many: tensor<50xi64>) -> () {
  %0 = onnx.node "ReduceSum"(%x, %many) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x4x8xf32>, tensor<50xi64>) -> none
  %1 = onnx.node "Squeeze"(%x, %many) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x4x8xf32>, tensor<50xi64>) -> none
  %2 = onnx.node "Unsqueeze"(%x, %many) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x4x8xf32>, tensor<50xi64>) -> none
  return
}

// -----
// A declared result that is larger than it can get.
// CHECK: NonZero {{ *}}13  the model declares 11 results, there are at most 10
// CHECK: Unique {{ *}}11  the model declares 3 results, there are at most 2
func.func @main(%x: tensor<2x5xf32>) -> () {
  %0 = onnx.node "NonZero"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x5xf32>) -> tensor<2x11xi64>
  %1 = onnx.node "Unique"(%x) {opset = 11 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<2x5xf32>) -> tensor<3x5xf32>
  return
}

// -----
// More parts than a list can hold.
// CHECK: SplitToSequence {{ *}}11  there are more than 4096 parts
func.func @main(%x: tensor<4294967296x0xf32>) -> () {
  %0 = onnx.node "SplitToSequence"(%x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<4294967296x0xf32>) -> none
  return
}
