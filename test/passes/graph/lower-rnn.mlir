// RUN: xgen-opt %s -xgen-lower-rnn | FileCheck %s
// RUN: xgen-opt %s -xgen-lower-rnn=max-steps=3 | FileCheck %s --check-prefix=THREE

// A step of an LSTM: two products for all gates, whose slices are activated.

// CHECK-LABEL: func.func @step
// CHECK-DAG:     %[[X:.*]] = xgen.reshape %arg0 : (tensor<1x2x3xf32>) -> tensor<2x3xf32>
// CHECK-DAG:     %[[H:.*]] = xgen.reshape %arg1 : (tensor<1x2x4xf32>) -> tensor<2x4xf32>
// CHECK-DAG:     xgen.matmul %[[X]], %{{.*}} : (tensor<2x3xf32>, tensor<3x16xf32>) -> tensor<2x16xf32>
// CHECK-DAG:     xgen.matmul %[[H]], %{{.*}} : (tensor<2x4xf32>, tensor<4x16xf32>) -> tensor<2x16xf32>
// CHECK:         %[[I:.*]] = xgen.slice %[[ALL:.*]] {sizes = array<i64: 2, 4>, starts = array<i64: 0, 0>
// CHECK:         xgen.unary %[[I]] {kind = #xgen.unary_kind<sigmoid>}
// CHECK-NOT:     xgen.rnn
func.func @step(%x: tensor<1x2x3xf32>, %h: tensor<1x2x4xf32>, %c: tensor<1x2x4xf32>) -> (tensor<1x1x2x4xf32>, tensor<1x2x4xf32>) {
  %w = xgen.constant dense<0.5> : tensor<1x16x3xf32>
  %r = xgen.constant dense<0.25> : tensor<1x16x4xf32>
  %0:3 = xgen.rnn %x, %w, %r, %h, %c {kind = #xgen.rnn_kind<lstm>, direction = #xgen.rnn_direction<forward>, activations = array<i64: 29, 15, 15>, activation_alpha = array<f64: 0.0, 0.0, 0.0>, activation_beta = array<f64: 0.0, 0.0, 0.0>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1, 0>} : (tensor<1x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> (tensor<1x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#0, %0#2 : tensor<1x1x2x4xf32>, tensor<1x2x4xf32>
}

// Three steps are a loop, unless asked for; without an initial state the first
// one has no recurrent product.

// CHECK-LABEL: func.func @sequence
// CHECK:         xgen.rnn
// THREE-LABEL: func.func @sequence
// THREE-COUNT-5: xgen.matmul
// THREE-NOT:     xgen.matmul
// THREE:         xgen.concat {{.*}} -> tensor<3x1x2x4xf32>
func.func @sequence(%x: tensor<3x2x3xf32>) -> tensor<3x1x2x4xf32> {
  %w = xgen.constant dense<0.5> : tensor<1x4x3xf32>
  %r = xgen.constant dense<0.25> : tensor<1x4x4xf32>
  %0:2 = xgen.rnn %x, %w, %r {kind = #xgen.rnn_kind<rnn>, direction = #xgen.rnn_direction<reverse>, activations = array<i64: 15>, activation_alpha = array<f64: 0.0>, activation_beta = array<f64: 0.0>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>} : (tensor<3x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<3x1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#0 : tensor<3x1x2x4xf32>
}

// Weights that are not known stay with the reference kernel.

// CHECK-LABEL: func.func @unknown
// CHECK:         xgen.rnn
func.func @unknown(%x: tensor<1x2x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>) -> tensor<1x1x2x4xf32> {
  %0:2 = xgen.rnn %x, %w, %r {kind = #xgen.rnn_kind<rnn>, direction = #xgen.rnn_direction<forward>, activations = array<i64: 15>, activation_alpha = array<f64: 0.0>, activation_beta = array<f64: 0.0>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>} : (tensor<1x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<1x1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#0 : tensor<1x1x2x4xf32>
}
