// RUN: not xgen-opt %s -split-input-file -xgen-legalize-onnx 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERROR < %t

// Casts to float 8 saturate unless told not to; those to e8m0, powers of two,
// round up unless told otherwise.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>, %like: tensor<1xf8E8M0FNU>) -> (none, none, none, none) {
  // CHECK: xgen.cast %arg0 : (tensor<2xf32>) -> tensor<2xf4E2M1FN>
  %0 = onnx.node "Cast"(%x) {opset = 23 : i64, onnx_attributes = {to = 23 : i64}} : (tensor<2xf32>) -> none
  // CHECK: xgen.cast %arg0 {saturate = false} : (tensor<2xf32>) -> tensor<2xf8E4M3FNUZ>
  %1 = onnx.node "Cast"(%x) {opset = 19 : i64, onnx_attributes = {to = 18 : i64, saturate = 0 : i64}} : (tensor<2xf32>) -> none
  // CHECK: xgen.cast %arg0 {round = #xgen.cast_rounding<up>} : (tensor<2xf32>) -> tensor<2xf8E8M0FNU>
  %2 = onnx.node "CastLike"(%x, %like) {opset = 25 : i64, onnx_attributes = {}} : (tensor<2xf32>, tensor<1xf8E8M0FNU>) -> none
  // CHECK: xgen.cast %arg0 : (tensor<2xf32>) -> tensor<2xf8E8M0FNU>
  %3 = onnx.node "Cast"(%x) {opset = 25 : i64, onnx_attributes = {to = 24 : i64, round_mode = "nearest"}} : (tensor<2xf32>) -> none
  return %0, %1, %2, %3 : none, none, none, none
}

// -----
// The same bits of another type. Integers below a byte are extended by their
// sign in memory, others by zeros; a bool is 0 or 1.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>, %i4: tensor<2xi4>, %u8: tensor<2xui8>, %b: tensor<2xi1>) -> (none, none, none, none, none) {
  // CHECK: xgen.reinterpret %arg0 : (tensor<2xf32>) -> tensor<2xi32>
  %0 = onnx.node "BitCast"(%x) {opset = 26 : i64, onnx_attributes = {to = 6 : i64}} : (tensor<2xf32>) -> none
  // CHECK: xgen.cast %arg1 : (tensor<2xi4>) -> tensor<2xui4>
  %1 = onnx.node "BitCast"(%i4) {opset = 26 : i64, onnx_attributes = {to = 21 : i64}} : (tensor<2xi4>) -> none
  // CHECK: %[[U4:.*]] = xgen.cast %arg1 : (tensor<2xi4>) -> tensor<2xui4>
  // CHECK: xgen.reinterpret %[[U4]] : (tensor<2xui4>) -> tensor<2xf4E2M1FN>
  %2 = onnx.node "BitCast"(%i4) {opset = 26 : i64, onnx_attributes = {to = 23 : i64}} : (tensor<2xi4>) -> none
  // CHECK: xgen.cast %arg2 : (tensor<2xui8>) -> tensor<2xi1>
  %3 = onnx.node "BitCast"(%u8) {opset = 26 : i64, onnx_attributes = {to = 9 : i64}} : (tensor<2xui8>) -> none
  // CHECK: xgen.reinterpret %arg3 : (tensor<2xi1>) -> tensor<2xui8>
  %4 = onnx.node "BitCast"(%b) {opset = 26 : i64, onnx_attributes = {to = 2 : i64}} : (tensor<2xi1>) -> none
  return %0, %1, %2, %3, %4 : none, none, none, none, none
}

// -----
// ERROR: Cast {{ *}}25  unknown round_mode 'sideways'
// ERROR: Cast {{ *}}13  cast to string is unsupported
// ERROR: BitCast {{ *}}26  the types differ in size (32 and 64 bits)
func.func @main(%x: tensor<2xf32>) -> (none, none, none) {
  %0 = onnx.node "Cast"(%x) {opset = 25 : i64, onnx_attributes = {to = 24 : i64, round_mode = "sideways"}} : (tensor<2xf32>) -> none
  %1 = onnx.node "Cast"(%x) {opset = 13 : i64, onnx_attributes = {to = 8 : i64}} : (tensor<2xf32>) -> none
  %2 = onnx.node "BitCast"(%x) {opset = 26 : i64, onnx_attributes = {to = 7 : i64}} : (tensor<2xf32>) -> none
  return %0, %1, %2 : none, none, none
}
