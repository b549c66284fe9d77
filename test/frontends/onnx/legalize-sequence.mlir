// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/sequence-errors.mlir -split-input-file -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// Nothing is left of a sequence whose length and positions are known.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<5x4xf32>) -> (none, none) {
  %two = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<i64> : tensor<i64>
  %0 = onnx.node "SplitToSequence"(%x, %two) {opset = 11 : i64, onnx_attributes = {}} : (tensor<5x4xf32>, tensor<i64>) -> none
  // CHECK: xgen.slice %arg0 {sizes = array<i64: 1, 4>, starts = array<i64: 4, 0>
  %1 = onnx.node "SequenceAt"(%0, %last) {opset = 11 : i64, onnx_attributes = {}} : (none, tensor<i64>) -> none
  // CHECK: xgen.constant dense<3> : tensor<i64>
  %2 = onnx.node "SequenceLength"(%0) {opset = 11 : i64, onnx_attributes = {}} : (none) -> none
  return %1, %2 : none, none
}

// -----
// Single slices keep the dimension unless told otherwise; they are stacked along
// a new one.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> none {
  %front = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %0 = onnx.node "SplitToSequence"(%x) {opset = 11 : i64, onnx_attributes = {keepdims = 0 : i64}} : (tensor<2x4xf32>) -> none
  %1 = onnx.node "SequenceInsert"(%0, %y, %front) {opset = 11 : i64, onnx_attributes = {}} : (none, tensor<4xf32>, tensor<i64>) -> none
  %2 = onnx.node "SequenceErase"(%1) {opset = 11 : i64, onnx_attributes = {}} : (none) -> none
  // CHECK: %[[Y:.*]] = xgen.reshape %arg1 {{.*}} -> tensor<4x1xf32>
  // CHECK: %[[X:.*]] = xgen.reshape {{.*}} -> tensor<4x1xf32>
  // CHECK: xgen.concat %[[Y]], %[[X]] {axis = 1 : i64}
  %3 = onnx.node "ConcatFromSequence"(%2) {opset = 11 : i64, onnx_attributes = {axis = -1 : i64, new_axis = 1 : i64}} : (none) -> none
  return %3 : none
}

// -----
// An optional is its value, or nothing.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4xf32>) -> (none, none, none) {
  %0 = onnx.node "Optional"(%x) {opset = 15 : i64, onnx_attributes = {}} : (tensor<4xf32>) -> none
  %1 = onnx.node "OptionalGetElement"(%0) {opset = 15 : i64, onnx_attributes = {}} : (none) -> none
  %2 = onnx.node "OptionalHasElement"(%0) {opset = 18 : i64, onnx_attributes = {}} : (none) -> none
  %3 = onnx.node "Optional"() {opset = 15 : i64, onnx_attributes = {}} : () -> none
  %4 = onnx.node "OptionalHasElement"(%3) {opset = 18 : i64, onnx_attributes = {}} : (none) -> none
  // CHECK-DAG: %[[T:.*]] = xgen.constant dense<true>
  // CHECK-DAG: %[[F:.*]] = xgen.constant dense<false>
  // CHECK: return %arg0, %[[T]], %[[F]]
  return %1, %2, %4 : none, none, none
}

// ERR: SequenceAt {{ *}}11  the position is outside a sequence of 2
// ERR: Relu {{ *}}13  input 0 is a sequence, which this operator cannot read
// ERR: SplitToSequence {{ *}}11  the sizes do not add up to dimension 0 (4)
// ERR: OptionalGetElement {{ *}}18  the optional has no value
// ERR: output 0 is a sequence; only tensors can be outputs
