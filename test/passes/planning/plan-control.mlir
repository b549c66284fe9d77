// RUN: xgen-opt %s -split-input-file -xgen-plan-memory -xgen-verify-plan | FileCheck %s

// A branch is a piece of the program. Both branches write the program's output;
// what they need in between lies at the same place, since only one of them runs.
// The weight is the program's.

// CHECK-LABEL: plan.program @main attributes {arena_bytes = 256 : i64
// CHECK:         plan.weight <weights 0 at 0 size 256>
// CHECK-NEXT:    plan.if <input 0 at 0 size 1> writes [#plan.ref<output 0 at 0 size 256>] named ["a", "b"] {
// CHECK-NEXT:      plan.launch @relu reads [#plan.ref<input 1 at 0 size 256>] writes [#plan.ref<arena 0 at 0 size 256>]
// CHECK-NEXT:      plan.launch @relu reads [#plan.ref<arena 0 at 0 size 256>] writes [#plan.ref<output 0 at 0 size 256>]
// CHECK-NEXT:      plan.yield [#plan.ref<output 0 at 0 size 256>]
// CHECK-NEXT:    } else {
// CHECK-NEXT:      plan.launch @add reads [#plan.ref<input 1 at 0 size 256>, #plan.ref<weights 0 at 0 size 256>] writes [#plan.ref<arena 1 at 0 size 256>]
// CHECK-NEXT:      plan.launch @relu reads [#plan.ref<arena 1 at 0 size 256>] writes [#plan.ref<output 0 at 0 size 256>]
// CHECK-NEXT:      plan.yield [#plan.ref<output 0 at 0 size 256>]
// CHECK-NEXT:    }
// CHECK-NOT:     func.func
func.func @main(%c: tensor<i1>, %x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.if %c then @a else @b(%x) : (tensor<i1>, tensor<64xf32>) -> tensor<64xf32>
  return %0 : tensor<64xf32>
}
func.func private @a(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = kernel.launch @relu(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @relu(%0) : (tensor<64xf32>) -> tensor<64xf32>
  return %1 : tensor<64xf32>
}
func.func private @b(%x: tensor<64xf32>) -> tensor<64xf32> {
  %w = xgen.constant dense<1.0> : tensor<64xf32>
  %0 = kernel.launch @add(%x, %w) : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @relu(%0) : (tensor<64xf32>) -> tensor<64xf32>
  return %1 : tensor<64xf32>
}
kernel.func private @relu(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}
kernel.func private @add(%x: tensor<64xf32>, %y: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}

// -----

// A loop: what it carries has one buffer that lives from before it to behind it,
// and one for the next value, which is copied back. Parts of the scan output are
// put one after another.

// CHECK-LABEL: plan.program @main
// CHECK:         plan.copy <input 1 at 0 size 256> to <arena [[SUM:[0-9]+]] at [[AT:[0-9]+]] size 256>
// CHECK-NEXT:    plan.loop trips <input 0 at 0 size 8> most 3 index <arena [[I:[0-9]+]] at {{[0-9]+}} size 8> count <arena {{[0-9]+}} at {{[0-9]+}} size 8>
// CHECK-SAME:      carries [#plan.ref<arena [[SUM]] at [[AT]] size 256>]
// CHECK-SAME:      writes [#plan.ref<arena [[SUM]] at [[AT]] size 256>, #plan.ref<arena [[ALL:[0-9]+]] at [[THERE:[0-9]+]] size 768>] named "body" {
// CHECK-NEXT:      plan.launch @add reads [#plan.ref<arena [[SUM]] at [[AT]] size 256>, #plan.ref<input 1 at 0 size 256>] writes [#plan.ref<arena [[NEXT:[0-9]+]] at [[HERE:[0-9]+]] size 256>]
// CHECK-NEXT:      plan.launch @add reads [#plan.ref<arena [[NEXT]] at [[HERE]] size 256>, #plan.ref<input 1 at 0 size 256>] writes [#plan.ref<arena [[PART:[0-9]+]] at {{[0-9]+}} size 256>]
// CHECK-NEXT:      plan.copy <arena [[NEXT]] at [[HERE]] size 256> to <arena [[SUM]] at [[AT]] size 256>
// CHECK-NEXT:      plan.append <arena [[PART]] at {{[0-9]+}} size 256> to <arena [[ALL]] at [[THERE]] size 768>
// CHECK-NEXT:    }
// CHECK-NEXT:    plan.copy <arena [[ALL]] at [[THERE]] size 768> to <output 0 at 0 size 768>
func.func @main(%n: tensor<i64>, %x: tensor<64xf32>) -> tensor<3x64xf32> {
  %sum, %all, %count = xgen.loop @body trips %n most 3 carries (%x) captures (%x) : (tensor<i64>, tensor<64xf32>, tensor<64xf32>) -> (tensor<64xf32>, tensor<3x64xf32>, tensor<1xi64>)
  return %all : tensor<3x64xf32>
}
func.func private @body(%i: tensor<i64>, %sum: tensor<64xf32>, %x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = kernel.launch @add(%sum, %x) : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  %1 = kernel.launch @add(%0, %x) : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  return %0, %1 : tensor<64xf32>, tensor<64xf32>
}
kernel.func private @add(%x: tensor<64xf32>, %y: tensor<64xf32>) -> tensor<64xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  kernel.return %0 : tensor<64xf32>
}
