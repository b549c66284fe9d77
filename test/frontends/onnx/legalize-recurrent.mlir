// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// Activations are resolved: 29 is sigmoid, 15 tanh (UnaryKind).

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<5x1x4xf32>, %w: tensor<1x12x4xf32>, %r: tensor<1x12x3xf32>, %h: tensor<1x1x3xf32>) -> (none, none) {
  %none = onnx.none : none
  // CHECK: xgen.rnn %arg0, %arg1, %arg2, %arg3, %arg3
  // CHECK-SAME: activations = array<i64: 29, 15, 15>
  // CHECK-SAME: kind = #xgen.rnn_kind<lstm>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1, 0>
  // CHECK-SAME: -> (tensor<5x1x1x3xf32>, tensor<1x1x3xf32>, tensor<1x1x3xf32>)
  %0:3 = onnx.node "LSTM"(%x, %w, %r, %none, %none, %h, %h) {opset = 14 : i64, onnx_attributes = {hidden_size = 3 : i64}} : (tensor<5x1x4xf32>, tensor<1x12x4xf32>, tensor<1x12x3xf32>, none, none, tensor<1x1x3xf32>, tensor<1x1x3xf32>) -> (none, none, none)
  return %0#0, %0#2 : none, none
}

// -----
// The number of features may be free; W has to have as many.
// CHECK: #[[SAME:.*]] = affine_map<()[s0, s1] -> (s1, s0)>
// CHECK: module attributes {{.*}}#xgen.symbol<require_eq, "", 0 to 1 of #[[SAME]]>
func.func @main(%x: tensor<5x1x?xf32> {onnx.name = "x", onnx.dims = ["", "", ["I", array<i64: 1, 7, 1>]]}, %w: tensor<1x9x?xf32> {onnx.name = "w", onnx.dims = ["", "", ["J", array<i64: 1, 7, 1>]]}, %r: tensor<1x9x3xf32>) -> none {
  // CHECK: xgen.rnn {{.*}} -> (tensor<5x1x1x3xf32>, tensor<1x1x3xf32>)
  %0 = onnx.node "GRU"(%x, %w, %r) {opset = 14 : i64, onnx_attributes = {hidden_size = 3 : i64}} : (tensor<5x1x?xf32>, tensor<1x9x?xf32>, tensor<1x9x3xf32>) -> none
  return %0 : none
}
