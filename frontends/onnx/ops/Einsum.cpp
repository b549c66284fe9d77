//===- Einsum.cpp - Einsum ----------------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Operands are combined from left to right. Labels that both have and nobody
// needs afterwards are contracted by a matrix product, whose batch dimensions
// are the labels that both have and somebody needs; without such labels the
// product is pointwise.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include "llvm/ADT/StringExtras.h"

namespace xgen::onnx {

namespace {

/// A label: a letter, or beyond them a dimension of the ellipsis, counted from
/// its end because ellipses align there.
using Labels = SmallVector<int>;
constexpr int ellipsisLabel = 256;

struct Operand {
  Value value;
  Labels labels;
};

class Einsum {
public:
  explicit Einsum(Node &n) : n(n) {}
  Value run(StringRef equation);

private:
  /// Labels of a term for a tensor of rank `rank` (-1: the result).
  std::optional<Labels> parse(StringRef term, int64_t rank);
  void diagonals(Operand &operand);
  bool agree(const Operand &operand);
  void sumUnless(Operand &operand, llvm::function_ref<bool(int)> needed);
  Operand pair(Operand a, Operand b, llvm::function_ref<bool(int)> needed);
  Value arrange(const Operand &operand, const Labels &order);
  Value invalid(const llvm::Twine &why) {
    return n.noValue("the equation " + why);
  }

