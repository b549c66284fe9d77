// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: xgen-run %s -output=w=%t.w.npy -output=n=%t.n.npy -output=s=%t.s.npy
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=w=%t.w.npy -expect=n=%t.n.npy -expect=s=%t.s.npy -rtol=0 -atol=0 %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -expect=w=%t.w.npy -expect=n=%t.n.npy -expect=s=%t.s.npy -rtol=0 -atol=0 %}

// Halves are moved as bits and converted with the same result as by the reference
// kernels: the smallest and the largest numbers, ties, overflow, infinities.

// CHECK-NOT: (eval)
// CHECK:     5 of 5 launches agree

func.func @main(%x: tensor<1x3x9x11xf16>, %y: tensor<7x13xf32>, %z: tensor<7x13xbf16>) -> (tensor<1x9x11x3xf32> {onnx.name = "w"}, tensor<13x7xf16> {onnx.name = "n"}, tensor<14x13xbf16> {onnx.name = "b"}, tensor<12xf32> {onnx.name = "s"}, tensor<16xf16> {onnx.name = "t"}) {
  %0 = kernel.launch @widen(%x) : (tensor<1x3x9x11xf16>) -> tensor<1x9x11x3xf32>
  %1 = kernel.launch @narrow(%y) : (tensor<7x13xf32>) -> tensor<13x7xf16>
  %2 = kernel.launch @brain(%y, %z) : (tensor<7x13xf32>, tensor<7x13xbf16>) -> tensor<14x13xbf16>
  %3 = kernel.launch @special() : () -> tensor<12xf32>
  %4 = kernel.launch @limits() : () -> tensor<16xf16>
  return %0, %1, %2, %3, %4 : tensor<1x9x11x3xf32>, tensor<13x7xf16>, tensor<14x13xbf16>, tensor<12xf32>, tensor<16xf16>
}
kernel.func private @widen(%x: tensor<1x3x9x11xf16>) -> tensor<1x9x11x3xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.transpose %x {perm = array<i64: 0, 2, 3, 1>} : (tensor<1x3x9x11xf16>) -> tensor<1x9x11x3xf16>
  %1 = xgen.cast %0 : (tensor<1x9x11x3xf16>) -> tensor<1x9x11x3xf32>
  kernel.return %1 : tensor<1x9x11x3xf32>
}
kernel.func private @narrow(%x: tensor<7x13xf32>) -> tensor<13x7xf16> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.cast %x : (tensor<7x13xf32>) -> tensor<7x13xf16>
  %1 = xgen.transpose %0 {perm = array<i64: 1, 0>} : (tensor<7x13xf16>) -> tensor<13x7xf16>
  kernel.return %1 : tensor<13x7xf16>
}
kernel.func private @brain(%x: tensor<7x13xf32>, %y: tensor<7x13xbf16>) -> tensor<14x13xbf16> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.cast %x : (tensor<7x13xf32>) -> tensor<7x13xbf16>
  %1 = xgen.cast %y : (tensor<7x13xbf16>) -> tensor<7x13xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<neg>} : (tensor<7x13xf32>) -> tensor<7x13xf32>
  %3 = xgen.cast %2 : (tensor<7x13xf32>) -> tensor<7x13xbf16>
  %4 = xgen.concat %0, %3 {axis = 0 : i64} : (tensor<7x13xbf16>, tensor<7x13xbf16>) -> tensor<14x13xbf16>
  kernel.return %4 : tensor<14x13xbf16>
}
// Zeros, the smallest and largest subnormal, the smallest normal and the largest
// number, infinities.
kernel.func private @special() -> tensor<12xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %c = xgen.constant dense<[0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0200, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x3C00]> : tensor<12xf16>
  %0 = xgen.cast %c : (tensor<12xf16>) -> tensor<12xf32>
  kernel.return %0 : tensor<12xf32>
}
// Around the largest half (65504, ties at 65520), ties at 1 + 2^-11 and
// 1 + 3 * 2^-11, subnormal results and ties between them (2^-25, 3 * 2^-25), what
// is too small, infinities.
kernel.func private @limits() -> tensor<16xf16> attributes {schedule = #kernel.schedule<"pointwise">} {
  %c = xgen.constant dense<[65504.0, 65519.9, 65520.0, -1.0e6, 1.00048828125, 1.00146484375, 2.98023223876953125e-8, 8.94069671630859375e-8, 6.0e-8, -5.9e-5, 6.1e-5, 1.0e-10, 1.0e-39, 0x7F800000, 0xFF800000, -0.0]> : tensor<16xf32>
  %0 = xgen.cast %c : (tensor<16xf32>) -> tensor<16xf16>
  kernel.return %0 : tensor<16xf16>
}
