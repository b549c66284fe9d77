func.func @main(%x: tensor<1x3x8x8xf32>, %r: tensor<5x4xf32>, %b: tensor<4xi64>, %w: tensor<2x3x3x3xf32>, %o: tensor<1x18x8x8xf32>) -> (none, none, none, none, none) {
  %s = onnx.constant dense<[3]> : tensor<1xi64> : tensor<1xi64>
  %0 = onnx.node "RoiAlign"(%x, %r, %b) {opset = 16 : i64, onnx_attributes = {mode = "lp"}} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<4xi64>) -> none
  %1 = onnx.node "RoiAlign"(%x, %r, %b) {opset = 16 : i64, onnx_attributes = {}} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>, tensor<4xi64>) -> none
  %2 = onnx.node "MaxRoiPool"(%x, %r) {opset = 22 : i64, onnx_attributes = {}} : (tensor<1x3x8x8xf32>, tensor<5x4xf32>) -> none
  %3 = onnx.node "DeformConv"(%x, %w, %o) {opset = 19 : i64, onnx_attributes = {}} : (tensor<1x3x8x8xf32>, tensor<2x3x3x3xf32>, tensor<1x18x8x8xf32>) -> none
  %4 = onnx.node "CenterCropPad"(%x, %s) {opset = 18 : i64, onnx_attributes = {}} : (tensor<1x3x8x8xf32>, tensor<1xi64>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}
