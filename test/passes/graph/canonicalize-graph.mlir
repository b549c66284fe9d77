// RUN: xgen-opt %s -split-input-file -xgen-canonicalize-graph | FileCheck %s

// Data movement: pairs cancel or compose.

// CHECK-LABEL: func.func @transposes
// CHECK-NEXT:    return %arg0
func.func @transposes(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 2, 3, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  %1 = xgen.transpose %0 {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x3x4x2xf32>) -> tensor<1x2x3x4xf32>
  return %1 : tensor<1x2x3x4xf32>
}

// -----

// Moving dimensions of extent 1 moves no element.

// CHECK-LABEL: func.func @units
// CHECK-NEXT:    xgen.reshape %arg0 : (tensor<1x1x1x8xf32>) -> tensor<1x8x1x1xf32>
func.func @units(%x: tensor<1x1x1x8xf32>) -> tensor<1x8x1x1xf32> {
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<1x1x1x8xf32>) -> tensor<1x8x1x1xf32>
  return %0 : tensor<1x8x1x1xf32>
}

// -----

// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT:    %[[R:.*]] = xgen.reshape %arg0 : (tensor<2x6xf32>) -> tensor<4x3xf32>
// CHECK-NEXT:    return %[[R]]
func.func @reshapes(%x: tensor<2x6xf32>) -> tensor<4x3xf32> {
  %0 = xgen.reshape %x : (tensor<2x6xf32>) -> tensor<12xf32>
  %1 = xgen.reshape %0 : (tensor<12xf32>) -> tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}

// -----

// A split that is joined again.

// CHECK-LABEL: func.func @split
// CHECK-NEXT:    return %arg0
func.func @split(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = xgen.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 4, 2>, steps = array<i64: 1, 1>} : (tensor<4x6xf32>) -> tensor<4x2xf32>
  %1 = xgen.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 4, 4>, steps = array<i64: 1, 1>} : (tensor<4x6xf32>) -> tensor<4x4xf32>
  %2 = xgen.concat %0, %1 {axis = 1 : i64} : (tensor<4x2xf32>, tensor<4x4xf32>) -> tensor<4x6xf32>
  return %2 : tensor<4x6xf32>
}

// -----

// A slice that takes one input of a concat, and one that takes two.

// CHECK-LABEL: func.func @joined
// CHECK:         %[[B:.*]] = xgen.slice %arg1 {sizes = array<i64: 1>, starts = array<i64: 1>, steps = array<i64: 1>}
// CHECK:         xgen.slice %{{.*}} {sizes = array<i64: 4>, starts = array<i64: 2>
func.func @joined(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<1xf32>, tensor<4xf32>) {
  %0 = xgen.concat %a, %b {axis = 0 : i64} : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>
  %1 = xgen.slice %0 {starts = array<i64: 4>, sizes = array<i64: 1>, steps = array<i64: 1>} : (tensor<6xf32>) -> tensor<1xf32>
  %2 = xgen.slice %0 {starts = array<i64: 2>, sizes = array<i64: 4>, steps = array<i64: 1>} : (tensor<6xf32>) -> tensor<4xf32>
  return %1, %2 : tensor<1xf32>, tensor<4xf32>
}

// -----

// The shuffle of ShuffleNet v2, as exporters write it: every second channel.

// CHECK-LABEL: func.func @shuffle
// CHECK-NEXT:    %[[A:.*]] = xgen.slice %arg0 {sizes = array<i64: 1, 4, 2, 2>, starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 2, 1, 1>}
// CHECK-NEXT:    %[[B:.*]] = xgen.slice %arg0 {sizes = array<i64: 1, 4, 2, 2>, starts = array<i64: 0, 1, 0, 0>, steps = array<i64: 1, 2, 1, 1>}
// CHECK-NEXT:    return %[[A]], %[[B]]
func.func @shuffle(%x: tensor<1x8x2x2xf32>) -> (tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>) {
  %i0 = xgen.constant dense<0> : tensor<i64>
  %i1 = xgen.constant dense<1> : tensor<i64>
  %0 = xgen.reshape %x : (tensor<1x8x2x2xf32>) -> tensor<4x2x4xf32>
  %1 = xgen.transpose %0 {perm = array<i64: 1, 0, 2>} : (tensor<4x2x4xf32>) -> tensor<2x4x4xf32>
  %2 = xgen.reshape %1 : (tensor<2x4x4xf32>) -> tensor<2x1x4x2x2xf32>
  %3 = xgen.gather %2, %i0 {axis = 0 : i64} : (tensor<2x1x4x2x2xf32>, tensor<i64>) -> tensor<1x4x2x2xf32>
  %4 = xgen.gather %2, %i1 {axis = 0 : i64} : (tensor<2x1x4x2x2xf32>, tensor<i64>) -> tensor<1x4x2x2xf32>
  return %3, %4 : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>
}

// -----

// A gather by other indices stays.

