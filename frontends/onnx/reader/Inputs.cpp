//===- Inputs.cpp - Graph inputs, free dimensions, initializers -----------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Free dimensions are fixed or bounded here, from `-input-shape` and `-dim`: a
// shape given for one input also binds the names of its free dimensions
// elsewhere. A name in such a shape makes a dimension free.
//
//===----------------------------------------------------------------------===//

#include "Reader.h"

#include "dialects/onnx/OnnxOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace xgen::onnx {

Value Scope::lookup(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent) {
    auto it = scope->values.find(name);
    if (it != scope->values.end())
      return it->second;
  }
  return {};
}

LogicalResult GraphReader::define(Scope &scope, StringRef name, Value value) {
  if (!scope.values.try_emplace(name, value).second)
    return error() << "'" << name << "' is defined twice";
  return success();
}

/// The type of a value; `none` where ONNX does not tell it. Names of free
/// dimensions ("" for unnamed ones and for static ones) go to `dimNames`.
Type GraphReader::convertType(const pb::TypeProto &type,
                              SmallVectorImpl<std::string> *dimNames,
                              SmallVectorImpl<Extent> *bounds) {
  Type unknown = NoneType::get(&context);
  if (!type.has_tensor_type())
    return unknown;
  const auto &tensor = type.tensor_type();
  Type element = tensors.elementType(tensor.elem_type());
  if (!element)
    return unknown;
  if (!tensor.has_shape())
    return UnrankedTensorType::get(element);
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim()) {
    if (dimNames) {
      dimNames->emplace_back();
      bounds->emplace_back();
    }
    if (dim.has_dim_value() && dim.dim_value() >= 0) {
      shape.push_back(dim.dim_value());
      continue;
    }
    auto it = dims.find(dim.dim_param());
    bool given = !dim.dim_param().empty() && it != dims.end();
    if (given && it->second.isFixed()) {
      shape.push_back(it->second.min);
      continue;
    }
    shape.push_back(ShapedType::kDynamic);
    if (dimNames)
      dimNames->back() = dim.dim_param();
    if (bounds && given)
      bounds->back() = it->second;
  }
  SmallVector<int64_t> known;
  for (int64_t dim : shape)
    if (!ShapedType::isDynamic(dim))
      known.push_back(dim);
  int64_t elements;
  if (shape.size() > maxRank || !TensorReader::checkedSize(known, 1, elements))
    return unknown;
  return RankedTensorType::get(shape, element);
}

/// Forgets the shapes that `graph` declares of values, outputs, and everything in
/// subgraphs: they followed from input shapes that no longer hold.
static void forgetShapes(pb::GraphProto &graph, bool inputs, unsigned depth) {
  auto forget = [](auto &infos) {
    for (auto &info : infos)
      if (info.type().has_tensor_type())
        info.mutable_type()->mutable_tensor_type()->clear_shape();
  };
  if (inputs)
    forget(*graph.mutable_input());
  forget(*graph.mutable_output());
  forget(*graph.mutable_value_info());
  if (depth == 0)
    return;
  for (auto &node : *graph.mutable_node())
    for (auto &attribute : *node.mutable_attribute())
      if (attribute.has_g())
        forgetShapes(*attribute.mutable_g(), /*inputs=*/true, depth - 1);
}

/// Learns the extents of named dimensions from `-input-shape`.
LogicalResult GraphReader::bindShapes(pb::GraphProto &graph) {
  llvm::StringSet<> initializers;
  bool freed = false;
  for (const auto &tensor : graph.initializer())
    initializers.insert(tensor.name());
  for (const auto &[name, extent] : options.dims)
    if (extent.min < 0 || extent.max < extent.min || extent.step < 1)
      return error() << "-dim=" << name << ": " << extent.min << ".."
                     << extent.max << " is no range of extents";

  for (const auto &[name, shape] : options.inputShapes) {
    pb::ValueInfoProto *input = nullptr;
    for (auto &candidate : *graph.mutable_input())
      if (candidate.name() == name && !initializers.contains(name))
        input = &candidate;
    if (!input) {
      auto diag = error() << "-input-shape: the model has no input '" << name
                          << "'";
      std::string all;
      for (const auto &candidate : graph.input())
        if (!initializers.contains(candidate.name()))
          all += (all.empty() ? "'" : ", '") + candidate.name() + "'";
      diag.attachNote(loc) << "its inputs are " << all;
      return diag;
    }
    int64_t elements;
    SmallVector<int64_t> largest;
    for (const Extent &extent : shape)
      largest.push_back(extent.name.empty() ? extent.max : 1);
    if (!TensorReader::checkedSize(largest, 1, elements) ||
        shape.size() > maxRank)
      return error() << "-input-shape=" << name
                     << ": the shape is negative or too large";
    if (!input->type().tensor_type().has_shape())
      continue;
    auto &declared = *input->mutable_type()->mutable_tensor_type()->mutable_shape();
    if (size_t(declared.dim_size()) != shape.size())
      return error() << "-input-shape=" << name << " has " << shape.size()
                     << " dimensions, the model declares "
                     << declared.dim_size();
    for (auto [i, extent] : llvm::enumerate(shape)) {
      auto &dim = *declared.mutable_dim(int(i));
      if (!extent.name.empty()) {
        freed |= dim.has_dim_value();
        dim.set_dim_param(extent.name);
        continue;
      }
      if (dim.has_dim_value() && dim.dim_value() > 0 &&
          !(extent == Extent(dim.dim_value())))
        return error() << "-input-shape=" << name << ": dimension " << i
                       << " is " << extent.max << ", the model declares "
                       << dim.dim_value();
      if (dim.dim_param().empty())
        continue;
      auto [it, inserted] = dims.try_emplace(dim.dim_param(), extent);
      if (!inserted && !(it->second == extent))
        return error() << "-input-shape=" << name << ": dimension '"
                       << dim.dim_param() << "' is " << extent.max
                       << " here and " << it->second.max << " elsewhere";
    }
  }
  if (freed)
    forgetShapes(graph, /*inputs=*/false, maxNesting);
  return success();
}

