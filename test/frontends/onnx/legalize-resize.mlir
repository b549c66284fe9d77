// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// Before version 11 there was no choice of coordinates.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x3x3xf32>) -> none {
  %s = onnx.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // CHECK: xgen.resize %arg0 {coord = #xgen.resize_coord<asymmetric>, mode = #xgen.resize_mode<nearest>, nearest = #xgen.resize_nearest<floor>, scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>}
  // CHECK-SAME: -> tensor<1x2x6x6xf32>
  %0 = onnx.node "Upsample"(%x, %s) {opset = 9 : i64, onnx_attributes = {mode = "nearest"}} : (tensor<1x2x3x3xf32>, tensor<4xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x4x4xf32>) -> none {
  %none = onnx.none : none
  %sizes = onnx.constant dense<[6, 8]> : tensor<2xi64> : tensor<2xi64>
  // CHECK: xgen.resize %arg0 {coord = #xgen.resize_coord<align_corners>, mode = #xgen.resize_mode<linear>, scales = array<f64: 1.000000e+00, 1.000000e+00, 1.500000e+00, 2.000000e+00>}
  // CHECK-SAME: -> tensor<1x2x6x8xf32>
  %0 = onnx.node "Resize"(%x, %none, %none, %sizes) {opset = 18 : i64, onnx_attributes = {mode = "linear", coordinate_transformation_mode = "align_corners", axes = array<i64: 2, 3>}} : (tensor<1x2x4x4xf32>, none, none, tensor<2xi64>) -> none
  return %0 : none
}

// -----
// Version 10 takes the next element where it shrinks.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x1x4x4xf32>) -> none {
  %s = onnx.constant dense<[1.0, 1.0, 0.5, 2.0]> : tensor<4xf32> : tensor<4xf32>
  // CHECK: xgen.resize %arg0 {{.*}}nearest = #xgen.resize_nearest<ceil>{{.*}} -> tensor<1x1x2x4xf32>
  // CHECK: xgen.resize {{.*}}nearest = #xgen.resize_nearest<floor>{{.*}} -> tensor<1x1x2x8xf32>
  %0 = onnx.node "Resize"(%x, %s) {opset = 10 : i64, onnx_attributes = {mode = "nearest"}} : (tensor<1x1x4x4xf32>, tensor<4xf32>) -> none
  return %0 : none
}
