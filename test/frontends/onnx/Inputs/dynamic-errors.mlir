func.func @main(%x: tensor<?x4x?xf32> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 8, 1>], "", ["W", array<i64: 2, 32, 1>]]}, %w: tensor<2x5x3xf32>, %q: tensor<3xf32>, %s: tensor<?xi64> {onnx.name = "s", onnx.dims = [["L", array<i64: 1, 4, 1>]]}) -> (none, none, none, none, none, none) {
  %0 = onnx.node "Reshape"(%x, %s) {opset = 14 : i64, onnx_attributes = {}} : (tensor<?x4x?xf32>, tensor<?xi64>) -> none
  %1 = onnx.node "MaxPool"(%x) {opset = 12 : i64, onnx_attributes = {kernel_shape = array<i64: 40>}} : (tensor<?x4x?xf32>) -> none
  %2 = onnx.node "Split"(%x) {opset = 2 : i64, onnx_attributes = {axis = 1 : i64, split = array<i64: 3, 2>}} : (tensor<?x4x?xf32>) -> none
  %3 = onnx.node "Conv"(%w, %x) {opset = 22 : i64, onnx_attributes = {}} : (tensor<2x5x3xf32>, tensor<?x4x?xf32>) -> none
  %4 = onnx.node "QuantizeLinear"(%x, %q) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x4x?xf32>, tensor<3xf32>) -> none
  %5 = onnx.node "Einsum"(%w, %x) {opset = 12 : i64, onnx_attributes = {equation = "nij,nik->njk"}} : (tensor<2x5x3xf32>, tensor<?x4x?xf32>) -> none
  return %0, %1, %2, %3, %4, %5 : none, none, none, none, none, none
}
