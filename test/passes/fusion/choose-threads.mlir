// RUN: xgen-opt %s -split-input-file -xgen-target=x86-64-v4 -xgen-threads=2 -xgen-choose-threads | FileCheck %s
// RUN: xgen-opt %s -split-input-file -xgen-target=x86-64-v4 -xgen-choose-threads | FileCheck %s --check-prefix=ONE

// Long kernels run on all threads, short ones on one; but @between, whose operand and
// result long ones share, goes where the data is.

// CHECK:     kernel.func private @long
// CHECK-NOT: kernel.serial
// CHECK:     kernel.func private @between
// CHECK-NOT: kernel.serial
// CHECK:     kernel.func private @behind({{.*}}) -> tensor<256x256xf32> attributes {kernel.serial}
// CHECK:     kernel.func private @tiny({{.*}}) -> tensor<4xf32> attributes {kernel.serial}
// ONE-NOT: kernel.serial
func.func @main(%x: tensor<256x256xf32>, %w: tensor<256x256xf32>, %t: tensor<4xf32>) -> (tensor<256x256xf32>, tensor<4xf32>) {
  %0 = kernel.launch @long(%x, %w) : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  %1 = kernel.launch @between(%0) : (tensor<256x256xf32>) -> tensor<256x256xf32>
  %2 = kernel.launch @long(%1, %w) : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  %3 = kernel.launch @behind(%2) : (tensor<256x256xf32>) -> tensor<256x256xf32>
  %4 = kernel.launch @tiny(%t) : (tensor<4xf32>) -> tensor<4xf32>
  return %3, %4 : tensor<256x256xf32>, tensor<4xf32>
}
kernel.func private @long(%x: tensor<256x256xf32>, %w: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %0 = xgen.matmul %x, %w {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  kernel.return %0 : tensor<256x256xf32>
}
kernel.func private @between(%x: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<256x256xf32>) -> tensor<256x256xf32>
  kernel.return %0 : tensor<256x256xf32>
}
kernel.func private @behind(%x: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<neg>} : (tensor<256x256xf32>) -> tensor<256x256xf32>
  kernel.return %0 : tensor<256x256xf32>
}
kernel.func private @tiny(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<neg>} : (tensor<4xf32>) -> tensor<4xf32>
  kernel.return %0 : tensor<4xf32>
}

// -----

// Long enough by itself, but all that it wins is less than waking a thread costs.
// CHECK: kernel.func private @alone({{.*}}) -> tensor<256x512xf32> attributes {kernel.serial}
func.func @main(%x: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %0 = kernel.launch @alone(%x) : (tensor<256x512xf32>) -> tensor<256x512xf32>
  return %0 : tensor<256x512xf32>
}
kernel.func private @alone(%x: tensor<256x512xf32>) -> tensor<256x512xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<256x512xf32>) -> tensor<256x512xf32>
  kernel.return %0 : tensor<256x512xf32>
}
