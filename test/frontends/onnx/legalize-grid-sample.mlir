// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx -xgen-fold-constants | FileCheck %s
// RUN: not xgen-opt %S/Inputs/grid-sample-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// Version 16 says bilinear and bicubic, version 20 linear and cubic.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x4x5xf32>, %g: tensor<1x3x3x2xf32>) -> (none, none) {
  // CHECK: %[[LAST:.*]] = xgen.transpose %arg0 {perm = array<i64: 0, 2, 3, 1>}
  // CHECK: %[[Y:.*]] = xgen.grid_sample %[[LAST]], %arg1 {align_corners = true, mode = #xgen.resize_mode<cubic>, padding = #xgen.pad_mode<reflect>} : (tensor<1x4x5x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  // CHECK: xgen.transpose %[[Y]] {perm = array<i64: 0, 3, 1, 2>}
  %0 = onnx.node "GridSample"(%x, %g) {opset = 16 : i64, onnx_attributes = {mode = "bicubic", padding_mode = "reflection", align_corners = 1 : i64}} : (tensor<1x2x4x5xf32>, tensor<1x3x3x2xf32>) -> none
  // CHECK: xgen.grid_sample {{.*}} {mode = #xgen.resize_mode<linear>, padding = #xgen.pad_mode<constant>}
  %1 = onnx.node "GridSample"(%x, %g) {opset = 20 : i64, onnx_attributes = {}} : (tensor<1x2x4x5xf32>, tensor<1x3x3x2xf32>) -> none
  return %0, %1 : none, none
}

// -----
// Sums of products of vectors: x, y and the shift, for each of two results.
// CHECK-LABEL: func.func @main
func.func @main(%theta: tensor<2x2x3xf32>) -> none {
  %size = onnx.constant dense<[2, 3, 2, 4]> : tensor<4xi64> : tensor<4xi64>
  // CHECK-DAG: xgen.constant dense<{{.*}}-5.000000e-01{{.*}}5.000000e-01{{.*}}> : tensor<1x2x1xf32>
  // CHECK-DAG: xgen.constant dense<{{.*}}-7.500000e-01, -2.500000e-01, 2.500000e-01, 7.500000e-01{{.*}}> : tensor<1x1x4xf32>
  // CHECK: xgen.binary {{.*}}<mul>} : (tensor<2x1x1xf32>, tensor<1x1x4xf32>) -> tensor<2x1x4xf32>
  // CHECK: xgen.binary {{.*}}<mul>} : (tensor<2x1x1xf32>, tensor<1x2x1xf32>) -> tensor<2x2x1xf32>
  // CHECK: xgen.concat {{.*}} -> tensor<2x2x4x2xf32>
  %0 = onnx.node "AffineGrid"(%theta, %size) {opset = 20 : i64, onnx_attributes = {}} : (tensor<2x2x3xf32>, tensor<4xi64>) -> none
  return %0 : none
}

// ERR: GridSample {{ *}}20  unknown mode 'spline'
// ERR: GridSample {{ *}}20  the grid must have the input's batch and 2 coordinates a position
// ERR: AffineGrid {{ *}}20  'theta' must be floats of shape [N, 2, 3]
