// RUN: xgen-opt %s -split-input-file -xgen-legalize-onnx | FileCheck %s
// RUN: not xgen-opt %S/Inputs/classic-errors.mlir -xgen-legalize-onnx 2>&1 | FileCheck %s --check-prefix=ERR

// One count for each length, of n-grams in order; columns move with them.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<12xi64>) -> none {
  // CHECK: %[[ONES:.*]] = xgen.constant dense<{{\[\[}}2], [3]]> : tensor<2x1xi64>
  // CHECK: %[[AT1:.*]] = xgen.constant dense<[1, 0]> : tensor<2xi64>
  // CHECK: %[[C1:.*]] = xgen.ngram_count %{{.*}}, %[[ONES]], %[[AT1]] {max_skip = 5 : i64, width = 4 : i64} : (tensor<1x12xi64>, tensor<2x1xi64>, tensor<2xi64>) -> tensor<1x4xf32>
  // CHECK: xgen.constant dense<{{\[\[}}5, 4], [5, 6]]> : tensor<2x2xi64>
  // CHECK: %[[C2:.*]] = xgen.ngram_count
  // CHECK: %[[TF:.*]] = xgen.binary %[[C1]], %[[C2]] {kind = #xgen.binary_kind<add>}
  // CHECK: xgen.binary %[[TF]], {{.*}}<mul>}
  %0 = onnx.node "TfIdfVectorizer"(%x) {opset = 9 : i64, onnx_attributes = {mode = "TFIDF", min_gram_length = 1 : i64, max_gram_length = 2 : i64, max_skip_count = 5 : i64, ngram_counts = array<i64: 0, 2>, ngram_indexes = array<i64: 0, 1, 2, 3>, pool_int64s = array<i64: 3, 2, 5, 6, 5, 4>, weights = array<f32: 1.0, 2.0, 3.0, 4.0>}} : (tensor<12xi64>) -> none
  return %0 : none
}

// -----
// Leaves are -1, -2 and so on.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x3xf32>) -> none {
  // CHECK-DAG: xgen.constant dense<{{\[\[}}2, 0, -1, -2, 1, 0]]> : tensor<1x6xi64>
  // CHECK-DAG: xgen.constant dense<{{\[\[}}1, 0], [0, 0]]> : tensor<2x2xi64>
  // CHECK: xgen.tree_ensemble {{.*}} {aggregate = #xgen.reduce_kind<sum>, width = 2 : i64} : {{.*}} -> tensor<4x2xf32>
  // CHECK: xgen.softmax
  %0 = onnx.node "TreeEnsemble"(%x) {domain = "ai.onnx.ml", opset = 5 : i64, onnx_attributes = {n_targets = 2 : i64, post_transform = 1 : i64, nodes_featureids = array<i64: 2>, nodes_splits = dense<0.5> : tensor<1xf32>, nodes_modes = dense<0> : tensor<1xui8>, nodes_truenodeids = array<i64: 0>, nodes_trueleafs = array<i64: 1>, nodes_falsenodeids = array<i64: 1>, nodes_falseleafs = array<i64: 1>, nodes_missing_value_tracks_true = array<i64: 1>, leaf_targetids = array<i64: 1, 0>, leaf_weights = dense<[1.0, 2.0]> : tensor<2xf32>, tree_roots = array<i64: 0>}} : (tensor<4x3xf32>) -> none
  return %0 : none
}

// -----
// The older form names nodes by tree and number, modes by words. A leaf with
// two entries says so in the first one.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x3xf32>) -> none {
  // CHECK-DAG: xgen.constant dense<{{\[\[}}1, 3, -1, -3, 0, 0]]> : tensor<1x6xi64>
  // CHECK-DAG: xgen.constant dense<{{\[\[}}0, 1], [1, 0], [0, 0]]> : tensor<3x2xi64>
  // CHECK: xgen.tree_ensemble {{.*}} {aggregate = #xgen.reduce_kind<mean>, width = 2 : i64}
  %0 = onnx.node "TreeEnsembleRegressor"(%x) {domain = "ai.onnx.ml", opset = 3 : i64, onnx_attributes = {n_targets = 2 : i64, aggregate_function = "AVERAGE", nodes_treeids = array<i64: 0, 0, 0>, nodes_nodeids = array<i64: 0, 1, 2>, nodes_featureids = array<i64: 1, 0, 0>, nodes_values = array<f32: 0.5, 0.0, 0.0>, nodes_modes = ["BRANCH_GT", "LEAF", "LEAF"], nodes_truenodeids = array<i64: 1, 0, 0>, nodes_falsenodeids = array<i64: 2, 0, 0>, target_treeids = array<i64: 0, 0, 0>, target_nodeids = array<i64: 1, 1, 2>, target_ids = array<i64: 0, 1, 0>, target_weights = array<f32: 1.0, 2.0, 3.0>}} : (tensor<4x3xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4x3xf32>, %i: tensor<1x2xi64>, %n: tensor<5xi64>) -> (none, none) {
  // CHECK: xgen.gather %arg0, {{.*}} {axis = 1 : i64} : (tensor<4x3xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  %0 = onnx.node "ArrayFeatureExtractor"(%x, %i) {domain = "ai.onnx.ml", opset = 1 : i64, onnx_attributes = {}} : (tensor<4x3xf32>, tensor<1x2xi64>) -> none
  // The last column always fits: it is the default's.
  // CHECK: xgen.binary {{.*}}<eq>} : (tensor<5x1xi64>, tensor<2xi64>) -> tensor<5x2xi1>
  // CHECK: xgen.concat {{.*}} -> tensor<5x3xui8>
  // CHECK: xgen.arg_reduce
  // CHECK: xgen.gather {{.*}} : (tensor<3xf32>, tensor<5xi64>) -> tensor<5xf32>
  %1 = onnx.node "LabelEncoder"(%n) {domain = "ai.onnx.ml", opset = 2 : i64, onnx_attributes = {keys_int64s = array<i64: 1, 2>, values_floats = array<f32: 0.5, 1.5>, default_float = -1.0 : f32}} : (tensor<5xi64>) -> none
  return %0, %1 : none, none
}

// ERR: TfIdfVectorizer {{ *}}9  n-grams of strings are unsupported
// ERR: ai.onnx.ml.TreeEnsembleRegressor {{ *}}3  a node points to a node that is not there
// ERR: ai.onnx.ml.LabelEncoder {{ *}}2  only numbers are supported as keys and values
// ERR: ImageDecoder {{ *}}20  a compiled model holds no decoder of picture files
// ERR: ai.onnx.ml.ZipMap {{ *}}1  maps and strings are unsupported
