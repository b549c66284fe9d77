func.func @main(%x: tensor<2x6x2xf32>, %n: tensor<2xi64>) -> (none, none, none, none, none) {
  %none = onnx.none : none
  %axis = onnx.constant dense<2> : tensor<i64> : tensor<i64>
  %0 = onnx.node "DFT"(%x, %none, %axis) {opset = 20 : i64, onnx_attributes = {}} : (tensor<2x6x2xf32>, none, tensor<i64>) -> none
  %1 = onnx.node "DFT"(%x) {opset = 20 : i64, onnx_attributes = {onesided = 1 : i64}} : (tensor<2x6x2xf32>) -> none
  %2 = onnx.node "STFT"(%x, %axis) {opset = 17 : i64, onnx_attributes = {}} : (tensor<2x6x2xf32>, tensor<i64>) -> none
  %3 = onnx.node "HannWindow"(%n) {opset = 17 : i64, onnx_attributes = {}} : (tensor<2xi64>) -> none
  %4 = onnx.node "Det"(%x) {opset = 11 : i64, onnx_attributes = {}} : (tensor<2x6x2xf32>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}
