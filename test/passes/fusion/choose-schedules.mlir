// RUN: xgen-opt %s -xgen-target=x86-64-v4 -xgen-choose-schedules | FileCheck %s

// The schedule wants the weight in panels: the launch passes an encoded
// constant. An operand that is not marked constant stays as it is.

// CHECK-LABEL: func.func @main
// CHECK:         %[[W:.*]] = xgen.constant
// CHECK:         %[[P:.*]] = xgen.encode %[[W]] : (tensor<64x64xf32>) -> tensor<64x64xf32, #xgen.packed<nr = {{.*}}>>
// CHECK:         kernel.launch @weights(%arg0, %[[P]])
// CHECK:         kernel.launch @product(%arg0, %arg1)
// CHECK:       kernel.func private @weights(%{{.*}}: tensor<8x64xf32>, %{{.*}}: tensor<64x64xf32, #xgen.packed<nr = {{.*}}>>)
// CHECK-SAME:    attributes {schedule = #kernel.schedule<"
// CHECK:       kernel.func private @product(%{{.*}}: tensor<8x64xf32>, %{{.*}}: tensor<64x64xf32>)
func.func @main(%x: tensor<8x64xf32>, %y: tensor<64x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %w = xgen.constant dense<1.0> : tensor<64x64xf32>
  %0 = kernel.launch @weights(%x, %w) : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  %1 = kernel.launch @product(%x, %y) : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  return %0, %1 : tensor<8x64xf32>, tensor<8x64xf32>
}
kernel.func private @weights(%x: tensor<8x64xf32>, %w: tensor<64x64xf32> {kernel.constant}) -> tensor<8x64xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  kernel.return %0 : tensor<8x64xf32>
}
kernel.func private @product(%x: tensor<8x64xf32>, %w: tensor<64x64xf32>) -> tensor<8x64xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  kernel.return %0 : tensor<8x64xf32>
}
