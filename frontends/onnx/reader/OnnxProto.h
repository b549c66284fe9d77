//===- OnnxProto.h - The classes of onnx.proto ------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// ONNX's generated header wants two macros, and does not compile without warnings.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_READER_ONNXPROTO_H
#define XGEN_FRONTENDS_ONNX_READER_ONNXPROTO_H

#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-parameter"
#include <onnx/onnx_pb.h>
#pragma clang diagnostic pop

#endif // XGEN_FRONTENDS_ONNX_READER_ONNXPROTO_H
