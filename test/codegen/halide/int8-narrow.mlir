// RUN: xgen-run %s -input=zeros | FileCheck %s
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -input=zeros | FileCheck %s %}
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64 -threads=2 -input=zeros | FileCheck %s %}
// RUN: %if qemu-aarch64 %{ xgen-run %s -target=arm64-dotprod -input=zeros | FileCheck %s %}
// RUN: %if qemu-arm %{ xgen-run %s -target=armv7 -input=zeros | FileCheck %s %}
// RUN: xgenc %s -target=arm64 -emit=kernel -o %t.mlir
// RUN: FileCheck %s --check-prefix=CHOICE < %t.mlir

// Arm without dot products adds 8-bit products in 16 bits where constant weights prove
// that the sums fit whatever the inputs are. Inputs and weights are as large as they can
// be, on both sides of each bound: two products of -127 and -128 fit, 32512, but those of
// -128 and -128 do not; four of 64 and -128 do, -32768, but not four of -64 and -128,
// 32768. Zero points come in with unsigned inputs. Biases leave of each sum of 64
// products a small number. A kernel that is launched with several weights is right for all
// of them.

// CHOICE-DAG: kernel.func {{.*}}tensor<64x9x!quant.uniform<i8:f32, 1.000000e+00>, #xgen.packed<nr = 8, kr = 16>>
// CHOICE-DAG: kernel.func {{.*}}tensor<64x9x!quant.uniform<i8:f32, 2.000000e+00>, #xgen.packed<nr = 8, kr = 32>>
// CHOICE-DAG: kernel.func {{.*}}tensor<64x9x!quant.uniform<i8:f32, 3.000000e+00>, #xgen.packed<nr = 8, kr = 16>>
// CHOICE-DAG: kernel.func {{.*}}tensor<64x9x!quant.uniform<i8:f32, 4.000000e+00>, #xgen.packed<nr = 8, kr = 8>>
// CHOICE-DAG: kernel.func {{.*}}tensor<64x9x!quant.uniform<i8:f32, 5.000000e+00>, #xgen.packed<nr = 8, kr = 8>>

// CHECK:      two_low: i32 5x9, 1 to 1, mean 1
// CHECK:      two_high: i32 5x9, 2 to 2, mean 2
// CHECK:      four_low: i32 5x9, 3 to 3, mean 3
// CHECK:      four_high: i32 5x9, 4 to 4, mean 4
// CHECK:      notFour_low: i32 5x9, 5 to 5, mean 5
// CHECK:      notFour_high: i32 5x9, 6 to 6, mean 6
// CHECK:      one_low: i32 5x9, 7 to 7, mean 7
// CHECK:      one_high: i32 5x9, 8 to 8, mean 8
// CHECK:      shared_low: i32 5x9, 9 to 9, mean 9
// CHECK:      shared_high: i32 5x9, 10 to 10, mean 10
// CHECK:      sharedToo_low: i32 5x9, 11 to 11, mean 11
// CHECK:      sharedToo_high: i32 5x9, 12 to 12, mean 12
// CHECK:      zeros_ulow: i32 5x9, 13 to 13, mean 13
// CHECK:      zeros_uhigh: i32 5x9, 14 to 14, mean 14

!low = !quant.uniform<i8:f32, 1.0:-128>
!high = !quant.uniform<i8:f32, 1.0:127>
!ulow = !quant.uniform<u8:f32, 1.0>
!uhigh = !quant.uniform<u8:f32, 1.0:255>
!in = !quant.uniform<i8:f32, 1.0>
!uin = !quant.uniform<u8:f32, 1.0:3>
!w1 = !quant.uniform<i8:f32, 1.0>
!w2 = !quant.uniform<i8:f32, 2.0>
!w3 = !quant.uniform<i8:f32, 3.0>
!w4 = !quant.uniform<i8:f32, 4.0>
!w5 = !quant.uniform<i8:f32, 5.0>
!wz = !quant.uniform<i8:f32, 1.0:-5>

