// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s

// The branch of a known condition is inlined; its other branch may hold what
// nobody supports.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>) -> none {
  %c = onnx.constant dense<true> : tensor<i1> : tensor<i1>
  // CHECK-NEXT: %[[Y:.*]] = xgen.unary %arg0 {kind = #xgen.unary_kind<relu>}
  // CHECK-NEXT: return %[[Y]]
  %0 = "onnx.node"(%c) <{op_type = "If", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["then_branch", "else_branch"]}> ({
    %1 = onnx.node "Relu"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>) -> none
    onnx.yield %1 : none
  }, {
    %1 = onnx.node "Mystery"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>) -> none
    onnx.yield %1 : none
  }) : (tensor<i1>) -> none
  return %0 : none
}
