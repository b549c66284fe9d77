// Two candidates: what goes in comes out.
func.func @main(%b: tensor<1x3x4xf32> {onnx.name = "b"}, %s: tensor<1x3x3xf32> {onnx.name = "s"}) -> (tensor<1x3x4xf32> {onnx.name = "boxes"}, tensor<1x3x3xf32> {onnx.name = "scores"}) {
  %0 = onnx.node "Identity"(%b) {node_name = "boxes", onnx_attributes = {}, opset = 18 : i64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32>
  %1 = onnx.node "Identity"(%s) {node_name = "scores", onnx_attributes = {}, opset = 18 : i64} : (tensor<1x3x3xf32>) -> tensor<1x3x3xf32>
  return %0, %1 : tensor<1x3x4xf32>, tensor<1x3x3xf32>
}
