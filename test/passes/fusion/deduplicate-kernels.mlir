// RUN: xgen-opt %s -xgen-deduplicate-kernels | FileCheck %s

// Kernels are equal when they print the same without names and locations; the
// survivor is named by what it computes. Different kernels of one name get
// numbers, in order of first launch. Nobody launches @unused.

// CHECK-LABEL: func.func @main
// CHECK:         kernel.launch @relu(%arg0)
// CHECK:         kernel.launch @relu(
// CHECK:         kernel.launch @relu_n2(%arg1)
// CHECK:         kernel.launch @relu_n3(
// CHECK:       kernel.func private @relu(
// CHECK-NOT:   exp
// CHECK:       kernel.func private @relu_n2(
// CHECK:       kernel.func private @relu_n3(
// CHECK-NOT:   kernel.func
func.func @main(%x: tensor<4xf32>, %y: tensor<8xf32>, %z: tensor<2xf32>) -> (tensor<4xf32>, tensor<8xf32>, tensor<2xf32>) {
  %0 = kernel.launch @a(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = kernel.launch @b(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = kernel.launch @c(%y) : (tensor<8xf32>) -> tensor<8xf32>
  %3 = kernel.launch @d(%z) : (tensor<2xf32>) -> tensor<2xf32>
  return %1, %2, %3 : tensor<4xf32>, tensor<8xf32>, tensor<2xf32>
}
kernel.func private @a(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<4xf32>) -> tensor<4xf32> loc("first")
  kernel.return %0 : tensor<4xf32>
}
kernel.func private @b(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<4xf32>) -> tensor<4xf32> loc("second")
  kernel.return %0 : tensor<4xf32>
}
kernel.func private @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<exp>} : (tensor<4xf32>) -> tensor<4xf32>
  kernel.return %0 : tensor<4xf32>
}
kernel.func private @c(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<8xf32>) -> tensor<8xf32>
  kernel.return %0 : tensor<8xf32>
}
kernel.func private @d(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<2xf32>) -> tensor<2xf32>
  kernel.return %0 : tensor<2xf32>
}
