// RUN: xgen-opt %s -split-input-file -xgen-canonicalize-graph | FileCheck %s

// Rows 1 and 2 of the second dimension, listed by place: what is left of the
// input stands beside the update.

// CHECK-LABEL: func.func @rows
// CHECK:         %[[A:.*]] = xgen.slice %arg0 {sizes = array<i64: 1, 1, 3>, starts = array<i64: 0, 0, 0>
// CHECK:         %[[B:.*]] = xgen.slice %arg0 {sizes = array<i64: 1, 1, 3>, starts = array<i64: 0, 3, 0>
// CHECK:         xgen.concat %[[A]], %arg1, %[[B]] {axis = 1 : i64}
// CHECK-NOT:     scatter
func.func @rows(%x: tensor<1x4x3xf32>, %y: tensor<1x2x3xf32>) -> tensor<1x4x3xf32> {
  %i = xgen.constant dense<[[[0, 1], [0, -2]]]> : tensor<1x2x2xi64>
  %0 = xgen.scatter_nd %x, %i, %y : (tensor<1x4x3xf32>, tensor<1x2x2xi64>, tensor<1x2x3xf32>) -> tensor<1x4x3xf32>
  return %0 : tensor<1x4x3xf32>
}

// -----

// A box within two dimensions is set into rows, and these into the whole.

// CHECK-LABEL: func.func @box
// CHECK:         %[[T:.*]] = xgen.slice %arg0 {sizes = array<i64: 1, 3>, starts = array<i64: 0, 0>
// CHECK:         %[[R:.*]] = xgen.slice %arg0 {sizes = array<i64: 2, 1>, starts = array<i64: 1, 2>
// CHECK:         %[[M:.*]] = xgen.concat %arg1, %[[R]] {axis = 1 : i64}
// CHECK:         xgen.concat %[[T]], %[[M]] {axis = 0 : i64}
func.func @box(%x: tensor<3x3xf32>, %y: tensor<2x2xf32>) -> tensor<3x3xf32> {
  %i = xgen.constant dense<[[[1, 0], [1, 1]], [[2, 0], [2, 1]]]> : tensor<2x2x2xi64>
  %0 = xgen.scatter_nd %x, %i, %y : (tensor<3x3xf32>, tensor<2x2x2xi64>, tensor<2x2xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// -----

// The whole tensor.

// CHECK-LABEL: func.func @whole
// CHECK-NEXT:    return %arg1
func.func @whole(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %i = xgen.constant dense<[[0], [1]]> : tensor<2x1xi64>
  %0 = xgen.scatter_nd %x, %i, %y : (tensor<2x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// Another order, a place twice, one that does not exist, a sum: all stay.

// CHECK-LABEL:   func.func @others
// CHECK-COUNT-4: xgen.scatter_nd
func.func @others(%x: tensor<4x3xf32>, %y: tensor<2x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>) {
  %i = xgen.constant dense<[[1], [0]]> : tensor<2x1xi64>
  %j = xgen.constant dense<[[1], [1]]> : tensor<2x1xi64>
  %k = xgen.constant dense<[[3], [4]]> : tensor<2x1xi64>
  %l = xgen.constant dense<[[1], [2]]> : tensor<2x1xi64>
  %0 = xgen.scatter_nd %x, %i, %y : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %1 = xgen.scatter_nd %x, %j, %y : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %2 = xgen.scatter_nd %x, %k, %y : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %3 = xgen.scatter_nd %x, %l, %y {kind = #xgen.scatter_kind<add>} : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %0, %1, %2, %3 : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
}
