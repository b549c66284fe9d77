// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// The simplest form: scale, product, softmax, product.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[Q:.*]]: tensor<2x3x4x16xf32>, %[[K:.*]]: tensor<2x3x6x16xf32>, %[[V:.*]]: tensor<2x3x6x8xf32>)
func.func @main(%q: tensor<2x3x4x16xf32>, %k: tensor<2x3x6x16xf32>, %v: tensor<2x3x6x8xf32>) -> none {
  // CHECK: %[[SCALE:.*]] = xgen.constant dense<2.500000e-01>
  // CHECK: %[[SCALED:.*]] = xgen.binary %[[Q]], %[[SCALE]] {kind = #xgen.binary_kind<mul>}
  // CHECK: %[[T:.*]] = xgen.transpose %[[K]] {perm = array<i64: 0, 1, 3, 2>}
  // CHECK: %[[S:.*]] = xgen.matmul %[[SCALED]], %[[T]]
  // CHECK: %[[P:.*]] = xgen.softmax %[[S]] {axes = array<i64: 3>}
  // CHECK: xgen.matmul %[[P]], %[[V]] {{.*}} -> tensor<2x3x4x8xf32>
  %0 = onnx.node "Attention"(%q, %k, %v) {opset = 23 : i64, onnx_attributes = {}} : (tensor<2x3x4x16xf32>, tensor<2x3x6x16xf32>, tensor<2x3x6x8xf32>) -> none
  return %0 : none
}

// -----
// Six heads that share two keys are rows of two products: no key is repeated.

// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<1x6x4x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x8xf32>) -> none {
  // CHECK-NOT: xgen.expand
  // CHECK: xgen.reshape {{.*}} : (tensor<1x6x4x8xf32>) -> tensor<1x2x12x8xf32>
  // CHECK: xgen.matmul {{.*}} -> tensor<1x2x12x5xf32>
  // CHECK: xgen.reshape {{.*}} -> tensor<1x6x4x5xf32>
  %0 = onnx.node "Attention"(%q, %k, %v) {opset = 24 : i64, onnx_attributes = {}} : (tensor<1x6x4x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>) -> none
  return %0 : none
}

// -----
// A cache comes before the keys, and shifts the diagonal of a causal mask. Rows
// that are masked altogether give 0. The scores are an output, too: before
// (mode 1) or after (mode 2) the mask.

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[MASK:arg3]]: tensor<2x5xi1>
func.func @main(%q: tensor<1x2x2x8xf32>, %k: tensor<1x2x2x8xf32>, %v: tensor<1x2x2x8xf32>, %m: tensor<2x5xi1>, %pk: tensor<1x2x3x8xf32>, %pv: tensor<1x2x3x8xf32>) -> (none, none, none, none) {
  // CHECK: %[[KEYS:.*]] = xgen.concat %arg4, %arg1 {axis = 2 : i64}
  // CHECK: %[[VALUES:.*]] = xgen.concat %arg5, %arg2 {axis = 2 : i64}
  // CHECK: %[[QK:.*]] = xgen.matmul
  // CHECK: xgen.unary {{.*}}<tanh>
  // CHECK: %[[CAPPED:.*]] = xgen.binary
  // CHECK: %[[GIVEN:.*]] = xgen.select %[[MASK]]
  // CHECK: %[[SEEN:.*]] = xgen.constant dense<{{\[\[}}true, true, true, true, false], [true, true, true, true, true]]>
  // CHECK: %[[CAUSAL:.*]] = xgen.select %[[SEEN]]
  // CHECK: %[[BIAS:.*]] = xgen.binary %[[GIVEN]], %[[CAUSAL]]
  // CHECK: %[[SUM:.*]] = xgen.binary %[[CAPPED]], %[[BIAS]]
  // CHECK: %[[P:.*]] = xgen.softmax %[[SUM]]
  // CHECK: %[[BEST:.*]] = xgen.reduce %[[BIAS]] {{.*}}<max>
  // CHECK: %[[DEAD:.*]] = xgen.binary %[[BEST]], {{.*}}<eq>
  // CHECK: xgen.select %[[DEAD]], {{.*}}, %[[P]]
  // CHECK: %[[Y:.*]] = xgen.matmul
  // CHECK: return %[[Y]], %[[KEYS]], %[[VALUES]], %[[CAPPED]]
  %0:4 = onnx.node "Attention"(%q, %k, %v, %m, %pk, %pv) {opset = 23 : i64, onnx_attributes = {is_causal = 1 : i64, softcap = 2.0 : f32, qk_matmul_output_mode = 1 : i64}} : (tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<2x5xi1>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>) -> (none, none, none, none)
  return %0#0, %0#1, %0#2, %0#3 : none, none, none, none
}

