//===- XgenDims.cpp - Extents that are known at run time ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Arithmetic on extents, the types that hold them, and the table of symbols.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenDims.h"
#include "dialects/xgen/Polynomial.h"
#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace xgen::ir;

/// Bounds saturate here: no tensor is so large.
static constexpr int64_t kFar = int64_t(1) << 62;

static int64_t saturate(__int128 v) {
  return v > kFar ? kFar : v < -kFar ? -kFar : int64_t(v);
}

//===----------------------------------------------------------------------===//
// Dim
//===----------------------------------------------------------------------===//

Dim::Dim(AffineExpr expr, int64_t min, int64_t max) : low(min), high(max) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    low = high = number.getValue();
  else if (min < max || min >= kFar || max <= -kFar) // Saturated: no number.
    expression = expr;
}

Dim Dim::within(int64_t min, int64_t max) const {
  if (isStatic())
    return *this;
  return Dim(expression, std::max(low, min), std::min(high, max));
}

AffineExpr Dim::expr(MLIRContext *context) const {
  return expression ? expression : getAffineConstantExpr(low, context);
}

std::string Dim::str() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (isStatic())
    stream << low;
  else
    stream << expression;
  return text;
}

static MLIRContext *contextOf(const Dim &a, const Dim &b) {
  return a.isStatic() ? b.expr(nullptr).getContext()
                      : a.expr(nullptr).getContext();
}

namespace xgen::ir {

Dim operator+(const Dim &a, const Dim &b) {
  int64_t low = saturate(__int128(a.low) + b.low);
  int64_t high = saturate(__int128(a.high) + b.high);
  if (a.isStatic() && b.isStatic())
    return Dim(low);
  MLIRContext *context = contextOf(a, b);
  Polynomial sum(a.expr(context));
  sum.addMultiple(Polynomial(b.expr(context)), 1);
  return Dim(sum.expr(context), low, high);
}

Dim operator-(const Dim &a, const Dim &b) {
  int64_t low = saturate(__int128(a.low) - b.high);
  int64_t high = saturate(__int128(a.high) - b.low);
  if (a.isStatic() && b.isStatic())
    return Dim(low);
  MLIRContext *context = contextOf(a, b);
  Polynomial difference(a.expr(context));
  difference.addMultiple(Polynomial(b.expr(context)), -1);
  return Dim(difference.expr(context), low, high);
}

Dim operator*(const Dim &a, const Dim &b) {
  __int128 corners[] = {__int128(a.low) * b.low, __int128(a.low) * b.high,
                        __int128(a.high) * b.low, __int128(a.high) * b.high};
  int64_t low = saturate(*std::min_element(corners, corners + 4));
  int64_t high = saturate(*std::max_element(corners, corners + 4));
  if (a.isStatic() && b.isStatic())
    return Dim(low);
  MLIRContext *context = contextOf(a, b);
  Polynomial product =
      Polynomial(a.expr(context)).times(Polynomial(b.expr(context)));
  return Dim(product.expr(context), low, high);
}

static int64_t floorQuotient(int64_t a, int64_t b) {
  int64_t q = a / b;
  return q * b > a ? q - 1 : q;
}

Dim floorDiv(const Dim &a, const Dim &b) {
  if (b.is(1))
    return a;
  int64_t by = std::max<int64_t>(1, b.low), most = std::max(by, b.high);
  int64_t low = floorQuotient(a.low, a.low < 0 ? by : most);
  int64_t high = floorQuotient(a.high, a.high < 0 ? most : by);
  if (a.isStatic() && b.isStatic())
    return Dim(floorQuotient(a.low, by));
  MLIRContext *context = contextOf(a, b);
  if (a == b)
    return Dim(1);
  Polynomial rest(a.expr(context)), divisor(b.expr(context)), quotient;
  if (divisor.terms.size() == 1 && divisor.terms[0].factor > 0)
    quotient = rest.divide(divisor.terms[0]);
  // A number that is too small to matter: (4 n + 3) / 4.
  if (rest.isConstant() && rest.constant() >= 0 && rest.constant() < by)
    return Dim(quotient.expr(context), low, high);
  AffineExpr tail = rest.expr(context).floorDiv(b.expr(context));
  quotient.add({tail}, 1);
  return Dim(Polynomial(quotient.expr(context)).expr(context), low, high);
}

Dim mod(const Dim &a, const Dim &b) {
  if (a.isStatic() && b.isStatic())
    return Dim(a.low - floorQuotient(a.low, b.low) * b.low);
  Dim rest = a - floorDiv(a, b) * b;
  return rest.within(0, std::max<int64_t>(0, b.high - 1));
}

} // namespace xgen::ir

