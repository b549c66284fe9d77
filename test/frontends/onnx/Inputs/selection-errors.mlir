func.func @main(%x: tensor<3x8xf32>, %b: tensor<1x6x3xf32>, %s: tensor<1x1x6xf32>) -> (none, none, none, none) {
  %k = onnx.constant dense<9> : tensor<1xi64> : tensor<1xi64>
  %0, %i = onnx.node "TopK"(%x, %k) {opset = 11 : i64, onnx_attributes = {}} : (tensor<3x8xf32>, tensor<1xi64>) -> (none, none)
  %2 = onnx.node "Compress"(%x, %x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<3x8xf32>, tensor<3x8xf32>) -> none
  %3 = onnx.node "Unique"(%x) {opset = 11 : i64, onnx_attributes = {axis = 2 : i64}} : (tensor<3x8xf32>) -> none
  %4 = onnx.node "NonMaxSuppression"(%b, %s) {opset = 11 : i64, onnx_attributes = {}} : (tensor<1x6x3xf32>, tensor<1x1x6xf32>) -> none
  return %0, %2, %3, %4 : none, none, none, none
}
