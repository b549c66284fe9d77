func.func @main(%x: tensor<4xf32>) -> (none, none, none, none) {
  %none = onnx.none : none
  %five = onnx.constant dense<5> : tensor<i64> : tensor<i64>
  %sizes = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %s = onnx.node "SequenceConstruct"(%x, %x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<4xf32>) -> none
  %0 = onnx.node "SequenceAt"(%s, %five) {opset = 11 : i64, onnx_attributes = {}} : (none, tensor<i64>) -> none
  %1 = onnx.node "Relu"(%s) {opset = 13 : i64, onnx_attributes = {}} : (none) -> none
  %2 = onnx.node "SplitToSequence"(%x, %sizes) {opset = 11 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<2xi64>) -> none
  %3 = onnx.node "OptionalGetElement"(%none) {opset = 18 : i64, onnx_attributes = {}} : (none) -> none
  return %0, %1, %2, %3 : none, none, none, none
}

// -----
func.func @main(%x: tensor<4xf32>) -> none {
  %s = onnx.node "SequenceConstruct"(%x, %x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<4xf32>, tensor<4xf32>) -> none
  return %s : none
}
