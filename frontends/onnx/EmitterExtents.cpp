//===- EmitterExtents.cpp - Extents while a model is legalized ------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Numbers and expressions of free dimensions: comparing and combining them, as
// attributes, as tensors, and from tensors. What cannot be decided here, the
// program checks.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

using namespace mlir;

namespace xgen::onnx {

int64_t Emitter::known(const Dim &d, StringRef what) {
  if (d.isStatic())
    return d.value();
  (void)fail("a " + what + " is free (" + d.str() +
                 "), and this operator needs it at compile time",
             "fix it with -dim or -input-shape");
  return 1;
}

Shape Emitter::shape(Value v) {
  Shape extents;
  for (const Dim &d : dims(v))
    extents.push_back(known(d, "dimension"));
  return extents;
}

bool Emitter::same(const Dim &a, const Dim &b) {
  if (a == b)
    return true;
  if ((a.isStatic() && b.isStatic()) || a.max() < b.min() || b.max() < a.min())
    return false;
  symbols().requireEqual(a, b);
  return true;
}

bool Emitter::same(DimsRef a, DimsRef b) {
  if (a.size() != b.size())
    return false;
  for (auto [x, y] : llvm::zip(a, b))
    if (!same(x, y))
      return false;
  return true;
}

std::optional<Dims> Emitter::broadcast(DimsRef a, DimsRef b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Dims result(a);
  size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    Dim &r = result[offset + i];
    const Dim &e = b[i];
    if (r == e || e.is(1))
      continue;
    if (r.is(1)) {
      r = e;
      continue;
    }
    bool mayBeOne = r.min() < 2 || e.min() < 2;
    if (r.isStatic() && e.isStatic()) {
      (void)fail("operand shapes do not broadcast");
      return std::nullopt;
    }
    if (r.isStatic() || e.isStatic()) {
      // The number decides; kernels check the other one.
      if (!r.isStatic())
        r = e;
      continue;
    }
    if (!mayBeOne)
      symbols().requireEqual(r, e);
    else
      r = symbols().max(r, e);
  }
  return result;
}

void Emitter::addExtents(SmallVectorImpl<NamedAttribute> &attributes,
                         StringRef name, const Extents &values, bool scalar) {
  Shape numbers;
  for (const Dim &d : values)
    numbers.push_back(d.forType());
  if (scalar)
    attributes.push_back(
        attr(name, values[0].isStatic() ? values[0].value() : int64_t(0)));
  else
    attributes.push_back(attr(name, numbers));
  if (ir::allStatic(values))
    return;
  NamedAttribute *all = llvm::find_if(attributes, [](NamedAttribute a) {
    return a.getName() == ir::dynamicAttrName;
  });
  SmallVector<NamedAttribute> entries;
  if (all != attributes.end()) {
    llvm::append_range(entries, llvm::cast<DictionaryAttr>(all->getValue()));
    attributes.erase(all);
  }
  entries.push_back(
      attr(name, AffineMapAttr::get(ir::toMap(values, builder.getContext()))));
  attributes.push_back(
      attr(ir::dynamicAttrName, builder.getDictionaryAttr(entries)));
}

Value Emitter::extentsOf(const Extents &values, const Extents &extents,
                         Type element) {
  auto shape = ir::toNumbers(extents);
  if (!shape)
    return noValue("a tensor of extents has a free dimension");
  if (auto numbers = ir::toNumbers(values))
    return integersOf(*numbers, *shape, element);
  SmallVector<NamedAttribute> attributes;
  addExtents(attributes, "values", values);
  Value v = make<ir::ExtentsOp>(
      RankedTensorType::get(*shape, element ? element : i64()), {}, attributes);
  if (v)
    folder.setExtents(v, values);
  return v;
}

std::optional<Dims> Emitter::bind(Value v, ArrayRef<std::optional<Dim>> given,
                                  int64_t min, std::optional<int64_t> max) {
  if (!v)
    return std::nullopt;
  auto known = folder.extents(v);
  Dims result;
  for (auto [i, d] : llvm::enumerate(given)) {
    if (known && d && !same((*known)[i], *d)) {
      (void)fail("a shape disagrees with the one that the model declares");
      return std::nullopt;
    }
    result.push_back(known ? (*known)[i]
                     : d   ? *d
                           : symbols().data(min, max.value_or(folder.dataBound)));
    if (known && d && d->isStatic())
      result.back() = *d;
  }
  if (!known)
    ir::BindOp::create(builder, loc, v, ir::toMap(result, builder.getContext()));
  return result;
}

Value Emitter::iota(const Dim &size, const Extents &extents) {
  if (size.max() > int64_t(1) << 24)
    return noValue("a dimension is too long for this operator");
  if (!size.isStatic()) {
    Value ones = splat(i64(), 1, {size});
    auto sum = ir::ReduceKindAttr::get(builder.getContext(), ReduceKind::Sum);
    return reshape(make<ir::ScanOp>({ones}, {attr("kind", sum),
                                             attr("axis", int64_t(0)),
                                             attr("exclusive", true)}),
                   extents);
  }
  Shape values;
  for (int64_t i = 0; i < size.value(); ++i)
    values.push_back(i);
  return integersOf(values, *ir::toNumbers(extents));
}

} // namespace xgen::onnx