// -----
// Packed heads; from 24 on lengths of the keys, and masks that end early. The
// softmax in another type.

// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<2x4x24xf16>, %k: tensor<2x6x24xf16>, %v: tensor<2x6x24xf16>, %m: tensor<4x5xf16>, %n: tensor<2xi64>) -> none {
  // CHECK: xgen.reshape %arg0 {{.*}} -> tensor<2x4x3x8xf16>
  // CHECK: xgen.transpose {{.*}} -> tensor<2x3x4x8xf16>
  // CHECK: xgen.pad %arg3 {high = array<i64: 0, 1>, low = array<i64: 0, 0>, {{.*}}value = 0xFFF0000000000000 : f64}
  // CHECK: xgen.binary {{.*}}<lt>} : (tensor<1x6xi64>, tensor<2x1x1x1xi64>) -> tensor<2x1x1x6xi1>
  // CHECK: xgen.softmax {{.*}} -> tensor<2x3x4x6xf32>
  // CHECK: xgen.reshape {{.*}} -> tensor<2x4x24xf16>
  %none = onnx.none : none
  %0 = onnx.node "Attention"(%q, %k, %v, %m, %none, %none, %n) {opset = 24 : i64, onnx_attributes = {q_num_heads = 3 : i64, kv_num_heads = 3 : i64, softmax_precision = 1 : i64}} : (tensor<2x4x24xf16>, tensor<2x6x24xf16>, tensor<2x6x24xf16>, tensor<4x5xf16>, none, none, tensor<2xi64>) -> none
  return %0 : none
}

// -----
// Subgraphs change scores and probabilities.

// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>) -> none {
  // CHECK: %[[S:.*]] = xgen.matmul
  // CHECK: %[[T:.*]] = xgen.unary %[[S]] {kind = #xgen.unary_kind<tanh>}
  // CHECK: %[[P:.*]] = xgen.softmax %[[T]]
  // CHECK: %[[R:.*]] = xgen.unary %[[P]] {kind = #xgen.unary_kind<sqrt>}
  // CHECK: xgen.matmul %[[R]], %arg2
  %0 = onnx.node "FlexAttention"(%q, %k, %v) {domain = "ai.onnx.preview", opset = 1 : i64, onnx_attributes = {scale = 1.0 : f32}, subgraphs = ["score_mod", "prob_mod"]} : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> none {
  ^bb0(%s: tensor<?x?x?x?xf32>):
    %1 = onnx.node "Tanh"(%s) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x?x?x?xf32>) -> none
    onnx.yield %1 : none
  }, {
  ^bb0(%p: tensor<?x?x?x?xf32>):
    %2 = onnx.node "Sqrt"(%p) {opset = 13 : i64, onnx_attributes = {}} : (tensor<?x?x?x?xf32>) -> none
    onnx.yield %2 : none
  }
  return %0 : none
}

// -----
// ERROR: 5 nodes are unsupported
// ERROR: Attention {{ *}}23  the heads of the key do not divide the heads of the query
// ERROR: Attention {{ *}}23  key and value differ in heads or length
// ERROR: Attention {{ *}}23  the number of heads does not divide the last dimension
// ERROR: Attention {{ *}}23  attn_mask does not broadcast to the scores
// ERROR: Attention {{ *}}24  past_key and past_value must come together
func.func @main(%a: tensor<1x4x2x8xf32>, %b: tensor<1x3x2x8xf32>, %c: tensor<1x4x3x8xf32>, %p: tensor<1x2x8xf32>, %m: tensor<3x4x2x2xf32>) -> (none, none, none, none, none) {
  %none = onnx.none : none
  %0 = onnx.node "Attention"(%a, %b, %b) {opset = 23 : i64, onnx_attributes = {}} : (tensor<1x4x2x8xf32>, tensor<1x3x2x8xf32>, tensor<1x3x2x8xf32>) -> none
  %1 = onnx.node "Attention"(%a, %a, %c) {opset = 23 : i64, onnx_attributes = {}} : (tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>, tensor<1x4x3x8xf32>) -> none
  %2 = onnx.node "Attention"(%p, %p, %p) {opset = 23 : i64, onnx_attributes = {q_num_heads = 3 : i64, kv_num_heads = 3 : i64}} : (tensor<1x2x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>) -> none
  %3 = onnx.node "Attention"(%a, %a, %a, %m) {opset = 23 : i64, onnx_attributes = {}} : (tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>, tensor<3x4x2x2xf32>) -> none
  %4 = onnx.node "Attention"(%a, %a, %a, %none, %a) {opset = 24 : i64, onnx_attributes = {}} : (tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>, tensor<1x4x2x8xf32>, none, tensor<1x4x2x8xf32>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}
