//===- Reader.h - Protobuf to the onnx dialect: internals ------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Shared by the files of the reader, and by nothing else: this is the only
// place that sees protobuf. Errors are diagnostics plus a failed result;
// protobuf's own exceptions are caught at the entry (Importer.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_FRONTENDS_ONNX_READER_READER_H
#define XGEN_FRONTENDS_ONNX_READER_READER_H

#include "frontends/onnx/Onnx.h"
#include "frontends/onnx/reader/OnnxProto.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace xgen::onnx {

namespace pb = ::onnx;

/// Bounds that no sane model reaches, so that hostile ones end soon.
constexpr int64_t maxNodes = 1 << 18;
constexpr unsigned maxNesting = 32;
constexpr int64_t maxTensorBytes = int64_t(1) << 42;
constexpr unsigned maxRank = 64;

/// Tensors: types, and bytes as attributes.
class TensorReader {
public:
  /// `folder` is where side files lie; empty when there is none.
  TensorReader(mlir::MLIRContext &context, mlir::Location loc,
               std::string folder)
      : context(context), loc(loc), folder(std::move(folder)) {}

  /// The element type for ONNX's number, or null.
  mlir::Type elementType(int32_t dataType);

  /// ONNX's name of an element type, for messages.
  static std::string typeName(int32_t dataType);

  /// The tensor's contents. With `steal` the bytes are taken out of `tensor`.
  /// `what` names the tensor in messages. Null after an error was emitted.
  mlir::ElementsAttr read(pb::TensorProto &tensor, llvm::StringRef what,
                          bool steal);

  /// Multiplies with a check; false when the bytes exceed `maxTensorBytes` or
  /// a dimension is negative.
  static bool checkedSize(llvm::ArrayRef<int64_t> shape, int64_t elementBytes,
                          int64_t &elements);

private:
  mlir::ElementsAttr fromBytes(mlir::RankedTensorType type, std::string bytes,
                               llvm::StringRef name);
  mlir::ElementsAttr fromExternal(pb::TensorProto &tensor,
                                  mlir::RankedTensorType type, int64_t bytes,
                                  llvm::StringRef what);
  std::string unpackNibbles(llvm::StringRef packed, int64_t elements,
                            unsigned bits, bool isSigned);
  mlir::LogicalResult typedField(const pb::TensorProto &tensor,
                                 int64_t elements, unsigned bits,
                                 std::string &bytes, llvm::StringRef what);
  /// The real path of a side file, or "" after an error.
  std::string resolveSideFile(llvm::StringRef location, llvm::StringRef what);

  mlir::MLIRContext &context;
  mlir::Location loc;
  std::string folder;
};

/// Names that a graph's nodes see: their own, then those of the graphs around.
struct Scope {
  Scope *parent = nullptr;
  llvm::StringMap<mlir::Value> values;
  llvm::StringMap<mlir::Type> types;
  /// Inside a model-local function: its attributes, and its operator sets.
  const llvm::StringMap<mlir::Attribute> *functionAttributes = nullptr;
  const llvm::StringMap<int64_t> *opsets = nullptr;
  /// Prefix of node names, so that they stay distinct when functions inline.
  std::string prefix;
  unsigned depth = 0;

  mlir::Value lookup(llvm::StringRef name) const;
};

/// Graphs, nodes and functions.
class GraphReader {
public:
  GraphReader(mlir::MLIRContext &context, mlir::Location loc,
              std::string folder, const ImportOptions &options)
      : context(context), loc(loc), builder(&context),
        tensors(context, loc, std::move(folder)), options(options) {}

  mlir::OwningOpRef<mlir::ModuleOp> readModel(pb::ModelProto &model);

private:
  using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

  mlir::Type convertType(const pb::TypeProto &type,
                         llvm::SmallVectorImpl<std::string> *dimNames,
                         llvm::SmallVectorImpl<Extent> *bounds = nullptr);
  mlir::LogicalResult readInputs(pb::GraphProto &graph, mlir::Block *body,
                                 Scope &scope,
                                 llvm::SmallVectorImpl<mlir::Attribute> &names,
                                 llvm::SmallVectorImpl<mlir::Attribute> &dims);
  mlir::LogicalResult bindShapes(pb::GraphProto &graph);
  mlir::LogicalResult readInitializers(pb::GraphProto &graph, Scope &scope);
  mlir::LogicalResult readNodes(Nodes &nodes, Scope &scope, bool steal);
  mlir::LogicalResult sortNodes(Nodes &nodes, Scope &scope,
                                std::vector<int> &order);
  mlir::LogicalResult readNode(pb::NodeProto &node, int index, Scope &scope,
                               bool steal);
  mlir::LogicalResult readSubgraph(pb::GraphProto &graph, mlir::Region &region,
                                   Scope &scope, llvm::StringRef where,
                                   bool steal);
  mlir::LogicalResult inlineFunction(pb::FunctionProto &function,
                                     const pb::NodeProto &node,
                                     llvm::StringRef name, Scope &scope);
  mlir::Attribute readAttribute(pb::AttributeProto &attribute,
                                llvm::StringRef where, bool steal);
  mlir::LogicalResult define(Scope &scope, llvm::StringRef name,
                             mlir::Value value);
  mlir::Value none();
  mlir::InFlightDiagnostic error() { return mlir::emitError(loc); }

  mlir::MLIRContext &context;
  mlir::Location loc;
  mlir::OpBuilder builder;
  TensorReader tensors;
  const ImportOptions &options;
  std::map<std::string, Extent> dims;
  llvm::StringMap<int64_t> opsets;
  llvm::StringMap<pb::FunctionProto *> functions;
  int64_t nodeCount = 0;
  unsigned functionDepth = 0;
};

/// The names a graph (and graphs in it) reads from outside.
void collectFreeNames(const pb::GraphProto &graph, llvm::StringSet<> &names,
                      unsigned depth = 0);

} // namespace xgen::onnx

#endif // XGEN_FRONTENDS_ONNX_READER_READER_H
