// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/contrib-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x8xf32>, %b: tensor<8xf32>) -> (none, none, none) {
  // CHECK: %[[S:.*]] = xgen.binary %arg0, %arg1 {kind = #xgen.binary_kind<add>}
  // CHECK: xgen.unary %[[S]] {kind = #xgen.unary_kind<gelu>}
  %0 = onnx.node "BiasGelu"(%x, %b) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<2x8xf32>, tensor<8xf32>) -> none
  // CHECK: xgen.unary %arg0 {kind = #xgen.unary_kind<gelu_tanh>}
  %1 = onnx.node "FastGelu"(%x) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<2x8xf32>) -> none
  // CHECK: xgen.normalize %arg0, %arg1 {axes = array<i64: 1>, {{.*}}kind = #xgen.normalize_kind<rms>
  %2 = onnx.node "SimplifiedLayerNormalization"(%x, %b) {opset = 17 : i64, onnx_attributes = {}} : (tensor<2x8xf32>, tensor<8xf32>) -> none
  return %0, %1, %2 : none, none, none
}

// -----
// The sum is a result of its own.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x8xf32>, %s: tensor<2x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> (none, none) {
  // CHECK: %[[SUM:.*]] = xgen.binary %arg0, %arg1 {kind = #xgen.binary_kind<add>}
  // CHECK: %[[Y:.*]] = xgen.normalize %[[SUM]], %arg2, %arg3 {{.*}}<mean>
  // CHECK: return %[[Y]], %[[SUM]]
  %0, %1, %2, %3 = onnx.node "SkipLayerNormalization"(%x, %s, %g, %b) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<2x8xf32>, tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> (none, none, none, none)
  return %0, %3 : none, none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<4x3xf32>, %b: tensor<4x5xf32>) -> none {
  // CHECK: %[[T:.*]] = xgen.transpose %arg0 {perm = array<i64: 1, 0>}
  // CHECK: %[[P:.*]] = xgen.matmul %[[T]], %arg1
  // CHECK: xgen.binary %[[P]], {{.*}}<mul>}
  %0 = onnx.node "FusedMatMul"(%a, %b) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {transA = 1 : i64, alpha = 0.5 : f32}} : (tensor<4x3xf32>, tensor<4x5xf32>) -> none
  return %0 : none
}

// -----
// Real numbers between; the quantization passes make integer kernels of it.
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<4xui8>, %b: tensor<4xui8>) -> none {
  %as = onnx.constant dense<0.5> : tensor<f32> : tensor<f32>
  %bs = onnx.constant dense<0.25> : tensor<f32> : tensor<f32>
  %z = onnx.constant dense<3> : tensor<ui8> : tensor<ui8>
  // CHECK: xgen.dequantize {{.*}}tensor<4x!quant.uniform<u8:f32, 5.000000e-01:3>>) -> tensor<4xf32>
  // CHECK: xgen.dequantize {{.*}}tensor<4x!quant.uniform<u8:f32, 2.500000e-01:3>>) -> tensor<4xf32>
  // CHECK: xgen.binary {{.*}}<add>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: xgen.quantize {{.*}} -> tensor<4x!quant.uniform<u8:f32, 5.000000e-01:3>>
  %0 = onnx.node "QLinearAdd"(%a, %as, %z, %b, %bs, %z, %as, %z) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<4xui8>, tensor<f32>, tensor<ui8>, tensor<4xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> none
  return %0 : none
}

// -----
// Halves of bytes, blocks of 16 with a scale each; N columns.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x24xf32>, %w: tensor<3x2x8xui8>, %s: tensor<6xf32>) -> none {
  // CHECK: xgen.concat {{.*}} {axis = 2 : i64} : (tensor<3x16x1xui8>, tensor<3x16x1xui8>) -> tensor<3x16x2xui8>
  // CHECK: xgen.binary {{.*}}<mul>} : (tensor<3x2x16xf32>, tensor<3x2x1xf32>)
  // CHECK: xgen.matmul %arg0, {{.*}} : (tensor<2x24xf32>, tensor<24x3xf32>) -> tensor<2x3xf32>
  %0 = onnx.node "MatMulNBits"(%x, %w, %s) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {K = 24 : i64, N = 3 : i64, bits = 4 : i64, block_size = 16 : i64}} : (tensor<2x24xf32>, tensor<3x2x8xui8>, tensor<6xf32>) -> none
  return %0 : none
}

// -----
// Any number of rows.
// CHECK-LABEL: func.func @main(%arg0: tensor<?x8xf32
func.func @main(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 4, 1>], ""]}, %s: tensor<?x8xf32> {onnx.name = "s", onnx.dims = [["N", array<i64: 1, 4, 1>], ""]}, %g: tensor<8xf32>) -> (none, none) {
  // CHECK: xgen.normalize {{.*}}<mean>{{.*}} -> tensor<?x8xf32
  %0, %1, %2, %3 = onnx.node "SkipLayerNormalization"(%x, %s, %g) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<?x8xf32>, tensor<?x8xf32>, tensor<8xf32>) -> (none, none, none, none)
  // CHECK: xgen.normalize {{.*}}<rms>{{.*}} -> tensor<?x8xf32
  %4 = onnx.node "SimplifiedLayerNormalization"(%x, %g) {opset = 17 : i64, onnx_attributes = {}} : (tensor<?x8xf32>, tensor<8xf32>) -> none
  return %0, %4 : none, none
}

// ERR: com.microsoft.SkipLayerNormalization {{ *}}1  gamma, beta and bias need one entry an element of the last dimension
// ERR: com.microsoft.MatMulNBits {{ *}}1  weights or scales have the wrong size
// ERR: com.microsoft.QLinearConcat {{ *}}1  needs a scale and a zero point with each tensor
