// RUN: xgenc verify %s | FileCheck %s
// RUN: xgenc verify %s -threads=2 | FileCheck %s
// RUN: xgenc verify %s -target=x86-64-v3 | FileCheck %s
// RUN: %if avx512 %{ xgenc verify %s -target=x86-64-v4 | FileCheck %s %}
// RUN: xgenc %s -target=x86-64-v4 -emit=kernel -o %t.mlir
// RUN: FileCheck %s --check-prefix=KERNEL < %t.mlir
// RUN: sed -E 's/"dot_conv", .mr = [0-9]+/"dot_conv", {steps = 1 : i64, mr = 7/' %t.mlir > %t.seven.mlir
// RUN: ln -sf %t.mlir.weights %t.seven.mlir.weights
// RUN: %if avx512 %{ xgenc verify %t.seven.mlir -target=x86-64-v4 | FileCheck %s %}
// RUN: xgen-run %s -output=y=%t.y.npy -output=z=%t.z.npy -output=r=%t.r.npy
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -expect=y=%t.y.npy -expect=z=%t.z.npy -expect=r=%t.r.npy -rtol=4e-6 %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -expect=y=%t.y.npy -expect=z=%t.z.npy -expect=r=%t.r.npy -rtol=4e-6 %}

// Convolutions with few output channels, along the reduction: weights are stored a
// channel a panel. Two images, rows that are no whole vectors, borders, strides and
// dilation, a product over all pixels, a result in the place of its residual.

// KERNEL-COUNT-4: schedule = #kernel.schedule<"dot_conv", {mr = {{[0-9]+}} : i64, nr = 1 : i64}>
// KERNEL:         xgen.packed<nr = 1>

// CHECK-NOT:     (eval)
// CHECK-COUNT-4: ok {{.*}}(dot_conv)
// CHECK:         4 of 4 launches agree

