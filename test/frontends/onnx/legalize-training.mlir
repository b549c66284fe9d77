// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// Dropout does nothing unless it trains: ratio 0, no training_mode, or an old
// version.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<3xf32>, %t: tensor<i1>) -> (none, none, none) {
  // CHECK: %[[ALL:.*]] = xgen.constant dense<true> : tensor<3xi1>
  // CHECK: return %arg0, %[[ALL]], %arg0
  %zero = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %0:2 = onnx.node "Dropout"(%x, %zero, %t) {opset = 13 : i64, onnx_attributes = {}} : (tensor<3xf32>, tensor<f32>, tensor<i1>) -> (none, none)
  %1 = onnx.node "Dropout"(%x) {opset = 7 : i64, onnx_attributes = {ratio = 0.5 : f32}} : (tensor<3xf32>) -> none
  return %0#0, %0#1, %1 : none, none, none
}

// -----
// With a seed the numbers are known: those of a Mersenne Twister. The ratio and
// whether to train may be inputs.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<3xf32>, %r: tensor<f32>, %t: tensor<i1>) -> (none, none) {
  // CHECK: %[[U:.*]] = xgen.constant dense<[0.5488135{{[0-9]*}}, 0.7151893{{[0-9]*}}, 0.6027633{{[0-9]*}}]> : tensor<3xf64>
  // CHECK: %[[KEEP:.*]] = xgen.binary %[[U]], {{.*}}<ge>
  // CHECK: %[[KEPT:.*]] = xgen.select %[[KEEP]]
  // CHECK: xgen.select %arg2, %[[KEPT]], %arg0
  // CHECK: xgen.select %arg2, %[[KEEP]]
  %0:2 = onnx.node "Dropout"(%x, %r, %t) {opset = 22 : i64, onnx_attributes = {seed = 0 : i64}} : (tensor<3xf32>, tensor<f32>, tensor<i1>) -> (none, none)
  return %0#0, %0#1 : none, none
}

// -----
// A batch normalization that trains has the statistics of the batch, and moves
// the running ones.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>, %[[S:.*]]: tensor<3xf32>, %[[B:.*]]: tensor<3xf32>, %[[M:.*]]: tensor<3xf32>, %[[V:.*]]: tensor<3xf32>)
func.func @main(%x: tensor<2x3x4xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>, %m: tensor<3xf32>, %v: tensor<3xf32>) -> (none, none, none) {
  // CHECK: %[[MEAN:.*]] = xgen.reduce %[[X]] {axes = array<i64: 0, 2>, keepdims = false, kind = #xgen.reduce_kind<mean>}
  // CHECK: xgen.binary %[[X]], {{.*}}<sub>
  // CHECK: %[[VAR:.*]] = xgen.reduce {{.*}}<mean>
  // CHECK: xgen.binary %[[M]], {{.*}}<mul>
  // CHECK: xgen.binary %[[MEAN]], {{.*}}<mul>
  // CHECK: xgen.binary %[[V]], {{.*}}<mul>
  // CHECK: xgen.binary %[[VAR]], {{.*}}<mul>
  // CHECK: xgen.unary {{.*}}<sqrt>
  %0:3 = onnx.node "BatchNormalization"(%x, %s, %b, %m, %v) {opset = 15 : i64, onnx_attributes = {training_mode = 1 : i64}} : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (none, none, none)
  return %0#0, %0#1, %0#2 : none, none, none
}

// -----
// Before version 9 there could be a parameter for each position.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %s: tensor<3x4xf32>) -> none {
  // CHECK: xgen.reshape {{.*}} : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
  %0 = onnx.node "BatchNormalization"(%x, %s, %s, %s, %s) {opset = 7 : i64, onnx_attributes = {spatial = 0 : i64}} : (tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> none
  return %0 : none
}

