//===- Importer.cpp - Entry of the ONNX reader ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Opens and parses the file; protobuf's exceptions and log lines end here.
// Then the model's frame: operator sets, functions, and `func.func @main`.
//
//===----------------------------------------------------------------------===//

#include "Reader.h"

#include "dialects/onnx/OnnxOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <climits>
#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

using namespace mlir;

namespace xgen::onnx {

namespace {

/// Parses all of `stream` into `model`; true when the bytes are well formed.
bool parse(google::protobuf::io::ZeroCopyInputStream &stream,
           pb::ModelProto &model) {
  google::protobuf::LogSilencer quiet;
  google::protobuf::io::CodedInputStream coded(&stream);
  coded.SetTotalBytesLimit(INT_MAX);
  return model.MergePartialFromCodedStream(&coded) &&
         coded.ConsumedEntireMessage();
}

OwningOpRef<ModuleOp> readGuarded(MLIRContext &context, Location loc,
                                  google::protobuf::io::ZeroCopyInputStream &in,
                                  std::string folder,
                                  const ImportOptions &options) {
  context.loadDialect<OnnxDialect, func::FuncDialect>();
  try {
    pb::ModelProto model;
    if (!parse(in, model)) {
      emitError(loc) << "not an ONNX model: the file is truncated or is not a "
                        "protobuf of onnx.ModelProto";
      return {};
    }
    GraphReader reader(context, loc, std::move(folder), options);
    return reader.readModel(model);
  } catch (const std::bad_alloc &) {
    emitError(loc) << "out of memory while reading the model";
  } catch (const std::exception &e) {
    emitError(loc) << "cannot read the model: " << e.what();
  }
  return {};
}

} // namespace

OwningOpRef<ModuleOp> importModel(MLIRContext &context, StringRef path,
                                  const ImportOptions &options) {
  Location loc = NameLoc::get(StringAttr::get(&context, path));
  llvm::sys::fs::file_status status;
  if (std::error_code ec = llvm::sys::fs::status(path, status)) {
    emitError(loc) << "cannot open: " << ec.message();
    return {};
  }
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    emitError(loc) << "cannot open: not a regular file";
    return {};
  }
  if (status.getSize() > INT_MAX) {
    emitError(loc) << "the file has " << status.getSize()
                   << " bytes, protobuf ends at 2 GB; keep the weights in a "
                      "side file (external data)";
    return {};
  }
  int fd = ::open(path.str().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    emitError(loc) << "cannot open: " << llvm::sys::StrError();
    return {};
  }
  google::protobuf::io::FileInputStream stream(fd, 1 << 20);
  stream.SetCloseOnDelete(true);
  std::string folder = llvm::sys::path::parent_path(path).str();
  if (folder.empty())
    folder = ".";
  return readGuarded(context, loc, stream, std::move(folder), options);
}

OwningOpRef<ModuleOp> importModelFromMemory(MLIRContext &context,
                                            StringRef bytes, StringRef name,
                                            const ImportOptions &options) {
  Location loc = NameLoc::get(StringAttr::get(&context, name));
  if (bytes.size() > size_t(INT_MAX)) {
    emitError(loc) << "models end at 2 GB";
    return {};
  }
  google::protobuf::io::ArrayInputStream stream(bytes.data(),
                                                int(bytes.size()));
  return readGuarded(context, loc, stream, /*folder=*/"", options);
}

OwningOpRef<ModuleOp> GraphReader::readModel(pb::ModelProto &model) {
  if (!model.has_graph()) {
    error() << "not an ONNX model: it has no graph";
    return {};
  }
  for (const auto &opset : model.opset_import()) {
    StringRef domain = opset.domain() == "ai.onnx" ? "" : opset.domain().c_str();
    if (!opsets.try_emplace(domain, opset.version()).second &&
        opsets[domain] != opset.version()) {
      error() << "operator set '" << domain << "' is imported twice";
      return {};
    }
  }
  // IR version 1 and 2 had no opset_import; it meant version 1.
  opsets.try_emplace("", 1);
  for (auto &function : *model.mutable_functions()) {
    std::string key = function.domain() + "\n" + function.name();
    if (!functions.try_emplace(key, &function).second) {
      error() << "function '" << function.name() << "' is defined twice";
      return {};
    }
  }

  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto main = func::FuncOp::create(builder, loc, "main",
                                   builder.getFunctionType({}, {}));
  Block *body = main.addEntryBlock();
  builder.setInsertionPointToStart(body);

  pb::GraphProto &graph = *model.mutable_graph();
  Scope scope;
  scope.opsets = &opsets;
  dims = options.dims;
  SmallVector<Attribute> inputNames, inputDims;
  if (failed(bindShapes(graph)) || failed(readInitializers(graph, scope)) ||
      failed(readInputs(graph, body, scope, inputNames, inputDims)))
    return {};
  for (const auto &info : graph.value_info())
    scope.types[info.name()] = convertType(info.type(), nullptr);
  for (const auto &output : graph.output())
    scope.types[output.name()] = convertType(output.type(), nullptr);
  if (failed(readNodes(*graph.mutable_node(), scope, /*steal=*/true)))
    return {};

  SmallVector<Value> results;
  SmallVector<Attribute> outputNames;
  llvm::StringSet<> seen;
  for (const auto &output : graph.output()) {
    Value value = scope.lookup(output.name());
    if (!value || output.name().empty()) {
      error() << "output '" << output.name() << "' is produced by no node";
      return {};
    }
    if (!seen.insert(output.name()).second) {
      error() << "output '" << output.name() << "' is listed twice";
      return {};
    }
    // Inside an inlined function nobody declared it.
    Type declared = scope.types.lookup(output.name());
    if (isa<NoneType>(value.getType()) && declared &&
        value.getDefiningOp<NodeOp>())
      value.setType(declared);
    results.push_back(value);
    outputNames.push_back(builder.getStringAttr(output.name()));
  }
  if (results.empty()) {
    error() << "the graph has no outputs";
    return {};
  }
  func::ReturnOp::create(builder, loc, results);
  main.setFunctionType(builder.getFunctionType(body->getArgumentTypes(),
                                               ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(inputNames)) {
    main.setArgAttr(i, "onnx.name", name);
    if (inputDims[i])
      main.setArgAttr(i, "onnx.dims", inputDims[i]);
  }
  for (auto [i, name] : llvm::enumerate(outputNames))
    main.setResultAttr(i, "onnx.name", name);
  if (failed(verify(*module)))
    return {};
  return module;
}

} // namespace xgen::onnx
