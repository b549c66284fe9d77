// RUN: xgen-opt %s -split-input-file -verify-diagnostics

// What a reference kernel may rely on: it reads no tensor outside.

func.func @grid(%x: tensor<1x4x4x3xf32>, %g: tensor<1x2x2x3xf32>) {
  // expected-error @+2 {{the grid must have the input's batch and 2 coordinates a position}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.grid_sample %x, %g {mode = #xgen.resize_mode<linear>, padding = #xgen.pad_mode<edge>} : (tensor<1x4x4x3xf32>, tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  return
}

// -----
func.func @grid_padding(%x: tensor<1x4x4x3xf32>, %g: tensor<1x2x2x2xf32>) {
  // expected-error @+2 {{padding wrap is not defined here}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.grid_sample %x, %g {mode = #xgen.resize_mode<linear>, padding = #xgen.pad_mode<wrap>} : (tensor<1x4x4x3xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x3xf32>
  return
}

// -----
func.func @deform(%x: tensor<1x4x4x3xf32>, %o: tensor<1x3x3x2xf32>) {
  // expected-error @+2 {{offset dimension 1 is 3, must be 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.deform_sample %x, %o {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, offset_groups = 1 : i64} : (tensor<1x4x4x3xf32>, tensor<1x3x3x2xf32>) -> tensor<1x3x3x1x3xf32>
  return
}

// -----
func.func @roi(%x: tensor<1x4x4x3xf32>, %r: tensor<2x4xf32>, %b: tensor<3xi64>) {
  // expected-error @+2 {{needs one batch index (i32 or i64) a region}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.roi_align %x, %r, %b {kind = #xgen.pool_kind<avg>, height = 2 : i64, width = 2 : i64} : (tensor<1x4x4x3xf32>, tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x2x2x3xf32>
  return
}

// -----
func.func @frame(%x: tensor<1x8xf32>) {
  // expected-error @+2 {{a frame (9) is longer than the signal (8)}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.frame %x {axis = 1 : i64, size = 9 : i64, step = 1 : i64} : (tensor<1x8xf32>) -> tensor<1x1x9xf32>
  return
}

// -----
func.func @col2im(%x: tensor<1x4x5xf32>) {
  // expected-error @+2 {{the input must hold a multiple of 4 rows of 4 blocks}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.col2im %x {image = array<i64: 3, 3>, block = array<i64: 2, 2>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x5xf32>) -> tensor<1x1x3x3xf32>
  return
}

// -----
func.func @topk(%x: tensor<4xf32>) {
  // expected-error @+2 {{k (5) is outside 0 to 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = xgen.topk %x {axis = 0 : i64, k = 5 : i64} : (tensor<4xf32>) -> (tensor<5xf32>, tensor<5xi64>)
  return
}

// -----
// Results have the largest size possible, whatever the data.
func.func @bounds(%x: tensor<2x3xf32>, %c: tensor<2xi1>) {
  %0:2 = xgen.nonzero %x : (tensor<2x3xf32>) -> (tensor<2x6xi64>, tensor<1xi64>)
  %1:2 = xgen.compress %x, %c {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2xi1>) -> (tensor<2x2xf32>, tensor<1xi64>)
  %2:5 = xgen.unique %x {axis = 1 : i64} : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<3xi64>, tensor<3xi64>, tensor<3xi64>, tensor<1xi64>)
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'tensor<2x6xi64>', 'tensor<1xi64>' are incompatible with return type(s) of operation 'tensor<2x4xi64>', 'tensor<1xi64>'}}
  %3:2 = xgen.nonzero %x : (tensor<2x3xf32>) -> (tensor<2x4xi64>, tensor<1xi64>)
  return
}

// -----
func.func @nms(%b: tensor<1x5x4xf32>, %s: tensor<1x2x6xf32>) {
  // expected-error @+2 {{needs boxes [B, N, 4] and scores [B, C, N]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = xgen.nms %b, %s {operandSegmentSizes = array<i32: 1, 1, 0, 0, 0>} : (tensor<1x5x4xf32>, tensor<1x2x6xf32>) -> (tensor<10x3xi64>, tensor<1xi64>)
  return
}

// -----
func.func @dft(%x: tensor<8x2xf32>) {
  // expected-error @+2 {{only the spectrum of a real signal can be one-sided}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.dft %x {axis = 0 : i64, length = 8 : i64, onesided = true} : (tensor<8x2xf32>) -> tensor<5x2xf32>
  return
}

// -----
func.func @det(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{needs square matrices of floats}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.det %x : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----
func.func @trees(%x: tensor<2x3xf32>, %n: tensor<4x6xi64>, %s: tensor<3xf32>, %m: tensor<0xf32>, %r: tensor<1xi64>, %t: tensor<2x2xi64>, %w: tensor<2xf32>) {
  // expected-error @+2 {{needs one split a node, and for each weight two targets entries}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = xgen.tree_ensemble %x, %n, %s, %m, %r, %t, %w {aggregate = #xgen.reduce_kind<sum>, width = 1 : i64} : (tensor<2x3xf32>, tensor<4x6xi64>, tensor<3xf32>, tensor<0xf32>, tensor<1xi64>, tensor<2x2xi64>, tensor<2xf32>) -> tensor<2x1xf32>
  return
}
