// RUN: xgen-opt %s -split-input-file -xgen-canonicalize-graph | FileCheck %s

// Neutral elements go, constants stand at the right, a division by a constant
// is a multiplication.

// CHECK-LABEL: func.func @neutral
// CHECK-NEXT:    return %arg0
func.func @neutral(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = xgen.constant dense<0.0> : tensor<f32>
  %one = xgen.constant dense<1.0> : tensor<f32>
  %0 = xgen.binary %zero, %x {kind = #xgen.binary_kind<add>} : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = xgen.binary %0, %one {kind = #xgen.binary_kind<div>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// A neutral element that makes the tensor larger does something.

// CHECK-LABEL: func.func @larger
// CHECK:         xgen.binary
func.func @larger(%x: tensor<1xf32>) -> tensor<4xf32> {
  %zero = xgen.constant dense<0.0> : tensor<4xf32>
  %0 = xgen.binary %x, %zero {kind = #xgen.binary_kind<add>} : (tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @constants
// CHECK-NEXT:    %[[C:.*]] = xgen.constant dense<1.500000e+00>
// CHECK-NEXT:    xgen.binary %arg0, %[[C]] {kind = #xgen.binary_kind<mul>}
func.func @constants(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = xgen.constant dense<3.0> : tensor<f32>
  %b = xgen.constant dense<2.0> : tensor<f32>
  %0 = xgen.binary %a, %x {kind = #xgen.binary_kind<mul>} : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = xgen.binary %0, %b {kind = #xgen.binary_kind<div>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Integer division is not a multiplication.

// CHECK-LABEL: func.func @integers
// CHECK:         xgen.binary {{.*}}<div>
func.func @integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  %b = xgen.constant dense<2> : tensor<i32>
  %0 = xgen.binary %x, %b {kind = #xgen.binary_kind<div>} : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// All that bounds is a clamp; a clamp at 0 alone is relu.

// CHECK-LABEL: func.func @relu6
// CHECK:         xgen.unary %arg0 {{.*}}beta = 6.000000e+00 : f64, kind = #xgen.unary_kind<clamp>}
// CHECK:         xgen.unary %arg0 {{.*}}<relu>
// CHECK-NEXT:    return
func.func @relu6(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %six = xgen.constant dense<6.0> : tensor<f32>
  %zero = xgen.constant dense<0.0> : tensor<f32>
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = xgen.binary %0, %six {kind = #xgen.binary_kind<min>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = xgen.binary %x, %zero {kind = #xgen.binary_kind<max>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Activations that are spelled out.

// CHECK-LABEL: func.func @swish
// CHECK-NEXT:    xgen.unary %arg0 {alpha = 1.000000e+00 : f64, {{.*}}kind = #xgen.unary_kind<swish>}
// CHECK-NEXT:    return
func.func @swish(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<sigmoid>} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = xgen.binary %x, %0 {kind = #xgen.binary_kind<mul>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// The gate of another tensor is no swish.

// CHECK-LABEL: func.func @gate
// CHECK:         <sigmoid>
// CHECK:         <mul>
func.func @gate(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %y {kind = #xgen.unary_kind<sigmoid>} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = xgen.binary %x, %0 {kind = #xgen.binary_kind<mul>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @hard_swish
// CHECK:         xgen.unary %arg0 {{.*}}<hard_swish>
// CHECK-NEXT:    return
func.func @hard_swish(%x: tensor<4xf32>) -> tensor<4xf32> {
  %three = xgen.constant dense<3.0> : tensor<f32>
  %six = xgen.constant dense<6.0> : tensor<f32>
  %0 = xgen.binary %x, %three {kind = #xgen.binary_kind<add>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<clamp>, alpha = 0.0 : f64, beta = 6.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = xgen.binary %x, %1 {kind = #xgen.binary_kind<mul>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = xgen.binary %2, %six {kind = #xgen.binary_kind<div>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu
// CHECK:         xgen.unary %arg0 {{.*}}<gelu>
// CHECK-NEXT:    return
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root = xgen.constant dense<1.41421354> : tensor<f32>
  %one = xgen.constant dense<1.0> : tensor<f32>
  %half = xgen.constant dense<0.5> : tensor<f32>
  %0 = xgen.binary %x, %root {kind = #xgen.binary_kind<div>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<erf>} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = xgen.binary %1, %one {kind = #xgen.binary_kind<add>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = xgen.binary %x, %2 {kind = #xgen.binary_kind<mul>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = xgen.binary %3, %half {kind = #xgen.binary_kind<mul>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// Layer normalization with its scale and bias; without the mean it is RMS.

// CHECK-LABEL: func.func @layer_norm
// CHECK-DAG:     %[[S:.*]] = xgen.constant dense<[1.000000e+00, 2.000000e+00]>
// CHECK-DAG:     %[[B:.*]] = xgen.constant dense<[3.000000e+00, 4.000000e+00]>
// CHECK:         xgen.normalize %arg0, %[[S]], %[[B]] {axes = array<i64: 1>, epsilon = {{.*}}kind = #xgen.normalize_kind<mean>
// CHECK-NEXT:    return
func.func @layer_norm(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %two = xgen.constant dense<2.0> : tensor<f32>
  %eps = xgen.constant dense<1.0e-5> : tensor<f32>
  %scale = xgen.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %bias = xgen.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %m = xgen.reduce %x {kind = #xgen.reduce_kind<mean>, axes = array<i64: 1>, keepdims = true} : (tensor<4x2xf32>) -> tensor<4x1xf32>
  %d = xgen.binary %x, %m {kind = #xgen.binary_kind<sub>} : (tensor<4x2xf32>, tensor<4x1xf32>) -> tensor<4x2xf32>
  %p = xgen.binary %d, %two {kind = #xgen.binary_kind<pow>} : (tensor<4x2xf32>, tensor<f32>) -> tensor<4x2xf32>
  %v = xgen.reduce %p {kind = #xgen.reduce_kind<mean>, axes = array<i64: 1>, keepdims = true} : (tensor<4x2xf32>) -> tensor<4x1xf32>
  %e = xgen.binary %v, %eps {kind = #xgen.binary_kind<add>} : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %s = xgen.unary %e {kind = #xgen.unary_kind<sqrt>} : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %n = xgen.binary %d, %s {kind = #xgen.binary_kind<div>} : (tensor<4x2xf32>, tensor<4x1xf32>) -> tensor<4x2xf32>
  %a = xgen.binary %n, %scale {kind = #xgen.binary_kind<mul>} : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %b = xgen.binary %a, %bias {kind = #xgen.binary_kind<add>} : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %b : tensor<4x2xf32>
}

// -----

// CHECK-LABEL: func.func @rms_norm
// CHECK:         xgen.normalize %arg0 {axes = array<i64: 1>, {{.*}}kind = #xgen.normalize_kind<rms>
// CHECK-NEXT:    return
func.func @rms_norm(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %one = xgen.constant dense<1.0> : tensor<f32>
  %eps = xgen.constant dense<1.0e-5> : tensor<f32>
  %p = xgen.binary %x, %x {kind = #xgen.binary_kind<mul>} : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = xgen.reduce %p {kind = #xgen.reduce_kind<mean>, axes = array<i64: 1>, keepdims = true} : (tensor<4x2xf32>) -> tensor<4x1xf32>
  %e = xgen.binary %v, %eps {kind = #xgen.binary_kind<add>} : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %s = xgen.unary %e {kind = #xgen.unary_kind<sqrt>} : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %r = xgen.binary %one, %s {kind = #xgen.binary_kind<div>} : (tensor<f32>, tensor<4x1xf32>) -> tensor<4x1xf32>
  %n = xgen.binary %x, %r {kind = #xgen.binary_kind<mul>} : (tensor<4x2xf32>, tensor<4x1xf32>) -> tensor<4x2xf32>
  return %n : tensor<4x2xf32>
}
