func.func @main(%x: tensor<1x20x20x16xf32>) -> tensor<1x20x20x32xf32> {
  %w = xgen.constant dense<0.125> : tensor<3x3x16x32xf32>
  %y = xgen.conv %x, %w {dilations = array<i64: 1, 1>, groups = 1 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x20x20x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x20x20x32xf32>
  return %y : tensor<1x20x20x32xf32>
}