Dims xgen::ir::toDims(ArrayRef<int64_t> numbers) {
  return Dims(numbers.begin(), numbers.end());
}

std::optional<SmallVector<int64_t>> xgen::ir::toNumbers(DimsRef dims) {
  SmallVector<int64_t> numbers;
  for (const Dim &d : dims) {
    if (!d.isStatic())
      return std::nullopt;
    numbers.push_back(d.value());
  }
  return numbers;
}

Dim xgen::ir::product(DimsRef dims) {
  Dim total = 1;
  for (const Dim &d : dims)
    total *= d;
  return total;
}

std::optional<Dims> xgen::ir::broadcastDims(DimsRef a, DimsRef b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Dims result(a);
  for (auto [r, e] : llvm::zip(llvm::reverse(result), llvm::reverse(b))) {
    if (r == e || e.is(1))
      continue;
    if (r.isStatic() && e.isStatic() && !r.is(1))
      return std::nullopt;
    // A number other than 1 decides, and so does what cannot be 1.
    if (r.is(1) || (!r.isStatic() && (e.isStatic() || (r.min() < 2 && e.min() > 1))))
      r = e;
  }
  return result;
}

AffineMap xgen::ir::toMap(DimsRef dims, MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  int64_t symbols = 0;
  for (const Dim &d : dims) {
    exprs.push_back(d.expr(context));
    exprs.back().walk([&](AffineExpr e) {
      if (auto s = dyn_cast<AffineSymbolExpr>(e))
        symbols = std::max<int64_t>(symbols, s.getPosition() + 1);
    });
  }
  return AffineMap::get(0, symbols, exprs, context);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static DimsAttr dimsAttr(RankedTensorType type) {
  return dyn_cast_or_null<DimsAttr>(type.getEncoding());
}

Dims xgen::ir::dimsOf(RankedTensorType type) {
  DimsAttr dims = dimsAttr(type);
  if (!dims)
    return toDims(type.getShape());
  Dims result;
  for (auto [expr, min, max] :
       llvm::zip(dims.getMap().getResults(), dims.getMin(), dims.getMax()))
    result.push_back(Dim(expr, min, max));
  return result;
}

RankedTensorType xgen::ir::tensorOf(DimsRef dims, Type element) {
  SmallVector<int64_t> shape, min, max;
  for (const Dim &d : dims) {
    shape.push_back(d.forType());
    min.push_back(d.min());
    max.push_back(d.max());
  }
  Attribute encoding;
  if (!allStatic(dims))
    encoding = DimsAttr::get(element.getContext(),
                             toMap(dims, element.getContext()), min, max);
  return RankedTensorType::get(shape, element, encoding);
}

RankedTensorType xgen::ir::withElement(RankedTensorType type, Type element) {
  return RankedTensorType::get(type.getShape(), element, dimsAttr(type));
}

RankedTensorType xgen::ir::largestOf(RankedTensorType type) {
  DimsAttr dims = dimsAttr(type);
  return dims ? RankedTensorType::get(dims.getMax(), type.getElementType())
              : type;
}

bool xgen::ir::isDynamic(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && !tensor.hasStaticShape();
}

bool xgen::ir::isDynamic(Operation *op) {
  auto dynamic = [](Type type) { return isDynamic(type); };
  return llvm::any_of(op->getOperandTypes(), dynamic) ||
         llvm::any_of(op->getResultTypes(), dynamic) ||
         op->hasAttr(dynamicAttrName);
}

AffineMap xgen::ir::dynamicAttr(Operation *op, StringRef name) {
  if (auto all = op->getAttrOfType<DictionaryAttr>(dynamicAttrName))
    if (auto map = all.getAs<AffineMapAttr>(name))
      return map.getValue();
  auto numbers = dyn_cast_or_null<DenseI64ArrayAttr>(
      op->getInherentAttr(name).value_or(Attribute()));
  return numbers ? toMap(toDims(numbers.asArrayRef()), op->getContext())
                 : AffineMap();
}

void xgen::ir::forEachExpr(Type type, function_ref<void(AffineExpr)> visit) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (DimsAttr dims = tensor ? dimsAttr(tensor) : DimsAttr())
    for (AffineExpr expr : dims.getMap().getResults())
      visit(expr);
}

