func.func @main(%x: tensor<1x2x4x5xf32>, %g: tensor<1x3x3x3xf32>) -> (none, none, none) {
  %size = onnx.constant dense<[2, 3, 2, 4]> : tensor<4xi64> : tensor<4xi64>
  %0 = onnx.node "GridSample"(%x, %g) {opset = 20 : i64, onnx_attributes = {mode = "spline"}} : (tensor<1x2x4x5xf32>, tensor<1x3x3x3xf32>) -> none
  %1 = onnx.node "GridSample"(%x, %g) {opset = 20 : i64, onnx_attributes = {}} : (tensor<1x2x4x5xf32>, tensor<1x3x3x3xf32>) -> none
  %2 = onnx.node "AffineGrid"(%x, %size) {opset = 20 : i64, onnx_attributes = {}} : (tensor<1x2x4x5xf32>, tensor<4xi64>) -> none
  return %0, %1, %2 : none, none, none
}
