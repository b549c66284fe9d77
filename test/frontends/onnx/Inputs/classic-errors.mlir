func.func @main(%x: tensor<4x3xf32>, %n: tensor<5xi64>, %b: tensor<9xui8>) -> (none, none, none, none, none) {
  %0 = onnx.node "TfIdfVectorizer"(%n) {opset = 9 : i64, onnx_attributes = {pool_strings = ["a"]}} : (tensor<5xi64>) -> none
  %1 = onnx.node "TreeEnsembleRegressor"(%x) {domain = "ai.onnx.ml", opset = 3 : i64, onnx_attributes = {nodes_treeids = array<i64: 0>, nodes_nodeids = array<i64: 0>, nodes_featureids = array<i64: 1>, nodes_values = array<f32: 0.5>, nodes_modes = ["BRANCH_GT"], nodes_truenodeids = array<i64: 1>, nodes_falsenodeids = array<i64: 2>}} : (tensor<4x3xf32>) -> none
  %2 = onnx.node "LabelEncoder"(%n) {domain = "ai.onnx.ml", opset = 2 : i64, onnx_attributes = {keys_strings = ["a"], values_floats = array<f32: 0.5>}} : (tensor<5xi64>) -> none
  %3 = onnx.node "ImageDecoder"(%b) {opset = 20 : i64, onnx_attributes = {}} : (tensor<9xui8>) -> none
  %4 = onnx.node "ZipMap"(%x) {domain = "ai.onnx.ml", opset = 1 : i64, onnx_attributes = {}} : (tensor<4x3xf32>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}
