func.func @main(%x: tensor<?x6xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 8, 1>], ""]}, %v: tensor<6xf32> {onnx.name = "v"}) -> (none {onnx.name = "sums"}, none {onnx.name = "where"}) {
  %axes = onnx.constant dense<1> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "Mul"(%x, %v) {opset = 14 : i64, onnx_attributes = {}} : (tensor<?x6xf32>, tensor<6xf32>) -> none
  %1 = onnx.node "Relu"(%0) {opset = 14 : i64, onnx_attributes = {}} : (none) -> none
  %2 = onnx.node "ReduceSum"(%1, %axes) {opset = 13 : i64, onnx_attributes = {keepdims = 0 : i64}} : (none, tensor<1xi64>) -> none
  %3 = onnx.node "NonZero"(%1) {opset = 13 : i64, onnx_attributes = {}} : (none) -> none
  return %2, %3 : none, none
}
