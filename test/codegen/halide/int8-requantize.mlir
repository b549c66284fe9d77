// RUN: xgen-run %s -input=zeros | FileCheck %s
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -input=zeros | FileCheck %s %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -input=zeros | FileCheck %s %}

// Sums become 8 bits: times the scales' ratio, half to even, plus the zero point,
// saturated. Inputs are 0, so that the sums are the biases: halves between two numbers,
// and sums far beyond what 8 bits, 16 bits and, times 256, 32 bits hold. Results are read
// as real numbers: (0, 2, 2, 0, -2, 127 - 10, -128 - 10, 4) * 2 where half a sum counts;
// unsigned, the last two bounds are 255 - 10 and 0 - 10.

// CHECK:      half: f32 3x8
// CHECK-NEXT: {{^ *}}0 4 4 0 -4 234 -276 8 ...
// CHECK:      unsigned: f32 3x8
// CHECK-NEXT: {{^ *}}0 4 4 0 -4 490 -20 8 ...
// CHECK:      large: f32 3x8
// CHECK-NEXT: {{^ *}}234 234 234 -276 -276 234 -276 234 ...

!in = !quant.uniform<i8:f32, 1.0>
!large = !quant.uniform<i8:f32, 512.0>
!w = !quant.uniform<i8:f32, 1.0>
!i = !quant.uniform<i8:f32, 2.0:10>
!u = !quant.uniform<u8:f32, 2.0:10>

func.func @main(%x: tensor<3x16xf32> {onnx.name = "x"}) -> (tensor<3x8xf32> {onnx.name = "half"}, tensor<3x8xf32> {onnx.name = "unsigned"}, tensor<3x8xf32> {onnx.name = "large"}) {
  %q = xgen.quantize %x : (tensor<3x16xf32>) -> tensor<3x16x!in>
  %l = xgen.quantize %x : (tensor<3x16xf32>) -> tensor<3x16x!large>
  %c = xgen.constant dense<1> : tensor<16x8xi8>
  %w = xgen.reinterpret %c : (tensor<16x8xi8>) -> tensor<16x8x!w>
  %b = xgen.constant dense<[1, 3, 5, -1, -3, 2147483647, -2147483648, 7]> : tensor<8xi32>
  %0 = xgen.matmul %q, %w, %b : (tensor<3x16x!in>, tensor<16x8x!w>, tensor<8xi32>) -> tensor<3x8x!i>
  %1 = xgen.matmul %q, %w, %b : (tensor<3x16x!in>, tensor<16x8x!w>, tensor<8xi32>) -> tensor<3x8x!u>
  %2 = xgen.matmul %l, %w, %b : (tensor<3x16x!large>, tensor<16x8x!w>, tensor<8xi32>) -> tensor<3x8x!i>
  %3 = xgen.dequantize %0 : (tensor<3x8x!i>) -> tensor<3x8xf32>
  %4 = xgen.dequantize %1 : (tensor<3x8x!u>) -> tensor<3x8xf32>
  %5 = xgen.dequantize %2 : (tensor<3x8x!i>) -> tensor<3x8xf32>
  return %3, %4, %5 : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>
}
