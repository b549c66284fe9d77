// RUN: xgen-opt %s -xgen-form-kernels -xgen-deduplicate-kernels -xgen-choose-schedules | FileCheck %s
// RUN: not xgen-opt %S/Inputs/unknown-op.mlir -xgen-form-kernels 2>&1 | FileCheck %s --check-prefix=ERROR

// Ops without emitter are kernels of their own, which call the reference. They
// take every operand from memory, splats too. Equal ops are one kernel.

// CHECK-LABEL: func.func @main
// CHECK:         %[[U:.*]] = xgen.constant dense<0.0
// CHECK:         %[[A:.*]] = kernel.launch @scatter_nd(%arg0, %arg2, %[[U]])
// CHECK:         %[[B:.*]] = kernel.launch @scatter_nd(%arg1, %arg2, %[[U]])
// CHECK:         return %[[A]], %[[B]]
// CHECK:       kernel.func private @scatter_nd
// CHECK-SAME:    attributes {schedule = #kernel.schedule<"eval">}
// CHECK-NOT:   kernel.func
func.func @main(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %at: tensor<2x1xi64>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %zero = xgen.constant dense<0.0> : tensor<2x8xf32>
  %0 = xgen.scatter_nd %x, %at, %zero : (tensor<4x8xf32>, tensor<2x1xi64>, tensor<2x8xf32>) -> tensor<4x8xf32>
  %1 = xgen.scatter_nd %y, %at, %zero : (tensor<4x8xf32>, tensor<2x1xi64>, tensor<2x8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// ERROR: error: 'func.call' cannot be compiled: it was not legalized to xgen ops
