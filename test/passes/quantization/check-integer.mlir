// RUN: xgen-opt %s -xgen-check-integer -verify-diagnostics

// A float op whose result quantized arithmetic waits for.

!x = !quant.uniform<i8:f32, 0.5>
func.func @main(%x: tensor<4x!x>, %f: tensor<4xf32>) -> (tensor<4x!x>, tensor<4xf32>) {
  %0 = xgen.dequantize %x : (tensor<4x!x>) -> tensor<4xf32>
  // expected-error @below {{computes in float between quantized ops}}
  %1 = xgen.softmax %0 {axes = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = xgen.quantize %1 : (tensor<4xf32>) -> tensor<4x!x>
  %3 = xgen.binary %2, %x {kind = #xgen.binary_kind<add>} : (tensor<4x!x>, tensor<4x!x>) -> tensor<4x!x>
  // Before the first quantize and after the last dequantize it may be float.
  %4 = xgen.unary %f {kind = #xgen.unary_kind<relu>} : (tensor<4xf32>) -> tensor<4xf32>
  %5 = xgen.quantize %4 : (tensor<4xf32>) -> tensor<4x!x>
  %6 = xgen.binary %3, %5 {kind = #xgen.binary_kind<add>} : (tensor<4x!x>, tensor<4x!x>) -> tensor<4x!x>
  %7 = xgen.dequantize %6 : (tensor<4x!x>) -> tensor<4xf32>
  %8 = xgen.softmax %7 {axes = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  return %6, %8 : tensor<4x!x>, tensor<4xf32>
}
