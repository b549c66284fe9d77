// RUN: xgen-opt %s -split-input-file -verify-diagnostics -xgen-verify-plan

// Value 1 lies on value 0, which is read once more afterwards.

plan.program @main attributes {inputs = [#plan.tensor<"x", tensor<16xf32>>], outputs = [#plan.tensor<"y", tensor<16xf32>>], arena_bytes = 128 : i64, weights_bytes = 0 : i64, peak_live_bytes = 128 : i64} {
  plan.launch @relu reads [#plan.ref<input 0 at 0 size 64>] writes [#plan.ref<arena 0 at 0 size 64>]
  plan.launch @relu reads [#plan.ref<input 0 at 0 size 64>] writes [#plan.ref<arena 1 at 0 size 64>]
  // expected-error @+1 {{which belongs to value 1}}
  plan.launch @add reads [#plan.ref<arena 0 at 0 size 64>, #plan.ref<arena 1 at 0 size 64>] writes [#plan.ref<output 0 at 0 size 64>]
}
kernel.func private @relu(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}
kernel.func private @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = xgen.binary %x, %y {kind = #xgen.binary_kind<add>} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  kernel.return %0 : tensor<16xf32>
}

// -----

// Half of the output is never written.

// expected-error @+1 {{never writes byte 64 of output 'y'}}
plan.program @main attributes {inputs = [#plan.tensor<"x", tensor<16xf32>>], outputs = [#plan.tensor<"y", tensor<32xf32>>], arena_bytes = 0 : i64, weights_bytes = 0 : i64, peak_live_bytes = 0 : i64} {
  plan.copy <input 0 at 0 size 64> to <output 0 at 0 size 64>
}
