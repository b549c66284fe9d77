//===- Polynomial.cpp - Expressions as sums of products -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The order of terms, and the arithmetic that keeps them few.
//
//===----------------------------------------------------------------------===//

#include "dialects/xgen/Polynomial.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace xgen::ir;

/// Products of sums with more terms are not multiplied out.
static constexpr size_t kMostTerms = 256;

/// Whether `expr` is such a product. The others that Polynomial::expr makes have
/// an atom or a number on the right.
static bool isFactored(AffineExpr expr) {
  auto product = dyn_cast<AffineBinaryOpExpr>(expr);
  return product && expr.getKind() == AffineExprKind::Mul &&
         product.getRHS().getKind() == AffineExprKind::Add;
}

static int64_t wrappedSum(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) + uint64_t(b));
}
static int64_t wrappedProduct(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) * uint64_t(b));
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

static int compareAtoms(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  if (a.size() != b.size())
    return a.size() > b.size() ? -1 : 1; // Higher degrees first.
  for (auto [x, y] : llvm::zip(a, b))
    if (int c = compare(x, y))
      return c;
  return 0;
}

void Polynomial::add(ArrayRef<AffineExpr> atoms, int64_t factor) {
  auto it = llvm::find_if(terms, [&](const Term &t) {
    return compareAtoms(t.atoms, atoms) >= 0;
  });
  if (it != terms.end() && compareAtoms(it->atoms, atoms) == 0) {
    it->factor = wrappedSum(it->factor, factor);
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

void Polynomial::addMultiple(const Polynomial &other, int64_t factor) {
  for (const Term &t : other.terms)
    add(t.atoms, wrappedProduct(t.factor, factor));
}

void Polynomial::addExpr(AffineExpr expr, int64_t factor) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return add({}, wrappedProduct(number.getValue(), factor));
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (binary && expr.getKind() == AffineExprKind::Add) {
    addExpr(binary.getLHS(), factor);
    addExpr(binary.getRHS(), factor);
    return;
  }
  if (binary && expr.getKind() == AffineExprKind::Mul && !isFactored(expr))
    return addMultiple(
        Polynomial(binary.getLHS()).times(Polynomial(binary.getRHS())), factor);
  add({expr}, factor);
}

bool Polynomial::hasFactored() const {
  return llvm::any_of(terms, [](const Term &t) {
    return llvm::any_of(t.atoms, isFactored);
  });
}

/// Whether the product with `other` would get too large, also when that is done
/// again and again: with a copy of a large product in every term of a sum.
bool Polynomial::staysFactored(const Polynomial &other) const {
  size_t mine = terms.size(), others = other.terms.size();
  if (mine < 2 && others < 2)
    return false;
  if (mine > 1 && others > 1)
    return mine * others > kMostTerms || hasFactored() || other.hasFactored();
  return mine < 2 ? hasFactored() : other.hasFactored();
}

/// This sum times `other`, as one atom.
Polynomial Polynomial::factored(Polynomial other) const {
  int64_t factor = 1;
  if (other.terms.size() == 1)
    std::swap(factor, other.terms[0].factor);
  MLIRContext *context = terms[0].atoms[0].getContext();
  AffineExpr sum = expr(context), left = other.expr(context);
  if (other.terms.size() > 1 && compare(sum, left) < 0)
    std::swap(sum, left);
  Polynomial result;
  result.add({left * sum}, factor);
  return result;
}

Polynomial Polynomial::times(const Polynomial &other) const {
  if (staysFactored(other))
    return terms.size() < 2 ? other.factored(*this) : factored(other);
  Polynomial result;
  for (const Term &a : terms)
    for (const Term &b : other.terms) {
      SmallVector<AffineExpr, 3> atoms(a.atoms);
      llvm::append_range(atoms, b.atoms);
      llvm::sort(atoms, [](AffineExpr x, AffineExpr y) {
        return compare(x, y) < 0;
      });
      result.add(atoms, wrappedProduct(a.factor, b.factor));
    }
  return result;
}

AffineExpr Polynomial::expr(MLIRContext *context) const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  for (const Term &t : terms) {
    AffineExpr product = getAffineConstantExpr(1, context);
    for (AffineExpr atom : t.atoms)
      product = product * atom;
    sum = sum + product * t.factor;
  }
  return sum;
}

Polynomial Polynomial::divide(const Term &divisor) {
  Polynomial quotient, rest;
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
