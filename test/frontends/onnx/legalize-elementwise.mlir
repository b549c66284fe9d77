// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3xf32>, %c: tensor<3xf32>) -> none {
  // CHECK: xgen.binary %{{.*}}, %{{.*}} {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %0 = onnx.node "Add"(%x, %c) {opset = 7 : i64, onnx_attributes = {}} : (tensor<2x3xf32>, tensor<3xf32>) -> none
  // CHECK: xgen.unary %{{.*}} {alpha = {{0.00999.*}} : f64, kind = #xgen.unary_kind<leaky_relu>}
  %1 = onnx.node "LeakyRelu"(%0) {opset = 7 : i64, onnx_attributes = {}} : (none) -> none
  // CHECK: xgen.unary {{.*}}kind = #xgen.unary_kind<gelu_tanh>
  %2 = onnx.node "Gelu"(%1) {opset = 20 : i64, onnx_attributes = {approximate = "tanh"}} : (none) -> none
  // CHECK: xgen.binary {{.*}}<lt>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  // CHECK: xgen.select
  %3 = onnx.node "Less"(%2, %c) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<3xf32>) -> none
  %4 = onnx.node "Where"(%3, %2, %c) {opset = 16 : i64, onnx_attributes = {}} : (none, none, tensor<3xf32>) -> none
  return %4 : none
}

// -----
// Clip took its bounds from attributes before version 11.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>) -> none {
  %six = onnx.constant dense<6.0> : tensor<f32> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %none = onnx.none : none
  // CHECK: xgen.unary {{.*}} {beta = 6.000000e+00 : f64, kind = #xgen.unary_kind<clamp>}
  %0 = onnx.node "Clip"(%x) {opset = 10 : i64, onnx_attributes = {min = 0.0 : f32, max = 6.0 : f32}} : (tensor<2xf32>) -> none
  // CHECK: xgen.unary {{.*}} {beta = 6.000000e+00 : f64, kind = #xgen.unary_kind<clamp>}
  %1 = onnx.node "Clip"(%0, %zero, %six) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<f32>, tensor<f32>) -> none
  // CHECK: xgen.unary {{.*}}<relu>
  %2 = onnx.node "Clip"(%1, %zero, %none) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<f32>, none) -> none
  return %2 : none
}

// -----
// Variadic operators fold from the left.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>) -> none {
  // CHECK: %[[A:.*]] = xgen.binary %arg0, %arg0 {kind = #xgen.binary_kind<add>}
  // CHECK: %[[B:.*]] = xgen.binary %[[A]], %arg0 {kind = #xgen.binary_kind<add>}
  // CHECK: %[[N:.*]] = xgen.constant dense<3.000000e+00>
  // CHECK: xgen.binary %[[B]], %[[N]] {kind = #xgen.binary_kind<div>}
  %0 = onnx.node "Mean"(%x, %x, %x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> none
  return %0 : none
}