LogicalResult GraphReader::readInitializers(pb::GraphProto &graph,
                                            Scope &scope) {
  if (graph.sparse_initializer_size())
    return error() << "sparse initializers are unsupported ('"
                   << graph.sparse_initializer(0).values().name() << "')";
  for (auto &tensor : *graph.mutable_initializer()) {
    std::string name = tensor.name();
    if (name.empty())
      return error() << "an initializer has no name";
    ElementsAttr value =
        tensors.read(tensor, "tensor '" + name + "'", /*steal=*/true);
    if (!value)
      return failure();
    Location here = NameLoc::get(builder.getStringAttr(name));
    auto op = ConstantOp::create(builder, here, value.getType(), value,
                                 builder.getStringAttr(name));
    if (failed(define(scope, name, op->getResult(0))))
      return failure();
  }
  return success();
}

LogicalResult GraphReader::readInputs(pb::GraphProto &graph, Block *body,
                                      Scope &scope,
                                      SmallVectorImpl<Attribute> &names,
                                      SmallVectorImpl<Attribute> &dimAttrs) {
  llvm::StringSet<> seen;
  for (const auto &input : graph.input()) {
    const std::string &name = input.name();
    if (name.empty() || !seen.insert(name).second)
      return error() << "input '" << name << "' "
                     << (name.empty() ? "has no name" : "is listed twice");
    // Before IR version 4 every initializer was listed as an input, too.
    if (scope.values.count(name))
      continue;
    if (!input.type().has_tensor_type()) {
      const char *kind = input.type().has_sequence_type()   ? "a sequence"
                         : input.type().has_map_type()      ? "a map"
                         : input.type().has_optional_type() ? "optional"
                         : input.type().has_sparse_tensor_type()
                             ? "a sparse tensor"
                             : "of unknown type";
      return error() << "input '" << name << "' is " << kind
                     << "; only tensors are supported";
    }
    const auto &tensor = input.type().tensor_type();
    if (!tensors.elementType(tensor.elem_type()))
      return error() << "input '" << name << "': element type "
                     << TensorReader::typeName(tensor.elem_type())
                     << " is unsupported";
    SmallVector<std::string> dimNames;
    SmallVector<Extent> bounds;
    Type type = convertType(input.type(), &dimNames, &bounds);
    auto given = options.inputShapes.find(name);
    if (given != options.inputShapes.end()) {
      SmallVector<int64_t> shape;
      bounds.assign(given->second.begin(), given->second.end());
      dimNames.resize(bounds.size());
      for (auto [extent, dimName] : llvm::zip(bounds, dimNames)) {
        if (!extent.name.empty()) {
          dimName = extent.name;
          auto known = dims.find(dimName);
          extent = known == dims.end() ? Extent() : known->second;
          shape.push_back(known != dims.end() && extent.isFixed()
                              ? extent.min
                              : ShapedType::kDynamic);
          continue;
        }
        shape.push_back(extent.isFixed() ? extent.min : ShapedType::kDynamic);
      }
      type = RankedTensorType::get(shape,
                                   tensors.elementType(tensor.elem_type()));
    }
    auto ranked = dyn_cast<RankedTensorType>(type);
    if (isa<NoneType>(type))
      return error() << "input '" << name << "' has a shape that is too large";
    int64_t elements;
    if (ranked && ranked.hasStaticShape() &&
        !TensorReader::checkedSize(ranked.getShape(), 8, elements))
      return error() << "input '" << name << "' has a shape that is too large";
    Attribute dimAttr;
    if (ranked && !ranked.hasStaticShape()) {
      // Names, and for bounded dimensions lowest, highest and step.
      SmallVector<Attribute> attrs;
      for (auto [dim, bound] : llvm::zip(dimNames, bounds)) {
        Attribute text = builder.getStringAttr(dim);
        if (bound.max > 0 && !bound.isFixed())
          text = builder.getArrayAttr(
              {text, builder.getDenseI64ArrayAttr(
                         {bound.min, bound.max, bound.step})});
        attrs.push_back(text);
      }
      dimAttr = builder.getArrayAttr(attrs);
    }
    Location here = NameLoc::get(builder.getStringAttr(name));
    auto value = options.inputValues.find(name);
    if (value != options.inputValues.end()) {
      auto givenType = cast<RankedTensorType>(value->second.getType());
      if (givenType.getElementType() !=
              tensors.elementType(tensor.elem_type()) ||
          (ranked && failed(verifyCompatibleShape(ranked, givenType))))
        return error() << "the value given for input '" << name << "' has type "
                       << givenType << ", the model declares " << type;
      auto op = ConstantOp::create(builder, here, givenType, value->second,
                                   builder.getStringAttr(name));
      if (failed(define(scope, name, op->getResult(0))))
        return failure();
      continue;
    }
    if (failed(define(scope, name, body->addArgument(type, here))))
      return failure();
    names.push_back(builder.getStringAttr(name));
    dimAttrs.push_back(dimAttr);
  }
  return success();
}

} // namespace xgen::onnx
