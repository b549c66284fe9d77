// Bilinear resizes of pictures: rows first, then along them. Bytes are converted where
// rows are read.
// RUN: xgenc %s -target=x86-64-v3 -emit=kernel -o - | FileCheck %s --check-prefix=KERNELS
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 -threads=2 | FileCheck %s
// RUN: xgenc %s -target=arm64 -o %t.a

// KERNELS: kernel.func private @cast_resize_mul({{.*}}schedule = #kernel.schedule<"resize">
// KERNELS: xgen.cast
// KERNELS-NEXT: xgen.resize
// CHECK: ok {{.*}} cast_resize_mul (resize)
func.func @main(%bytes: tensor<1x21x31x3xui8>, %few: tensor<2x9x7x3xf32>, %many: tensor<1x5x6x21xf32>,
                %rows: tensor<1x8x6x4xf32>)
    -> (tensor<1x11x13x3xf32>, tensor<2x13x20x3xf32>, tensor<1x17x17x21xf32>, tensor<1x16x6x4xf32>) {
  %f = xgen.cast %bytes : (tensor<1x21x31x3xui8>) -> tensor<1x21x31x3xf32>
  %0 = xgen.resize %f {coord = #xgen.resize_coord<half_pixel>, mode = #xgen.resize_mode<linear>, scales = array<f64: 1.0, 0.52380952380952384, 0.41935483870967744, 1.0>} : (tensor<1x21x31x3xf32>) -> tensor<1x11x13x3xf32>
  %c = xgen.constant dense<0.125> : tensor<f32>
  %1 = xgen.binary %0, %c {kind = #xgen.binary_kind<mul>} : (tensor<1x11x13x3xf32>, tensor<f32>) -> tensor<1x11x13x3xf32>
  // CHECK: ok {{.*}} resize{{.*}} (resize)
  %2 = xgen.resize %few {coord = #xgen.resize_coord<asymmetric>, mode = #xgen.resize_mode<linear>, scales = array<f64: 1.0, 1.4444444444444444, 2.8571428571428572, 1.0>} : (tensor<2x9x7x3xf32>) -> tensor<2x13x20x3xf32>
  // CHECK: ok {{.*}} resize{{.*}} (resize)
  %3 = xgen.resize %many {coord = #xgen.resize_coord<align_corners>, mode = #xgen.resize_mode<linear>, scales = array<f64: 1.0, 3.4, 2.8333333333333335, 1.0>} : (tensor<1x5x6x21xf32>) -> tensor<1x17x17x21xf32>
  // One dimension only: four reads an element cost little.
  // CHECK: ok {{.*}} resize{{.*}} (pointwise)
  %4 = xgen.resize %rows {coord = #xgen.resize_coord<half_pixel>, mode = #xgen.resize_mode<linear>, scales = array<f64: 1.0, 2.0, 1.0, 1.0>} : (tensor<1x8x6x4xf32>) -> tensor<1x16x6x4xf32>
  return %1, %2, %3, %4 : tensor<1x11x13x3xf32>, tensor<2x13x20x3xf32>, tensor<1x17x17x21xf32>, tensor<1x16x6x4xf32>
}
