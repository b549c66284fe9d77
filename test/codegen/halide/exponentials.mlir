// RUN: xgen-run %s -output=ee=%t.e.npy -output=es=%t.s.npy -output=ew=%t.w.npy
// RUN: xgen-run %s -expect=e=%t.e.npy -expect=s=%t.s.npy -expect=w=%t.w.npy -elementwise -rtol=4e-7 -atol=1e-37
// RUN: xgen-run %s -target=x86-64-v3 -expect=e=%t.e.npy -expect=s=%t.s.npy -expect=w=%t.w.npy -elementwise -rtol=4e-7 -atol=1e-37
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=e=%t.e.npy -expect=s=%t.s.npy -expect=w=%t.w.npy -elementwise -rtol=4e-7 -atol=1e-37 %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -expect=e=%t.e.npy -expect=s=%t.s.npy -expect=w=%t.w.npy -elementwise -rtol=4e-7 -atol=1e-37 %}

// Exponential, sigmoid and swish against the reference kernels, which compute in
// double: where powers of two meet, near the smallest and largest numbers, beyond.

func.func @main() -> (tensor<32xf32> {onnx.name = "e"}, tensor<32xf32> {onnx.name = "ee"}, tensor<32xf32> {onnx.name = "s"}, tensor<32xf32> {onnx.name = "es"}, tensor<32xf32> {onnx.name = "w"}, tensor<32xf32> {onnx.name = "ew"}) {
  %e = kernel.launch @exp() : () -> tensor<32xf32>
  %ee = kernel.launch @exp_eval() : () -> tensor<32xf32>
  %s = kernel.launch @sigmoid() : () -> tensor<32xf32>
  %es = kernel.launch @sigmoid_eval() : () -> tensor<32xf32>
  %w = kernel.launch @swish() : () -> tensor<32xf32>
  %ew = kernel.launch @swish_eval() : () -> tensor<32xf32>
  return %e, %ee, %s, %es, %w, %ew : tensor<32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>
}
kernel.func private @exp() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %c = xgen.constant dense<[-1.0e30, -100.0, -88.0, -87.3, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<exp>} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
kernel.func private @exp_eval() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"eval">} {
  %c = xgen.constant dense<[-1.0e30, -100.0, -88.0, -87.3, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<exp>} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
kernel.func private @sigmoid() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %c = xgen.constant dense<[-1.0e30, -100.0, -88.0, -87.3, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<sigmoid>} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
kernel.func private @sigmoid_eval() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"eval">} {
  %c = xgen.constant dense<[-1.0e30, -100.0, -88.0, -87.3, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<sigmoid>} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
kernel.func private @swish() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %c = xgen.constant dense<[-87.0, -87.0, -87.0, -87.0, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<swish>, alpha = 1.0 : f64} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
kernel.func private @swish_eval() -> tensor<32xf32> attributes {schedule = #kernel.schedule<"eval">} {
  %c = xgen.constant dense<[-87.0, -87.0, -87.0, -87.0, -87.0, -60.5, -20.25, -3.0, -1.0, -0.35, -0.1, -1.0e-4, -1.0e-20, 0.0, 1.0e-20, 1.0e-4, 0.1, 0.34657, 0.35, 1.0, 3.0, 20.25, 60.5, 87.0, 88.0, 88.3, 88.6, 88.72, 88.73, 88.9, 100.0, 1.0e30]> : tensor<32xf32>
  %0 = xgen.unary %c {kind = #xgen.unary_kind<swish>, alpha = 1.0 : f64} : (tensor<32xf32>) -> tensor<32xf32>
  kernel.return %0 : tensor<32xf32>
}
