// RUN: xgen-opt %s -xgen-split-pools -split-input-file | FileCheck %s

// A spatial pyramid: each window from the one before, and by rows and columns.
// CHECK-LABEL: func.func @pyramid
// CHECK: %[[R5:.*]] = xgen.pool %arg0 {{.*}}pads = array<i64: 0, 2, 0, 2>{{.*}}window = array<i64: 1, 5>
// CHECK: %[[P5:.*]] = xgen.pool %[[R5]] {{.*}}pads = array<i64: 2, 0, 2, 0>{{.*}}window = array<i64: 5, 1>
// CHECK: %[[R9:.*]] = xgen.pool %[[P5]] {{.*}}window = array<i64: 1, 5>
// CHECK: %[[P9:.*]] = xgen.pool %[[R9]] {{.*}}window = array<i64: 5, 1>
// CHECK: %[[R13:.*]] = xgen.pool %[[P9]] {{.*}}window = array<i64: 1, 5>
// CHECK: %[[P13:.*]] = xgen.pool %[[R13]] {{.*}}window = array<i64: 5, 1>
// CHECK: xgen.concat %arg0, %[[P5]], %[[P9]], %[[P13]]
func.func @pyramid(%x: tensor<1x13x13x8xf32>) -> tensor<1x13x13x32xf32> {
  %0 = xgen.pool %x {kind = #xgen.pool_kind<max>, window = array<i64: 5, 5>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>} : (tensor<1x13x13x8xf32>) -> tensor<1x13x13x8xf32>
  %1 = xgen.pool %x {kind = #xgen.pool_kind<max>, window = array<i64: 13, 13>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 6, 6, 6, 6>} : (tensor<1x13x13x8xf32>) -> tensor<1x13x13x8xf32>
  %2 = xgen.pool %x {kind = #xgen.pool_kind<max>, window = array<i64: 9, 9>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 4, 4, 4, 4>} : (tensor<1x13x13x8xf32>) -> tensor<1x13x13x8xf32>
  %3 = xgen.concat %x, %0, %2, %1 {axis = 3 : i64} : (tensor<1x13x13x8xf32>, tensor<1x13x13x8xf32>, tensor<1x13x13x8xf32>, tensor<1x13x13x8xf32>) -> tensor<1x13x13x32xf32>
  return %3 : tensor<1x13x13x32xf32>
}

// -----
// Strides stay with their dimension; rows that no window needs are few.
// CHECK-LABEL: func.func @strided
// CHECK: %[[ROWS:.*]] = xgen.pool %arg0 {{.*}}strides = array<i64: 1, 2>{{.*}}window = array<i64: 1, 7>} : (tensor<1x20x31x4xf32>) -> tensor<1x20x14x4xf32>
// CHECK: xgen.pool %[[ROWS]] {{.*}}pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>, window = array<i64: 7, 1>} : (tensor<1x20x14x4xf32>) -> tensor<1x8x14x4xf32>
func.func @strided(%x: tensor<1x20x31x4xf32>) -> tensor<1x8x14x4xf32> {
  %0 = xgen.pool %x {kind = #xgen.pool_kind<max>, window = array<i64: 7, 7>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x20x31x4xf32>) -> tensor<1x8x14x4xf32>
  return %0 : tensor<1x8x14x4xf32>
}

// -----
// Small windows, and other kinds, stay.
// CHECK-LABEL: func.func @stay
// CHECK: window = array<i64: 3, 3>
// CHECK: window = array<i64: 7, 7>
// CHECK-NOT: xgen.pool
func.func @stay(%x: tensor<1x20x20x4xf32>) -> (tensor<1x18x18x4xf32>, tensor<1x14x14x4xf32>) {
  %0 = xgen.pool %x {kind = #xgen.pool_kind<max>, window = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x20x20x4xf32>) -> tensor<1x18x18x4xf32>
  %1 = xgen.pool %x {kind = #xgen.pool_kind<avg>, window = array<i64: 7, 7>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x20x20x4xf32>) -> tensor<1x14x14x4xf32>
  return %0, %1 : tensor<1x18x18x4xf32>, tensor<1x14x14x4xf32>
}
