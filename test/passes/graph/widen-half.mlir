// RUN: xgen-opt %s -xgen-widen-half -xgen-fold-constants | FileCheck %s

// One conversion at each end, the weight converted at compile time.
// CHECK-LABEL: func.func @network
// CHECK-SAME: (%[[X:.*]]: tensor<1x4xf16>) -> tensor<1x2xf16>
// CHECK-DAG: %[[W:.*]] = xgen.constant dense<1.500000e+00> : tensor<4x2xf32>
// CHECK-DAG: %[[A:.*]] = xgen.cast %[[X]] : (tensor<1x4xf16>) -> tensor<1x4xf32>
// CHECK: %[[P:.*]] = xgen.matmul %[[A]], %[[W]] : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
// CHECK: %[[R:.*]] = xgen.unary %[[P]] {{.*}} -> tensor<1x2xf32>
// CHECK: %[[Y:.*]] = xgen.cast %[[R]] : (tensor<1x2xf32>) -> tensor<1x2xf16>
// CHECK: return %[[Y]]
func.func @network(%x: tensor<1x4xf16>) -> tensor<1x2xf16> {
  %w = xgen.constant dense<1.5> : tensor<4x2xf16>
  %p = xgen.matmul %x, %w : (tensor<1x4xf16>, tensor<4x2xf16>) -> tensor<1x2xf16>
  %r = xgen.unary %p {kind = #xgen.unary_kind<relu>} : (tensor<1x2xf16>) -> tensor<1x2xf16>
  return %r : tensor<1x2xf16>
}

// A cast that the model asks for rounds to half.
// CHECK-LABEL: func.func @rounds
// CHECK: xgen.cast {{.*}} -> tensor<3xf16>
// CHECK: xgen.cast {{.*}} -> tensor<3xf32>
// CHECK: xgen.unary
func.func @rounds(%x: tensor<3xf32>) -> tensor<3xf32> {
  %h = xgen.cast %x : (tensor<3xf32>) -> tensor<3xf16>
  %n = xgen.unary %h {kind = #xgen.unary_kind<neg>} : (tensor<3xf16>) -> tensor<3xf16>
  %y = xgen.cast %n : (tensor<3xf16>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