// -----
// One step of gradient descent with momentum, of two tensors.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[R:.*]]: tensor<f32>, %[[T:.*]]: tensor<i64>, %[[X1:.*]]: tensor<1xf32>, %[[X2:.*]]: tensor<2xf32>, %[[G1:.*]]: tensor<1xf32>, %[[G2:.*]]: tensor<2xf32>, %[[V1:.*]]: tensor<1xf32>, %[[V2:.*]]: tensor<2xf32>)
func.func @main(%r: tensor<f32>, %t: tensor<i64>, %x1: tensor<1xf32>, %x2: tensor<2xf32>, %g1: tensor<1xf32>, %g2: tensor<2xf32>, %v1: tensor<1xf32>, %v2: tensor<2xf32>) -> (none, none, none, none) {
  // CHECK: %[[NOT_FIRST:.*]] = xgen.binary {{.*}}<gt>
  // CHECK: %[[SHARE:.*]] = xgen.select %[[NOT_FIRST]]
  // CHECK: %[[OLD:.*]] = xgen.binary %[[V1]], {{.*}}<mul>
  // CHECK: %[[NEW:.*]] = xgen.binary %[[SHARE]], %[[G1]] {kind = #xgen.binary_kind<mul>}
  // CHECK: %[[VELOCITY:.*]] = xgen.binary %[[OLD]], %[[NEW]] {kind = #xgen.binary_kind<add>}
  // CHECK: %[[MOVE:.*]] = xgen.binary %[[R]], %[[VELOCITY]] {kind = #xgen.binary_kind<mul>}
  // CHECK: %[[Y1:.*]] = xgen.binary %[[X1]], %[[MOVE]] {kind = #xgen.binary_kind<sub>}
  // CHECK: %[[Y2:.*]] = xgen.binary %[[X2]], {{.*}}<sub>
  // CHECK: return %[[Y1]], %[[Y2]], %[[VELOCITY]]
  %0:4 = onnx.node "Momentum"(%r, %t, %x1, %x2, %g1, %g2, %v1, %v2) {domain = "ai.onnx.preview.training", opset = 1 : i64, onnx_attributes = {alpha = 0.9 : f32, beta = 0.8 : f32, mode = "standard"}} : (tensor<f32>, tensor<i64>, tensor<1xf32>, tensor<2xf32>, tensor<1xf32>, tensor<2xf32>, tensor<1xf32>, tensor<2xf32>) -> (none, none, none, none)
  return %0#0, %0#1, %0#2, %0#3 : none, none, none, none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%r: tensor<f32>, %t: tensor<i64>, %x: tensor<2xf32>) -> (none, none, none, none, none) {
  // CHECK: xgen.binary {{.*}}<pow>
  // CHECK: xgen.unary {{.*}}<sqrt>
  %0:3 = onnx.node "Adam"(%r, %t, %x, %x, %x, %x) {domain = "ai.onnx.preview.training", opset = 1 : i64, onnx_attributes = {}} : (tensor<f32>, tensor<i64>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (none, none, none)
  %1:2 = onnx.node "Adagrad"(%r, %t, %x, %x, %x) {domain = "ai.onnx.preview.training", opset = 1 : i64, onnx_attributes = {}} : (tensor<f32>, tensor<i64>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (none, none)
  return %0#0, %0#1, %0#2, %1#0, %1#1 : none, none, none, none, none
}

// -----
// ERROR: Dropout {{ *}}22  training without a seed drops at random
// ERROR: Bernoulli {{ *}}22  random numbers: a compiled model is a function of its inputs
// ERROR-NEXT: hint: make the random numbers an input of the model
// ERROR: BatchNormalization {{ *}}15  output 1 needs training_mode = 1
// ERROR: ai.onnx.preview.training.Adam {{ *}}1  R and T must be followed by as many tensors as gradients and states
func.func @main(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %r: tensor<f32>, %t: tensor<i1>) -> (none, none, none, none, none) {
  %0 = onnx.node "Dropout"(%x, %r, %t) {opset = 22 : i64, onnx_attributes = {}} : (tensor<2x3xf32>, tensor<f32>, tensor<i1>) -> none
  %1 = onnx.node "Bernoulli"(%x) {opset = 22 : i64, onnx_attributes = {}} : (tensor<2x3xf32>) -> none
  %2:2 = onnx.node "BatchNormalization"(%x, %s, %s, %s, %s) {opset = 15 : i64, onnx_attributes = {}} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (none, none)
  %3 = onnx.node "Adam"(%r, %r, %x) {domain = "ai.onnx.preview.training", opset = 1 : i64, onnx_attributes = {}} : (tensor<f32>, tensor<f32>, tensor<2x3xf32>) -> none
  return %0, %1, %2#0, %2#1, %3 : none, none, none, none, none
}
