//===- Node.cpp - One ONNX node, seen by its legalization -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Node.h.
//
//===----------------------------------------------------------------------===//

#include "Subgraph.h"

using namespace mlir;

namespace xgen::onnx {

void Registry::add(StringRef op, unsigned minInputs, Handler handler,
                   StringRef domain) {
  entries[(domain + "\n" + op).str()] = {minInputs, std::move(handler), false};
}

const Registry::Entry *Registry::find(StringRef domain, StringRef op) const {
  auto it = entries.find((domain + "\n" + op).str());
  return it == entries.end() ? nullptr : &it->second;
}

Node::Node(NodeOp op, SmallVector<Value> inputs, OpBuilder &builder,
           Folder &folder, Subgraphs &subgraphs)
    : Emitter(builder, op->getLoc(), folder), op(op),
      opset(op.getOpset()), subgraphs(subgraphs), inputs(std::move(inputs)) {
  outputs.resize(op->getNumResults());
}

std::optional<Shape> Node::ints(unsigned i, StringRef what) {
  Value v = input(i);
  if (!v) {
    (void)fail("input '" + what + "' is missing");
    return std::nullopt;
  }
  ElementsAttr attr = constantOf(v);
  if (!attr) {
    (void)fail("input '" + what + "' must be known at compile time",
               "make it an initializer, or simplify the model so that it "
               "becomes one");
    return std::nullopt;
  }
  auto values = readInts(attr);
  if (!values)
    (void)fail("input '" + what + "' must hold integers");
  return values;
}

std::optional<Dims> Node::extents(unsigned i, StringRef what) {
  Value v = input(i);
  if (!v) {
    (void)fail("input '" + what + "' is missing");
    return std::nullopt;
  }
  if (!isa<mlir::IntegerType>(elementType(v))) {
    (void)fail("input '" + what + "' must hold integers");
    return std::nullopt;
  }
  return folder.extents(v);
}

SmallVector<std::optional<Dim>> Node::declared(unsigned i, int64_t rank) {
  SmallVector<std::optional<Dim>> dims(rank);
  if (i >= numResults())
    return dims;
  auto type = dyn_cast<RankedTensorType>(op->getResult(i).getType());
  if (!type || type.getRank() != rank)
    return dims;
  for (auto [d, extent] : llvm::zip(dims, type.getShape()))
    if (!ShapedType::isDynamic(extent))
      d = Dim(extent);
  return dims;
}

std::optional<int64_t> Node::length(unsigned i, StringRef what) {
  Dims extents = dims(input(i));
  if (extents.size() > 1 || (extents.size() == 1 && !extents[0].isStatic()) ||
      (extents.size() == 1 && extents[0].value() > 64)) {
    (void)fail("input '" + what +
               "' must be a short list whose length is known at compile time");
    return std::nullopt;
  }
  return extents.empty() ? 1 : extents[0].value();
}

std::optional<Dims>
Node::boundExtents(unsigned i, StringRef what,
                   ArrayRef<std::optional<Dim>> given, int64_t min,
                   std::optional<int64_t> max) {
  auto known = extents(i, what);
  if (hasError())
    return std::nullopt;
  if (known && known->size() == given.size())
    return known;
  auto count = length(i, what);
  if (!count)
    return std::nullopt;
  if (*count != int64_t(given.size())) {
    (void)fail("input '" + what + "' must have " + llvm::Twine(given.size()) +
               (given.size() == 1 ? " entry" : " entries"));
    return std::nullopt;
  }
  return bind(cast(reshape(input(i), {*count}), i64()), given, min, max);
}

std::optional<Dim> Node::boundExtent(unsigned i, StringRef what, int64_t min,
                                     std::optional<int64_t> max) {
  auto values = boundExtents(i, what, {std::optional<Dim>()}, min, max);
  return values ? std::optional<Dim>(values->front()) : std::nullopt;
}

std::optional<SmallVector<double>> Node::doubles(unsigned i, StringRef what) {
  Value v = input(i);
  if (!v) {
    (void)fail("input '" + what + "' is missing");
    return std::nullopt;
  }
  ElementsAttr attr = constantOf(v);
  auto values = attr ? readDoubles(attr) : std::nullopt;
  if (!values)
    (void)fail("input '" + what + "' must be known at compile time",
               "make it an initializer, or simplify the model so that it "
               "becomes one");
  return values;
}

std::optional<Shape> Node::intsFrom(unsigned i, StringRef name) {
  if (has(i))
    return ints(i, name);
  return integers(name);
}

int64_t Node::integer(StringRef name, int64_t otherwise) {
  Attribute a = attribute(name);
  if (!a)
    return otherwise;
  if (auto i = dyn_cast<IntegerAttr>(a))
    return i.getInt();
  (void)fail("attribute '" + name + "' must be an integer");
  return otherwise;
}

double Node::number(StringRef name, double otherwise) {
  Attribute a = attribute(name);
  if (!a)
    return otherwise;
  if (auto f = dyn_cast<FloatAttr>(a))
    return f.getValueAsDouble();
  (void)fail("attribute '" + name + "' must be a float");
  return otherwise;
}

std::string Node::string(StringRef name, StringRef otherwise) {
  Attribute a = attribute(name);
  if (!a)
    return otherwise.str();
  if (auto s = dyn_cast<StringAttr>(a))
    return s.getValue().str();
  (void)fail("attribute '" + name + "' must be a string");
  return otherwise.str();
}

std::optional<Shape> Node::integers(StringRef name) {
  Attribute a = attribute(name);
  if (!a)
    return std::nullopt;
  if (auto array = dyn_cast<DenseI64ArrayAttr>(a))
    return Shape(array.asArrayRef());
  if (auto i = dyn_cast<IntegerAttr>(a))
    return Shape{i.getInt()};
  (void)fail("attribute '" + name + "' must be a list of integers");
  return std::nullopt;
}

SmallVector<double> Node::numbers(StringRef name) {
  Attribute a = attribute(name);
  if (!a)
    return {};
  if (auto array = dyn_cast<DenseF32ArrayAttr>(a))
    return SmallVector<double>(array.asArrayRef());
  (void)fail("attribute '" + name + "' must be a list of floats");
  return {};
}

SmallVector<std::string> Node::strings(StringRef name) {
  SmallVector<std::string> values;
  Attribute a = attribute(name);
  if (!a)
    return values;
  auto array = dyn_cast<ArrayAttr>(a);
  for (Attribute element : array ? array.getValue() : ArrayRef<Attribute>()) {
    if (auto s = dyn_cast<StringAttr>(element)) {
      values.push_back(s.getValue().str());
      continue;
    }
    array = {};
    break;
  }
  if (!array)
    (void)fail("attribute '" + name + "' must be a list of strings");
  return values;
}

ElementsAttr Node::tensor(StringRef name) {
  return dyn_cast_or_null<ElementsAttr>(attribute(name));
}

std::optional<int64_t> Node::axis(int64_t value, int64_t rank) {
  int64_t positive = value < 0 ? value + rank : value;
  if (positive < 0 || positive >= rank) {
    (void)fail("axis " + Twine(value) + " is outside a tensor of rank " +
               Twine(rank));
    return std::nullopt;
  }
  return positive;
}

std::optional<Shape> Node::axes(ShapeRef values, int64_t rank) {
  Shape result;
  if (int64_t(values.size()) > rank) {
    (void)fail("there are more axes than dimensions (" + Twine(rank) + ")");
    return std::nullopt;
  }
  for (int64_t value : values) {
    auto positive = axis(value, rank);
    if (!positive)
      return std::nullopt;
    if (llvm::is_contained(result, *positive)) {
      (void)fail("axis " + Twine(value) + " is given twice");
      return std::nullopt;
    }
    result.push_back(*positive);
  }
  llvm::sort(result);
  return result;
}

LogicalResult Node::result(unsigned i, Value v) {
  if (hasError() || !v)
    return fail("cannot be legalized");
  if (i < outputs.size())
    outputs[i] = v;
  return success();
}

LogicalResult Node::resultSequence(SmallVector<Value> values) {
  if (hasError() || !allPresent(values))
    return fail("cannot be legalized");
  outputSequence = std::move(values);
  return success();
}

LogicalResult Node::resultNothing() {
  outputNothing = true;
  return success();
}

Region *Node::subgraph(StringRef name) {
  ArrayAttr names = op.getSubgraphsAttr();
  for (auto [i, n] : llvm::enumerate(names ? names.getValue()
                                           : ArrayRef<Attribute>()))
    if (llvm::cast<StringAttr>(n).getValue() == name && i < op->getNumRegions())
      return &op->getRegion(i);
  (void)fail("attribute '" + name + "' (a subgraph) is missing");
  return nullptr;
}

LogicalResult Node::inlineSubgraph(StringRef name, ValueRange arguments,
                                   SmallVectorImpl<Value> &values) {
  Region *region = subgraph(name);
  if (!region)
    return failure();
  std::string why;
  LogicalResult result = subgraphs.convert(*region, arguments, values,
                                           op->getBlock(), op->getIterator(),
                                           why);
  builder.setInsertionPoint(op);
  return failed(result) && !why.empty() ? fail(why) : result;
}

} // namespace xgen::onnx
