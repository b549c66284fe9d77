// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/dynamic-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// Free dimensions are symbols; what follows from them stands in the types.
// CHECK-LABEL: module attributes {xgen.symbols = [#xgen.symbol<input, "N", 1 to 8 {{.*}}>, #xgen.symbol<input, "W", 1 to 10 times 3.200000e+01 : f64>]
func.func @main(%x: tensor<?x4x?xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 8, 1>], "", ["W", array<i64: 32, 320, 32>]]}) -> (none, none) {
  // CHECK: xgen.pool {{.*}} -> tensor<?x?x4xf32, #xgen.dims<()[s0, s1] -> (s0, s1 * 16 - 1, 4), min = [1, 15, 4], max = [8, 159, 4]>>
  %0 = onnx.node "MaxPool"(%x) {opset = 12 : i64, onnx_attributes = {kernel_shape = array<i64: 3>, strides = array<i64: 2>}} : (tensor<?x4x?xf32>) -> none
  // CHECK: xgen.reshape {{.*}} -> tensor<?x?xf32, #xgen.dims<()[s0, s1] -> (s0 * 4, s1 * 32), min = [4, 32], max = [32, 320]>>
  %1 = onnx.node "Flatten"(%x) {opset = 13 : i64, onnx_attributes = {axis = 2 : i64}} : (tensor<?x4x?xf32>) -> none
  return %0, %1 : none, none
}

// -----
// Arithmetic on shapes is followed: the reshape knows its extents.
// CHECK-LABEL: module attributes {xgen.symbols = [#xgen.symbol<input, "N", 1 to 8 {{.*}}>]}
// CHECK-NEXT: func.func @main
// CHECK-NEXT: xgen.reshape %arg0 : {{.*}} -> tensor<?x3xf32, #xgen.dims<()[s0] -> (s0 * 2, 3), min = [2, 3], max = [16, 3]>>
// CHECK-NEXT: return
func.func @main(%x: tensor<?x6xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 8, 1>], ""]}) -> none {
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %first = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %rest = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %s = onnx.node "Shape"(%x) {opset = 15 : i64, onnx_attributes = {}} : (tensor<?x6xf32>) -> none
  %n = onnx.node "Gather"(%s, %first) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<1xi64>) -> none
  %m = onnx.node "Mul"(%n, %two) {opset = 14 : i64, onnx_attributes = {}} : (none, tensor<1xi64>) -> none
  %shape = onnx.node "Concat"(%m, %rest) {opset = 13 : i64, onnx_attributes = {axis = 0 : i64}} : (none, tensor<1xi64>) -> none
  %0 = onnx.node "Reshape"(%x, %shape) {opset = 14 : i64, onnx_attributes = {}} : (tensor<?x6xf32>, none) -> none
  return %0 : none
}

// -----
// A shape that is an input is bound: the declared result says what it must be,
// and where it does not, the extent is a number of the program's.
// CHECK-LABEL: module attributes {xgen.symbols = [#xgen.symbol<data, "", 0 to 1024>]
// CHECK: xgen.bind {{.*}} as #{{.*}} : tensor<2xi64>
// CHECK: xgen.expand %arg0 : (tensor<1x3xf32>) -> tensor<?x3xf32, #xgen.dims<()[s0] -> (s0, 3), min = [0, 3], max = [1024, 3]>>
func.func @main(%x: tensor<1x3xf32>, %s: tensor<2xi64>) -> tensor<?x3xf32> {
  %0 = onnx.node "Expand"(%x, %s) {opset = 13 : i64, onnx_attributes = {}} : (tensor<1x3xf32>, tensor<2xi64>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----
// Sizes that depend on data: results of the largest size, cut at the count.
// CHECK-LABEL: module attributes {xgen.symbols = [#xgen.symbol<data, "", 0 to 10>]
// CHECK: %[[AT:.*]], %[[COUNT:.*]] = xgen.nonzero %arg0 : (tensor<2x5xf32>) -> (tensor<2x10xi64>, tensor<1xi64>)
// CHECK: xgen.bind %[[COUNT]]
// CHECK: xgen.prefix %[[AT]] : (tensor<2x10xi64>) -> tensor<2x?xi64, #xgen.dims<()[s0] -> (2, s0), min = [2, 0], max = [2, 10]>>
func.func @main(%x: tensor<2x5xf32>) -> none {
  %0 = onnx.node "NonZero"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x5xf32>) -> none
  return %0 : none
}

// -----
// Two free dimensions that must agree are checked when the program starts.
// CHECK-LABEL: module attributes {{.*}}#xgen.symbol<require_eq, "", 0 to 1 of #{{.*}}>
// CHECK: xgen.binary %arg0, %arg1
func.func @main(%x: tensor<?x3xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 2, 8, 1>], ""]}, %y: tensor<?x3xf32> {onnx.name = "y", onnx.dims = [["M", array<i64: 2, 8, 1>], ""]}) -> none {
  %0 = onnx.node "Add"(%x, %y) {opset = 14 : i64, onnx_attributes = {}} : (tensor<?x3xf32>, tensor<?x3xf32>) -> none
  return %0 : none
}

