// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// Rotary embedding: halves turn by the angles that the positions choose.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<2x4x3x8xf32>, %[[COS:.*]]: tensor<50x4xf32>, %[[SIN:.*]]: tensor<50x4xf32>, %[[AT:.*]]: tensor<2x3xi64>)
func.func @main(%x: tensor<2x4x3x8xf32>, %c: tensor<50x4xf32>, %s: tensor<50x4xf32>, %p: tensor<2x3xi64>) -> none {
  // CHECK: %[[C:.*]] = xgen.gather %[[COS]], %[[AT]] {axis = 0 : i64}
  // CHECK: %[[C1:.*]] = xgen.reshape %[[C]] : (tensor<2x3x4xf32>) -> tensor<2x1x3x4xf32>
  // CHECK: %[[S:.*]] = xgen.gather %[[SIN]], %[[AT]]
  // CHECK: %[[S1:.*]] = xgen.reshape %[[S]]
  // CHECK: %[[A:.*]] = xgen.slice %[[X]] {sizes = array<i64: 2, 4, 3, 4>, starts = array<i64: 0, 0, 0, 0>
  // CHECK: %[[B:.*]] = xgen.slice %[[X]] {sizes = array<i64: 2, 4, 3, 4>, starts = array<i64: 0, 0, 0, 4>
  // CHECK: xgen.binary %[[C1]], %[[A]] {kind = #xgen.binary_kind<mul>}
  // CHECK: xgen.binary %[[S1]], %[[B]] {kind = #xgen.binary_kind<mul>}
  // CHECK: xgen.binary {{.*}}<sub>
  // CHECK: xgen.binary %[[S1]], %[[A]] {kind = #xgen.binary_kind<mul>}
  // CHECK: xgen.binary %[[C1]], %[[B]] {kind = #xgen.binary_kind<mul>}
  // CHECK: xgen.binary {{.*}}<add>
  // CHECK: xgen.concat {{.*}} {axis = 3 : i64}
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %s, %p) {opset = 23 : i64, onnx_attributes = {}} : (tensor<2x4x3x8xf32>, tensor<50x4xf32>, tensor<50x4xf32>, tensor<2x3xi64>) -> none
  return %0 : none
}

// -----
// Packed heads; pairs of neighbours; the end of each head does not turn.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x32xf32>, %c: tensor<2x3x2xf32>, %s: tensor<2x3x2xf32>) -> none {
  // CHECK: %[[X:.*]] = xgen.reshape %arg0 {{.*}} -> tensor<2x3x4x8xf32>
  // CHECK: xgen.reshape %arg1 {{.*}} -> tensor<2x3x1x2xf32>
  // CHECK: xgen.slice %[[X]] {sizes = array<i64: 2, 3, 4, 2>, starts = array<i64: 0, 0, 0, 1>, steps = array<i64: 1, 1, 1, 2>}
  // CHECK: xgen.concat {{.*}} {axis = 4 : i64} {{.*}} -> tensor<2x3x4x2x2xf32>
  // CHECK: xgen.slice %[[X]] {sizes = array<i64: 2, 3, 4, 4>, starts = array<i64: 0, 0, 0, 4>
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %s) {opset = 23 : i64, onnx_attributes = {num_heads = 4 : i64, interleaved = 1 : i64, rotary_embedding_dim = 4 : i64}} : (tensor<2x3x32xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>) -> none
  return %0 : none
}

// -----
// An update of a cache, from a position of each batch entry on; circular: the end
// is followed by the beginning.

