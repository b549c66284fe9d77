// RUN: xgen-opt %s -xgen-canonicalize-graph -xgen-fold-constants | FileCheck %s
// RUN: xgen-opt %s -xgen-fold-constants | FileCheck %s

// What the look-up that a product with a one-hot matrix becomes gives for the numbers
// at both ends, their neighbours, and the ends of the type: as the product itself.

// CHECK: dense<{{\[}}[0.000000e+00], [0.000000e+00], [1.000000e+00], [3.000000e+00], [0.000000e+00], [0.000000e+00]]>
func.func @main() -> tensor<6x1xf32> {
  %x = xgen.constant dense<[[-2147483648], [4], [5], [7], [8], [2147483647]]> : tensor<6x1xi32>
  %numbers = xgen.constant dense<[5, 6, 7]> : tensor<3xi32>
  %table = xgen.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %0 = xgen.binary %x, %numbers {kind = #xgen.binary_kind<eq>} : (tensor<6x1xi32>, tensor<3xi32>) -> tensor<6x3xi1>
  %1 = xgen.cast %0 : (tensor<6x3xi1>) -> tensor<6x3xf32>
  %2 = xgen.matmul %1, %table : (tensor<6x3xf32>, tensor<3x1xf32>) -> tensor<6x1xf32>
  return %2 : tensor<6x1xf32>
}
