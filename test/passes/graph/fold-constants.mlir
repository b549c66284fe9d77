// RUN: xgen-opt %s -split-input-file -xgen-fold-constants | FileCheck %s
// RUN: xgen-opt %s -split-input-file -xgen-fold-constants=quantized=true | FileCheck %s --check-prefix=ALL

// Chains of ops on constants are evaluated; the constants they used are gone.

// CHECK-LABEL: func.func @chain
// CHECK-NEXT:    %[[C:.*]] = xgen.constant dense<[6.000000e+00, 8.000000e+00]> : tensor<2xf32>
// CHECK-NEXT:    xgen.binary %arg0, %[[C]]
func.func @chain(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = xgen.constant dense<2.0> : tensor<f32>
  %0 = xgen.binary %a, %b {kind = #xgen.binary_kind<add>} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %1 = xgen.binary %0, %b {kind = #xgen.binary_kind<mul>} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %2 = xgen.binary %x, %1 {kind = #xgen.binary_kind<add>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// -----

// Data movement of constants.

// CHECK-LABEL: func.func @moved
// CHECK-NEXT:    %[[C:.*]] = xgen.constant dense<{{\[}}[1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]>
// CHECK-NEXT:    return %[[C]]
func.func @moved() -> tensor<3x2xf32> {
  %a = xgen.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = xgen.transpose %a {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// A small tensor that is blown up stays small.

// CHECK-LABEL: func.func @growing
// CHECK:         xgen.expand
func.func @growing() -> tensor<1024x1024xf32> {
  %a = xgen.constant dense<1.0> : tensor<1x1xf32>
  %0 = xgen.expand %a : (tensor<1x1xf32>) -> tensor<1024x1024xf32>
  return %0 : tensor<1024x1024xf32>
}

// -----

// A dequantized weight marks an island of integer arithmetic, so it waits for
// the quantization passes.

// CHECK-LABEL: func.func @weight
// CHECK:         xgen.dequantize
// ALL-LABEL:   func.func @weight
// ALL-NEXT:      %[[C:.*]] = xgen.constant dense<[5.000000e-01, -1.000000e+00]>
// ALL-NEXT:      return %[[C]]
func.func @weight() -> tensor<2xf32> {
  %a = xgen.constant dense<[1, -2]> : tensor<2xi8>
  %0 = xgen.reinterpret %a : (tensor<2xi8>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %1 = xgen.dequantize %0 : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
