func.func @main(%x: tensor<1x4096xf32> {onnx.name = "x"}) -> (none {onnx.name = "y"}) {
  %0 = onnx.node "Sigmoid"(%x) {opset = 13 : i64, onnx_attributes = {}} : (tensor<1x4096xf32>) -> none
  return %0 : none
}