// -----
// Axes that are an input: the program computes the result's extents from them, a
// number each, since a dimension stays or becomes 1.
// CHECK-LABEL: module attributes {xgen.symbols = [#xgen.symbol<data, "", 0 to 1>, #xgen.symbol<data, "", 1 to 5>, #xgen.symbol<data, "", 1 to 5>
func.func @main(%x: tensor<2x5xf32>, %axes: tensor<1xi64>) -> (none, tensor<2x1x5xf32>) {
  // CHECK: xgen.reduce %arg0 {{.*}} xgen.dynamic = {axes = #{{.*}}}} : (tensor<2x5xf32>) -> tensor<?x?xf32, #xgen.dims<()[s0, s1, s2] -> (s1, s2), min = [1, 1], max = [5, 5]>>
  %0 = onnx.node "ReduceSum"(%x, %axes) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x5xf32>, tensor<1xi64>) -> none
  // The model declares the result; the program checks that the axis agrees.
  // CHECK: xgen.reshape %arg0 : (tensor<2x5xf32>) -> tensor<2x1x5xf32>
  %1 = onnx.node "Unsqueeze"(%x, %axes) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x5xf32>, tensor<1xi64>) -> tensor<2x1x5xf32>
  return %0, %1 : none, tensor<2x1x5xf32>
}

// ERR: Reshape {{ *}}14 input 'shape' must be a short list whose length is known at compile time
// ERR: MaxPool {{ *}}12 the window is larger than the padded input in spatial dimension 0
// ERR: Split {{ *}}2 there are 2 sizes for 1 outputs
// ERR: Conv {{ *}}22 the weight takes 4 channels, the input has 5
// ERR: QuantizeLinear {{ *}}13 the scale has 3 entries, dimension 1 has 4
// ERR: Einsum {{ *}}12 the equation gives one label different extents

// -----
// Regions of interest and their number, free.
// CHECK: xgen.roi_align {{.*}} -> tensor<?x2x2x4xf32, #xgen.dims<()[s0, s1, s2] -> (s2, 2, 2, 4), min = [1, 2, 2, 4], max = [9, 2, 2, 4]>>
func.func @main(%x: tensor<1x4x?x?xf32> {onnx.name = "x", onnx.dims = ["", "", ["H", array<i64: 8, 32, 1>], ["W", array<i64: 8, 32, 1>]]}, %rois: tensor<?x4xf32> {onnx.name = "rois", onnx.dims = [["R", array<i64: 1, 9, 1>], ""]}, %batch: tensor<?xi64> {onnx.name = "batch", onnx.dims = [["R", array<i64: 1, 9, 1>]]}) -> none {
  %0 = onnx.node "RoiAlign"(%x, %rois, %batch) {opset = 16 : i64, onnx_attributes = {output_height = 2 : i64, output_width = 2 : i64}} : (tensor<1x4x?x?xf32>, tensor<?x4xf32>, tensor<?xi64>) -> none
  return %0 : none
}

// -----
// Arithmetic whose expressions grow with every operator is left to the program.
// CHECK-LABEL: #xgen.symbol<input, "D"
// CHECK-COUNT-6: xgen.binary
func.func @main(%x: tensor<?x?x?x?xf32> {onnx.name = "x", onnx.dims = [["A", array<i64: 1, 8, 1>], ["B", array<i64: 1, 8, 1>], ["C", array<i64: 1, 8, 1>], ["D", array<i64: 1, 8, 1>]]}) -> none {
  %zero = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %s = onnx.node "Shape"(%x) {opset = 15 : i64, onnx_attributes = {}} : (tensor<?x?x?x?xf32>) -> none
  %0 = onnx.node "ReduceSum"(%s, %zero) {opset = 13 : i64, onnx_attributes = {}} : (none, tensor<1xi64>) -> none
  %1 = onnx.node "Mul"(%0, %0) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  %2 = onnx.node "Mul"(%1, %1) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  %3 = onnx.node "Mul"(%2, %2) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  %4 = onnx.node "Mul"(%3, %3) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  %5 = onnx.node "Mul"(%4, %4) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  %6 = onnx.node "Mul"(%5, %5) {opset = 14 : i64, onnx_attributes = {}} : (none, none) -> none
  return %6 : none
}

// -----
// Hardmax before version 13, over a matrix: positions up to a free number.
// CHECK-LABEL: func.func @main(%arg0: tensor<?x4xf32
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 4, 1>], ""]}) -> none {
  // CHECK: %[[BEST:.*]] = xgen.arg_reduce {{.*}} -> tensor<1x1xi64>
  // CHECK: xgen.binary %{{.*}}, %[[BEST]] {kind = #xgen.binary_kind<eq>} : (tensor<1x?xi64, #xgen.dims<()[s0] -> (1, s0 * 4)
  %0 = onnx.node "Hardmax"(%x) {opset = 11 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<?x4xf32>) -> none
  return %0 : none
}

// -----
// What is dropped is drawn for the largest tensor; NumPy's numbers for seed 0.
// CHECK-LABEL: func.func @main(%arg0: tensor<?x2xf32
func.func @main(%x: tensor<?x2xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 2, 1>], ""]}, %r: tensor<f32>, %t: tensor<i1>) -> none {
  // CHECK: %[[U:.*]] = xgen.constant dense<[0.548813{{[0-9]*}}, 0.715189{{[0-9]*}}, 0.602763{{[0-9]*}}, 0.544883{{[0-9]*}}]> : tensor<4xf64>
  // CHECK: xgen.prefix %[[U]] : (tensor<4xf64>) -> tensor<?x2xf64, {{.*}}>
  %0 = onnx.node "Dropout"(%x, %r, %t) {opset = 13 : i64, onnx_attributes = {seed = 0 : i64}} : (tensor<?x2xf32>, tensor<f32>, tensor<i1>) -> none
  return %0 : none
}