// CHECK-LABEL: func.func @main
func.func @main(%cache: tensor<2x1x4x5xf32>, %u: tensor<2x1x2x5xf32>, %w: tensor<2xi64>) -> none {
  // CHECK: %[[STEP:.*]] = xgen.constant dense<{{.*}}> : tensor<1x1x2x1xi64>
  // CHECK: %[[START:.*]] = xgen.reshape %arg2 : (tensor<2xi64>) -> tensor<2x1x1x1xi64>
  // CHECK: %[[AT:.*]] = xgen.binary %[[STEP]], %[[START]] {kind = #xgen.binary_kind<add>}
  // CHECK: xgen.binary %[[AT]], {{.*}}<mod>
  // CHECK: %[[ALL:.*]] = xgen.expand {{.*}} -> tensor<2x1x2x5xi64>
  // CHECK: xgen.scatter_elements %arg0, %[[ALL]], %arg1 {axis = 2 : i64}
  %0 = onnx.node "TensorScatter"(%cache, %u, %w) {opset = 24 : i64, onnx_attributes = {mode = "circular"}} : (tensor<2x1x4x5xf32>, tensor<2x1x2x5xf32>, tensor<2xi64>) -> none
  return %0 : none
}

// -----
// A depthwise convolution over past and input, whose end is the next past.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x4x8xf32>, %w: tensor<4x1x3xf32>, %b: tensor<4xf32>, %p: tensor<2x4x2xf32>) -> (none, none) {
  // CHECK: %[[ALL:.*]] = xgen.concat %arg3, %arg0 {axis = 2 : i64}
  // CHECK: %[[STATE:.*]] = xgen.slice %[[ALL]] {sizes = array<i64: 2, 4, 2>, starts = array<i64: 0, 0, 8>
  // CHECK: xgen.conv {{.*}}groups = 4
  // CHECK: xgen.unary {{.*}} {alpha = 1.000000e+00 : f64, kind = #xgen.unary_kind<swish>}
  %0:2 = onnx.node "CausalConvWithState"(%x, %w, %b, %p) {opset = 27 : i64, onnx_attributes = {activation = "silu"}} : (tensor<2x4x8xf32>, tensor<4x1x3xf32>, tensor<4xf32>, tensor<2x4x2xf32>) -> (none, none)
  return %0#0, %0#1 : none, none
}

// -----
// Without a past, zeros come first.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x4x8xf32>, %w: tensor<4x1x3xf32>) -> none {
  // CHECK: xgen.pad %arg0 {high = array<i64: 0, 0, 0>, low = array<i64: 0, 0, 2>
  %0 = onnx.node "CausalConvWithState"(%x, %w) {opset = 27 : i64, onnx_attributes = {}} : (tensor<2x4x8xf32>, tensor<4x1x3xf32>) -> none
  return %0 : none
}

// -----
// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> none {
  // CHECK: %[[GATE:.*]] = xgen.unary %arg0 {alpha = 5.000000e-01 : f64, kind = #xgen.unary_kind<swish>}
  // CHECK: xgen.binary %[[GATE]], %arg1 {kind = #xgen.binary_kind<mul>}
  %0 = onnx.node "SwiGLU"(%a, %b) {opset = 28 : i64, onnx_attributes = {alpha = 0.5 : f32}} : (tensor<2x4xf32>, tensor<2x4xf32>) -> none
  return %0 : none
}

// -----
// Linear attention: heads are unpacked, states are floats, and the rule chooses
// among decay and beta.

// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<2x4x64xf16>, %k: tensor<2x4x16xf16>, %d: tensor<2x4x2xf16>, %b: tensor<2x4x1xf16>) -> (none, none, none) {
  // CHECK: %[[Q:.*]] = xgen.cast {{.*}} -> tensor<2x4x8x8xf32>
  // CHECK: %[[D:.*]] = xgen.cast {{.*}} -> tensor<2x4x2x1xf32>
  // CHECK: %[[B:.*]] = xgen.cast %arg3 {{.*}} -> tensor<2x4x1xf32>
  // CHECK: %[[Y:.*]], %[[S:.*]] = xgen.linear_attention %[[Q]], {{.*}}, %[[D]], %[[B]] {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 1>, scale = 0.35355{{.*}}} {{.*}} -> (tensor<2x4x8x8xf32>, tensor<2x2x8x8xf32>)
  // CHECK: xgen.cast %[[S]] {{.*}} -> tensor<2x2x8x8xf16>
  // CHECK: xgen.reshape %[[Y]] {{.*}} -> tensor<2x4x64xf32>
  %none = onnx.none : none
  %0:2 = onnx.node "LinearAttention"(%q, %k, %k, %none, %d, %b) {opset = 27 : i64, onnx_attributes = {q_num_heads = 8 : i64, kv_num_heads = 2 : i64}} : (tensor<2x4x64xf16>, tensor<2x4x16xf16>, tensor<2x4x16xf16>, none, tensor<2x4x2xf16>, tensor<2x4x1xf16>) -> (none, none)
  // CHECK: xgen.linear_attention {{.*}} {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>, scale = 1.0
  %1 = onnx.node "LinearAttention"(%q, %k, %k) {opset = 27 : i64, onnx_attributes = {q_num_heads = 8 : i64, kv_num_heads = 2 : i64, update_rule = "linear", scale = 1.0 : f32}} : (tensor<2x4x64xf16>, tensor<2x4x16xf16>, tensor<2x4x16xf16>) -> none
  return %0#0, %0#1, %1 : none, none, none
}

