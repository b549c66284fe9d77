// RUN: xgen-opt %s -split-input-file -xgen-materialize-weights | FileCheck %s

// Packing is carried out: a 2x3 weight in panels of two output channels is
// [[0, 1, 2], [3, 4, 5]] as 0 1 3 4, then 2 and 5 with a padding of 0.

// CHECK-LABEL: func.func @main
// CHECK:         %[[W:.*]] = xgen.constant dense<[0, 1, 3, 4, 2, 0, 5, 0]> : tensor<8xi8>
// CHECK-NEXT:    %[[P:.*]] = xgen.reinterpret %[[W]] : (tensor<8xi8>) -> tensor<2x3xi8, #xgen.packed<nr = 2>>
// CHECK-NEXT:    kernel.launch @k(%arg0, %[[P]])
// CHECK-NOT:     xgen.encode
func.func @main(%x: tensor<1x2xi8>) -> tensor<1x3xi8> {
  %w = xgen.constant dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi8>
  %p = xgen.encode %w : (tensor<2x3xi8>) -> tensor<2x3xi8, #xgen.packed<nr = 2>>
  %0 = kernel.launch @k(%x, %p) : (tensor<1x2xi8>, tensor<2x3xi8, #xgen.packed<nr = 2>>) -> tensor<1x3xi8>
  return %0 : tensor<1x3xi8>
}
kernel.func private @k(%x: tensor<1x2xi8>, %w: tensor<2x3xi8, #xgen.packed<nr = 2>>) -> tensor<1x3xi8> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x2xi8>, tensor<2x3xi8, #xgen.packed<nr = 2>>) -> tensor<1x3xi8>
  kernel.return %0 : tensor<1x3xi8>
}

// -----

// Equal constants are one.

// CHECK-LABEL: func.func @main
// CHECK:         %[[W:.*]] = xgen.constant
// CHECK-NEXT:    kernel.launch @add(%[[W]], %[[W]])
func.func @main() -> tensor<2xf32> {
  %a = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = kernel.launch @add(%a, %b) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
kernel.func private @add(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  kernel.return %0 : tensor<2xf32>
}
