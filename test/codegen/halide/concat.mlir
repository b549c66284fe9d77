// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -threads=2 | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: xgenc %s -emit=halide -target=x86-64-v3 -o - | FileCheck %s --check-prefix=LOOPS
// RUN: xgen-run %s -output=c=%t.c.npy -output=p=%t.p.npy -output=r=%t.r.npy
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=c=%t.c.npy -expect=p=%t.p.npy -expect=r=%t.r.npy -rtol=1e-5 %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -expect=c=%t.c.npy -expect=p=%t.p.npy -expect=r=%t.r.npy -rtol=1e-5 %}

// Operands of a concatenation write their parts of the result: convolutions of
// odd widths beside an argument; pointwise parts along rows, which have loops of
// their own; a reduction beside a constant. None is written twice.

// CHECK-NOT: (eval)
// CHECK:     ok {{.*}}(direct_conv)
// CHECK:     ok {{.*}}(pointwise)
// CHECK:     ok {{.*}}(reduction)
// CHECK:     3 of 3 launches agree

// LOOPS-LABEL: kernel convs
// LOOPS-NOT:   produce root
// LOOPS-DAG:   produce out {
// LOOPS-DAG:   produce out$1 {
// LOOPS-DAG:   produce out$2 {
// LOOPS-LABEL: kernel rows

func.func @main(%x: tensor<2x9x11x7xf32>, %v: tensor<1x1x7x5xf32>, %w: tensor<3x3x7x20xf32>, %b: tensor<20xf32>, %y: tensor<2x9x11x3xf32>) -> (tensor<2x9x11x28xf32> {onnx.name = "c"}, tensor<2x13x11x7xf32> {onnx.name = "p"}, tensor<2x9x11x4xf32> {onnx.name = "r"}) {
  %0 = kernel.launch @convs(%x, %v, %w, %b, %y) : (tensor<2x9x11x7xf32>, tensor<1x1x7x5xf32>, tensor<3x3x7x20xf32>, tensor<20xf32>, tensor<2x9x11x3xf32>) -> tensor<2x9x11x28xf32>
  %1 = kernel.launch @rows(%x) : (tensor<2x9x11x7xf32>) -> tensor<2x13x11x7xf32>
  %2 = kernel.launch @reduced(%x) : (tensor<2x9x11x7xf32>) -> tensor<2x9x11x4xf32>
  return %0, %1, %2 : tensor<2x9x11x28xf32>, tensor<2x13x11x7xf32>, tensor<2x9x11x4xf32>
}
kernel.func private @convs(%x: tensor<2x9x11x7xf32>, %v: tensor<1x1x7x5xf32>, %w: tensor<3x3x7x20xf32>, %b: tensor<20xf32>, %y: tensor<2x9x11x3xf32>) -> tensor<2x9x11x28xf32> attributes {schedule = #kernel.schedule<"direct_conv", {mr = 4, nr = 16}>} {
  %0 = xgen.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x9x11x7xf32>, tensor<1x1x7x5xf32>) -> tensor<2x9x11x5xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<relu>} : (tensor<2x9x11x5xf32>) -> tensor<2x9x11x5xf32>
  %2 = xgen.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x9x11x7xf32>, tensor<3x3x7x20xf32>, tensor<20xf32>) -> tensor<2x9x11x20xf32>
  %3 = xgen.concat %1, %y, %2 {axis = 3 : i64} : (tensor<2x9x11x5xf32>, tensor<2x9x11x3xf32>, tensor<2x9x11x20xf32>) -> tensor<2x9x11x28xf32>
  kernel.return %3 : tensor<2x9x11x28xf32>
}
kernel.func private @rows(%x: tensor<2x9x11x7xf32>) -> tensor<2x13x11x7xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<sigmoid>} : (tensor<2x9x11x7xf32>) -> tensor<2x9x11x7xf32>
  %1 = xgen.slice %x {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 2, 4, 11, 7>, steps = array<i64: 1, 1, 1, 1>} : (tensor<2x9x11x7xf32>) -> tensor<2x4x11x7xf32>
  %2 = xgen.unary %1 {kind = #xgen.unary_kind<neg>} : (tensor<2x4x11x7xf32>) -> tensor<2x4x11x7xf32>
  %3 = xgen.concat %2, %0 {axis = 1 : i64} : (tensor<2x4x11x7xf32>, tensor<2x9x11x7xf32>) -> tensor<2x13x11x7xf32>
  kernel.return %3 : tensor<2x13x11x7xf32>
}
kernel.func private @reduced(%x: tensor<2x9x11x7xf32>) -> tensor<2x9x11x4xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %c = xgen.constant dense<3.0> : tensor<2x9x11x2xf32>
  %0 = xgen.reduce %x {axes = array<i64: 3>, keepdims = true, kind = #xgen.reduce_kind<max>} : (tensor<2x9x11x7xf32>) -> tensor<2x9x11x1xf32>
  %1 = xgen.reduce %x {axes = array<i64: 3>, keepdims = true, kind = #xgen.reduce_kind<sum>} : (tensor<2x9x11x7xf32>) -> tensor<2x9x11x1xf32>
  %2 = xgen.concat %0, %c, %1 {axis = 3 : i64} : (tensor<2x9x11x1xf32>, tensor<2x9x11x2xf32>, tensor<2x9x11x1xf32>) -> tensor<2x9x11x4xf32>
  kernel.return %2 : tensor<2x9x11x4xf32>
}