func.func @main(%x: tensor<5x64xf32> {onnx.name = "x"}) -> (tensor<5x9xi32> {onnx.name = "two_low"},
    tensor<5x9xi32> {onnx.name = "two_high"},
    tensor<5x9xi32> {onnx.name = "four_low"},
    tensor<5x9xi32> {onnx.name = "four_high"},
    tensor<5x9xi32> {onnx.name = "notFour_low"},
    tensor<5x9xi32> {onnx.name = "notFour_high"},
    tensor<5x9xi32> {onnx.name = "one_low"},
    tensor<5x9xi32> {onnx.name = "one_high"},
    tensor<5x9xi32> {onnx.name = "shared_low"},
    tensor<5x9xi32> {onnx.name = "shared_high"},
    tensor<5x9xi32> {onnx.name = "sharedToo_low"},
    tensor<5x9xi32> {onnx.name = "sharedToo_high"},
    tensor<5x9xi32> {onnx.name = "zeros_ulow"},
    tensor<5x9xi32> {onnx.name = "zeros_uhigh"}) {
  %low0 = xgen.quantize %x : (tensor<5x64xf32>) -> tensor<5x64x!low>
  %low1 = xgen.reinterpret %low0 : (tensor<5x64x!low>) -> tensor<5x64xi8>
  %low = xgen.reinterpret %low1 : (tensor<5x64xi8>) -> tensor<5x64x!in>
  %high0 = xgen.quantize %x : (tensor<5x64xf32>) -> tensor<5x64x!high>
  %high1 = xgen.reinterpret %high0 : (tensor<5x64x!high>) -> tensor<5x64xi8>
  %high = xgen.reinterpret %high1 : (tensor<5x64xi8>) -> tensor<5x64x!in>
  %ulow0 = xgen.quantize %x : (tensor<5x64xf32>) -> tensor<5x64x!ulow>
  %ulow1 = xgen.reinterpret %ulow0 : (tensor<5x64x!ulow>) -> tensor<5x64xui8>
  %ulow = xgen.reinterpret %ulow1 : (tensor<5x64xui8>) -> tensor<5x64x!uin>
  %uhigh0 = xgen.quantize %x : (tensor<5x64xf32>) -> tensor<5x64x!uhigh>
  %uhigh1 = xgen.reinterpret %uhigh0 : (tensor<5x64x!uhigh>) -> tensor<5x64xui8>
  %uhigh = xgen.reinterpret %uhigh1 : (tensor<5x64xui8>) -> tensor<5x64x!uin>
  %ctwo = xgen.constant dense<-127> : tensor<64x9xi8>
  %wtwo = xgen.reinterpret %ctwo : (tensor<64x9xi8>) -> tensor<64x9x!w1>
  %btwo_low = xgen.constant dense<-1040383> : tensor<9xi32>
  %two_low = xgen.matmul %low, %wtwo, %btwo_low : (tensor<5x64x!in>, tensor<64x9x!w1>, tensor<9xi32>) -> tensor<5x9xi32>
  %btwo_high = xgen.constant dense<1032258> : tensor<9xi32>
  %two_high = xgen.matmul %high, %wtwo, %btwo_high : (tensor<5x64x!in>, tensor<64x9x!w1>, tensor<9xi32>) -> tensor<5x9xi32>
  %cfour = xgen.constant dense<64> : tensor<64x9xi8>
  %wfour = xgen.reinterpret %cfour : (tensor<64x9xi8>) -> tensor<64x9x!w2>
  %bfour_low = xgen.constant dense<524291> : tensor<9xi32>
  %four_low = xgen.matmul %low, %wfour, %bfour_low : (tensor<5x64x!in>, tensor<64x9x!w2>, tensor<9xi32>) -> tensor<5x9xi32>
  %bfour_high = xgen.constant dense<-520188> : tensor<9xi32>
  %four_high = xgen.matmul %high, %wfour, %bfour_high : (tensor<5x64x!in>, tensor<64x9x!w2>, tensor<9xi32>) -> tensor<5x9xi32>
  %cnotFour = xgen.constant dense<-64> : tensor<64x9xi8>
  %wnotFour = xgen.reinterpret %cnotFour : (tensor<64x9xi8>) -> tensor<64x9x!w3>
  %bnotFour_low = xgen.constant dense<-524283> : tensor<9xi32>
  %notFour_low = xgen.matmul %low, %wnotFour, %bnotFour_low : (tensor<5x64x!in>, tensor<64x9x!w3>, tensor<9xi32>) -> tensor<5x9xi32>
  %bnotFour_high = xgen.constant dense<520198> : tensor<9xi32>
  %notFour_high = xgen.matmul %high, %wnotFour, %bnotFour_high : (tensor<5x64x!in>, tensor<64x9x!w3>, tensor<9xi32>) -> tensor<5x9xi32>
  %cone = xgen.constant dense<-128> : tensor<64x9xi8>
  %wone = xgen.reinterpret %cone : (tensor<64x9xi8>) -> tensor<64x9x!w4>
  %bone_low = xgen.constant dense<-1048569> : tensor<9xi32>
  %one_low = xgen.matmul %low, %wone, %bone_low : (tensor<5x64x!in>, tensor<64x9x!w4>, tensor<9xi32>) -> tensor<5x9xi32>
  %bone_high = xgen.constant dense<1040392> : tensor<9xi32>
  %one_high = xgen.matmul %high, %wone, %bone_high : (tensor<5x64x!in>, tensor<64x9x!w4>, tensor<9xi32>) -> tensor<5x9xi32>
  %cshared = xgen.constant dense<-127> : tensor<64x9xi8>
  %wshared = xgen.reinterpret %cshared : (tensor<64x9xi8>) -> tensor<64x9x!w5>
  %bshared_low = xgen.constant dense<-1040375> : tensor<9xi32>
  %shared_low = xgen.matmul %low, %wshared, %bshared_low : (tensor<5x64x!in>, tensor<64x9x!w5>, tensor<9xi32>) -> tensor<5x9xi32>
  %bshared_high = xgen.constant dense<1032266> : tensor<9xi32>
  %shared_high = xgen.matmul %high, %wshared, %bshared_high : (tensor<5x64x!in>, tensor<64x9x!w5>, tensor<9xi32>) -> tensor<5x9xi32>
  %csharedToo = xgen.constant dense<-128> : tensor<64x9xi8>
  %wsharedToo = xgen.reinterpret %csharedToo : (tensor<64x9xi8>) -> tensor<64x9x!w5>
  %bsharedToo_low = xgen.constant dense<-1048565> : tensor<9xi32>
  %sharedToo_low = xgen.matmul %low, %wsharedToo, %bsharedToo_low : (tensor<5x64x!in>, tensor<64x9x!w5>, tensor<9xi32>) -> tensor<5x9xi32>
  %bsharedToo_high = xgen.constant dense<1040396> : tensor<9xi32>
  %sharedToo_high = xgen.matmul %high, %wsharedToo, %bsharedToo_high : (tensor<5x64x!in>, tensor<64x9x!w5>, tensor<9xi32>) -> tensor<5x9xi32>
  %cz = xgen.constant dense<-127> : tensor<64x9xi8>
  %wz = xgen.reinterpret %cz : (tensor<64x9xi8>) -> tensor<64x9x!wz>
  %bzeros_ulow = xgen.constant dense<-23411> : tensor<9xi32>
  %zeros_ulow = xgen.matmul %ulow, %wz, %bzeros_ulow : (tensor<5x64x!uin>, tensor<64x9x!wz>, tensor<9xi32>) -> tensor<5x9xi32>
  %bzeros_uhigh = xgen.constant dense<1967630> : tensor<9xi32>
  %zeros_uhigh = xgen.matmul %uhigh, %wz, %bzeros_uhigh : (tensor<5x64x!uin>, tensor<64x9x!wz>, tensor<9xi32>) -> tensor<5x9xi32>
  return %two_low, %two_high, %four_low, %four_high, %notFour_low, %notFour_high, %one_low, %one_high, %shared_low, %shared_high, %sharedToo_low, %sharedToo_high, %zeros_ulow, %zeros_uhigh : tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>, tensor<5x9xi32>
}