// -----
// ERROR: LinearAttention {{ *}}27  update_rule 'delta' needs input 'beta'
// ERROR: LinearAttention {{ *}}27  the heads do not divide the last dimension of query
// ERROR: LinearAttention {{ *}}27  query, key and value do not fit each other
func.func @main(%q: tensor<2x4x64xf32>, %k: tensor<2x4x16xf32>) -> (none, none, none) {
  %0 = onnx.node "LinearAttention"(%q, %q, %q) {opset = 27 : i64, onnx_attributes = {q_num_heads = 8 : i64, kv_num_heads = 8 : i64, update_rule = "delta"}} : (tensor<2x4x64xf32>, tensor<2x4x64xf32>, tensor<2x4x64xf32>) -> none
  %1 = onnx.node "LinearAttention"(%q, %q, %q) {opset = 27 : i64, onnx_attributes = {q_num_heads = 7 : i64, kv_num_heads = 7 : i64, update_rule = "linear"}} : (tensor<2x4x64xf32>, tensor<2x4x64xf32>, tensor<2x4x64xf32>) -> none
  %2 = onnx.node "LinearAttention"(%q, %k, %q) {opset = 27 : i64, onnx_attributes = {q_num_heads = 8 : i64, kv_num_heads = 8 : i64, update_rule = "linear"}} : (tensor<2x4x64xf32>, tensor<2x4x16xf32>, tensor<2x4x64xf32>) -> none
  return %0, %1, %2 : none, none, none
}

// -----
// ERROR: RotaryEmbedding {{ *}}23  rotary_embedding_dim must be even and at most 8
// ERROR: RotaryEmbedding {{ *}}23  the caches must hold 4 angles a position
// ERROR: TensorScatter {{ *}}24  the update must be of the cache's type and shape, and not longer
// ERROR: CausalConvWithState {{ *}}27  unknown activation 'relu'
func.func @main(%x: tensor<2x4x3x8xf32>, %c: tensor<2x3x2xf32>, %u: tensor<2x4x5x8xf32>, %y: tensor<2x4x8xf32>, %w: tensor<4x1x3xf32>) -> (none, none, none, none) {
  %0 = onnx.node "RotaryEmbedding"(%x, %c, %c) {opset = 23 : i64, onnx_attributes = {rotary_embedding_dim = 10 : i64}} : (tensor<2x4x3x8xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>) -> none
  %1 = onnx.node "RotaryEmbedding"(%x, %c, %c) {opset = 23 : i64, onnx_attributes = {}} : (tensor<2x4x3x8xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>) -> none
  %2 = onnx.node "TensorScatter"(%x, %u) {opset = 24 : i64, onnx_attributes = {}} : (tensor<2x4x3x8xf32>, tensor<2x4x5x8xf32>) -> none
  %3 = onnx.node "CausalConvWithState"(%y, %w) {opset = 27 : i64, onnx_attributes = {activation = "relu"}} : (tensor<2x4x8xf32>, tensor<4x1x3xf32>) -> none
  return %0, %1, %2, %3 : none, none, none, none
}
