// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx -xgen-fold-constants | FileCheck %s
// RUN: not xgen-opt %S/Inputs/signal-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// Before version 20 the axis is an attribute and counts from 1; then an input
// and the last but one.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x6x8x1xf32>, %s: tensor<2x6x8x2xf32>) -> (none, none, none) {
  %none = onnx.none : none
  %length = onnx.constant dense<16> : tensor<i64> : tensor<i64>
  %axis = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  // CHECK: xgen.dft %arg0 {axis = 1 : i64, length = 16 : i64, onesided = true} : (tensor<2x6x8x1xf32>) -> tensor<2x9x8x2xf32>
  %0 = onnx.node "DFT"(%x, %length) {opset = 17 : i64, onnx_attributes = {onesided = 1 : i64}} : (tensor<2x6x8x1xf32>, tensor<i64>) -> none
  // CHECK: xgen.dft %arg0 {axis = 2 : i64, length = 8 : i64} : (tensor<2x6x8x1xf32>) -> tensor<2x6x8x2xf32>
  %1 = onnx.node "DFT"(%x) {opset = 20 : i64, onnx_attributes = {}} : (tensor<2x6x8x1xf32>) -> none
  // A one-sided inverse is real, and of even length.
  // CHECK: xgen.dft %arg1 {axis = 1 : i64, inverse = true, length = 10 : i64, onesided = true} : (tensor<2x6x8x2xf32>) -> tensor<2x10x8x1xf32>
  %2 = onnx.node "DFT"(%s, %none, %axis) {opset = 20 : i64, onnx_attributes = {inverse = 1 : i64, onesided = 1 : i64}} : (tensor<2x6x8x2xf32>, none, tensor<i64>) -> none
  return %0, %1, %2 : none, none, none
}

// -----
// Frames, times the window, transformed.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x128xf32>, %w: tensor<16xf32>) -> none {
  %step = onnx.constant dense<8> : tensor<i64> : tensor<i64>
  // CHECK: %[[F:.*]] = xgen.frame {{.*}} {axis = 1 : i64, size = 16 : i64, step = 8 : i64} : (tensor<1x128x1xf32>) -> tensor<1x15x16x1xf32>
  // CHECK: xgen.binary {{.*}}<mul>} : (tensor<1x15x16x1xf32>, tensor<16x1xf32>)
  // CHECK: xgen.dft {{.*}} {axis = 2 : i64, length = 16 : i64, onesided = true} : (tensor<1x15x16x1xf32>) -> tensor<1x15x9x2xf32>
  %0 = onnx.node "STFT"(%x, %step, %w) {opset = 17 : i64, onnx_attributes = {}} : (tensor<1x128xf32>, tensor<i64>, tensor<16xf32>) -> none
  return %0 : none
}

// -----
// Windows and filter banks are constants.
// CHECK-LABEL: func.func @main
func.func @main(%m: tensor<2x3x3xf32>) -> (none, none, none, none) {
  %size = onnx.constant dense<4> : tensor<i64> : tensor<i64>
  // CHECK: xgen.constant dense<{{.*}}0.000000e+00, 5.000000e-01, 1.000000e+00, 5.000000e-01{{.*}}> : tensor<4xf32>
  %0 = onnx.node "HannWindow"(%size) {opset = 17 : i64, onnx_attributes = {}} : (tensor<i64>) -> none
  // 11 is double.
  // CHECK: xgen.constant dense<{{.*}}> : tensor<4xf64>
  %1 = onnx.node "BlackmanWindow"(%size) {opset = 17 : i64, onnx_attributes = {output_datatype = 11 : i64, periodic = 0 : i64}} : (tensor<i64>) -> none
  %length = onnx.constant dense<16> : tensor<i64> : tensor<i64>
  %rate = onnx.constant dense<8192> : tensor<i64> : tensor<i64>
  %low = onnx.constant dense<0.0> : tensor<f32> : tensor<f32>
  %high = onnx.constant dense<4096.0> : tensor<f32> : tensor<f32>
  // CHECK: xgen.constant dense<{{.*}}> : tensor<9x4xf32>
  %2 = onnx.node "MelWeightMatrix"(%size, %length, %rate, %low, %high) {opset = 17 : i64, onnx_attributes = {}} : (tensor<i64>, tensor<i64>, tensor<i64>, tensor<f32>, tensor<f32>) -> none
  // CHECK: xgen.det %arg0 : (tensor<2x3x3xf32>) -> tensor<2xf32>
  %3 = onnx.node "Det"(%m) {opset = 11 : i64, onnx_attributes = {}} : (tensor<2x3x3xf32>) -> none
  return %0, %1, %2, %3 : none, none, none, none
}

// ERR: DFT {{ *}}20  the axis is the one of real and imaginary parts
// ERR: DFT {{ *}}20  only the spectrum of a real signal can be one-sided
// ERR: STFT {{ *}}17  neither window nor frame_length is given
// ERR: HannWindow {{ *}}17  input 'size' must have 1 entry
// ERR: Det {{ *}}11  needs square matrices of floats

// -----
// A free dimension of real and imaginary parts: the program checks that there are
// no imaginary ones where the spectrum is one-sided.
// CHECK: #[[REAL:.*]] = affine_map<()[s0, s1, s2] -> (s2, 1)>
// CHECK: module attributes {{.*}}#xgen.symbol<require_le, "", 0 to 1 of #[[REAL]]>
func.func @main(%x: tensor<?x?x?xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 3, 1>], ["L", array<i64: 1, 9, 1>], ["P", array<i64: 1, 2, 1>]]}) -> none {
  // CHECK: xgen.dft {{.*}} -> tensor<?x?x2xf32, #xgen.dims<()[s0, s1] -> (s0, s1 floordiv 2 + 1, 2)
  %0 = onnx.node "DFT"(%x) {opset = 17 : i64, onnx_attributes = {onesided = 1 : i64}} : (tensor<?x?x?xf32>) -> none
  return %0 : none
}
