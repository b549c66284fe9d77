// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/regions-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// Version 16 moves regions by half an element unless told otherwise.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %b: tensor<5xi64>) -> (none, none) {
  // CHECK: xgen.roi_align {{.*}} {half_pixel = true, height = 2 : i64, kind = #xgen.pool_kind<max>, sampling_ratio = 2 : i64, scale = 5.000000e-01 : f64, width = 3 : i64} : (tensor<1x8x8x3xf32>, tensor<5x4xf32>, tensor<5xi64>) -> tensor<5x2x3x3xf32>
  %0 = onnx.node "RoiAlign"(%x, %r, %b) {opset = 16 : i64, onnx_attributes = {mode = "max", output_height = 2 : i64, output_width = 3 : i64, sampling_ratio = 2 : i64, spatial_scale = 0.5 : f32}} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> none
  // CHECK: xgen.roi_align {{.*}} {height = 1 : i64, kind = #xgen.pool_kind<avg>
  %1 = onnx.node "RoiAlign"(%x, %r, %b) {opset = 10 : i64, onnx_attributes = {}} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<5xi64>) -> none
  return %0, %1 : none, none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x3x8x8xf32>, %r: tensor<5x5xf32>) -> none {
  // CHECK: xgen.max_roi_pool {{.*}} {height = 2 : i64, width = 3 : i64} : (tensor<1x8x8x3xf32>, tensor<5x5xf32>) -> tensor<5x2x3x3xf32>
  %0 = onnx.node "MaxRoiPool"(%x, %r) {opset = 22 : i64, onnx_attributes = {pooled_shape = array<i64: 2, 3>}} : (tensor<1x3x8x8xf32>, tensor<5x5xf32>) -> none
  return %0 : none
}

// -----
// Samples are taken, then multiplied by the weights as a matrix.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>, %o: tensor<1x18x5x5xf32>, %b: tensor<6xf32>, %m: tensor<1x9x5x5xf32>) -> none {
  // CHECK: %[[S:.*]] = xgen.deform_sample %{{.*}}, %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, offset_groups = 1 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x5x5x4xf32>, tensor<1x5x5x18xf32>, tensor<1x5x5x9xf32>) -> tensor<1x5x5x9x4xf32>
  // CHECK: xgen.matmul {{.*}} : (tensor<25x36xf32>, tensor<36x6xf32>) -> tensor<25x6xf32>
  %0 = onnx.node "DeformConv"(%x, %w, %o, %b, %m) {opset = 19 : i64, onnx_attributes = {pads = array<i64: 1, 1, 1, 1>}} : (tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32>, tensor<1x18x5x5xf32>, tensor<6xf32>, tensor<1x9x5x5xf32>) -> none
  return %0 : none
}

// -----
// Groups are the batch of the product.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x1x1xf32>, %o: tensor<1x2x5x5xf32>) -> none {
  // CHECK: xgen.matmul {{.*}} : (tensor<2x25x2xf32>, tensor<2x2x3xf32>) -> tensor<2x25x3xf32>
  %0 = onnx.node "DeformConv"(%x, %w, %o) {opset = 22 : i64, onnx_attributes = {group = 2 : i64}} : (tensor<1x4x5x5xf32>, tensor<6x2x1x1xf32>, tensor<1x2x5x5xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x9xf32>, %y: tensor<5x6xf32>) -> (none, none) {
  %image = onnx.constant dense<[4, 4]> : tensor<2xi64> : tensor<2xi64>
  %block = onnx.constant dense<[2, 2]> : tensor<2xi64> : tensor<2xi64>
  // CHECK: xgen.col2im %arg0 {block = array<i64: 2, 2>, dilations = array<i64: 1, 1>, image = array<i64: 4, 4>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x4x9xf32>) -> tensor<1x1x4x4xf32>
  %0 = onnx.node "Col2Im"(%x, %image, %block) {opset = 18 : i64, onnx_attributes = {}} : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> none
  // The middle of what is too long, a border around what is too short; the odd
  // one goes to the end.
  // CHECK: %[[CUT:.*]] = xgen.slice %arg1 {sizes = array<i64: 5, 3>, starts = array<i64: 0, 1>
  // CHECK: xgen.pad %[[CUT]] {high = array<i64: 2, 0>, low = array<i64: 1, 0>
  %shape = onnx.constant dense<[3, 8]> : tensor<2xi64> : tensor<2xi64>
  %1 = onnx.node "CenterCropPad"(%y, %shape) {opset = 18 : i64, onnx_attributes = {axes = array<i64: -1, 0>}} : (tensor<5x6xf32>, tensor<2xi64>) -> none
  return %0, %1 : none, none
}

// ERR: RoiAlign {{ *}}16  unknown mode 'lp'
// ERR: RoiAlign {{ *}}16  needs one batch index (i32 or i64) a region
// ERR: MaxRoiPool {{ *}}22  attribute 'pooled_shape' needs two entries
// ERR: DeformConv {{ *}}19  offset does not fit the result
// ERR: CenterCropPad {{ *}}18 input 'shape' must have 4 entries

// -----
// Batch and extents may be free: the program checks that offsets fit the result.
// CHECK-DAG: #[[HEIGHT:.*]] = affine_map<()[s0, s1, s2] -> (s2, s1 - 2)>
// CHECK: module attributes {{.*}}of #[[HEIGHT]]>
func.func @main(%x: tensor<?x4x?x5xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 3, 1>], "", ["H", array<i64: 3, 9, 1>], ""]}, %w: tensor<6x4x3x3xf32>, %o: tensor<?x18x?x3xf32> {onnx.name = "o", onnx.dims = [["N", array<i64: 1, 3, 1>], "", ["P", array<i64: 1, 7, 1>], ""]}) -> none {
  // CHECK: xgen.deform_sample {{.*}} -> tensor<?x?x3x9x4xf32
  // CHECK: xgen.matmul {{.*}} : (tensor<?x36xf32, #xgen.dims<()[s0, s1] -> ((s0 * s1) * 3 - s0 * 6, 36)
  %0 = onnx.node "DeformConv"(%x, %w, %o) {opset = 19 : i64, onnx_attributes = {}} : (tensor<?x4x?x5xf32>, tensor<6x4x3x3xf32>, tensor<?x18x?x3xf32>) -> none
  return %0 : none
}
