// RUN: xgen-opt %s -load-pass-plugin=cap-relu.so -example-cap-relu=limit=4 | FileCheck %s

// Relu is bounded; other functions stay as they are.
// CHECK-LABEL: func.func @main
// CHECK: xgen.unary {{.*}}beta = 4.000000e+00{{.*}}unary_kind<clamp>
// CHECK: xgen.unary {{.*}}unary_kind<tanh>
// CHECK-NOT: relu
func.func @main(%x: tensor<1x8xf32> {onnx.name = "x"}) -> (tensor<1x8xf32> {onnx.name = "y"}) {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = xgen.unary %0 {kind = #xgen.unary_kind<tanh>} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}
