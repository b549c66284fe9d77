// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s

// Masks of attention are infinite: rows of which everything is masked are found
// by comparing with -inf. Optimizers like to assume that there is no infinity.

// CHECK-NOT: (eval)
// CHECK: {{^}}4 of 4 launches agree

func.func @main(%x: tensor<4x8xf32>, %q: tensor<4x6xf32>, %k: tensor<6x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xi1>) {
  %inf = xgen.constant dense<0xFF800000> : tensor<f32>
  %zero = xgen.constant dense<0.0> : tensor<f32>
  // Random inputs lie between 0 and 1: row 0 is masked, row 1 is not, the others are in part.
  %threshold = xgen.constant dense<[[2.0], [-2.0], [0.25], [0.5]]> : tensor<4x1xf32>
  %on = xgen.binary %x, %threshold {kind = #xgen.binary_kind<gt>} : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xi1>
  %mask = xgen.select %on, %zero, %inf : (tensor<4x8xi1>, tensor<f32>, tensor<f32>) -> tensor<4x8xf32>
  %best = xgen.reduce %mask {kind = #xgen.reduce_kind<max>, axes = array<i64: 1>, keepdims = true} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %none = xgen.binary %best, %inf {kind = #xgen.binary_kind<eq>} : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xi1>
  %scores = xgen.matmul %q, %k {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<4x6xf32>, tensor<6x8xf32>) -> tensor<4x8xf32>
  %masked = xgen.binary %scores, %mask {kind = #xgen.binary_kind<add>} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %p = xgen.softmax %masked {axes = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = xgen.select %none, %zero, %p : (tensor<4x1xi1>, tensor<f32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  // Infinities are equal to themselves also where no constant says what they are.
  %same = xgen.binary %masked, %mask {kind = #xgen.binary_kind<eq>} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  return %y, %same : tensor<4x8xf32>, tensor<4x8xi1>
}