  Node &n;
  int64_t ellipsisRank = 0;
  /// What each label counts to; 1 where no operand says more.
  llvm::DenseMap<int, Dim> sizes;
};

std::optional<Labels> Einsum::parse(StringRef term, int64_t rank) {
  Labels labels;
  int letters = 0;
  for (char c : term)
    letters += c != '.';
  for (size_t i = 0; i < term.size(); ++i) {
    if (llvm::isAlpha(term[i])) {
      labels.push_back(static_cast<unsigned char>(term[i]));
      continue;
    }
    if (!term.substr(i).starts_with("...") ||
        llvm::is_contained(labels, ellipsisLabel))
      return std::nullopt;
    i += 2;
    int64_t dims = rank < 0 ? ellipsisRank : rank - letters;
    if (dims < 0)
      return std::nullopt;
    ellipsisRank = std::max(ellipsisRank, dims);
    for (int64_t d = dims; d-- > 0;)
      labels.push_back(ellipsisLabel + int(d));
    // An empty ellipsis leaves no trace: a second one is not noticed.
  }
  if (rank >= 0 && int64_t(labels.size()) != rank)
    return std::nullopt;
  return labels;
}

/// Dimensions of one label become one.
void Einsum::diagonals(Operand &operand) {
  Labels &labels = operand.labels;
  for (size_t i = 0; i < labels.size() && operand.value; ++i)
    for (size_t j = i + 1; j < labels.size() && operand.value;) {
      if (labels[i] != labels[j]) {
        ++j;
        continue;
      }
      Dims extents = n.dims(operand.value);
      Shape perm;
      Dim size = extents[i];
      int64_t rank = extents.size();
      if (!n.same(extents[j], size)) {
        operand.value = invalid("repeats a label for different extents");
        return;
      }
      // Both last, as one: every size + 1st element of it.
      for (int64_t d = 0; d < rank; ++d)
        if (d != int64_t(i) && d != int64_t(j))
          perm.push_back(d);
      Labels rest;
      for (int64_t d : perm)
        rest.push_back(labels[d]);
      rest.push_back(labels[i]);
      perm.append({int64_t(i), int64_t(j)});
      Value v = n.transpose(operand.value, perm);
      Dims flat = n.dims(v);
      flat.resize(std::max<size_t>(2, flat.size()) - 2);
      flat.push_back(size * size);
      v = n.reshape(v, flat);
      Dims steps(flat.size(), 1), taken = flat;
      taken.back() = size;
      steps.back() = size + 1;
      operand.value = n.slice(v, Shape(flat.size(), 0), taken, steps);
      labels = rest;
      j = i + 1;
    }
}

/// Whether the operand's extents are those that its labels have elsewhere. A
/// number counts more than a free dimension, and an extent of 1 stretches.
bool Einsum::agree(const Operand &operand) {
  for (auto [label, extent] : llvm::zip(operand.labels, n.dims(operand.value))) {
    Dim &size = sizes.try_emplace(label, 1).first->second;
    if (extent.is(1) || size == extent)
      continue;
    if (!size.is(1) && !n.same(size, extent))
      return false;
    if (size.is(1) || extent.isStatic())
      size = extent;
  }
  return true;
}

void Einsum::sumUnless(Operand &operand, llvm::function_ref<bool(int)> needed) {
  Shape axes;
  Labels kept;
  for (auto [i, label] : llvm::enumerate(operand.labels)) {
    if (needed(label))
      kept.push_back(label);
    else
      axes.push_back(i);
  }
  if (axes.empty())
    return;
  operand.value =
      n.reduce(ReduceKind::Sum, operand.value, axes, /*keepdims=*/false);
  operand.labels = kept;
}

/// The operand with dimensions in this order; labels that it lacks are 1.
Value Einsum::arrange(const Operand &operand, const Labels &order) {
  Shape perm;
  Dims extents, in = n.dims(operand.value);
  for (int label : order) {
    auto at = llvm::find(operand.labels, label);
    if (at == operand.labels.end()) {
      extents.push_back(1);
      continue;
    }
    perm.push_back(at - operand.labels.begin());
    bool stretches = in.empty() || in[perm.back()].is(1);
    extents.push_back(stretches ? Dim(1) : sizes.lookup(label));
  }
  return n.reshape(n.transpose(operand.value, perm), extents);
}

Operand Einsum::pair(Operand a, Operand b,
                     llvm::function_ref<bool(int)> needed) {
  auto has = [](const Operand &o, int label) {
    return llvm::is_contained(o.labels, label);
  };
  sumUnless(a, [&](int l) { return needed(l) || has(b, l); });
  sumUnless(b, [&](int l) { return needed(l) || has(a, l); });
  if (!a.value || !b.value)
    return {};
  // An extent of 1 stretches: it is not part of the contraction.
  auto dropOnes = [&](Operand &o, const Operand &other) {
    Labels kept;
    Dims extents, in = n.dims(o.value);
    for (auto [i, label] : llvm::enumerate(o.labels)) {
      auto at = llvm::find(other.labels, label);
      bool stretches = at != other.labels.end() && in[i].is(1) &&
                       !n.dims(other.value)[at - other.labels.begin()].is(1);
      if (stretches)
        continue;
      kept.push_back(label);
      extents.push_back(in[i]);
    }
    o.value = n.reshape(o.value, extents);
    o.labels = kept;
  };
  Operand before = a;
  dropOnes(a, b);
  dropOnes(b, before);
  sumUnless(a, [&](int l) { return needed(l) || has(b, l); });
  sumUnless(b, [&](int l) { return needed(l) || has(a, l); });

  Labels batch, contracted, onlyA, onlyB;
  for (int label : a.labels)
    (!has(b, label)  ? onlyA
     : needed(label) ? batch
                     : contracted)
        .push_back(label);
  for (int label : b.labels)
    if (!has(a, label))
      onlyB.push_back(label);
  Operand result;
  result.labels = batch;
  result.labels.append(onlyA);
  result.labels.append(onlyB);
  if (contracted.empty()) {
    result.value = n.mul(arrange(a, result.labels), arrange(b, result.labels));
    return result;
  }
  Labels orderA = batch, orderB = batch;
  orderA.append(onlyA);
  orderA.append(contracted);
  orderB.append(contracted);
  orderB.append(onlyB);
  a.value = arrange(a, orderA);
  b.value = arrange(b, orderB);
  if (!a.value || !b.value)
    return {};
  Dims extentsA = n.dims(a.value), extentsB = n.dims(b.value);
  DimsRef inA = extentsA, inB = extentsB;
  size_t nb = batch.size(), na = onlyA.size(), nc = contracted.size();
  Dims left(inA.take_front(nb)), right = left, out(inA.take_front(nb + na));
  llvm::append_range(out, inB.drop_front(nb + nc));
  Dim depth = ir::product(inA.drop_front(nb + na));
  left.append({ir::product(inA.slice(nb, na)), depth});
  right.append({depth, ir::product(inB.drop_front(nb + nc))});
  result.value = n.reshape(
      n.matmul(n.reshape(a.value, left), n.reshape(b.value, right)), out);
  return result;
}

Value Einsum::run(StringRef text) {
  std::string equation;
  for (char c : text)
    if (c != ' ')
      equation += c;
  auto [left, right] = StringRef(equation).split("->");
  bool explicitOutput = equation.find("->") != std::string::npos;
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.numInputs())
    return invalid("has " + llvm::Twine(terms.size()) + " terms for " +
                   llvm::Twine(n.numInputs()) + " inputs");
  SmallVector<Operand> operands;
  llvm::DenseMap<int, unsigned> uses;
  for (auto [i, term] : llvm::enumerate(terms)) {
    if (!n.has(i))
      return n.noValue("input " + llvm::Twine(i) + " is missing");
    auto labels = parse(term, n.rank(n.input(i)));
    if (!labels)
      return invalid("does not fit input " + llvm::Twine(i) + " (rank " +
                     llvm::Twine(n.rank(n.input(i))) + ")");
    for (int label : *labels)
      ++uses[label];
    operands.push_back({n.input(i), *labels});
    diagonals(operands.back());
    if (!operands.back().value)
      return {};
    if (!agree(operands.back()))
      return invalid("gives one label different extents");
  }
  Labels wanted;
  if (explicitOutput) {
    auto labels = parse(right, -1);
    if (!labels)
      return invalid("has an invalid right side");
    wanted = *labels;
  } else {
    // The ellipsis, then every letter that appears once.
    for (int64_t d = ellipsisRank; d-- > 0;)
      wanted.push_back(ellipsisLabel + int(d));
    for (int c = 'A'; c <= 'z'; ++c)
      if (uses.lookup(c) == 1)
        wanted.push_back(c);
  }
  for (auto [i, label] : llvm::enumerate(wanted))
    if (!uses.count(label) ||
        llvm::is_contained(ArrayRef<int>(wanted).take_front(i), label))
      return invalid("has a result label twice, or one that no input has");

  Operand result = operands.front();
  for (size_t next = 1; next < operands.size(); ++next) {
    auto needed = [&](int label) {
      return llvm::is_contained(wanted, label) ||
             llvm::any_of(ArrayRef<Operand>(operands).drop_front(next + 1),
                          [&](const Operand &o) {
                            return llvm::is_contained(o.labels, label);
                          });
    };
    result = pair(result, operands[next], needed);
    if (!result.value)
      return {};
  }
  sumUnless(result, [&](int l) { return llvm::is_contained(wanted, l); });
  return result.value ? arrange(result, wanted) : Value();
}

} // namespace

static LogicalResult legalizeEinsum(Node &n) {
  std::string equation = n.string("equation", "");
  if (n.hasError())
    return failure();
  if (!n.hasAttribute("equation"))
    return n.fail("attribute 'equation' is missing");
  return n.result(Einsum(n).run(equation));
}

void registerEinsum(Registry &registry) {
  registry.add("Einsum", 1, legalizeEinsum);
}

} // namespace xgen::onnx
