// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// ONNX's quantized tensors are integers; scale and zero point move into the
// element type, and reinterpret leads back to plain integers.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3xf32>) -> none {
  %s = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %z = onnx.constant dense<128> : tensor<ui8> : tensor<ui8>
  // CHECK: %[[Q:.*]] = xgen.quantize %arg0 : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:128>>
  %0 = onnx.node "QuantizeLinear"(%x, %s, %z) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x3xf32>, tensor<f32>, tensor<ui8>) -> none
  // Back and forth is nothing.
  // CHECK-NOT: xgen.reinterpret
  // CHECK: xgen.dequantize %[[Q]]
  %1 = onnx.node "DequantizeLinear"(%0, %s, %z) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<f32>, tensor<ui8>) -> none
  return %1 : none
}

// -----
// An operator between that is not about quantization sees integers.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3xf32>) -> none {
  %s = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %z = onnx.constant dense<0> : tensor<i8> : tensor<i8>
  // CHECK: xgen.quantize
  // CHECK: xgen.reinterpret {{.*}} -> tensor<2x3xi8>
  // CHECK: xgen.transpose {{.*}} -> tensor<3x2xi8>
  // CHECK: xgen.reinterpret {{.*}} -> tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01>>
  // CHECK: xgen.dequantize
  %0 = onnx.node "QuantizeLinear"(%x, %s, %z) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x3xf32>, tensor<f32>, tensor<i8>) -> none
  %1 = onnx.node "Transpose"(%0) {opset = 13 : i64, onnx_attributes = {}} : (none) -> none
  %2 = onnx.node "DequantizeLinear"(%1, %s, %z) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<f32>, tensor<i8>) -> none
  return %2 : none
}

// -----
// The storage of a dequantized constant is transposed, and its axis moves: the
// quantized weight stays next to the convolution. An i32 bias has a type, too.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x4x4xf32>) -> none {
  %w = onnx.constant dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8> : tensor<2x2x1x1xi8>
  %s = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32> : tensor<2xf32>
  %z = onnx.constant dense<0> : tensor<2xi8> : tensor<2xi8>
  %b = onnx.constant dense<[7, 8]> : tensor<2xi32> : tensor<2xi32>
  // CHECK: xgen.dequantize {{.*}} : (tensor<2x!quant.uniform<i32:f32:0, {5.000000e-01,2.500000e-01}>>)
  // CHECK: xgen.reinterpret {{.*}} : (tensor<1x1x2x2xi8>) -> tensor<1x1x2x2x!quant.uniform<i8:f32:3, {5.000000e-01,2.500000e-01}>>
  // CHECK: %[[W:.*]] = xgen.dequantize
  // CHECK: xgen.conv %{{.*}}, %[[W]], %{{.*}}
  %0 = onnx.node "DequantizeLinear"(%w, %s, %z) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<2x2x1x1xi8>, tensor<2xf32>, tensor<2xi8>) -> none
  %1 = onnx.node "DequantizeLinear"(%b, %s) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<2xi32>, tensor<2xf32>) -> none
  %2 = onnx.node "Conv"(%x, %0, %1) {opset = 13 : i64, onnx_attributes = {}} : (tensor<1x2x4x4xf32>, none, none) -> none
  return %2 : none
}

// -----
// A scale that is computed: the arithmetic is written out.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xi8>, %s: tensor<f32>) -> none {
  // CHECK: xgen.cast %arg0 : (tensor<2xi8>) -> tensor<2xf32>
  // CHECK: xgen.binary {{.*}}<mul>
  %0 = onnx.node "DequantizeLinear"(%x, %s) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xi8>, tensor<f32>) -> none
  return %0 : none
}

// -----
// QLinearConv is an island: dequantize, convolve, quantize.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x1x4x4xui8>) -> none {
  %xs = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %xz = onnx.constant dense<7> : tensor<ui8> : tensor<ui8>
  %w = onnx.constant dense<3> : tensor<1x1x1x1xi8> : tensor<1x1x1x1xi8>
  %ws = onnx.constant dense<0.25> : tensor<f32> : tensor<f32>
  %wz = onnx.constant dense<0> : tensor<i8> : tensor<i8>
  // CHECK: xgen.dequantize
  // CHECK: xgen.dequantize
  // CHECK: xgen.conv {{.*}} -> tensor<1x4x4x1xf32>
  // CHECK: xgen.quantize {{.*}} -> tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:7>>
  %0 = onnx.node "QLinearConv"(%x, %xs, %xz, %w, %ws, %wz, %xs, %xz) {opset = 10 : i64, onnx_attributes = {}} : (tensor<1x1x4x4xui8>, tensor<f32>, tensor<ui8>, tensor<1x1x1x1xi8>, tensor<f32>, tensor<i8>, tensor<f32>, tensor<ui8>) -> none
  return %0 : none
}

// -----
// Scale and zero point may be a number each in their own way. Float 4 has no
// quantized type: it is written out.

// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<5xi4>, %x: tensor<3x4xf32>, %s: tensor<3xf32>, %z: tensor<3xf4E2M1FN>) -> (none, none) {
  %scale = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %zero = onnx.constant dense<1> : tensor<1xi4> : tensor<1xi4>
  // CHECK: xgen.reinterpret %arg0 : (tensor<5xi4>) -> tensor<5x!quant.uniform<i4:f32, 2.000000e+00:1>>
  %0 = onnx.node "DequantizeLinear"(%q, %scale, %zero) {opset = 25 : i64, onnx_attributes = {}} : (tensor<5xi4>, tensor<f32>, tensor<1xi4>) -> none
  // CHECK: %[[S:.*]] = xgen.reshape %arg2 : (tensor<3xf32>) -> tensor<3x1xf32>
  // CHECK: %[[R:.*]] = xgen.binary %arg1, %[[S]] {kind = #xgen.binary_kind<div>}
  // CHECK: xgen.cast %[[R]] : (tensor<3x4xf32>) -> tensor<3x4xf4E2M1FN>
  %1 = onnx.node "QuantizeLinear"(%x, %s, %z) {opset = 25 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<3x4xf32>, tensor<3xf32>, tensor<3xf4E2M1FN>) -> none
  return %0, %1 : none, none
}

// -----
// Free dimensions: a known scale moves into the type, one that comes at run time
// has to have an entry a position of its axis.

// CHECK: #[[SAME:.*]] = affine_map<()[s0, s1, s2] -> (s2, s1)>
// CHECK: module attributes {{.*}}#xgen.symbol<require_eq, "", 0 to 1 of #[[SAME]]>
func.func @main(%x: tensor<?x?xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 4, 1>], ["W", array<i64: 2, 9, 1>]]}, %s: tensor<?xf32> {onnx.name = "s", onnx.dims = [["S", array<i64: 2, 9, 1>]]}) -> (none, none) {
  %half = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  // CHECK: xgen.quantize %arg0 : {{.*}} -> tensor<?x?x!quant.uniform<u8:f32, 5.000000e-01>, #xgen.dims<()[s0, s1] -> (s0, s1)
  %0 = onnx.node "QuantizeLinear"(%x, %half) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x?xf32>, tensor<f32>) -> none
  // CHECK: %[[S:.*]] = xgen.reshape %arg1 : {{.*}} -> tensor<1x?xf32, #xgen.dims<()[s0, s1] -> (1, s1)
  // CHECK: xgen.binary %arg0, %[[S]] {kind = #xgen.binary_kind<div>}
  %1 = onnx.node "QuantizeLinear"(%x, %s) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x?xf32>, tensor<?xf32>) -> none
  return %0, %1 : none, none
}
