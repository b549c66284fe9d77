kernel.func @add(%x: tensor<2x3xf32>, %w: tensor<3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %y = xgen.binary %x, %w {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  kernel.return %y : tensor<2x3xf32>
}
kernel.func @add_again(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %c = xgen.binary %a, %b {kind = #xgen.binary_kind<add>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  kernel.return %c : tensor<2x3xf32>
}
kernel.func @relu(%x: tensor<2x3xf32>) -> tensor<2x3xf32>
    attributes {schedule = #kernel.schedule<"eval">} {
  %y = xgen.unary %x {kind = #xgen.unary_kind<relu>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  kernel.return %y : tensor<2x3xf32>
}
plan.program @main attributes {
    inputs = [#plan.tensor<"x.1", tensor<2x3xf32>>],
    outputs = [#plan.tensor<"y", tensor<2x3xf32>>, #plan.tensor<"copy of x", tensor<2x3xf32>>],
    arena_bytes = 128 : i64, weights_bytes = 76 : i64, peak_live_bytes = 48 : i64} {
  plan.weight #plan.ref<weights 0 at 64 size 12> = dense<[1.0, -2.0, 3.0]> : tensor<3xf32>
  plan.weight #plan.ref<weights 1 at 0 size 12> = dense<0.5> : tensor<3xf32>
  plan.launch @add reads [#plan.ref<input 0 at 0 size 24>, #plan.ref<weights 0 at 64 size 12>]
    writes [#plan.ref<arena 0 at 0 size 24>] {macs = 6 : i64, nodes = ["Add_0"]}
  plan.launch @add_again reads [#plan.ref<arena 0 at 0 size 24>, #plan.ref<weights 1 at 0 size 12>]
    writes [#plan.ref<arena 1 at 64 size 24>] {nodes = ["Add_1", "Id \"q\" */"]}
  plan.launch @relu reads [#plan.ref<arena 1 at 64 size 24>] writes [#plan.ref<output 0 at 0 size 24>]
  plan.copy #plan.ref<input 0 at 0 size 24> to #plan.ref<output 1 at 0 size 24>
}
