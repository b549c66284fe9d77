func.func @main(%a: tensor<3x4xf32>, %b: tensor<5x6xf32>) -> (none, none, none, none, none) {
  %0 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "ij->i"}} : (tensor<3x4xf32>, tensor<5x6xf32>) -> none
  %1 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "ij,ijk->i"}} : (tensor<3x4xf32>, tensor<5x6xf32>) -> none
  %2 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "ij,jk->ik"}} : (tensor<3x4xf32>, tensor<5x6xf32>) -> none
  %3 = onnx.node "Einsum"(%a, %b) {opset = 12 : i64, onnx_attributes = {equation = "ij,kl->iz"}} : (tensor<3x4xf32>, tensor<5x6xf32>) -> none
  %4 = onnx.node "Einsum"(%a) {opset = 12 : i64, onnx_attributes = {equation = "ii->i"}} : (tensor<3x4xf32>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}