func.func @main(%x: tensor<2x9x21x12xf32>) -> (tensor<2x9x21x1xf32> {onnx.name = "y"}, tensor<2x5x11x2xf32> {onnx.name = "z"}, tensor<2x9x21x2xf32> {onnx.name = "r"}) {
  %a0 = xgen.constant dense<[[[[-0.038], [0.048], [0.339], [-0.027], [0.006], [0.07], [-0.252], [0.01], [0.104], [0.234], [-0.325], [-0.157]], [[-0.327], [0.248], [0.155], [-0.366], [0.386], [0.372], [0.123], [0.092], [-0.274], [-0.388], [0.023], [-0.352]], [[-0.248], [-0.206], [-0.376], [-0.029], [-0.048], [0.274], [0.015], [0.112], [0.101], [0.13], [-0.034], [-0.177]], [[0.398], [0.397], [0.272], [0.166], [-0.148], [-0.216], [-0.169], [-0.344], [0.213], [-0.08], [0.277], [-0.091]], [[0.366], [0.278], [-0.4], [-0.232], [0.328], [-0.024], [0.384], [-0.082], [-0.342], [0.104], [0.223], [-0.184]]], [[[-0.33], [-0.134], [0.371], [0.206], [-0.306], [-0.203], [-0.319], [-0.352], [0.238], [-0.258], [0.047], [-0.042]], [[-0.247], [0.186], [-0.295], [0.115], [-0.307], [-0.063], [-0.23], [-0.184], [0.377], [0.243], [-0.157], [0.308]], [[-0.231], [-0.085], [0.284], [0.113], [-0.32], [0.391], [-0.229], [-0.193], [0.218], [-0.137], [-0.163], [-0.341]], [[-0.328], [0.066], [-0.206], [0.081], [-0.103], [-0.037], [0.367], [-0.013], [0.06], [0.293], [-0.254], [-0.277]], [[0.327], [0.254], [-0.2], [-0.248], [0.192], [0.352], [-0.243], [0.36], [0.306], [0.083], [-0.063], [-0.317]]], [[[-0.369], [0.37], [-0.209], [0.164], [-0.194], [0.259], [0.077], [-0.165], [-0.26], [0.176], [-0.345], [-0.217]], [[0.047], [0.282], [0.091], [-0.176], [0.334], [-0.237], [-0.387], [-0.185], [-0.043], [-0.352], [-0.259], [-0.105]], [[0.058], [-0.295], [-0.11], [0.313], [0.384], [0.126], [0.153], [0.068], [-0.288], [-0.372], [-0.386], [0.328]], [[0.161], [0.37], [-0.383], [0.109], [-0.014], [0.184], [-0.145], [0.399], [-0.34], [0.037], [0.19], [0.32]], [[0.19], [0.163], [0.235], [0.332], [-0.119], [0.148], [0.321], [0.297], [-0.066], [0.232], [0.291], [0.058]]]]> : tensor<3x5x12x1xf32>
  %c0 = xgen.constant dense<[[[[0.1]]]]> : tensor<1x1x1x1xf32>
  %m0 = xgen.binary %a0, %c0 {kind = #xgen.binary_kind<mul>} : (tensor<3x5x12x1xf32>, tensor<1x1x1x1xf32>) -> tensor<3x5x12x1xf32>
  %w0 = xgen.binary %m0, %c0 {kind = #xgen.binary_kind<sub>} : (tensor<3x5x12x1xf32>, tensor<1x1x1x1xf32>) -> tensor<3x5x12x1xf32>
  %b0 = xgen.constant dense<[-0.094]> : tensor<1xf32>
  %0 = xgen.conv %x, %w0, %b0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 2, 1, 2>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x9x21x12xf32>, tensor<3x5x12x1xf32>, tensor<1xf32>) -> tensor<2x9x21x1xf32>
  %y0 = xgen.unary %0 {kind = #xgen.unary_kind<sigmoid>} : (tensor<2x9x21x1xf32>) -> tensor<2x9x21x1xf32>
  %a1 = xgen.constant dense<[[[[0.066], [0.087], [-0.336], [0.112], [0.395], [0.304], [0.183], [-0.089], [0.188], [0.065], [-0.048], [0.271]], [[-0.333], [0.2], [-0.376], [0.081], [-0.015], [-0.216], [0.159], [-0.002], [0.092], [0.336], [-0.195], [-0.391]], [[-0.159], [0.143], [-0.238], [-0.264], [0.325], [0.128], [-0.046], [0.313], [-0.138], [0.133], [-0.241], [-0.055]]], [[[0.245], [0.331], [0.304], [-0.092], [0.066], [-0.147], [-0.291], [-0.003], [0.27], [0.279], [0.169], [0.36]], [[-0.179], [-0.265], [-0.039], [-0.18], [-0.229], [-0.069], [0.101], [-0.005], [-0.148], [0.271], [0.386], [-0.038]], [[-0.34], [-0.375], [0.298], [-0.367], [0.167], [0.056], [-0.153], [0.233], [-0.385], [-0.291], [-0.036], [-0.38]]], [[[0.264], [-0.21], [-0.287], [-0.362], [0.103], [-0.043], [0.104], [0.124], [0.246], [0.367], [0.148], [-0.241]], [[-0.02], [-0.257], [-0.391], [-0.022], [0.171], [-0.257], [-0.182], [-0.123], [0.158], [0.016], [0.092], [0.205]], [[-0.085], [0.234], [0.325], [-0.33], [0.346], [0.178], [-0.296], [-0.037], [0.1], [0.328], [-0.099], [0.055]]]]> : tensor<3x3x12x1xf32>
  %c1 = xgen.constant dense<[[[[0.303, 0.237]]]]> : tensor<1x1x1x2xf32>
  %m1 = xgen.binary %a1, %c1 {kind = #xgen.binary_kind<mul>} : (tensor<3x3x12x1xf32>, tensor<1x1x1x2xf32>) -> tensor<3x3x12x2xf32>
  %w1 = xgen.binary %m1, %c1 {kind = #xgen.binary_kind<sub>} : (tensor<3x3x12x2xf32>, tensor<1x1x1x2xf32>) -> tensor<3x3x12x2xf32>
  %b1 = xgen.constant dense<[0.355, -0.029]> : tensor<2xf32>
  %1 = xgen.conv %x, %w1, %b1 {strides = array<i64: 2, 2>, dilations = array<i64: 2, 2>, pads = array<i64: 2, 3, 2, 2>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x9x21x12xf32>, tensor<3x3x12x2xf32>, tensor<2xf32>) -> tensor<2x5x11x2xf32>
  %a2 = xgen.constant dense<[[[[0.121], [-0.236], [0.178], [0.255], [0.113], [0.174], [-0.229], [0.32], [0.384], [0.382], [0.03], [0.233]]]]> : tensor<1x1x12x1xf32>
  %c2 = xgen.constant dense<[[[[-0.144, 0.328]]]]> : tensor<1x1x1x2xf32>
  %m2 = xgen.binary %a2, %c2 {kind = #xgen.binary_kind<mul>} : (tensor<1x1x12x1xf32>, tensor<1x1x1x2xf32>) -> tensor<1x1x12x2xf32>
  %w2 = xgen.binary %m2, %c2 {kind = #xgen.binary_kind<sub>} : (tensor<1x1x12x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x1x12x2xf32>
  %b2 = xgen.constant dense<[0.285, -0.121]> : tensor<2xf32>
  %2 = xgen.conv %x, %w2, %b2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x9x21x12xf32>, tensor<1x1x12x2xf32>, tensor<2xf32>) -> tensor<2x9x21x2xf32>
  %a3 = xgen.constant dense<[[[[-0.334], [-0.047], [0.04], [0.215], [-0.01], [-0.377], [0.247], [-0.349], [0.24], [-0.262], [-0.132], [0.23]], [[-0.288], [-0.281], [0.013], [0.179], [0.272], [0.151], [0.357], [-0.006], [0.359], [-0.331], [-0.223], [0.021]], [[-0.168], [0.183], [0.111], [0.018], [0.275], [0.048], [-0.151], [-0.095], [0.276], [0.32], [-0.233], [0.281]]], [[[0.375], [0.019], [0.058], [-0.239], [0.029], [0.003], [0.084], [-0.378], [0.376], [0.013], [-0.08], [0.241]], [[0.05], [-0.007], [0.153], [-0.347], [0.031], [-0.069], [0.365], [0.339], [-0.185], [-0.021], [-0.298], [-0.053]], [[0.253], [0.32], [-0.019], [-0.146], [-0.247], [0.094], [0.34], [-0.296], [0.223], [-0.382], [-0.245], [-0.218]]], [[[0.15], [-0.142], [-0.116], [0.096], [-0.316], [0.185], [-0.302], [0.008], [-0.2], [-0.242], [0.024], [-0.051]], [[-0.099], [-0.069], [0.023], [-0.272], [-0.237], [0.105], [0.111], [0.024], [0.281], [0.089], [0.285], [-0.214]], [[0.193], [0.248], [0.322], [-0.147], [-0.148], [0.338], [-0.225], [0.399], [0.31], [-0.293], [-0.209], [0.181]]]]> : tensor<3x3x12x1xf32>
  %c3 = xgen.constant dense<[[[[-0.192, -0.322]]]]> : tensor<1x1x1x2xf32>
  %m3 = xgen.binary %a3, %c3 {kind = #xgen.binary_kind<mul>} : (tensor<3x3x12x1xf32>, tensor<1x1x1x2xf32>) -> tensor<3x3x12x2xf32>
  %w3 = xgen.binary %m3, %c3 {kind = #xgen.binary_kind<sub>} : (tensor<3x3x12x2xf32>, tensor<1x1x1x2xf32>) -> tensor<3x3x12x2xf32>
  %b3 = xgen.constant dense<[0.266, -0.063]> : tensor<2xf32>
  %3 = xgen.conv %x, %w3, %b3 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, groups = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x9x21x12xf32>, tensor<3x3x12x2xf32>, tensor<2xf32>) -> tensor<2x9x21x2xf32>
  %y3 = xgen.binary %3, %2 {kind = #xgen.binary_kind<add>} : (tensor<2x9x21x2xf32>, tensor<2x9x21x2xf32>) -> tensor<2x9x21x2xf32>
  return %y0, %1, %y3 : tensor<2x9x21x1xf32>, tensor<2x5x11x2xf32>, tensor<2x9x21x2xf32>
}
