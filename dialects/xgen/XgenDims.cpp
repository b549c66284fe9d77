//===- XgenDims.cpp - Extents that are known at run time ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Arithmetic on extents. An expression is taken apart into a sum of products of
// atoms (symbols, quotients, remainders), computed with, and put together again in
// one order, which does not depend on addresses: equal extents are one expression
// in every run of the compiler.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/XgenDims.h"
#include "dialects/xgen/XgenOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace xgen::ir;

//===----------------------------------------------------------------------===//
// Polynomials
//===----------------------------------------------------------------------===//

/// Bounds saturate here: no tensor is so large.
static constexpr int64_t kFar = int64_t(1) << 62;

static int64_t saturate(__int128 v) {
  return v > kFar ? kFar : v < -kFar ? -kFar : int64_t(v);
}

/// An order of expressions by their structure.
static int compare(AffineExpr a, AffineExpr b) {
  if (a == b)
    return 0;
  if (a.getKind() != b.getKind())
    return a.getKind() < b.getKind() ? -1 : 1;
  auto number = [](int64_t x, int64_t y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (auto x = dyn_cast<AffineConstantExpr>(a))
    return number(x.getValue(), cast<AffineConstantExpr>(b).getValue());
  if (auto x = dyn_cast<AffineSymbolExpr>(a))
    return number(x.getPosition(), cast<AffineSymbolExpr>(b).getPosition());
  if (auto x = dyn_cast<AffineDimExpr>(a))
    return number(x.getPosition(), cast<AffineDimExpr>(b).getPosition());
  auto x = cast<AffineBinaryOpExpr>(a), y = cast<AffineBinaryOpExpr>(b);
  int left = compare(x.getLHS(), y.getLHS());
  return left ? left : compare(x.getRHS(), y.getRHS());
}

namespace {
/// A product of atoms, in order, with a factor.
struct Term {
  SmallVector<AffineExpr, 3> atoms;
  int64_t factor = 0;
};

static int compareAtoms(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  if (a.size() != b.size())
    return a.size() > b.size() ? -1 : 1; // Higher degrees first.
  for (auto [x, y] : llvm::zip(a, b))
    if (int c = compare(x, y))
      return c;
  return 0;
}

/// A sum of terms with different atoms, in order.
class Poly {
public:
  explicit Poly(AffineExpr expr) { addExpr(expr, 1); }
  Poly() = default;

  SmallVector<Term, 4> terms;

  void add(ArrayRef<AffineExpr> atoms, int64_t factor) {
    auto it = llvm::find_if(terms, [&](const Term &t) {
      return compareAtoms(t.atoms, atoms) >= 0;
    });
    if (it != terms.end() && compareAtoms(it->atoms, atoms) == 0) {
      it->factor += factor;
      if (!it->factor)
        terms.erase(it);
      return;
    }
    if (!factor)
      return;
    Term term;
    term.atoms.assign(atoms.begin(), atoms.end());
    term.factor = factor;
    terms.insert(it, std::move(term));
  }

  Poly times(const Poly &other) const {
    Poly result;
    for (const Term &a : terms)
      for (const Term &b : other.terms) {
        SmallVector<AffineExpr, 3> atoms(a.atoms);
        llvm::append_range(atoms, b.atoms);
        llvm::sort(atoms, [](AffineExpr x, AffineExpr y) {
          return compare(x, y) < 0;
        });
        result.add(atoms, a.factor * b.factor);
      }
    return result;
  }

  bool isConstant() const {
    return terms.empty() || (terms.size() == 1 && terms[0].atoms.empty());
  }
  int64_t constant() const { return terms.empty() ? 0 : terms[0].factor; }

  AffineExpr expr(MLIRContext *context) const {
    AffineExpr sum = getAffineConstantExpr(0, context);
    for (const Term &t : terms) {
      AffineExpr product = getAffineConstantExpr(1, context);
      for (AffineExpr atom : t.atoms)
        product = product * atom;
      sum = sum + product * t.factor;
    }
    return sum;
  }

  /// Moves the terms that are multiples of `divisor` to the quotient; what is
  /// left is the rest.
  Poly divide(const Term &divisor) {
    Poly quotient, rest;
    for (const Term &t : terms) {
      SmallVector<AffineExpr, 3> atoms(t.atoms);
      bool divides = t.factor % divisor.factor == 0;
      for (AffineExpr atom : divisor.atoms) {
        auto it = llvm::find(atoms, atom);
        divides &= it != atoms.end();
        if (it != atoms.end())
          atoms.erase(it);
      }
      if (divides)
        quotient.add(atoms, t.factor / divisor.factor);
      else
        rest.add(t.atoms, t.factor);
    }
    *this = rest;
    return quotient;
  }

private:
  void addExpr(AffineExpr expr, int64_t factor) {
    if (auto number = dyn_cast<AffineConstantExpr>(expr))
      return add({}, number.getValue() * factor);
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    if (binary && expr.getKind() == AffineExprKind::Add) {
      addExpr(binary.getLHS(), factor);
      addExpr(binary.getRHS(), factor);
      return;
    }
    if (binary && expr.getKind() == AffineExprKind::Mul) {
      Poly result = Poly(binary.getLHS()).times(Poly(binary.getRHS()));
      for (const Term &t : result.terms)
        add(t.atoms, t.factor * factor);
      return;
    }
    add({expr}, factor);
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Dim
//===----------------------------------------------------------------------===//

Dim::Dim(AffineExpr expr, int64_t min, int64_t max) : low(min), high(max) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    low = high = number.getValue();
  else if (min < max)
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
  Poly sum(a.expr(context));
  for (const Term &t : Poly(b.expr(context)).terms)
    sum.add(t.atoms, t.factor);
  return Dim(sum.expr(context), low, high);
}

Dim operator-(const Dim &a, const Dim &b) {
  int64_t low = saturate(__int128(a.low) - b.high);
  int64_t high = saturate(__int128(a.high) - b.low);
  if (a.isStatic() && b.isStatic())
    return Dim(low);
  MLIRContext *context = contextOf(a, b);
  Poly difference(a.expr(context));
  for (const Term &t : Poly(b.expr(context)).terms)
    difference.add(t.atoms, -t.factor);
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
  Poly product = Poly(a.expr(context)).times(Poly(b.expr(context)));
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
  Poly rest(a.expr(context)), divisor(b.expr(context)), quotient;
  if (divisor.terms.size() == 1 && divisor.terms[0].factor > 0)
    quotient = rest.divide(divisor.terms[0]);
  // A number that is too small to matter: (4 n + 3) / 4.
  if (rest.isConstant() && rest.constant() >= 0 && rest.constant() < by)
    return Dim(quotient.expr(context), low, high);
  AffineExpr tail = rest.expr(context).floorDiv(b.expr(context));
  quotient.add({tail}, 1);
  return Dim(Poly(quotient.expr(context)).expr(context), low, high);
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
