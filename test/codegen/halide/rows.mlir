// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -threads=2 | FileCheck %s
// RUN: xgenc verify %s -threads=3 -target=host | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: xgenc %s -emit=halide -target=x86-64-v3 -o - | FileCheck %s --check-prefix=LOOPS
// RUN: xgen-run %s -output=block=%t.a.npy -output=pool=%t.b.npy
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=block=%t.a.npy -expect=pool=%t.b.npy -rtol=1e-5 %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -expect=block=%t.a.npy -expect=pool=%t.b.npy -rtol=1e-5 %}

// Anchors that are computed in turn: the rows between them are made when they are first
// read, and kept as long as a window slides over them.

// CHECK-NOT: (eval)
// CHECK:     6 of 6 launches agree

// LOOPS-LABEL: kernel expand
// LOOPS:       allocate link[float32 * 40 * 57 * {{[0-9]}} * 1]
// LOOPS:       for (out.s0.x2.yo
// LOOPS:       for (link.s0.x2

// The first convolution's rows, as many as a window of five rows reads for two; and two
// rows of the window's result.
// LOOPS-LABEL: kernel block
// LOOPS:       allocate link[float32 * 20 * 30 * 6 * 1]
// LOOPS:       for (out.s0.x2.yo.step
// LOOPS:       for (link.s0.x2
// LOOPS:       allocate link$1[float32 * 20 * 30 * 2 * 1]

func.func @main(%expand_x: tensor<1x61x57x5xf32>,
                %expand_w: tensor<1x1x5x40xf32>,
                %expand_v: tensor<3x3x1x40xf32>,
                %expand_b: tensor<40xf32>,
                %stem_x: tensor<1x115x119x3xf32>,
                %stem_w: tensor<3x3x3x24xf32>,
                %stem_v: tensor<3x3x1x24xf32>,
                %stem_b: tensor<24xf32>,
                %block_x: tensor<1x28x30x6xf32>,
                %block_w: tensor<1x1x6x20xf32>,
                %block_v: tensor<5x5x1x20xf32>,
                %block_u: tensor<1x1x20x6xf32>,
                %block_b: tensor<20xf32>,
                %block_c: tensor<6xf32>,
                %pool_x: tensor<1x40x33x4xf32>,
                %pool_w: tensor<3x3x4x17xf32>,
                %pool_b: tensor<17xf32>,
                %project_x: tensor<1x35x20x12xf32>,
                %project_v: tensor<3x3x1x12xf32>,
                %project_u: tensor<1x1x12x7xf32>,
                %project_b: tensor<12xf32>,
                %project_c: tensor<7xf32>,
                %dilated_x: tensor<1x23x24x8xf32>,
                %dilated_w: tensor<1x1x8x32xf32>,
                %dilated_v: tensor<3x3x1x32xf32>,
                %dilated_b: tensor<32xf32>) -> (
    tensor<1x61x57x40xf32> {onnx.name = "expand"},
    tensor<1x29x29x24xf32> {onnx.name = "stem"},
    tensor<1x28x30x6xf32> {onnx.name = "block"},
    tensor<1x20x17x17xf32> {onnx.name = "pool"},
    tensor<1x33x20x7xf32> {onnx.name = "project"},
    tensor<1x23x24x32xf32> {onnx.name = "dilated"}) {
  %expand = kernel.launch @expand(%expand_x, %expand_w, %expand_v, %expand_b) : (tensor<1x61x57x5xf32>, tensor<1x1x5x40xf32>, tensor<3x3x1x40xf32>, tensor<40xf32>) -> tensor<1x61x57x40xf32>
  %stem = kernel.launch @stem(%stem_x, %stem_w, %stem_v, %stem_b) : (tensor<1x115x119x3xf32>, tensor<3x3x3x24xf32>, tensor<3x3x1x24xf32>, tensor<24xf32>) -> tensor<1x29x29x24xf32>
  %block = kernel.launch @block(%block_x, %block_w, %block_v, %block_u, %block_b, %block_c) : (tensor<1x28x30x6xf32>, tensor<1x1x6x20xf32>, tensor<5x5x1x20xf32>, tensor<1x1x20x6xf32>, tensor<20xf32>, tensor<6xf32>) -> tensor<1x28x30x6xf32>
  %pool = kernel.launch @pool(%pool_x, %pool_w, %pool_b) : (tensor<1x40x33x4xf32>, tensor<3x3x4x17xf32>, tensor<17xf32>) -> tensor<1x20x17x17xf32>
  %project = kernel.launch @project(%project_x, %project_v, %project_u, %project_b, %project_c) : (tensor<1x35x20x12xf32>, tensor<3x3x1x12xf32>, tensor<1x1x12x7xf32>, tensor<12xf32>, tensor<7xf32>) -> tensor<1x33x20x7xf32>
  %dilated = kernel.launch @dilated(%dilated_x, %dilated_w, %dilated_v, %dilated_b) : (tensor<1x23x24x8xf32>, tensor<1x1x8x32xf32>, tensor<3x3x1x32xf32>, tensor<32xf32>) -> tensor<1x23x24x32xf32>
  return %expand, %stem, %block, %pool, %project, %dilated : tensor<1x61x57x40xf32>, tensor<1x29x29x24xf32>, tensor<1x28x30x6xf32>, tensor<1x20x17x17xf32>, tensor<1x33x20x7xf32>, tensor<1x23x24x32xf32>
}

