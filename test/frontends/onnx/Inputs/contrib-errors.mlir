func.func @main(%x: tensor<2x8xf32>, %g: tensor<4xf32>, %w: tensor<3x2x8xui8>, %s: tensor<f32>, %z: tensor<ui8>) -> (none, none, none) {
  %0 = onnx.node "SkipLayerNormalization"(%x, %x, %g) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {}} : (tensor<2x8xf32>, tensor<2x8xf32>, tensor<4xf32>) -> none
  %1 = onnx.node "MatMulNBits"(%x, %w, %g) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {K = 8 : i64, N = 3 : i64, bits = 4 : i64, block_size = 16 : i64}} : (tensor<2x8xf32>, tensor<3x2x8xui8>, tensor<4xf32>) -> none
  %2 = onnx.node "QLinearConcat"(%s, %z, %w, %s, %z, %w) {domain = "com.microsoft", opset = 1 : i64, onnx_attributes = {axis = 0 : i64}} : (tensor<f32>, tensor<ui8>, tensor<3x2x8xui8>, tensor<f32>, tensor<ui8>, tensor<3x2x8xui8>) -> none
  return %0, %1, %2 : none, none, none
}
