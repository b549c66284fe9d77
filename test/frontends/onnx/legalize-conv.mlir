// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// ONNX is channels-first, xgen channels-last: the input, the weight and the
// result are transposed; layout passes let the transposes meet.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<1x3x8x8xf32>{{.*}}, %[[W:.*]]: tensor<4x3x3x3xf32>{{.*}}, %[[B:.*]]: tensor<4xf32>
func.func @main(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x4x4xf32> {
  // CHECK: %[[XT:.*]] = xgen.transpose %[[X]] {perm = array<i64: 0, 2, 3, 1>}
  // CHECK: %[[WT:.*]] = xgen.transpose %[[W]] {perm = array<i64: 2, 3, 1, 0>}
  // CHECK: %[[Y:.*]] = xgen.conv %[[XT]], %[[WT]], %[[B]]
  // CHECK-SAME: pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>
  // CHECK-SAME: -> tensor<1x4x4x4xf32>
  // CHECK: xgen.transpose %[[Y]] {perm = array<i64: 0, 3, 1, 2>}
  %0 = onnx.node "Conv"(%x, %w, %b) {opset = 13 : i64, onnx_attributes = {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  return %0 : tensor<1x4x4x4xf32>
}

// -----
// SAME_LOWER puts the odd pad first; SAME_UPPER puts it last.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x6xf32>, %w: tensor<2x1x4xf32>) -> (none, none) {
  // CHECK: xgen.conv {{.*}}groups = 2 : i64{{.*}}pads = array<i64: 2, 1>
  %0 = onnx.node "Conv"(%x, %w) {opset = 22 : i64, onnx_attributes = {auto_pad = "SAME_LOWER", group = 2 : i64}} : (tensor<1x2x6xf32>, tensor<2x1x4xf32>) -> none
  // CHECK: xgen.conv {{.*}}pads = array<i64: 1, 2>
  %1 = onnx.node "Conv"(%x, %w) {opset = 22 : i64, onnx_attributes = {auto_pad = "SAME_UPPER", group = 2 : i64}} : (tensor<1x2x6xf32>, tensor<2x1x4xf32>) -> none
  return %0, %1 : none, none
}

// -----
// output_padding becomes a smaller end pad, which may be negative.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2x3x3xf32>, %w: tensor<2x4x3x3xf32>) -> none {
  // CHECK: xgen.transpose %{{.*}} {perm = array<i64: 2, 3, 0, 1>} : (tensor<2x4x3x3xf32>) -> tensor<3x3x2x4xf32>
  // CHECK: xgen.conv_transpose {{.*}}pads = array<i64: 0, 0, -1, -1>, strides = array<i64: 3, 2>
  // CHECK-SAME: -> tensor<1x10x8x4xf32>
  %0 = onnx.node "ConvTranspose"(%x, %w) {opset = 11 : i64, onnx_attributes = {strides = array<i64: 3, 2>, output_padding = array<i64: 1, 1>}} : (tensor<1x2x3x3xf32>, tensor<2x4x3x3xf32>) -> none
  return %0 : none
}

// -----
// Quantized integers with a zero point say so in their type; the sums are i32.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x1x3x3xui8>, %w: tensor<1x1x2x2xi8>) -> none {
  %z = onnx.constant dense<1> : tensor<ui8> : tensor<ui8>
  // CHECK: xgen.reinterpret %{{.*}} : (tensor<1x1x3x3xui8>) -> tensor<1x1x3x3x!quant.uniform<u8:f32, 1.000000e+00:1>>
  // CHECK: xgen.conv {{.*}} -> tensor<1x2x2x1xi32>
  %0 = onnx.node "ConvInteger"(%x, %w, %z) {opset = 10 : i64, onnx_attributes = {}} : (tensor<1x1x3x3xui8>, tensor<1x1x2x2xi8>, tensor<ui8>) -> none
  return %0 : none
}

// -----
// Everything free: the output's extent follows from the kernel's, and the program
// checks that the channels form two groups.

// CHECK-DAG: #[[CHANNELS:.*]] = affine_map<()[s0, s1, s2, s3, s4] -> (s1, s4 * 2)>
// CHECK-DAG: #[[GROUPS:.*]] = affine_map<()[s0, s1, s2, s3] -> ((s3 floordiv 2) * -2 + s3, 0)>
// CHECK: module attributes {{.*}}#xgen.symbol<require_eq, "", 0 to 1 of #[[GROUPS]]>, #xgen.symbol<require_eq, "", 0 to 1 of #[[CHANNELS]]>
func.func @main(%x: tensor<?x?x?xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 4, 1>], ["C", array<i64: 1, 8, 1>], ["W", array<i64: 5, 9, 1>]]}, %w: tensor<?x?x?xf32> {onnx.name = "w", onnx.dims = [["O", array<i64: 1, 16, 1>], ["I", array<i64: 1, 4, 1>], ["K", array<i64: 1, 5, 1>]]}) -> none {
  // CHECK: xgen.conv {{.*}} -> tensor<?x?x?xf32, #xgen.dims<()[s0, s1, s2, s3, s4, s5] -> (s0, s2 - s5 + 1, s3)
  %0 = onnx.node "Conv"(%x, %w) {opset = 22 : i64, onnx_attributes = {group = 2 : i64}} : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> none
  return %0 : none
}

// -----
// With auto_pad the input decides about the output's extent, and the free kernel
// about pads.

// CHECK-DAG: #[[CUT:.*]] = affine_map<()[s0, s1] -> (s1 - 2, 0)>
// CHECK-DAG: #[[PADS:.*]] = affine_map<()[s0, s1, s2] -> (s2 floordiv 2, -(s2 floordiv 2) + s1 - 2)>
// CHECK: module attributes {{.*}}#xgen.symbol<max, "", 0 to {{[0-9]+}} of #[[CUT]]>
func.func @main(%x: tensor<1x2x?xf32> {onnx.name = "x", onnx.dims = ["", "", ["W", array<i64: 5, 9, 1>]]}, %w: tensor<2x3x?xf32> {onnx.name = "w", onnx.dims = ["", "", ["K", array<i64: 1, 5, 1>]]}) -> none {
  // CHECK: xgen.conv_transpose {{.*}} xgen.dynamic = {pads = #[[PADS]]}} : {{.*}} -> tensor<1x?x3xf32, #xgen.dims<()[s0] -> (1, s0 * 2, 3), min = [1, 10, 3], max = [1, 18, 3]>>
  %0 = onnx.node "ConvTranspose"(%x, %w) {opset = 22 : i64, onnx_attributes = {auto_pad = "SAME_UPPER", strides = array<i64: 2>}} : (tensor<1x2x?xf32>, tensor<2x3x?xf32>) -> none
  return %0 : none
}
