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

// -----

// A condition that only the run knows: both branches become functions of what
// they read. The constant is cloned into the one that needs it.
// CHECK-LABEL: func.func @main
// CHECK:         %[[R:.*]] = xgen.if %arg0 then @main_then0 else @main_else1(%arg1) : (tensor<i1>, tensor<2xf32>) -> tensor<2xf32>
// CHECK:         return %[[R]]
// CHECK-LABEL: func.func private @main_then0
// CHECK-SAME:    (%[[X:.*]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK:         %[[T:.*]] = xgen.constant
// CHECK:         xgen.binary %[[X]], %[[T]] {kind = #xgen.binary_kind<mul>}
// CHECK-LABEL: func.func private @main_else1
// CHECK:         xgen.unary %{{.*}} {kind = #xgen.unary_kind<relu>}
func.func @main(%c: tensor<i1>, %x: tensor<2xf32>) -> none {
  %two = onnx.constant dense<2.0> : tensor<f32> : tensor<f32>
  %0 = "onnx.node"(%c) <{op_type = "If", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["then_branch", "else_branch"]}> ({
    %1 = onnx.node "Mul"(%x, %two) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>, tensor<f32>) -> none
    onnx.yield %1 : none
  }, {
    %1 = onnx.node "Relu"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>) -> none
    onnx.yield %1 : none
  }) : (tensor<i1>) -> none
  return %0 : none
}

// -----

// Branches with results of different sizes return their extents, which become
// symbols of the caller.
// CHECK:         xgen.symbols = [#xgen.symbol<data, "", 2 to 4>]
// CHECK-LABEL: func.func @main
// CHECK:         %[[R:.*]]:2 = xgen.if %arg0 then @main_then0 else @main_else1(%arg1) : (tensor<i1>, tensor<2xf32>) -> (tensor<4xf32>, tensor<1xi64>)
// CHECK:         xgen.bind %[[R]]#1 as #{{.*}} : tensor<1xi64>
// CHECK:         xgen.prefix %[[R]]#0 : (tensor<4xf32>) -> tensor<?xf32, #xgen.dims<()[s0] -> (s0), min = [2], max = [4]>>
func.func @main(%c: tensor<i1>, %x: tensor<2xf32>) -> none {
  %0 = "onnx.node"(%c) <{op_type = "If", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["then_branch", "else_branch"]}> ({
    %1 = onnx.node "Concat"(%x, %x) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<2xf32>, tensor<2xf32>) -> none
    onnx.yield %1 : none
  }, {
    %1 = onnx.node "Relu"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>) -> none
    onnx.yield %1 : none
  }) : (tensor<i1>) -> none
  return %0 : none
}

// -----

// A loop with a constant number of trips that is small is inlined.
// CHECK-LABEL: func.func @main
// CHECK-NEXT:    {{.*}} = xgen.unary
// CHECK-NEXT:    {{.*}} = xgen.unary
// CHECK-NEXT:    return
func.func @main(%x: tensor<2xf32>) -> none {
  %n = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %none = onnx.none : none
  %0 = "onnx.node"(%n, %none, %x) <{op_type = "Loop", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["body"]}> ({
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %v: tensor<2xf32>):
    %1 = onnx.node "Tanh"(%v) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>) -> none
    onnx.yield %go, %1 : tensor<i1>, none
  }) : (tensor<i64>, none, tensor<2xf32>) -> none
  return %0 : none
}

// -----

// Otherwise the body is a function. What it carries grows by one element an
// iteration: at most by as many as there are iterations (-data-bound). The body
// starts by binding the number of the iteration and the extent it is given.
// CHECK:         xgen.symbols = [#xgen.symbol<data, "", 0 to 1023 in "main_body0">, #xgen.symbol<data, "", 0 to 1024 in "main_body0">,
// CHECK-LABEL: func.func @main
// CHECK:         %[[L:.*]]:3 = xgen.loop @main_body0 trips %arg0 most 1024 carries(%arg1, %{{.*}}) captures() : (tensor<i64>, tensor<0xi64>, tensor<1xi64>) -> (tensor<1024xi64>, tensor<1xi64>, tensor<1xi64>)
// CHECK:         xgen.bind %[[L]]#1
// CHECK:         xgen.prefix %[[L]]#0
// CHECK-LABEL: func.func private @main_body0
// CHECK-SAME:    (%[[I:.*]]: tensor<i64>, %[[V:.*]]: tensor<1024xi64>, %[[E:.*]]: tensor<1xi64>) ->
// CHECK:         xgen.bind %[[I]]
// CHECK:         xgen.bind %[[E]]
// CHECK:         %[[P:.*]] = xgen.prefix %[[V]]
// CHECK:         xgen.concat %[[P]]
func.func @main(%n: tensor<i64>, %x: tensor<0xi64>) -> none {
  %none = onnx.none : none
  %axis = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %0 = "onnx.node"(%n, %none, %x) <{op_type = "Loop", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["body"]}> ({
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %v: tensor<*xi64>):
    %1 = onnx.node "Unsqueeze"(%i, %axis) {opset = 13 : i64, onnx_attributes = {}} : (tensor<i64>, tensor<1xi64>) -> none
    %2 = onnx.node "Concat"(%v, %1) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<*xi64>, none) -> none
    onnx.yield %go, %2 : tensor<i1>, none
  }) : (tensor<i64>, none, tensor<0xi64>) -> none
  return %0 : none
}

