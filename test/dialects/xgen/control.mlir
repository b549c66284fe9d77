// RUN: xgen-opt %s -split-input-file -verify-diagnostics | FileCheck %s

// A branch: two functions of the same arguments and results. The results of one
// may be smaller than what the caller has room for.

// CHECK-LABEL: func.func @main
// CHECK:         xgen.if %arg0 then @doubled else @half(%arg1) : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32>
func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.if %c then @doubled else @half(%x) : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @doubled(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xgen.binary %x, %x {kind = #xgen.binary_kind<add>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @half(%x: tensor<4xf32>) -> tensor<2xf32> {
  %0 = xgen.slice %x {starts = array<i64: 0>, sizes = array<i64: 2>, steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A loop carries a sum, and gives each sum out.

// CHECK-LABEL: func.func @main
// CHECK:         xgen.loop @body trips %arg0 most 8 carries(%arg1) captures(%arg2) : (tensor<i64>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<8x4xf32>, tensor<1xi64>)
func.func @main(%n: tensor<i64>, %x: tensor<4xf32>, %step: tensor<4xf32>) -> tensor<8x4xf32> {
  %sum, %all, %count = xgen.loop @body trips %n most 8 carries (%x) captures (%step) : (tensor<i64>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<8x4xf32>, tensor<1xi64>)
  return %all : tensor<8x4xf32>
}
func.func private @body(%i: tensor<i64>, %sum: tensor<4xf32>, %step: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = xgen.binary %sum, %step {kind = #xgen.binary_kind<add>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %0 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{calls unknown function @nobody}}
  %0 = xgen.if %c then @nobody else @nobody(%x) : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{result: 'tensor<4xf32>' does not fit 'tensor<2xf32>'}}
  %0 = xgen.if %c then @same else @same(%x) : (tensor<i1>, tensor<4xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func private @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @main(%c: tensor<2xi1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{the condition must be one i1}}
  %0 = xgen.if %c then @same else @same(%x) : (tensor<2xi1>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs a number of trips or a condition}}
  %0, %count = xgen.loop @same most 8 carries (%x) captures () : (tensor<4xf32>) -> (tensor<4xf32>, tensor<1xi64>)
  return %0 : tensor<4xf32>
}
func.func private @same(%i: tensor<i64>, %x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

func.func @main(%n: tensor<i64>, %x: tensor<4xf32>) -> tensor<7x4xf32> {
  // expected-error @+1 {{scan output 'tensor<7x4xf32>' has no room for 8 parts 'tensor<4xf32>'}}
  %0, %all, %count = xgen.loop @same trips %n most 8 carries (%x) captures () : (tensor<i64>, tensor<4xf32>) -> (tensor<4xf32>, tensor<7x4xf32>, tensor<1xi64>)
  return %all : tensor<7x4xf32>
}
func.func private @same(%i: tensor<i64>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  return %x, %x : tensor<4xf32>, tensor<4xf32>
}