// CHECK-LABEL: func.func @gather
// CHECK:         xgen.gather
func.func @gather(%x: tensor<8xf32>) -> tensor<3xf32> {
  %i = xgen.constant dense<[0, 1, 3]> : tensor<3xi64>
  %0 = xgen.gather %x, %i {axis = 0 : i64} : (tensor<8xf32>, tensor<3xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Broadcasting ops broadcast themselves, and need no ones in front.

// CHECK-LABEL: func.func @expand
// CHECK-NEXT:    %[[A:.*]] = xgen.binary %arg0, %arg1
// CHECK-SAME:      (tensor<2x3xf32>, tensor<1x3xf32>)
// CHECK-NEXT:    %[[C:.*]] = xgen.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>
// CHECK-NEXT:    xgen.binary %[[A]], %[[C]]
func.func @expand(%x: tensor<2x3xf32>, %y: tensor<1x3xf32>) -> tensor<2x3xf32> {
  %c = xgen.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %0 = xgen.expand %y : (tensor<1x3xf32>) -> tensor<2x3xf32>
  %1 = xgen.binary %x, %0 {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = xgen.binary %1, %c {kind = #xgen.binary_kind<mul>} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// -----

// An expand that gives the result its shape stays.

// CHECK-LABEL: func.func @needed
// CHECK:         xgen.expand
func.func @needed(%x: tensor<1x3xf32>, %y: tensor<1x3xf32>) -> tensor<2x3xf32> {
  %0 = xgen.expand %y : (tensor<1x3xf32>) -> tensor<2x3xf32>
  %1 = xgen.binary %x, %0 {kind = #xgen.binary_kind<add>} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

// Narrowing casts mean something, widening ones before them do not.

// CHECK-LABEL: func.func @casts
// CHECK-NEXT:    return %arg0
func.func @casts(%x: tensor<4xi32>) -> tensor<4xi32> {
  %0 = xgen.cast %x : (tensor<4xi32>) -> tensor<4xi64>
  %1 = xgen.cast %0 : (tensor<4xi64>) -> tensor<4xi32>
  return %1 : tensor<4xi32>
}

// -----

// CHECK-LABEL: func.func @narrowing
// CHECK-COUNT-2: xgen.cast
func.func @narrowing(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.cast %x : (tensor<4xf32>) -> tensor<4xf16>
  %1 = xgen.cast %0 : (tensor<4xf16>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// One matrix for a whole batch: more rows.

// CHECK-LABEL: func.func @batch
// CHECK:         xgen.matmul %{{.*}} : (tensor<6x4xf32>, tensor<4x5xf32>) -> tensor<6x5xf32>
func.func @batch(%x: tensor<2x3x4xf32>, %w: tensor<1x4x5xf32>) -> tensor<2x3x5xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x3x4xf32>, tensor<1x4x5xf32>) -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}

// -----

// A product with a one-hot matrix is a look-up: of a row of zeros before and after for
// indices that are none of the numbers.

// CHECK-LABEL: func.func @one_hot
// CHECK:         %[[TABLE:.*]] = xgen.constant dense<{{\[}}[0.000000e+00, 0.000000e+00], [1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00], [5.000000e+00, 6.000000e+00], [0.000000e+00, 0.000000e+00]]>
// CHECK-NEXT:    %[[X:.*]] = xgen.reshape %arg0 : (tensor<2x2xi32>) -> tensor<4xi32>
// CHECK-NEXT:    %[[FOUR:.*]] = xgen.constant dense<4> : tensor<i32>
// CHECK-NEXT:    %[[LOW:.*]] = xgen.binary %[[X]], %[[FOUR]] {kind = #xgen.binary_kind<max>}
// CHECK-NEXT:    %[[EIGHT:.*]] = xgen.constant dense<8> : tensor<i32>
// CHECK-NEXT:    %[[HIGH:.*]] = xgen.binary %[[LOW]], %[[EIGHT]] {kind = #xgen.binary_kind<min>}
// CHECK-NEXT:    %[[ROW:.*]] = xgen.binary %[[HIGH]], %[[FOUR]] {kind = #xgen.binary_kind<sub>}
// CHECK-NEXT:    xgen.gather %[[TABLE]], %[[ROW]] {axis = 0 : i64} : (tensor<5x2xf32>, tensor<4xi32>) -> tensor<4x2xf32>
// CHECK-NOT:     xgen.matmul
func.func @one_hot(%x: tensor<2x2xi32>) -> tensor<4x2xf32> {
  %numbers = xgen.constant dense<[5, 6, 7]> : tensor<3xi32>
  %table = xgen.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %0 = xgen.reshape %x : (tensor<2x2xi32>) -> tensor<2x2x1xi32>
  %1 = xgen.binary %0, %numbers {kind = #xgen.binary_kind<eq>} : (tensor<2x2x1xi32>, tensor<3xi32>) -> tensor<2x2x3xi1>
  %2 = xgen.cast %1 : (tensor<2x2x3xi1>) -> tensor<2x2x3xf32>
  %3 = xgen.reshape %2 : (tensor<2x2x3xf32>) -> tensor<4x3xf32>
  %4 = xgen.matmul %3, %table : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %4 : tensor<4x2xf32>
}

// -----

// Numbers that are not consecutive, and a table with an infinity, whose product with
// zero is no number.

// CHECK-LABEL: func.func @not_one_hot
// CHECK-COUNT-2: xgen.matmul
func.func @not_one_hot(%x: tensor<2x1xi32>) -> (tensor<2x1xf32>, tensor<2x1xf32>) {
  %even = xgen.constant dense<[2, 4]> : tensor<2xi32>
  %run = xgen.constant dense<[2, 3]> : tensor<2xi32>
  %table = xgen.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %infinite = xgen.constant dense<[[1.0], [0x7F800000]]> : tensor<2x1xf32>
  %0 = xgen.binary %x, %even {kind = #xgen.binary_kind<eq>} : (tensor<2x1xi32>, tensor<2xi32>) -> tensor<2x2xi1>
  %1 = xgen.cast %0 : (tensor<2x2xi1>) -> tensor<2x2xf32>
  %2 = xgen.matmul %1, %table : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  %3 = xgen.binary %x, %run {kind = #xgen.binary_kind<eq>} : (tensor<2x1xi32>, tensor<2xi32>) -> tensor<2x2xi1>
  %4 = xgen.cast %3 : (tensor<2x2xi1>) -> tensor<2x2xf32>
  %5 = xgen.matmul %4, %infinite : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %2, %5 : tensor<2x1xf32>, tensor<2x1xf32>
}
