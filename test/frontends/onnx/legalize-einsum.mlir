// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/einsum-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// A label in both that the result lacks is contracted.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> none {
  // CHECK: xgen.matmul %arg0, %arg1 {{.*}} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %0 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "bij, bjk -> bik"}} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> none
  return %0 : none
}

// -----
// Attention scores: heads stand between positions and depth.
// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<1x7x2x8xf32>, %k: tensor<1x9x2x8xf32>) -> none {
  // CHECK-DAG: xgen.transpose %arg0 {perm = array<i64: 0, 2, 1, 3>}
  // CHECK-DAG: xgen.transpose %arg1 {perm = array<i64: 0, 2, 3, 1>}
  // CHECK: xgen.matmul {{.*}} : (tensor<1x2x7x8xf32>, tensor<1x2x8x9xf32>) -> tensor<1x2x7x9xf32>
  %0 = onnx.node "Einsum"(%q, %k) {opset = 12 : i64, onnx_attributes = {equation = "bqhd,bkhd->bhqk"}} : (tensor<1x7x2x8xf32>, tensor<1x9x2x8xf32>) -> none
  return %0 : none
}

// -----
// Nothing in common: a product of all pairs.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<3xf32>, %b: tensor<4xf32>) -> none {
  // CHECK: xgen.binary {{.*}}<mul>} : (tensor<3x1xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  %0 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "i,j"}} : (tensor<3xf32>, tensor<4xf32>) -> none
  return %0 : none
}

// -----
// A label twice in one term is the diagonal; one that is nowhere else is summed.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<3x3x4xf32>) -> none {
  // CHECK: xgen.reshape {{.*}} -> tensor<4x9xf32>
  // CHECK: xgen.slice {{.*}} {sizes = array<i64: 4, 3>, starts = array<i64: 0, 0>, steps = array<i64: 1, 4>}
  // CHECK: xgen.reduce {{.*}} {axes = array<i64: 0>, keepdims = false, kind = #xgen.reduce_kind<sum>} : (tensor<4x3xf32>) -> tensor<3xf32>
  %0 = onnx.node "Einsum"(%a) {opset = 12 : i64, onnx_attributes = {equation = "iij->i"}} : (tensor<3x3x4xf32>) -> none
  return %0 : none
}

// -----
// Ellipses align at their ends and broadcast.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<6x2x3xf32>, %b: tensor<3x4xf32>) -> none {
  // CHECK: xgen.matmul {{.*}} -> tensor<12x4xf32>
  // CHECK: xgen.reshape {{.*}} -> tensor<6x2x4xf32>
  // CHECK: xgen.transpose {{.*}} {perm = array<i64: 2, 0, 1>}
  %0 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "...k,kn->n..."}} : (tensor<6x2x3xf32>, tensor<3x4xf32>) -> none
  return %0 : none
}

// ERR: Einsum {{ *}}12  the equation has 1 terms for 2 inputs
// ERR: Einsum {{ *}}12  the equation does not fit input 1 (rank 2)
// ERR: Einsum {{ *}}12  the equation gives one label different extents
// ERR: Einsum {{ *}}12  the equation has a result label twice, or one that no input has
// ERR: Einsum {{ *}}12  the equation repeats a label for different extents

// -----
// Free dimensions: a diagonal has steps that only the program knows; the free
// dimension of a label is the number that another operand has for it.
// CHECK-DAG: #[[STEPS:.*]] = affine_map<()[s0, s1] -> (1, s1 + 1)>
// CHECK-DAG: #[[FOUR:.*]] = affine_map<()[s0, s1] -> (s1, 4)>
// CHECK: module attributes {{.*}}#xgen.symbol<require_eq, "", 0 to 1 of #[[FOUR]]>
func.func @main(%a: tensor<?x?x?xf32> {onnx.name = "a", onnx.dims = [["N", array<i64: 1, 4, 1>], ["M", array<i64: 2, 8, 1>], ["M", array<i64: 2, 8, 1>]]}, %b: tensor<4x?xf32> {onnx.name = "b", onnx.dims = ["", ["K", array<i64: 2, 9, 1>]]}) -> (none, none) {
  // CHECK: xgen.slice {{.*}}xgen.dynamic = {{{.*}}steps = #[[STEPS]]}} : {{.*}} -> tensor<?x?xf32, #xgen.dims<()[s0, s1] -> (s0, s1)
  %0 = onnx.node "Einsum"(%a) {opset = 12 : i64, onnx_attributes = {equation = "nii->ni"}} : (tensor<?x?x?xf32>) -> none
  // CHECK: xgen.matmul {{.*}} : (tensor<?x4xf32, {{.*}}>, tensor<4x?xf32, {{.*}}>) -> tensor<?x?xf32, #xgen.dims<()[s0, s1, s2] -> (s0 * s1, s2)
  %1 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "nij,jk->nik"}} : (tensor<?x?x?xf32>, tensor<4x?xf32>) -> none
  return %0, %1 : none, none
}
