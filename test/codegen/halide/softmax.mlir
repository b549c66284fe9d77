// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: xgen-run %s -output=a=%t.a.npy -output=b=%t.b.npy -output=c=%t.c.npy -output=d=%t.d.npy -output=e=%t.e.npy
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=a=%t.a.npy -expect=b=%t.b.npy -expect=c=%t.c.npy -expect=d=%t.d.npy -expect=e=%t.e.npy -rtol=1e-5 %}

// Rows of one vector and less, of several with a rest, and of so many that four
// sums run side by side; along the middle; the logarithm.

// CHECK-NOT: (eval)
// CHECK:     5 of 5 launches agree

func.func @main(%x: tensor<5x7xf32>, %y: tensor<3x85xf32>, %z: tensor<2x4x256xf32>) -> (tensor<5x7xf32> {onnx.name = "a"}, tensor<3x85xf32> {onnx.name = "b"}, tensor<2x4x256xf32> {onnx.name = "c"}, tensor<2x4x256xf32> {onnx.name = "d"}, tensor<3x85xf32> {onnx.name = "e"}) {
  %0 = kernel.launch @short(%x) : (tensor<5x7xf32>) -> tensor<5x7xf32>
  %1 = kernel.launch @rest(%y) : (tensor<3x85xf32>) -> tensor<3x85xf32>
  %2 = kernel.launch @long(%z) : (tensor<2x4x256xf32>) -> tensor<2x4x256xf32>
  %3 = kernel.launch @middle(%z) : (tensor<2x4x256xf32>) -> tensor<2x4x256xf32>
  %4 = kernel.launch @log(%y) : (tensor<3x85xf32>) -> tensor<3x85xf32>
  return %0, %1, %2, %3, %4 : tensor<5x7xf32>, tensor<3x85xf32>, tensor<2x4x256xf32>, tensor<2x4x256xf32>, tensor<3x85xf32>
}
kernel.func private @short(%x: tensor<5x7xf32>) -> tensor<5x7xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.softmax %x {axes = array<i64: 1>} : (tensor<5x7xf32>) -> tensor<5x7xf32>
  kernel.return %0 : tensor<5x7xf32>
}
kernel.func private @rest(%x: tensor<3x85xf32>) -> tensor<3x85xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.softmax %x {axes = array<i64: 1>} : (tensor<3x85xf32>) -> tensor<3x85xf32>
  kernel.return %0 : tensor<3x85xf32>
}
kernel.func private @long(%x: tensor<2x4x256xf32>) -> tensor<2x4x256xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.softmax %x {axes = array<i64: 2>} : (tensor<2x4x256xf32>) -> tensor<2x4x256xf32>
  kernel.return %0 : tensor<2x4x256xf32>
}
kernel.func private @middle(%x: tensor<2x4x256xf32>) -> tensor<2x4x256xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.softmax %x {axes = array<i64: 1>} : (tensor<2x4x256xf32>) -> tensor<2x4x256xf32>
  kernel.return %0 : tensor<2x4x256xf32>
}
kernel.func private @log(%x: tensor<3x85xf32>) -> tensor<3x85xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.softmax %x {axes = array<i64: 1>, log = true} : (tensor<3x85xf32>) -> tensor<3x85xf32>
  kernel.return %0 : tensor<3x85xf32>
}