// -----

// A loop that data ends: its condition is the first value that it carries, and
// the number of its parts is a symbol of the caller.
// CHECK-LABEL: func.func @main
// CHECK:         %[[L:.*]]:4 = xgen.loop @main_body0 while most 1024 carries(%arg0, %arg1) captures() : (tensor<i1>, tensor<f32>) -> (tensor<i1>, tensor<f32>, tensor<1024xf32>, tensor<1xi64>)
// CHECK:         xgen.bind %[[L]]#3
// CHECK:         xgen.prefix %[[L]]#2
func.func @main(%c: tensor<i1>, %x: tensor<f32>) -> (none, none) {
  %none = onnx.none : none
  %limit = onnx.constant dense<100.0> : tensor<f32> : tensor<f32>
  %0:2 = "onnx.node"(%none, %c, %x) <{op_type = "Loop", opset = 13 : i64, onnx_attributes = {}, subgraphs = ["body"]}> ({
  ^bb0(%i: tensor<i64>, %go: tensor<i1>, %v: tensor<f32>):
    %1 = onnx.node "Add"(%v, %v) {opset = 13 : i64, onnx_attributes = {}} : (tensor<f32>, tensor<f32>) -> none
    %2 = onnx.node "Less"(%1, %limit) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<f32>) -> none
    onnx.yield %2, %1, %1 : none, none, none
  }) : (none, tensor<i1>, tensor<f32>) -> (none, none)
  return %0#0, %0#1 : none, none
}

// -----

// A scan takes the columns of its input, one an iteration.
// CHECK-LABEL: func.func @main
// CHECK:         %[[N:.*]] = xgen.constant dense<9> : tensor<i64>
// CHECK:         xgen.loop @main_body0 trips %[[N]] most 9 carries(%arg0) captures(%arg1) : (tensor<i64>, tensor<2xf32>, tensor<2x9xf32>) -> (tensor<2xf32>, tensor<9x2xf32>, tensor<1xi64>)
// CHECK:         xgen.transpose
// CHECK-LABEL: func.func private @main_body0
// CHECK:         xgen.slice %{{.*}} : (tensor<2x9xf32>) -> tensor<2x1xf32>
// CHECK:         xgen.binary
func.func @main(%s: tensor<2xf32>, %x: tensor<2x9xf32>) -> (none, none) {
  %0:2 = "onnx.node"(%s, %x) <{op_type = "Scan", opset = 13 : i64, onnx_attributes = {num_scan_inputs = 1 : i64, scan_input_axes = array<i64: 1>, scan_output_axes = array<i64: 1>}, subgraphs = ["body"]}> ({
  ^bb0(%v: tensor<2xf32>, %e: tensor<2xf32>):
    %1 = onnx.node "Add"(%v, %e) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2xf32>, tensor<2xf32>) -> none
    onnx.yield %1, %1 : none, none
  }) : (tensor<2xf32>, tensor<2x9xf32>) -> (none, none)
  return %0#0, %0#1 : none, none
}

// -----

// Before version 9 there is a batch. One loop goes through its sequences, and the
// states start anew where the position is 0: both may be free.
// CHECK-LABEL: func.func @main
// CHECK:         xgen.loop @main_body0 {{.*}}most 40
// CHECK-LABEL: func.func private @main_body0
// CHECK:         %[[FIRST:.*]] = xgen.cast %{{.*}} : (tensor<i64>) -> tensor<i1>
// CHECK:         xgen.select %[[FIRST]]
func.func @main(%s: tensor<?x2xf32> {onnx.name = "s", onnx.dims = [["N", array<i64: 1, 4, 1>], ""]}, %x: tensor<?x?x2xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 4, 1>], ["L", array<i64: 1, 10, 1>], ""]}) -> (none, none) {
  %none = onnx.none : none
  %0:2 = "onnx.node"(%none, %s, %x) <{op_type = "Scan", opset = 8 : i64, onnx_attributes = {num_scan_inputs = 1 : i64}, subgraphs = ["body"]}> ({
  ^bb0(%v: tensor<2xf32>, %e: tensor<2xf32>):
    %1 = onnx.node "Add"(%v, %e) {opset = 8 : i64, onnx_attributes = {}} : (tensor<2xf32>, tensor<2xf32>) -> none
    onnx.yield %1, %1 : none, none
  }) : (none, tensor<?x2xf32>, tensor<?x?x2xf32>) -> (none, none)
  return %0#0, %0#1 : none, none
}
