// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -threads=2 -target=x86-64-v3 | FileCheck %s
// RUN: xgenc %s -emit=halide -target=x86-64-v3 -o - | FileCheck %s --check-prefix=LOOPS

// Anchors that are computed in turn, at the edges of what can be; see rows.mlir.

// CHECK-NOT: (eval)
// CHECK:     5 of 5 launches agree

// LOOPS-LABEL: kernel skips
// LOOPS-NOT:   link
// LOOPS-LABEL: kernel skipped
// LOOPS-NOT:   link
// LOOPS-LABEL: kernel valid
// LOOPS:       allocate link[

func.func @main(%skips_x: tensor<1x24x20x8xf32>,
  %skips_w: tensor<1x1x8x24xf32>,
  %skipped_x: tensor<1x25x20x8xf32>,
  %skipped_w: tensor<1x1x8x24xf32>,
  %skipped_v: tensor<2x2x1x24xf32>,
  %skipped_u: tensor<1x1x24x8xf32>,
  %valid_x: tensor<1x45x30x3xf32>,
  %valid_w: tensor<3x3x3x16xf32>,
  %valid_v: tensor<3x3x1x16xf32>,
  %flat_x: tensor<1x30x31x4xf32>,
  %flat_w: tensor<5x5x4x16xf32>,
  %flat_v: tensor<1x3x1x16xf32>,
  %tall_x: tensor<1x3x31x4xf32>,
  %tall_w: tensor<1x1x4x16xf32>,
  %tall_v: tensor<5x1x1x16xf32>,
  %tall_u: tensor<1x1x16x4xf32>) -> (tensor<1x12x10x24xf32> {onnx.name = "skips0"},
 tensor<1x8x7x8xf32> {onnx.name = "skipped0"},
 tensor<1x21x13x16xf32> {onnx.name = "valid0"},
 tensor<1x30x31x16xf32> {onnx.name = "flat0"},
 tensor<1x3x31x4xf32> {onnx.name = "tall0"}) {
  %skips = kernel.launch @skips(%skips_x, %skips_w) : (tensor<1x24x20x8xf32>, tensor<1x1x8x24xf32>) -> (tensor<1x12x10x24xf32>)
  %skipped = kernel.launch @skipped(%skipped_x, %skipped_w, %skipped_v, %skipped_u) : (tensor<1x25x20x8xf32>, tensor<1x1x8x24xf32>, tensor<2x2x1x24xf32>, tensor<1x1x24x8xf32>) -> (tensor<1x8x7x8xf32>)
  %valid = kernel.launch @valid(%valid_x, %valid_w, %valid_v) : (tensor<1x45x30x3xf32>, tensor<3x3x3x16xf32>, tensor<3x3x1x16xf32>) -> (tensor<1x21x13x16xf32>)
  %flat = kernel.launch @flat(%flat_x, %flat_w, %flat_v) : (tensor<1x30x31x4xf32>, tensor<5x5x4x16xf32>, tensor<1x3x1x16xf32>) -> (tensor<1x30x31x16xf32>)
  %tall = kernel.launch @tall(%tall_x, %tall_w, %tall_v, %tall_u) : (tensor<1x3x31x4xf32>, tensor<1x1x4x16xf32>, tensor<5x1x1x16xf32>, tensor<1x1x16x4xf32>) -> (tensor<1x3x31x4xf32>)
  return %skips, %skipped, %valid, %flat, %tall : tensor<1x12x10x24xf32>, tensor<1x8x7x8xf32>, tensor<1x21x13x16xf32>, tensor<1x30x31x16xf32>, tensor<1x3x31x4xf32>
}

// Rows that the stride skips are not made: two nests, one after the other.
kernel.func private @skips(%x: tensor<1x24x20x8xf32>, %w: tensor<1x1x8x24xf32>) -> (tensor<1x12x10x24xf32>) attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x24x20x8xf32>, tensor<1x1x8x24xf32>) -> tensor<1x24x20x24xf32>
  %1 = xgen.pool %0 {kind = #xgen.pool_kind<max>, window = array<i64: 1, 1>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x24x20x24xf32>) -> tensor<1x12x10x24xf32>
  kernel.return %1 : tensor<1x12x10x24xf32>
}

// The same before a product.
kernel.func private @skipped(%x: tensor<1x25x20x8xf32>, %w: tensor<1x1x8x24xf32>, %v: tensor<2x2x1x24xf32>, %u: tensor<1x1x24x8xf32>) -> (tensor<1x8x7x8xf32>) attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x25x20x8xf32>, tensor<1x1x8x24xf32>) -> tensor<1x25x20x24xf32>
  %1 = xgen.conv %0, %v {strides = array<i64: 3, 3>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 24 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x25x20x24xf32>, tensor<2x2x1x24xf32>) -> tensor<1x8x7x24xf32>
  %2 = xgen.conv %1, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x8x7x24xf32>, tensor<1x1x24x8xf32>) -> tensor<1x8x7x8xf32>
  kernel.return %2 : tensor<1x8x7x8xf32>
}

// A border of the first convolution, none of the window.
kernel.func private @valid(%x: tensor<1x45x30x3xf32>, %w: tensor<3x3x3x16xf32>, %v: tensor<3x3x1x16xf32>) -> (tensor<1x21x13x16xf32>) attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x45x30x3xf32>, tensor<3x3x3x16xf32>) -> tensor<1x23x15x16xf32>
  %1 = xgen.conv %0, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 16 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x23x15x16xf32>, tensor<3x3x1x16xf32>) -> tensor<1x21x13x16xf32>
  kernel.return %1 : tensor<1x21x13x16xf32>
}

// A window of one row.
kernel.func private @flat(%x: tensor<1x30x31x4xf32>, %w: tensor<5x5x4x16xf32>, %v: tensor<1x3x1x16xf32>) -> (tensor<1x30x31x16xf32>) attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x30x31x4xf32>, tensor<5x5x4x16xf32>) -> tensor<1x30x31x16xf32>
  %1 = xgen.conv %0, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>, groups = 16 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x30x31x16xf32>, tensor<1x3x1x16xf32>) -> tensor<1x30x31x16xf32>
  kernel.return %1 : tensor<1x30x31x16xf32>
}

// A window taller than the picture.
kernel.func private @tall(%x: tensor<1x3x31x4xf32>, %w: tensor<1x1x4x16xf32>, %v: tensor<5x1x1x16xf32>, %u: tensor<1x1x16x4xf32>) -> (tensor<1x3x31x4xf32>) attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x3x31x4xf32>, tensor<1x1x4x16xf32>) -> tensor<1x3x31x16xf32>
  %1 = xgen.conv %0, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 2, 0, 2, 0>, groups = 16 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x3x31x16xf32>, tensor<5x1x1x16xf32>) -> tensor<1x3x31x16xf32>
  %2 = xgen.conv %1, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x3x31x16xf32>, tensor<1x1x16x4xf32>) -> tensor<1x3x31x4xf32>
  kernel.return %2 : tensor<1x3x31x4xf32>
}
