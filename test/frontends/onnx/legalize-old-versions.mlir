// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// Operator sets before 7 are legal where the operators mean the same; what was
// an attribute then is read as one.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> (none, none, none) {
  // CHECK: xgen.unary %arg0 {kind = #xgen.unary_kind<relu>}
  %0 = onnx.node "Relu"(%x) {opset = 1 : i64, onnx_attributes = {consumed_inputs = array<i64: 0>}} : (tensor<2x3x4xf32>) -> none
  // CHECK: xgen.reshape %arg0 : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  %1 = onnx.node "Reshape"(%x) {opset = 1 : i64, onnx_attributes = {shape = array<i64: -1, 4>}} : (tensor<2x3x4xf32>) -> none
  // CHECK: return {{.*}}%arg0
  %2 = onnx.node "Dropout"(%x) {opset = 6 : i64, onnx_attributes = {is_test = 1 : i64}} : (tensor<2x3x4xf32>) -> none
  return %0, %1, %2 : none, none, none
}

// -----
// Broadcasting had to be asked for, and began at a dimension: without one at the
// last ones.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %c: tensor<3xf32>, %w: tensor<4xf32>) -> (none, none, none) {
  // CHECK: %[[C:.*]] = xgen.reshape %arg1 : (tensor<3xf32>) -> tensor<3x1xf32>
  // CHECK: xgen.binary %arg0, %[[C]] {kind = #xgen.binary_kind<add>}
  %0 = onnx.node "Add"(%x, %c) {opset = 6 : i64, onnx_attributes = {broadcast = 1 : i64, axis = 1 : i64}} : (tensor<2x3x4xf32>, tensor<3xf32>) -> none
  // CHECK: xgen.binary %arg0, %arg2 {kind = #xgen.binary_kind<mul>}
  %1 = onnx.node "Mul"(%x, %w) {opset = 6 : i64, onnx_attributes = {broadcast = 1 : i64}} : (tensor<2x3x4xf32>, tensor<4xf32>) -> none
  // A slope a channel.
  // CHECK: %[[SLOPE:.*]] = xgen.reshape %arg1 : (tensor<3xf32>) -> tensor<1x3x1xf32>
  // CHECK: xgen.binary %arg0, %[[SLOPE]] {kind = #xgen.binary_kind<prelu>}
  %2 = onnx.node "PRelu"(%x, %c) {opset = 6 : i64, onnx_attributes = {}} : (tensor<2x3x4xf32>, tensor<3xf32>) -> none
  return %0, %1, %2 : none, none, none
}

// -----
// ERROR: Add {{ *}}6  the second operand ends behind the first one
// ERROR: Dropout {{ *}}6  training drops at random, which changes from run to run
// ERROR: Cast {{ *}}1  supported from operator set 6 on
// ERROR: Upsample {{ *}}1  supported from operator set 7 on
func.func @main(%x: tensor<2x3xf32>, %c: tensor<3x1xf32>) -> (none, none, none, none) {
  %0 = onnx.node "Add"(%x, %c) {opset = 6 : i64, onnx_attributes = {broadcast = 1 : i64, axis = 1 : i64}} : (tensor<2x3xf32>, tensor<3x1xf32>) -> none
  %1 = onnx.node "Dropout"(%x) {opset = 6 : i64, onnx_attributes = {}} : (tensor<2x3xf32>) -> none
  %2 = onnx.node "Cast"(%x) {opset = 1 : i64, onnx_attributes = {to = "FLOAT"}} : (tensor<2x3xf32>) -> none
  %3 = onnx.node "Upsample"(%x) {opset = 1 : i64, onnx_attributes = {width_scale = 2.0 : f32, height_scale = 2.0 : f32}} : (tensor<2x3xf32>) -> none
  return %0, %1, %2, %3 : none, none, none, none
}