// Odd extents and a border on all sides.
kernel.func private @expand(%x: tensor<1x61x57x5xf32>, %w: tensor<1x1x5x40xf32>, %v: tensor<3x3x1x40xf32>, %b: tensor<40xf32>) -> tensor<1x61x57x40xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x61x57x5xf32>, tensor<1x1x5x40xf32>, tensor<40xf32>) -> tensor<1x61x57x40xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<1x61x57x40xf32>) -> tensor<1x61x57x40xf32>
  %2 = xgen.conv %1, %v, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 40 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x61x57x40xf32>, tensor<3x3x1x40xf32>, tensor<40xf32>) -> tensor<1x61x57x40xf32>
  %3 = xgen.unary %2 {kind = #xgen.unary_kind<relu>} : (tensor<1x61x57x40xf32>) -> tensor<1x61x57x40xf32>
  kernel.return %3 : tensor<1x61x57x40xf32>
}

// Several taps first, strides of both, a border below and on the right only.
kernel.func private @stem(%x: tensor<1x115x119x3xf32>, %w: tensor<3x3x3x24xf32>, %v: tensor<3x3x1x24xf32>, %b: tensor<24xf32>) -> tensor<1x29x29x24xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x115x119x3xf32>, tensor<3x3x3x24xf32>, tensor<24xf32>) -> tensor<1x57x59x24xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<1x57x59x24xf32>) -> tensor<1x57x59x24xf32>
  %2 = xgen.conv %1, %v, %b {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 2, 1>, groups = 24 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x57x59x24xf32>, tensor<3x3x1x24xf32>, tensor<24xf32>) -> tensor<1x29x29x24xf32>
  kernel.return %2 : tensor<1x29x29x24xf32>
}

// An inverted residual block: three convolutions, a window of five rows, an activation that
// reads its operand twice.
kernel.func private @block(%x: tensor<1x28x30x6xf32>, %w: tensor<1x1x6x20xf32>, %v: tensor<5x5x1x20xf32>, %u: tensor<1x1x20x6xf32>, %b: tensor<20xf32>, %c: tensor<6xf32>) -> tensor<1x28x30x6xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x28x30x6xf32>, tensor<1x1x6x20xf32>, tensor<20xf32>) -> tensor<1x28x30x20xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<sigmoid>} : (tensor<1x28x30x20xf32>) -> tensor<1x28x30x20xf32>
  %2 = xgen.binary %0, %1 {kind = #xgen.binary_kind<mul>} : (tensor<1x28x30x20xf32>, tensor<1x28x30x20xf32>) -> tensor<1x28x30x20xf32>
  %3 = xgen.conv %2, %v, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>, groups = 20 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x28x30x20xf32>, tensor<5x5x1x20xf32>, tensor<20xf32>) -> tensor<1x28x30x20xf32>
  %4 = xgen.unary %3 {kind = #xgen.unary_kind<relu>} : (tensor<1x28x30x20xf32>) -> tensor<1x28x30x20xf32>
  %5 = xgen.conv %4, %u, %c {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x28x30x20xf32>, tensor<1x1x20x6xf32>, tensor<6xf32>) -> tensor<1x28x30x6xf32>
  %6 = xgen.binary %5, %x {kind = #xgen.binary_kind<add>} : (tensor<1x28x30x6xf32>, tensor<1x28x30x6xf32>) -> tensor<1x28x30x6xf32>
  kernel.return %6 : tensor<1x28x30x6xf32>
}

// A pool of what may be negative, whose border must lose; a convolution with a border.
kernel.func private @pool(%x: tensor<1x40x33x4xf32>, %w: tensor<3x3x4x17xf32>, %b: tensor<17xf32>) -> tensor<1x20x17x17xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x40x33x4xf32>, tensor<3x3x4x17xf32>, tensor<17xf32>) -> tensor<1x40x33x17xf32>
  %1 = xgen.pool %0 {kind = #xgen.pool_kind<max>, window = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 1>} : (tensor<1x40x33x17xf32>) -> tensor<1x20x17x17xf32>
  kernel.return %1 : tensor<1x20x17x17xf32>
}

// A depthwise convolution of an array first.
kernel.func private @project(%x: tensor<1x35x20x12xf32>, %v: tensor<3x3x1x12xf32>, %u: tensor<1x1x12x7xf32>, %b: tensor<12xf32>, %c: tensor<7xf32>) -> tensor<1x33x20x7xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %v, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>, groups = 12 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x35x20x12xf32>, tensor<3x3x1x12xf32>, tensor<12xf32>) -> tensor<1x33x20x12xf32>
  %1 = xgen.conv %0, %u, %c {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x33x20x12xf32>, tensor<1x1x12x7xf32>, tensor<7xf32>) -> tensor<1x33x20x7xf32>
  kernel.return %1 : tensor<1x33x20x7xf32>
}

// Rows that a window reads lie apart; a prime height.
kernel.func private @dilated(%x: tensor<1x23x24x8xf32>, %w: tensor<1x1x8x32xf32>, %v: tensor<3x3x1x32xf32>, %b: tensor<32xf32>) -> tensor<1x23x24x32xf32> attributes {schedule = #kernel.schedule<"direct_conv">} {
  %0 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x23x24x8xf32>, tensor<1x1x8x32xf32>, tensor<32xf32>) -> tensor<1x23x24x32xf32>
  %2 = xgen.conv %0, %v, %b {strides = array<i64: 1, 1>, dilations = array<i64: 2, 2>, pads = array<i64: 2, 2, 2, 2>, groups = 32 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<1x23x24x32xf32>, tensor<3x3x1x32xf32>, tensor<32xf32>) -> tensor<1x23x24x32xf32>
  kernel.return %2 : tensor<1x23x24x32xf32>
}
