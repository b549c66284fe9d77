// RUN: xgenc %s -target=arm64 -emit=asm -o - | FileCheck %s
// RUN: xgenc %s -target=armv7 -emit=asm -o - | FileCheck %s --check-prefix=V7

// Without dot products, Arm multiplies 16 pairs of bytes in two instructions, the second
// of which adds, and adds pairs of the sums in a third. AArch64 converts to the nearest
// integer in one instruction, and narrows with saturation.

// CHECK:     smull v{{[0-9]+}}.8h
// CHECK:     smlal2 v{{[0-9]+}}.8h
// CHECK:     sadalp v{{[0-9]+}}.4s
// CHECK:     fcvtns v{{[0-9]+}}.4s
// CHECK:     sqxtn v{{[0-9]+}}.4h
// CHECK:     sqxtn v{{[0-9]+}}.8b

// V7:     vmull.s8
// V7:     vmlal.s8
// V7:     vpadal.s16

!in = !quant.uniform<i8:f32, 0.1>
!w = !quant.uniform<i8:f32, 0.01>
!out = !quant.uniform<i8:f32, 0.2>

func.func @main(%x: tensor<1x8x8x64x!in>) -> tensor<1x8x8x16x!out> {
  %c = xgen.constant dense<-127> : tensor<1x1x64x16xi8>
  %w = xgen.reinterpret %c : (tensor<1x1x64x16xi8>) -> tensor<1x1x64x16x!w>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<1x8x8x64x!in>, tensor<1x1x64x16x!w>) -> tensor<1x8x8x16x!out>
  return %0 : tensor<1x8x8x16x!out>
}
