// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// One weighted score of each column; the mean is over the weights.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<3x5x6xf32>, %[[T:.*]]: tensor<3x6xi64>, %[[W:.*]]: tensor<5xf32>)
func.func @main(%x: tensor<3x5x6xf32>, %t: tensor<3x6xi64>, %w: tensor<5xf32>) -> none {
  // CHECK: %[[COLUMN:.*]] = xgen.reshape %[[T]] : (tensor<3x6xi64>) -> tensor<3x1x6xi64>
  // CHECK: %[[SCORE:.*]] = xgen.gather_elements %[[X]], %[[COLUMN]] {axis = 1 : i64}
  // CHECK: xgen.unary {{.*}}<neg>
  // CHECK: %[[SHARE:.*]] = xgen.gather %[[W]], %[[T]] {axis = 0 : i64}
  // CHECK: %[[LOSS:.*]] = xgen.binary {{.*}}, %[[SHARE]] {kind = #xgen.binary_kind<mul>}
  // CHECK: %[[SUM:.*]] = xgen.reduce %[[LOSS]] {{.*}}<sum>
  // CHECK: %[[ALL:.*]] = xgen.reduce %[[SHARE]] {{.*}}<sum>
  // CHECK: xgen.binary %[[SUM]], %[[ALL]] {kind = #xgen.binary_kind<div>}
  %0 = onnx.node "NegativeLogLikelihoodLoss"(%x, %t, %w) {opset = 13 : i64, onnx_attributes = {reduction = "mean"}} : (tensor<3x5x6xf32>, tensor<3x6xi64>, tensor<5xf32>) -> none
  return %0 : none
}

// -----
// What is ignored reads class 0, and is chosen away afterwards.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<3x5xf32>, %t: tensor<3xi32>) -> none {
  // CHECK: %[[SKIP:.*]] = xgen.constant dense<-1> : tensor<i32>
  // CHECK: %[[IGNORED:.*]] = xgen.binary %arg1, %[[SKIP]] {kind = #xgen.binary_kind<eq>}
  // CHECK: %[[SAFE:.*]] = xgen.select %[[IGNORED]], {{.*}}, %arg1
  // CHECK: xgen.reshape %[[SAFE]]
  // CHECK: xgen.gather_elements
  // CHECK: %[[LOSS:.*]] = xgen.select %[[IGNORED]], {{.*}} -> tensor<3xf32>
  // CHECK: return %[[LOSS]]
  %0 = onnx.node "NegativeLogLikelihoodLoss"(%x, %t) {opset = 22 : i64, onnx_attributes = {reduction = "none", ignore_index = -1 : i64}} : (tensor<3x5xf32>, tensor<3xi32>) -> none
  return %0 : none
}

// -----
// Scores become logarithms of probabilities first, which are a second output.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<3x5xf32>, %t: tensor<3xi64>) -> (none, none) {
  // CHECK: %[[LOG:.*]] = xgen.softmax %arg0 {axes = array<i64: 1>, log = true}
  // CHECK: xgen.gather_elements %[[LOG]]
  // CHECK: %[[MEAN:.*]] = xgen.reduce {{.*}}<mean>
  // CHECK: return %[[MEAN]], %[[LOG]]
  %0:2 = onnx.node "SoftmaxCrossEntropyLoss"(%x, %t) {opset = 12 : i64, onnx_attributes = {}} : (tensor<3x5xf32>, tensor<3xi64>) -> (none, none)
  return %0#0, %0#1 : none, none
}

// -----
// ERROR: NegativeLogLikelihoodLoss {{ *}}13  the target must have the scores' shape without classes
// ERROR: SoftmaxCrossEntropyLoss {{ *}}13  unknown reduction 'median'
func.func @main(%x: tensor<3x5x6xf32>, %t: tensor<3xi64>, %u: tensor<3x6xi64>) -> (none, none) {
  %0 = onnx.node "NegativeLogLikelihoodLoss"(%x, %t) {opset = 13 : i64, onnx_attributes = {}} : (tensor<3x5x6xf32>, tensor<3xi64>) -> none
  %1 = onnx.node "SoftmaxCrossEntropyLoss"(%x, %u) {opset = 13 : i64, onnx_attributes = {reduction = "median"}} : (tensor<3x5x6xf32>, tensor<3x6xi64>) -> none
  return %0, %1 : none, none
}
