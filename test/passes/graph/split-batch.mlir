// RUN: xgen-opt %s -split-input-file -xgen-split-batch | FileCheck %s

// Each sample's result depends on that sample alone: one sample is computed,
// and the module says how inputs and outputs are made of samples.
// CHECK-LABEL: module attributes
// CHECK-SAME: xgen.batch = {inputs = array<i64: 1, 0>, outputs = array<i64: 4, 1>, symbol = #xgen.symbol<input, "N", 1 to 8>}
// CHECK-NOT:  xgen.symbols
// CHECK:      func.func @main(%arg0: tensor<1x4x6xf32> {onnx.name = "x"}, %arg1: tensor<6xf32>) -> (tensor<4x6xf32>, tensor<1x4xf32>)
// CHECK-NEXT:   xgen.binary %arg0, %arg1 {{.*}} -> tensor<1x4x6xf32>
// CHECK-NEXT:   xgen.slice {{.*}}sizes = array<i64: 1, 4, 6>{{.*}} -> tensor<1x4x6xf32>
// CHECK-NEXT:   xgen.reshape {{.*}} -> tensor<4x6xf32>
// CHECK-NEXT:   xgen.reduce {{.*}} -> tensor<1x4xf32>
module attributes {xgen.symbols = [#xgen.symbol<input, "N", 1 to 8>]} {
  func.func @main(%x: tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>> {onnx.name = "x", onnx.dims = [["N", array<i64: 1, 8, 1>], "", ""]}, %v: tensor<6xf32>) -> (tensor<?x6xf32, #xgen.dims<()[s0] -> (s0 * 4, 6), min = [4, 6], max = [32, 6]>>, tensor<?x4xf32, #xgen.dims<()[s0] -> (s0, 4), min = [1, 4], max = [8, 4]>>) {
    %0 = xgen.binary %x, %v {kind = #xgen.binary_kind<mul>} : (tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>, tensor<6xf32>) -> tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>
    %1 = xgen.slice %0 {sizes = array<i64: -9223372036854775808, 4, 6>, starts = array<i64: 0, 0, 0>, steps = array<i64: 1, 1, 1>, xgen.dynamic = {sizes = affine_map<()[s0] -> (s0, 4, 6)>}} : (tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>) -> tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>
    %2 = xgen.reshape %1 : (tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>) -> tensor<?x6xf32, #xgen.dims<()[s0] -> (s0 * 4, 6), min = [4, 6], max = [32, 6]>>
    %3 = xgen.reduce %0 {axes = array<i64: 2>, keepdims = false, kind = #xgen.reduce_kind<sum>} : (tensor<?x4x6xf32, #xgen.dims<()[s0] -> (s0, 4, 6), min = [1, 4, 6], max = [8, 4, 6]>>) -> tensor<?x4xf32, #xgen.dims<()[s0] -> (s0, 4), min = [1, 4], max = [8, 4]>>
    return %2, %3 : tensor<?x6xf32, #xgen.dims<()[s0] -> (s0 * 4, 6), min = [4, 6], max = [32, 6]>>, tensor<?x4xf32, #xgen.dims<()[s0] -> (s0, 4), min = [1, 4], max = [8, 4]>>
  }
}

// -----

// A softmax over the samples mixes them.
// CHECK-LABEL: module attributes
// CHECK-SAME: xgen.symbols
// CHECK: xgen.softmax {{.*}} -> tensor<?x6xf32, #xgen.dims
module attributes {xgen.symbols = [#xgen.symbol<input, "N", 1 to 8>]} {
  func.func @main(%x: tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>) -> tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>> {
    %0 = xgen.softmax %x {axes = array<i64: 0>} : (tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>) -> tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>
    return %0 : tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>
  }
}

// -----

// So does the product of a matrix of samples with itself: rows are samples on
// the left only.
// CHECK-LABEL: module attributes
// CHECK-SAME: xgen.symbols
module attributes {xgen.symbols = [#xgen.symbol<input, "N", 1 to 8>]} {
  func.func @main(%x: tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>, %y: tensor<6x5xf32>) -> (tensor<?x?xf32, #xgen.dims<()[s0] -> (s0, s0), min = [1, 1], max = [8, 8]>>) {
    %0 = xgen.transpose %x {perm = array<i64: 1, 0>} : (tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>) -> tensor<6x?xf32, #xgen.dims<()[s0] -> (6, s0), min = [6, 1], max = [6, 8]>>
    %1 = xgen.matmul %x, %0 : (tensor<?x6xf32, #xgen.dims<()[s0] -> (s0, 6), min = [1, 6], max = [8, 6]>>, tensor<6x?xf32, #xgen.dims<()[s0] -> (6, s0), min = [6, 1], max = [6, 8]>>) -> tensor<?x?xf32, #xgen.dims<()[s0] -> (s0, s0), min = [1, 1], max = [8, 8]>>
    return %1 : tensor<?x?xf32, #xgen.dims<()[s0] -> (s0, s0), min = [1, 1], max = [8, 8]>>
  }
}
