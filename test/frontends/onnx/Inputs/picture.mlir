// A network of pictures: channels are mixed, and positions stay apart.
func.func @main(%x: tensor<1x3x5x6xf32> {onnx.name = "image"}) -> (tensor<1x2x5x6xf32> {onnx.name = "map"}) {
  %w = onnx.constant dense<[[[[1.0]], [[0.5]], [[-0.25]]], [[[0.0]], [[-1.0]], [[2.0]]]]> : tensor<2x3x1x1xf32> {name = "w"} : tensor<2x3x1x1xf32>
  %y = onnx.node "Conv"(%x, %w) {node_name = "mix", onnx_attributes = {}, opset = 18 : i64} : (tensor<1x3x5x6xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x5x6xf32>
  return %y : tensor<1x2x5x6xf32>
}
