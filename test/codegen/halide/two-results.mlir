// RUN: xgenc %s -emit=kernel | FileCheck %s --check-prefix=KERNEL
// RUN: xgenc verify %s | FileCheck %s

// A result that others in the kernel read keeps its own dimensions: rows of
// concatenations and tiles of transposes are for results alone.

// KERNEL: kernel.func private @concat_mul({{.*}}) -> (tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>)
// CHECK: {{^}}1 of 1 launches agree

func.func @main(%past: tensor<2x3x12x8xf32>, %new: tensor<2x3x6x8xf32>) -> (tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>) {
  %half = xgen.constant dense<0.5> : tensor<f32>
  %all = xgen.concat %past, %new {axis = 2 : i64} : (tensor<2x3x12x8xf32>, tensor<2x3x6x8xf32>) -> tensor<2x3x18x8xf32>
  %scaled = xgen.binary %all, %half {kind = #xgen.binary_kind<mul>} : (tensor<2x3x18x8xf32>, tensor<f32>) -> tensor<2x3x18x8xf32>
  return %all, %scaled : tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>
}
