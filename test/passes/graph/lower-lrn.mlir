// RUN: xgen-opt %s -xgen-lower-lrn | FileCheck %s

// CHECK-LABEL: func.func @alexnet
// CHECK-DAG: %[[BIAS:.*]] = xgen.constant dense<1.000000e+00>
// CHECK-DAG: %[[ALPHA:.*]] = xgen.constant dense<2.000000e-05>
// CHECK: %[[SQ:.*]] = xgen.binary %arg0, %arg0 {kind = #xgen.binary_kind<mul>}
// CHECK: %[[PAD:.*]] = xgen.pad %[[SQ]] {high = array<i64: 0, 0, 0, 2>, low = array<i64: 0, 0, 0, 2>
// CHECK-COUNT-5: xgen.slice %[[PAD]]
// CHECK: %[[M:.*]] = xgen.binary %{{.*}}, %[[ALPHA]] {kind = #xgen.binary_kind<mul>}
// CHECK: %[[T:.*]] = xgen.binary %[[M]], %[[BIAS]] {kind = #xgen.binary_kind<add>}
// CHECK: %[[R:.*]] = xgen.unary %[[T]] {kind = #xgen.unary_kind<sqrt>}
// CHECK: %[[RR:.*]] = xgen.unary %[[R]] {kind = #xgen.unary_kind<sqrt>}
// CHECK: %[[P:.*]] = xgen.binary %[[R]], %[[RR]] {kind = #xgen.binary_kind<mul>}
// CHECK: xgen.binary %arg0, %[[P]] {kind = #xgen.binary_kind<div>}
func.func @alexnet(%x: tensor<1x3x3x8xf32>) -> tensor<1x3x3x8xf32> {
  %0 = xgen.lrn %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, bias = 1.0 : f64} : (tensor<1x3x3x8xf32>) -> tensor<1x3x3x8xf32>
  return %0 : tensor<1x3x3x8xf32>
}

// An even window has one channel more behind; any other power is a logarithm's.
// CHECK-LABEL: func.func @even
// CHECK: xgen.pad {{.*}}high = array<i64: 0, 0, 2>, low = array<i64: 0, 0, 1>
// CHECK: xgen.unary {{.*}}<log>
// CHECK: xgen.unary {{.*}}<exp>
func.func @even(%x: tensor<1x3x8xf32>) -> tensor<1x3x8xf32> {
  %0 = xgen.lrn %x {size = 4 : i64, alpha = 1.0e-4 : f64, beta = 0.6 : f64, bias = 1.0 : f64} : (tensor<1x3x8xf32>) -> tensor<1x3x8xf32>
  return %0 : tensor<1x3x8xf32>
}

// Other element types, and wide windows, stay.
// CHECK-LABEL: func.func @stay
// CHECK: xgen.lrn
// CHECK: xgen.lrn
func.func @stay(%x: tensor<1x3x8xf64>, %y: tensor<1x3x64xf32>) -> (tensor<1x3x8xf64>, tensor<1x3x64xf32>) {
  %0 = xgen.lrn %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, bias = 1.0 : f64} : (tensor<1x3x8xf64>) -> tensor<1x3x8xf64>
  %1 = xgen.lrn %y {size = 17 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, bias = 1.0 : f64} : (tensor<1x3x64xf32>) -> tensor<1x3x64xf32>
  return %0, %1 : tensor<1x3x8xf64>, tensor<1x3x64xf32>
}
