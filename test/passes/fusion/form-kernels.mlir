// RUN: xgen-opt %s -split-input-file -xgen-form-kernels=assume-emitters -xgen-deduplicate-kernels | FileCheck %s

// A convolution takes its activation along. x * sigmoid(x) joins as a whole,
// although the convolution's result has two users; the scalar becomes an
// immediate; weights stay operands and are marked.

// CHECK-LABEL: func.func @main
// CHECK:         %[[W:.*]] = xgen.constant
// CHECK:         %[[R:.*]] = kernel.launch @conv1x1_4x8_sigmoid_mul_mul(%arg0, %[[W]])
// CHECK-SAME:      {nodes = ["conv", "sigmoid", "mul"]}
// CHECK:         return %[[R]]
// CHECK:       kernel.func private @conv1x1_4x8_sigmoid_mul_mul(%{{.*}}: tensor<1x8x8x4xf32>, %{{.*}}: tensor<1x1x4x8xf32> {kernel.constant}) -> tensor<1x8x8x8xf32>
// CHECK:         xgen.constant dense<2.0
// CHECK:         xgen.conv
// CHECK:         xgen.unary
// CHECK:         xgen.binary
// CHECK:         xgen.binary
// CHECK:         kernel.return
func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x8xf32> {
  %w = xgen.constant dense<[[[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]]]> : tensor<1x1x4x8xf32>
  %two = xgen.constant dense<2.0> : tensor<f32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32> loc("conv")
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<sigmoid>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("sigmoid")
  %2 = xgen.binary %0, %1 {kind = #xgen.binary_kind<mul>} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("mul")
  %3 = xgen.binary %2, %two {kind = #xgen.binary_kind<mul>} : (tensor<1x8x8x8xf32>, tensor<f32>) -> tensor<1x8x8x8xf32>
  return %3 : tensor<1x8x8x8xf32>
}

// -----

// A residual connection: the addition depends on the first product by way of
// the second, so it may only join the second. Both products are equal kernels
// but for the addition.

// CHECK-LABEL: func.func @main
// CHECK:         %[[A:.*]] = kernel.launch @matmul_16x16_relu(%arg0, %arg1)
// CHECK:         %[[B:.*]] = kernel.launch @matmul_16x16_add(%[[A]], %arg1)
// CHECK:         return %[[B]]
func.func @main(%x: tensor<4x16xf32>, %w: tensor<16x16xf32>) -> tensor<4x16xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<4x16xf32>) -> tensor<4x16xf32>
  %2 = xgen.matmul %1, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  %3 = xgen.binary %2, %1 {kind = #xgen.binary_kind<add>} : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x16xf32>
  return %3 : tensor<4x16xf32>
}

// -----

// Never two heavy ops in a kernel. The scale and mask between them belong to
// the first.

// CHECK-LABEL: func.func @main
// CHECK:         kernel.launch @matmul_8x4_mul_add(
// CHECK:         kernel.launch @softmax(
// CHECK:         kernel.launch @matmul_4x8(
func.func @main(%q: tensor<2x4x8xf32>, %k: tensor<2x8x4xf32>, %v: tensor<2x4x8xf32>, %mask: tensor<4x4xf32>) -> tensor<2x4x8xf32> {
  %scale = xgen.constant dense<0.5> : tensor<f32>
  %0 = xgen.matmul %q, %k {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x4x8xf32>, tensor<2x8x4xf32>) -> tensor<2x4x4xf32>
  %1 = xgen.binary %0, %scale {kind = #xgen.binary_kind<mul>} : (tensor<2x4x4xf32>, tensor<f32>) -> tensor<2x4x4xf32>
  %2 = xgen.binary %1, %mask {kind = #xgen.binary_kind<add>} : (tensor<2x4x4xf32>, tensor<4x4xf32>) -> tensor<2x4x4xf32>
  %3 = xgen.softmax %2 {axes = array<i64: 2>} : (tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %4 = xgen.matmul %3, %v {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x4x4xf32>, tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return %4 : tensor<2x4x8xf32>
}

// -----

// Nothing that computes is repeated: exp of the short vector is not carried
// into the addition that broadcasts it. A broadcast itself may be.

// CHECK-LABEL: func.func @main
// CHECK:         %[[E:.*]] = kernel.launch @exp(%arg1)
// CHECK:         kernel.launch @add_expand_mul(%arg0, %[[E]], %arg2)
func.func @main(%x: tensor<32x16xf32>, %v: tensor<16xf32>, %s: tensor<32x1xf32>) -> tensor<32x16xf32> {
  %0 = xgen.unary %v {kind = #xgen.unary_kind<exp>} : (tensor<16xf32>) -> tensor<16xf32>
  %1 = xgen.binary %x, %0 {kind = #xgen.binary_kind<add>} : (tensor<32x16xf32>, tensor<16xf32>) -> tensor<32x16xf32>
  %2 = xgen.expand %s : (tensor<32x1xf32>) -> tensor<32x16xf32>
  %3 = xgen.binary %1, %2 {kind = #xgen.binary_kind<mul>} : (tensor<32x16xf32>, tensor<32x16xf32>) -> tensor<32x16xf32>
  return %3 : tensor<32x16xf32>
}

// -----

// Reshapes, contiguous slices and contiguous concatenations cost nothing and
// stay outside of kernels.

// CHECK-LABEL: func.func @main
// CHECK:         %[[R:.*]] = kernel.launch @relu(%arg0)
// CHECK:         %[[S:.*]] = xgen.slice %[[R]]
// CHECK:         %[[A:.*]] = kernel.launch @exp(%[[S]])
// CHECK:         %[[V:.*]] = xgen.reshape %[[A]]
// CHECK:         %[[C:.*]] = xgen.concat %[[V]], %arg1
// CHECK:         return %[[C]]
func.func @main(%x: tensor<4x8xf32>, %y: tensor<1x16xf32>) -> tensor<2x16xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = xgen.slice %0 {starts = array<i64: 1, 0>, sizes = array<i64: 2, 8>, steps = array<i64: 1, 1>} : (tensor<4x8xf32>) -> tensor<2x8xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<exp>} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %3 = xgen.reshape %2 : (tensor<2x8xf32>) -> tensor<1x16xf32>
  %4 = xgen.concat %3, %y {axis = 0 : i64} : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<2x16xf32>
  return %4 : tensor<2x16xf32>
}

// -----

// A reduction reads every element once, so what computes them joins it.

// CHECK-LABEL: func.func @main
// CHECK:         kernel.launch @mul_reduce_mean_sqrt(%arg0)
func.func @main(%x: tensor<4x64xf32>) -> tensor<4x1xf32> {
  %0 = xgen.binary %x, %x {kind = #xgen.binary_kind<mul>} : (tensor<4x64xf32>, tensor<4x64xf32>) -> tensor<4x64xf32>
  %1 = xgen.reduce %0 {kind = #xgen.reduce_kind<mean>, axes = array<i64: 1>, keepdims = true} : (tensor<4x64xf32>) -> tensor<4x1xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<sqrt>} : (tensor<4x1xf32>) -> tensor<4x1xf32>
  return %2 : tensor<4x1xf32>
}

// -----

// A large pointwise kernel may work in place.

// CHECK-LABEL: func.func @main
// CHECK:       kernel.func private @relu(%{{.*}}: tensor<64x64xf32>) -> tensor<64x64xf32> attributes {inplace = array<i64: 0, 0>}
func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  return %0 : tensor<64x64xf32>
}

// -----

// A concatenation is written by the kernels of its operands, which become one;
// an argument is copied there, too.

// CHECK-LABEL: func.func @main
// CHECK:         %[[R:.*]] = kernel.launch @conv1x1_4x8_conv3x3_4x8_relu_relu_and1(%arg0, %arg1, %arg2, %arg3)
// CHECK-NEXT:    return %[[R]]
func.func @main(%x: tensor<1x16x16x4xf32>, %v: tensor<1x1x4x8xf32>, %w: tensor<3x3x4x8xf32>, %y: tensor<1x16x16x8xf32>) -> tensor<1x16x16x24xf32> {
  %0 = xgen.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x16x16x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x16x16x8xf32>
  %1 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x16x16x4xf32>, tensor<3x3x4x8xf32>) -> tensor<1x16x16x8xf32>
  %2 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<1x16x16x8xf32>) -> tensor<1x16x16x8xf32>
  %3 = xgen.unary %1 {kind = #xgen.unary_kind<relu>} : (tensor<1x16x16x8xf32>) -> tensor<1x16x16x8xf32>
  %4 = xgen.concat %2, %3, %y {axis = 3 : i64} : (tensor<1x16x16x8xf32>, tensor<1x16x16x8xf32>, tensor<1x16x16x8xf32>) -> tensor<1x16x16x24xf32>
  return %4 : tensor<1x16x16x24xf32>
}

// -----

// Not what others read as well, and nothing where an operand comes twice.

// CHECK-LABEL: func.func @main
// CHECK:         %[[E:.*]] = kernel.launch @exp(%arg0)
// CHECK:         %[[A:.*]] = kernel.launch @sqrt_concat(%arg0, %[[E]])
// CHECK:         %[[L:.*]] = kernel.launch @log(%arg0)
// CHECK:         %[[B:.*]] = kernel.launch @concat(%[[L]])
// CHECK:         return %[[E]], %[[A]], %[[B]]
func.func @main(%x: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x128xf32>, tensor<64x128xf32>) {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<exp>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %1 = xgen.unary %x {kind = #xgen.unary_kind<sqrt>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %2 = xgen.concat %0, %1 {axis = 1 : i64} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x128xf32>
  %3 = xgen.unary %x {kind = #xgen.unary_kind<log>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %4 = xgen.concat %3, %3 {axis = 1 : i64} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x128xf32>
  return %0, %2, %4 : tensor<64x64xf32>, tensor<64x128xf32>, tensor<64x128xf32>
}
