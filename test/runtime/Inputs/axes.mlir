// x with dimensions put in, taken out and summed over; axes come with each run.
func.func @main(%x: tensor<2x1x3xf32> {onnx.name = "x"}, %axes: tensor<1xi64> {onnx.name = "axes"}) -> (none {onnx.name = "in"}, none {onnx.name = "out"}, none {onnx.name = "sums"}) {
  %0 = onnx.node "Unsqueeze"(%x, %axes) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x1x3xf32>, tensor<1xi64>) -> none
  %1 = onnx.node "Squeeze"(%x, %axes) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x1x3xf32>, tensor<1xi64>) -> none
  %2 = onnx.node "ReduceSum"(%x, %axes) {opset = 13 : i64, onnx_attributes = {}} : (tensor<2x1x3xf32>, tensor<1xi64>) -> none
  return %0, %1, %2 : none, none, none
}
