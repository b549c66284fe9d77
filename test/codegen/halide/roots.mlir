// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s

// Values that are computed as arrays and read by others of the same kernel.

// A concatenation and a transpose have loops over an index space of their own, but
// not where another result reads them.
// CHECK:      ok {{ *}}0.00e+00 {{ *}}concat_mul (pointwise)
// CHECK-NEXT: ok {{ *}}0.00e+00 {{ *}}transpose_add (pointwise)

// A reduction behind a reshape is not evaluated at the positions of the result.
// CHECK-NEXT: ok {{.*}}reduce_reshape (reduction)

// Infinities take part in comparisons and bounds.
// CHECK-NEXT: ok {{ *}}0.00e+00 {{ *}}masked (reduction)
// CHECK-NEXT: ok {{ *}}0.00e+00 {{ *}}bounds (pointwise)
// CHECK-NEXT: ok {{ *}}0.00e+00 {{ *}}mask_add (pointwise)
// CHECK-NEXT: 6 of 6 launches agree

func.func @main(%x: tensor<2x3x12x8xf32>, %y: tensor<2x3x6x8xf32>) -> (tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>, tensor<2x8x3x18xf32>, tensor<2x8x3x18xf32>, tensor<3x2x1xf32>, tensor<36xi1>, tensor<36x4xf32>, tensor<36xf32>) {
  %0:2 = kernel.launch @concat_mul(%x, %y) : (tensor<2x3x12x8xf32>, tensor<2x3x6x8xf32>) -> (tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>)
  %1:2 = kernel.launch @transpose_add(%0#0) : (tensor<2x3x18x8xf32>) -> (tensor<2x8x3x18xf32>, tensor<2x8x3x18xf32>)
  %2 = kernel.launch @reduce_reshape(%y) : (tensor<2x3x6x8xf32>) -> tensor<3x2x1xf32>
  %3 = kernel.launch @masked(%y) : (tensor<2x3x6x8xf32>) -> tensor<36xi1>
  %4 = kernel.launch @bounds(%3) : (tensor<36xi1>) -> tensor<36x4xf32>
  %5 = kernel.launch @mask_add(%3) : (tensor<36xi1>) -> tensor<36xf32>
  return %0#0, %0#1, %1#0, %1#1, %2, %3, %4, %5 : tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>, tensor<2x8x3x18xf32>, tensor<2x8x3x18xf32>, tensor<3x2x1xf32>, tensor<36xi1>, tensor<36x4xf32>, tensor<36xf32>
}
kernel.func private @concat_mul(%x: tensor<2x3x12x8xf32>, %y: tensor<2x3x6x8xf32>) -> (tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>) attributes {schedule = #kernel.schedule<"pointwise">} {
  %half = xgen.constant dense<0.5> : tensor<f32>
  %0 = xgen.concat %x, %y {axis = 2 : i64} : (tensor<2x3x12x8xf32>, tensor<2x3x6x8xf32>) -> tensor<2x3x18x8xf32>
  %1 = xgen.binary %0, %half {kind = #xgen.binary_kind<mul>} : (tensor<2x3x18x8xf32>, tensor<f32>) -> tensor<2x3x18x8xf32>
  kernel.return %0, %1 : tensor<2x3x18x8xf32>, tensor<2x3x18x8xf32>
}
kernel.func private @transpose_add(%x: tensor<2x3x18x8xf32>) -> (tensor<2x8x3x18xf32>, tensor<2x8x3x18xf32>) attributes {schedule = #kernel.schedule<"pointwise">} {
  %half = xgen.constant dense<0.5> : tensor<f32>
  %0 = xgen.transpose %x {perm = array<i64: 0, 3, 1, 2>} : (tensor<2x3x18x8xf32>) -> tensor<2x8x3x18xf32>
  %1 = xgen.binary %0, %half {kind = #xgen.binary_kind<add>} : (tensor<2x8x3x18xf32>, tensor<f32>) -> tensor<2x8x3x18xf32>
  kernel.return %0, %1 : tensor<2x8x3x18xf32>, tensor<2x8x3x18xf32>
}
kernel.func private @reduce_reshape(%y: tensor<2x3x6x8xf32>) -> tensor<3x2x1xf32> attributes {schedule = #kernel.schedule<"reduction">} {
  %0 = xgen.reduce %y {axes = array<i64: 2, 3>, keepdims = false, kind = #xgen.reduce_kind<sum>} : (tensor<2x3x6x8xf32>) -> tensor<2x3xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<sqrt>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = xgen.reshape %1 : (tensor<2x3xf32>) -> tensor<3x2x1xf32>
  %3 = xgen.unary %2 {kind = #xgen.unary_kind<neg>} : (tensor<3x2x1xf32>) -> tensor<3x2x1xf32>
  kernel.return %3 : tensor<3x2x1xf32>
}
kernel.func private @masked(%y: tensor<2x3x6x8xf32>) -> tensor<36xi1> attributes {schedule = #kernel.schedule<"reduction">} {
  %inf = xgen.constant dense<0xFF800000> : tensor<f32>
  %half = xgen.constant dense<0.8> : tensor<f32>
  %0 = xgen.reshape %y : (tensor<2x3x6x8xf32>) -> tensor<36x8xf32>
  %1 = xgen.binary %0, %half {kind = #xgen.binary_kind<gt>} : (tensor<36x8xf32>, tensor<f32>) -> tensor<36x8xi1>
  %2 = xgen.select %1, %0, %inf : (tensor<36x8xi1>, tensor<36x8xf32>, tensor<f32>) -> tensor<36x8xf32>
  %3 = xgen.reduce %2 {axes = array<i64: 1>, keepdims = false, kind = #xgen.reduce_kind<max>} : (tensor<36x8xf32>) -> tensor<36xf32>
  %4 = xgen.binary %3, %inf {kind = #xgen.binary_kind<eq>} : (tensor<36xf32>, tensor<f32>) -> tensor<36xi1>
  kernel.return %4 : tensor<36xi1>
}
kernel.func private @bounds(%m: tensor<36xi1>) -> tensor<36x4xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %values = xgen.constant dense<[0x7F800000, 0xFF800000, 1.0, -1.0]> : tensor<4xf32>
  %zero = xgen.constant dense<0.0> : tensor<f32>
  %0 = xgen.reshape %m : (tensor<36xi1>) -> tensor<36x1xi1>
  %1 = xgen.unary %values {alpha = 0.0 : f64, beta = 0x7FF0000000000000 : f64, kind = #xgen.unary_kind<clamp>} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = xgen.select %0, %1, %zero : (tensor<36x1xi1>, tensor<4xf32>, tensor<f32>) -> tensor<36x4xf32>
  kernel.return %2 : tensor<36x4xf32>
}
kernel.func private @mask_add(%m: tensor<36xi1>) -> tensor<36xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %inf = xgen.constant dense<0xFF800000> : tensor<f32>
  %zero = xgen.constant dense<0.0> : tensor<f32>
  %one = xgen.constant dense<1.0> : tensor<f32>
  %0 = xgen.select %m, %zero, %inf : (tensor<36xi1>, tensor<f32>, tensor<f32>) -> tensor<36xf32>
  %1 = xgen.binary %0, %one {kind = #xgen.binary_kind<add>} : (tensor<36xf32>, tensor<f32>) -> tensor<36xf32>
  kernel.return %1 : tensor<36xf32>
}
