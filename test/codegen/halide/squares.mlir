// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s

// The mean of squares less the square of the mean, of equal numbers: 0 only if the
// subtraction does not take the square with all its digits.
// CHECK:      ok {{ *}}0.00e+00 {{ *}}square (pointwise)
// CHECK-NEXT: ok {{ *}}0.00e+00 {{ *}}variance (pointwise)

func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = kernel.launch @square(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @variance(%0, %x) : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  return %1 : tensor<64xf32>
}
kernel.func private @square(%x: tensor<64xf32>) -> tensor<64xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.binary %x, %x {kind = #xgen.binary_kind<mul>} : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}
kernel.func private @variance(%squares: tensor<64xf32>, %mean: tensor<64xf32>) -> tensor<64xf32> attributes {schedule = #kernel.schedule<"pointwise">} {
  %0 = xgen.binary %mean, %mean {kind = #xgen.binary_kind<mul>} : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  %1 = xgen.binary %squares, %0 {kind = #xgen.binary_kind<sub>} : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  kernel.return %1 : tensor<64xf32>
}