void xgen::ir::forEachExpr(Operation *op, function_ref<void(AffineExpr)> visit) {
  for (Type type : op->getOperandTypes())
    forEachExpr(type, visit);
  for (Type type : op->getResultTypes())
    forEachExpr(type, visit);
  if (auto all = op->getAttrOfType<DictionaryAttr>(dynamicAttrName))
    for (NamedAttribute attr : all)
      for (AffineExpr expr : cast<AffineMapAttr>(attr.getValue()).getValue().getResults())
        visit(expr);
}

Type xgen::ir::mapExprs(Type type, ExprMap map) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !dimsAttr(tensor))
    return type;
  Dims dims;
  for (const Dim &d : dimsOf(tensor))
    dims.push_back(d.isStatic()
                       ? d
                       : Dim(map(d.expr(type.getContext())), d.min(), d.max()));
  return tensorOf(dims, tensor.getElementType());
}

void xgen::ir::mapExprs(Operation *op, ExprMap map) {
  for (Value result : op->getResults())
    result.setType(mapExprs(result.getType(), map));
  auto all = op->getAttrOfType<DictionaryAttr>(dynamicAttrName);
  if (!all)
    return;
  SmallVector<NamedAttribute> attrs;
  for (NamedAttribute attr : all) {
    Dims dims;
    for (AffineExpr e : cast<AffineMapAttr>(attr.getValue()).getValue().getResults())
      dims.push_back(Dim(isa<AffineConstantExpr>(e) ? e : map(e), -kFar, kFar));
    attrs.push_back({attr.getName(),
                     AffineMapAttr::get(toMap(dims, op->getContext()))});
  }
  op->setAttr(dynamicAttrName, DictionaryAttr::get(op->getContext(), attrs));
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral symbolsName = "xgen.symbols";

Symbols::Symbols(ModuleOp module) : module(module) {
  if (auto table = module->getAttrOfType<ArrayAttr>(symbolsName))
    entries.assign(table.begin(), table.end());
}

MLIRContext *Symbols::context() const { return module->getContext(); }

FloatAttr Symbols::factorAttr(double factor) const {
  return FloatAttr::get(Float64Type::get(context()), factor);
}

StringAttr Symbols::scopeAttr() const {
  return scope.empty() ? StringAttr() : StringAttr::get(context(), scope);
}

Dim Symbols::add(Attribute entry, int64_t min, int64_t max) {
  entries.push_back(entry);
  module->setAttr(symbolsName, ArrayAttr::get(context(), entries));
  return Dim(getAffineSymbolExpr(entries.size() - 1, context()), min, max);
}

void Symbols::truncate(size_t count) {
  if (count >= entries.size())
    return;
  entries.resize(count);
  if (entries.empty())
    module->removeAttr(symbolsName);
  else
    module->setAttr(symbolsName, ArrayAttr::get(context(), entries));
}

Dim Symbols::input(StringRef name, int64_t min, int64_t max, int64_t step) {
  // Rounded inwards, so that all values lie in the range asked for.
  int64_t low = llvm::divideCeil(min, step), high = max / step;
  for (auto [i, attr] : llvm::enumerate(entries)) {
    auto entry = cast<SymbolAttr>(attr);
    if (entry.getKind() == SymbolKind::Input && entry.getName() == name)
      return Dim(getAffineSymbolExpr(i, context()), entry.getMin(),
                 entry.getMax()) *
             Dim(int64_t(entry.getFactor().getValueAsDouble()));
  }
  auto entry = SymbolAttr::get(context(), SymbolKind::Input, name, low, high,
                               AffineMapAttr(), factorAttr(step), StringAttr());
  return add(entry, low, high) * Dim(step);
}

Dim Symbols::data(int64_t min, int64_t max) {
  if (min == max)
    return Dim(min);
  return add(SymbolAttr::get(context(), SymbolKind::Data, "", min, max,
                             AffineMapAttr(), FloatAttr(), scopeAttr()),
             min, max);
}

Dim Symbols::derive(unsigned kind, DimsRef args, int64_t min, int64_t max,
                    double factor) {
  if (min == max)
    return Dim(min);
  auto entry = SymbolAttr::get(context(), SymbolKind(kind), "", min, max,
                               AffineMapAttr::get(toMap(args, context())),
                               factor ? factorAttr(factor) : FloatAttr(),
                               scopeAttr());
  auto it = llvm::find(entries, entry);
  // What @main knows, its branches and loops know, too.
  if (it == entries.end() && entry.getScope())
    it = llvm::find(entries, SymbolAttr::get(context(), entry.getKind(), "", min,
                                             max, entry.getArgs(),
                                             entry.getFactor(), StringAttr()));
  if (it != entries.end())
    return Dim(getAffineSymbolExpr(it - entries.begin(), context()), min, max);
  return add(entry, min, max);
}

Dim Symbols::min(const Dim &a, const Dim &b) {
  if (a == b || a.max() <= b.min())
    return a;
  if (b.max() <= a.min())
    return b;
  return derive(unsigned(SymbolKind::Min), {a, b}, std::min(a.min(), b.min()),
                std::min(a.max(), b.max()));
}

Dim Symbols::max(const Dim &a, const Dim &b) {
  if (a == b || a.min() >= b.max())
    return a;
  if (b.min() >= a.max())
    return b;
  return derive(unsigned(SymbolKind::Max), {a, b}, std::max(a.min(), b.min()),
                std::max(a.max(), b.max()));
}

Dim Symbols::equal(const Dim &a, const Dim &b) {
  if (a == b)
    return 1;
  if (a.max() < b.min() || b.max() < a.min())
    return 0;
  return derive(unsigned(SymbolKind::Equal), {a, b}, 0, 1);
}

Dim Symbols::less(const Dim &a, const Dim &b) {
  if (a == b || a.min() >= b.max())
    return 0;
  if (a.max() < b.min())
    return 1;
  return derive(unsigned(SymbolKind::Less), {a, b}, 0, 1);
}

Dim Symbols::scaled(const Dim &a, double factor) {
  auto floor = [&](int64_t v) {
    return int64_t(std::floor(float(v) * float(factor)));
  };
  if (a.isStatic())
    return floor(a.value());
  if (factor >= 1 && factor == std::floor(factor) && factor < 1e6)
    return a * Dim(int64_t(factor));
  return derive(unsigned(SymbolKind::Scaled), {a}, floor(a.min()),
                floor(a.max()), factor);
}

void Symbols::requireEqual(const Dim &a, const Dim &b) {
  if (!(a == b))
    derive(unsigned(SymbolKind::RequireEqual), {a, b}, 0, 1);
}

void Symbols::requireLessEqual(const Dim &a, const Dim &b) {
  if (!(a == b) && a.max() > b.min())
    derive(unsigned(SymbolKind::RequireLessEqual), {a, b}, 0, 1);
}
