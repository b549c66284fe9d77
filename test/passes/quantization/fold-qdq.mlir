// RUN: xgen-opt %s -split-input-file -xgen-fold-qdq | FileCheck %s
// RUN: xgen-opt %s -split-input-file -xgen-fold-qdq -xgen-check-integer -o /dev/null

// A convolution between dequantize and quantize: the bias in units of 0.5 * 0.25,
// the relu is what the range of the result does anyway.

!x = !quant.uniform<u8:f32, 0.5:128>
!w = !quant.uniform<i8:f32, 0.25>
!y = !quant.uniform<u8:f32, 1.0>

// CHECK-LABEL: func.func @conv
// CHECK-DAG:     %[[W:.*]] = xgen.reinterpret
// CHECK-DAG:     %[[B:.*]] = xgen.constant dense<[8, 16]> : tensor<2xi32>
// CHECK:         %[[R:.*]] = xgen.conv %arg0, %[[W]], %[[B]]
// CHECK-NEXT:    return %[[R]]
func.func @conv(%x: tensor<1x4x4x1x!x>) -> tensor<1x4x4x2x!y> {
  %c = xgen.constant dense<1> : tensor<1x1x1x2xi8>
  %wq = xgen.reinterpret %c : (tensor<1x1x1x2xi8>) -> tensor<1x1x1x2x!w>
  %w = xgen.dequantize %wq : (tensor<1x1x1x2x!w>) -> tensor<1x1x1x2xf32>
  %b = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = xgen.dequantize %x : (tensor<1x4x4x1x!x>) -> tensor<1x4x4x1xf32>
  %1 = xgen.conv %0, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x4x4x1xf32>, tensor<1x1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<relu>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = xgen.quantize %2 : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2x!y>
  return %3 : tensor<1x4x4x2x!y>
}

// -----

// A clamp that cuts the range of the result is an op on quantized tensors.
// Unsigned weights become signed ones with the same numbers: 130 - 120 is
// 2 - -8.

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<u8:f32, 0.25:120>
!y = !quant.uniform<u8:f32, 1.0>

// CHECK-LABEL: func.func @clamp
// CHECK:         xgen.constant dense<2> : tensor<1x1x1x2xi8>
// CHECK:         xgen.reinterpret {{.*}} -> tensor<1x1x1x2x!quant.uniform<i8:f32, 2.500000e-01:-8>>
// CHECK:         %[[C:.*]] = xgen.conv
// CHECK-NEXT:    xgen.unary %[[C]] {{.*}}<clamp>} : (tensor<1x4x4x2x!quant.uniform<u8:f32, 1.000000e+00>>)
func.func @clamp(%x: tensor<1x4x4x1x!x>) -> tensor<1x4x4x2x!y> {
  %c = xgen.constant dense<130> : tensor<1x1x1x2xui8>
  %wq = xgen.reinterpret %c : (tensor<1x1x1x2xui8>) -> tensor<1x1x1x2x!w>
  %w = xgen.dequantize %wq : (tensor<1x1x1x2x!w>) -> tensor<1x1x1x2xf32>
  %0 = xgen.dequantize %x : (tensor<1x4x4x1x!x>) -> tensor<1x4x4x1xf32>
  %1 = xgen.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x4x4x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<clamp>, alpha = 0.0 : f64, beta = 6.0 : f64} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = xgen.quantize %2 : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2x!y>
  return %3 : tensor<1x4x4x2x!y>
}

// -----

// Data movement carries quantized elements, sums and means compute on them, and
// a change of parameters alone is a requantize.

!x = !quant.uniform<i8:f32, 0.5>
!y = !quant.uniform<i8:f32, 1.0>

// CHECK-LABEL: func.func @movement
// CHECK-NOT:     f32>
// CHECK:         %[[R:.*]] = xgen.reshape %arg0
// CHECK:         %[[A:.*]] = xgen.binary %[[R]], %[[R]]
// CHECK:         %[[M:.*]] = xgen.reduce %[[A]]
// CHECK:         xgen.requantize %[[R]]
// CHECK-NOT:     dequantize
func.func @movement(%x: tensor<4x4x!x>) -> (tensor<1x!y>, tensor<16x!y>) {
  %0 = xgen.dequantize %x : (tensor<4x4x!x>) -> tensor<4x4xf32>
  %1 = xgen.reshape %0 : (tensor<4x4xf32>) -> tensor<16xf32>
  %2 = xgen.binary %1, %1 {kind = #xgen.binary_kind<add>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  %3 = xgen.quantize %2 : (tensor<16xf32>) -> tensor<16x!y>
  %4 = xgen.dequantize %3 : (tensor<16x!y>) -> tensor<16xf32>
  %5 = xgen.reduce %4 {kind = #xgen.reduce_kind<mean>, axes = array<i64: 0>, keepdims = true} : (tensor<16xf32>) -> tensor<1xf32>
  %6 = xgen.quantize %5 : (tensor<1xf32>) -> tensor<1x!y>
  %7 = xgen.quantize %1 : (tensor<16xf32>) -> tensor<16x!y>
  return %6, %7 : tensor<1x!y>, tensor<16x!y>
}

// -----

// Softmax stays in float, between a dequantize and a quantize of its own.

!x = !quant.uniform<i8:f32, 0.5>
!y = !quant.uniform<i8:f32, 0.00390625:-128>

// CHECK-LABEL: func.func @softmax
// CHECK:         xgen.dequantize
// CHECK-NEXT:    xgen.softmax
// CHECK-NEXT:    xgen.quantize
func.func @softmax(%x: tensor<1x10x!x>) -> tensor<1x10x!y> {
  %0 = xgen.dequantize %x : (tensor<1x10x!x>) -> tensor<1x10xf32>
  %1 = xgen.softmax %0 {axes = array<i64: 1>} : (tensor<1x10xf32>) -> tensor<1x10xf32>
  %2 = xgen.quantize %1 : (tensor<1x10xf32>) -> tensor<1x10x!y>
  return %2 : tensor<1x10x!y>
}
