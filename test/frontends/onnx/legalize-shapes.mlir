// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// Shapes that the model computes are evaluated on the way: what is left is the
// reshape.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> none {
  %zero = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %axes = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %rest = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Shape"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x3x4xf32>) -> none
  %1 = onnx.node "Gather"(%0, %zero) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<i64>) -> none
  %2 = onnx.node "Unsqueeze"(%1, %axes) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<1xi64>) -> none
  %3 = onnx.node "Concat"(%2, %rest) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (none, tensor<1xi64>) -> none
  // CHECK-NEXT: %[[Y:.*]] = xgen.reshape %arg0 : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
  // CHECK-NEXT: return %[[Y]]
  %4 = onnx.node "Reshape"(%x, %3) {opset = 14 : i64, onnx_attributes = {}} : (tensor<2x3x4xf32>, none) -> none
  return %4 : none
}

// -----
// 0 copies the tensor's extent, unless allowzero says that it means 0.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %e: tensor<0x3xf32>) -> (none, none) {
  %shape = onnx.constant dense<[0, -1]> : tensor<2xi64> : tensor<2xi64>
  %empty = onnx.constant dense<[3, 0]> : tensor<2xi64> : tensor<2xi64>
  // CHECK: xgen.reshape %arg0 {{.*}} -> tensor<2x12xf32>
  %0 = onnx.node "Reshape"(%x, %shape) {opset = 14 : i64, onnx_attributes = {}} : (tensor<2x3x4xf32>, tensor<2xi64>) -> none
  // CHECK: xgen.reshape %arg1 {{.*}} -> tensor<3x0xf32>
  %1 = onnx.node "Reshape"(%e, %empty) {opset = 14 : i64, onnx_attributes = {allowzero = 1 : i64}} : (tensor<0x3xf32>, tensor<2xi64>) -> none
  return %0, %1 : none, none
}

// -----
// Slice bounds are clamped, so that every element read is inside.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<10x20xf32>) -> none {
  %starts = onnx.constant dense<[-1, 5]> : tensor<2xi64> : tensor<2xi64>
  %ends = onnx.constant dense<[-9223372036854775808, 1000]> : tensor<2xi64> : tensor<2xi64>
  %axes = onnx.constant dense<[0, 1]> : tensor<2xi64> : tensor<2xi64>
  %steps = onnx.constant dense<[-3, 2]> : tensor<2xi64> : tensor<2xi64>
  // CHECK: xgen.slice %arg0 {sizes = array<i64: 4, 8>, starts = array<i64: 9, 5>, steps = array<i64: -3, 2>}
  %0 = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {opset = 13 : i64, onnx_attributes = {}} : (tensor<10x20xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> none
  return %0 : none
}

// -----
// Negative pads crop first.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x4xf32>) -> none {
  %pads = onnx.constant dense<[-1, 2, 0, 0]> : tensor<4xi64> : tensor<4xi64>
  // CHECK: xgen.slice %arg0 {sizes = array<i64: 3, 4>, starts = array<i64: 1, 0>
  // CHECK: xgen.pad {{.*}} {high = array<i64: 0, 0>, low = array<i64: 0, 2>, mode = #xgen.pad_mode<edge>}
  %0 = onnx.node "Pad"(%x, %pads) {opset = 13 : i64, onnx_attributes = {mode = "edge"}} : (tensor<4x4xf32>, tensor<4xi64>) -> none
  return %0 : none
}

// -----
// Since version 18 the last part may be smaller.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<7xf32>) -> (none, none, none) {
  // CHECK: xgen.slice {{.*}}sizes = array<i64: 3>, starts = array<i64: 0>
  // CHECK: xgen.slice {{.*}}sizes = array<i64: 3>, starts = array<i64: 3>
  // CHECK: xgen.slice {{.*}}sizes = array<i64: 1>, starts = array<i64: 6>
  %0:3 = onnx.node "Split"(%x) {opset = 18 : i64, onnx_attributes = {num_outputs = 3 : i64}} : (tensor<7xf32>) -> (none, none, none)
  return %0#0, %0#1, %0#2 : none, none, none
}
