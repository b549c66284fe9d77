// Products of 14 positions by 1 MB of weights, of 14 by 64 KB and of 56 by 1 MB.
func.func @main(%x: tensor<1x1x14x528xf32>, %y: tensor<1x1x56x528xf32>) -> (tensor<1x1x14x512xf32>, tensor<1x1x14x32xf32>, tensor<1x1x56x512xf32>) {
  %w = xgen.constant dense<0.01> : tensor<1x1x528x512xf32>
  %v = xgen.constant dense<0.01> : tensor<1x1x528x32xf32>
  %0 = xgen.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x1x14x528xf32>, tensor<1x1x528x512xf32>) -> tensor<1x1x14x512xf32>
  %1 = xgen.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x1x14x528xf32>, tensor<1x1x528x32xf32>) -> tensor<1x1x14x32xf32>
  %2 = xgen.conv %y, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x1x56x528xf32>, tensor<1x1x528x512xf32>) -> tensor<1x1x56x512xf32>
  return %0, %1, %2 : tensor<1x1x14x512xf32>, tensor<1x1x14x32xf32>, tensor<1x1x56x512xf32>
}
