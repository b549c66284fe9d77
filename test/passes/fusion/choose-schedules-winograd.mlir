// RUN: xgen-opt %s -xgen-target=x86-64-v4 -xgen-choose-schedules | FileCheck %s --check-prefixes=CHECK,X86
// RUN: xgen-opt %s -xgen-target=arm64 -xgen-choose-schedules | FileCheck %s --check-prefixes=CHECK,ARM

// 3x3 convolutions become Winograd convolutions where that is faster; their
// weights are transformed at compile time.

// Many tiles, weights that stay in L2: the large transform.
// CHECK-LABEL: kernel.func private @large
// CHECK-SAME:  tensor<3x3x64x64xf32, #xgen.winograd<m = 4, nr = {{[0-9]+}}>>
// CHECK-SAME:  schedule = #kernel.schedule<"winograd", {
// CHECK-SAME:  m = 4 : i64
// CHECK-SAME:  points_first = 0 : i64
kernel.func private @large(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32> {kernel.constant}) -> tensor<1x56x56x64xf32> {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32>
  kernel.return %0 : tensor<1x56x56x64xf32>
}

// Few tiles and many weights: on x86 those of the small transform come from
// memory in less time than the large one saves. All points are made first.
// CHECK-LABEL: kernel.func private @deep
// X86-SAME:    #xgen.winograd<m = 2, nr = {{[0-9]+}}>
// ARM-SAME:    #xgen.winograd<m = 4, nr = {{[0-9]+}}>
// CHECK-SAME:  points_first = 1 : i64
kernel.func private @deep(%x: tensor<1x13x13x64xf32>, %w: tensor<3x3x64x256xf32> {kernel.constant}) -> tensor<1x13x13x256xf32> {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x13x13x64xf32>, tensor<3x3x64x256xf32>) -> tensor<1x13x13x256xf32>
  kernel.return %0 : tensor<1x13x13x256xf32>
}

// Transforming one channel costs more than it saves.
// CHECK-LABEL: kernel.func private @one_channel
// CHECK-SAME:  #xgen.packed
// CHECK-SAME:  schedule = #kernel.schedule<"direct_conv"
kernel.func private @one_channel(%x: tensor<1x28x28x1xf32>, %w: tensor<3x3x1x8xf32> {kernel.constant}) -> tensor<1x28x28x8xf32> {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x28x28x1xf32>, tensor<3x3x1x8xf32>) -> tensor<1x28x28x8xf32>
  kernel.return %0 : tensor<1x28x28x8xf32>
}

// Strided convolutions have no such form.
// CHECK-LABEL: kernel.func private @strided
// CHECK-SAME:  schedule = #kernel.schedule<"direct_conv"
kernel.func private @strided(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32> {kernel.constant}) -> tensor<1x28x28x64xf32> {
  %0 = xgen.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x28x28x64xf32>
  kernel.return %0 : tensor<1x28x28x64xf32>
}

// A weight that is known at run time only cannot be transformed before.
// CHECK-LABEL: kernel.func private @variable
// CHECK-SAME:  schedule = #kernel.schedule<"direct_conv"
kernel.func private @variable(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32>
  kernel.return %0 : tensor<1x56x56x64xf32>
}

// Integer kernels are direct ones.
// CHECK-LABEL: kernel.func private @integer
// CHECK-SAME:  schedule = #kernel.schedule<"int8_conv"
!q = !quant.uniform<i8:f32, 0.1>
kernel.func private @integer(%x: tensor<1x56x56x64x!q>, %w: tensor<3x3x64x64x!q> {kernel.constant}) -> tensor<1x56x56x64x!q> {
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x56x56x64x!q>, tensor<3x3x64x64x!q>) -> tensor<1x56x56x64x!q>
  kernel.return %0 : tensor<1x56x56x64x!q>
}
