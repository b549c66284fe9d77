//===- Trees.cpp - TreeEnsemble and what came before it -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Three operators with three spellings of the same: one table of nodes, one of
// leaves, for xgen.tree_ensemble. Children are checked here, where an error can
// name them.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <limits>
#include <map>

namespace xgen::onnx {

static constexpr const char *domain = "ai.onnx.ml";

namespace {

enum class Transform { None, Softmax, Logistic, SoftmaxZero, Probit };

struct Forest {
  Shape nodes; // rows of 6: see xgen.tree_ensemble
  SmallVector<double> splits, members;
  Shape roots, targets; // rows of 2
  SmallVector<double> weights;
  ReduceKind aggregate = ReduceKind::Sum;
  int64_t width = 1;
};

} // namespace

static std::optional<Transform> transformOf(Node &n) {
  if (auto number = mlir::dyn_cast_or_null<mlir::IntegerAttr>(
          n.attribute("post_transform"))) {
    if (number.getInt() >= 0 && number.getInt() <= 4)
      return Transform(number.getInt());
    return (void)n.fail("unknown post_transform"), std::nullopt;
  }
  std::string name = n.string("post_transform", "NONE");
  static const char *const names[] = {"NONE", "SOFTMAX", "LOGISTIC",
                                      "SOFTMAX_ZERO", "PROBIT"};
  for (auto [i, known] : llvm::enumerate(names))
    if (name == known)
      return Transform(i);
  return (void)n.fail("unknown post_transform '" + name + "'"), std::nullopt;
}

static Value transformed(Node &n, Value v, Transform transform) {
  switch (transform) {
  case Transform::None:
    return v;
  case Transform::Softmax:
    return n.softmax(v, {1});
  case Transform::Logistic:
    return n.unary(UnaryKind::Sigmoid, v);
  case Transform::SoftmaxZero: {
    // Zeros stay, and do not count.
    Value zero = n.splat(n.elementType(v), 0);
    Value top = n.reduce(ReduceKind::Max, v, {1}, true);
    Value power = n.select(n.binary(BinaryKind::Equal, v, zero), zero,
                           n.unary(UnaryKind::Exp, n.sub(v, top)));
    Value sum = n.reduce(ReduceKind::Sum, power, {1}, true);
    return n.div(power, n.select(n.binary(BinaryKind::Equal, sum, zero),
                                 n.splat(n.elementType(v), 1), sum));
  }
  case Transform::Probit:
    return n.noValue("post_transform PROBIT is unsupported");
  }
  return {};
}

static Value emit(Node &n, Value x, const Forest &f, Type element) {
  if (n.rank(x) == 1)
    x = n.reshape(x, {1, n.elements(x)});
  if (!n.isFloat(x))
    x = n.cast(x, n.f32());
  auto vector = [&](ArrayRef<double> values, Type type) {
    return n.numbersOf(values, {int64_t(values.size())}, type);
  };
  Type type = n.elementType(x);
  return n.make<ir::TreeEnsembleOp>(
      {x, n.integersOf(f.nodes, {int64_t(f.splits.size()), 6}),
       vector(f.splits, type), vector(f.members, type), n.integersOf(f.roots),
       n.integersOf(f.targets, {int64_t(f.weights.size()), 2}),
       vector(f.weights, element)},
      {n.attr("aggregate",
              ir::ReduceKindAttr::get(n.builder.getContext(), f.aggregate)),
       n.attr("width", f.width)});
}

static std::optional<SmallVector<double>> reals(Node &n, StringRef list,
                                                StringRef tensor) {
  if (ElementsAttr given = n.tensor(tensor))
    if (auto values = readDoubles(given))
      return values;
  return n.numbers(list);
}

/// Version 5: leaves are a table of their own.
static LogicalResult legalizeEnsemble(Node &n) {
  Forest f;
  auto list = [&](StringRef name) {
    return n.integers(name).value_or(Shape());
  };
  Shape features = list("nodes_featureids"), yes = list("nodes_truenodeids");
  Shape no = list("nodes_falsenodeids"), yesLeaf = list("nodes_trueleafs");
  Shape noLeaf = list("nodes_falseleafs"), roots = list("tree_roots");
  Shape missing = list("nodes_missing_value_tracks_true");
  Shape targets = list("leaf_targetids");
  auto read = [&](StringRef name) -> std::optional<SmallVector<double>> {
    ElementsAttr given = n.tensor(name);
    return given ? readDoubles(given) : std::nullopt;
  };
  auto splits = read("nodes_splits"), weights = read("leaf_weights");
  auto modes = read("nodes_modes"), members = read("membership_values");
  size_t count = features.size();
  if (n.hasError())
    return failure();
  if (!splits || !weights || !modes || splits->size() != count ||
      modes->size() != count || yes.size() != count || no.size() != count ||
      yesLeaf.size() != count || noLeaf.size() != count ||
      (!missing.empty() && missing.size() != count) ||
      weights->size() != targets.size())
    return n.fail("the attributes of nodes or leaves differ in length");
  f.splits = *splits;
  f.weights = *weights;
  if (members)
    f.members = *members;
  f.width = n.integer("n_targets", 1);
  static constexpr ReduceKind kinds[] = {ReduceKind::Mean, ReduceKind::Sum,
                                         ReduceKind::Min, ReduceKind::Max};
  int64_t aggregate = n.integer("aggregate_function", 1);
  if (aggregate < 0 || aggregate > 3)
    return n.fail("unknown aggregate_function");
  f.aggregate = kinds[aggregate];
  auto child = [&](int64_t id, bool leaf) {
    int64_t end = leaf ? targets.size() : count;
    if (id < 0 || id >= end)
      (void)n.fail("a node or root points to a node that is not there");
    return leaf ? -1 - id : id;
  };
  size_t member = 0;
  for (size_t i = 0; i < count; ++i) {
    int64_t mode = int64_t((*modes)[i]), first = 0;
    if (mode < 0 || mode > 6)
      return n.fail("a node has an unknown mode");
    if (mode == 6) {
      first = member;
      while (member < f.members.size() &&
             f.members[member] == f.members[member])
        ++member;
      ++member; // past the NaN
    }
    f.nodes.append({features[i], mode, child(yes[i], yesLeaf[i]),
                    child(no[i], noLeaf[i]),
                    missing.empty() ? 0 : int64_t(missing[i] != 0), first});
  }
  for (int64_t root : roots)
    f.roots.push_back(child(root, false));
  for (int64_t target : targets)
    f.targets.append({target, 0});
  auto transform = transformOf(n);
  if (!transform || n.hasError())
    return failure();
  Value x = n.input(0);
  Type element = n.isFloat(x) ? n.elementType(x) : n.f32();
  return n.result(transformed(n, emit(n, x, f, element), *transform));
}

/// Versions 1 and 3: nodes are named by tree and number, leaves are nodes whose
/// weights are listed under `what`_ids and so on.
static std::optional<Forest> readOld(Node &n, StringRef what) {
  Forest f;
  auto list = [&](const llvm::Twine &name) {
    return n.integers(name.str()).value_or(Shape());
  };
  Shape trees = list("nodes_treeids"), ids = list("nodes_nodeids");
  Shape features = list("nodes_featureids");
  Shape yes = list("nodes_truenodeids"), no = list("nodes_falsenodeids");
  Shape missing = list("nodes_missing_value_tracks_true");
  Shape leafTrees = list(what + "_treeids"), leafIds = list(what + "_nodeids");
  Shape targets = list(what + "_ids");
  auto values = reals(n, "nodes_values", "nodes_values_as_tensor");
  auto weights =
      reals(n, (what + "_weights").str(), (what + "_weights_as_tensor").str());
  SmallVector<std::string> modes = n.strings("nodes_modes");
  if (n.hasError())
    return std::nullopt;
  size_t count = trees.size(), leaves = targets.size();
  if (ids.size() != count || features.size() != count || yes.size() != count ||
      no.size() != count || values->size() != count || modes.size() != count ||
      (!missing.empty() && missing.size() != count) ||
      leafTrees.size() != leaves || leafIds.size() != leaves ||
      weights->size() != leaves)
    return (void)n.fail("the attributes of nodes or leaves differ in length"),
           std::nullopt;
  using Name = std::pair<int64_t, int64_t>;
  std::map<Name, SmallVector<size_t>> entries; // of a leaf, in order
  for (size_t i = 0; i < leaves; ++i)
    entries[{leafTrees[i], leafIds[i]}].push_back(i);
  std::map<Name, int64_t> places;
  static const char *const names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                      "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
  SmallVector<size_t> branches;
  for (size_t i = 0; i < count; ++i) {
    Name name{trees[i], ids[i]};
    int64_t place = branches.size();
    if (modes[i] == "LEAF") {
      place = -1 - int64_t(f.weights.size());
      auto own = entries.find(name);
      if (own == entries.end()) { // A leaf that adds nothing.
        f.weights.push_back(0);
        f.targets.append({0, 0});
      } else {
        for (size_t k : own->second) {
          f.weights.push_back((*weights)[k]);
          f.targets.append({targets[k], k != own->second.back()});
        }
      }
    } else {
      branches.push_back(i);
    }
    if (!places.insert({name, place}).second)
      return (void)n.fail("a node appears twice"), std::nullopt;
  }
  std::map<Name, bool> isChild;
  for (size_t i : branches) {
    auto mode = llvm::find(names, StringRef(modes[i])) - std::begin(names);
    auto to = places.find({trees[i], yes[i]}),
         other = places.find({trees[i], no[i]});
    if (mode == 6)
      return (void)n.fail("unknown node mode '" + modes[i] + "'"), std::nullopt;
    if (to == places.end() || other == places.end())
      return (void)n.fail("a node points to a node that is not there"),
             std::nullopt;
    isChild[to->first] = isChild[other->first] = true;
    f.nodes.append({features[i], int64_t(mode), to->second, other->second,
                    missing.empty() ? 0 : int64_t(missing[i] != 0), 0});
    f.splits.push_back((*values)[i]);
  }
  for (size_t i = 0; i < count; ++i)
    if (Name name{trees[i], ids[i]}; !isChild.count(name))
      f.roots.push_back(places[name]);
  return f;
}

static LogicalResult legalizeRegressor(Node &n) {
  auto f = readOld(n, "target");
  auto transform = transformOf(n);
  if (!f || !transform)
    return failure();
  f->width = n.integer("n_targets", 1);
  std::string name = n.string("aggregate_function", "SUM");
  static const std::pair<const char *, ReduceKind> kinds[] = {
      {"AVERAGE", ReduceKind::Mean},
      {"SUM", ReduceKind::Sum},
      {"MIN", ReduceKind::Min},
      {"MAX", ReduceKind::Max}};
  auto kind = llvm::find_if(kinds, [&](auto k) { return name == k.first; });
  if (kind == std::end(kinds))
    return n.fail("unknown aggregate_function '" + name + "'");
  f->aggregate = kind->second;
  auto base = reals(n, "base_values", "base_values_as_tensor");
  if (!base->empty() && int64_t(base->size()) != f->width)
    return n.fail("base_values needs one entry a target");
  Value y = emit(n, n.input(0), *f, n.f32());
  if (!base->empty())
    y = n.add(y, n.numbersOf(*base, {f->width}, n.f32()));
  return n.result(transformed(n, y, *transform));
}

static LogicalResult legalizeClassifier(Node &n) {
  auto f = readOld(n, "class");
  auto transform = transformOf(n);
  if (!f || !transform)
    return failure();
  auto labels = n.integers("classlabels_int64s");
  bool strings = n.hasAttribute("classlabels_strings");
  int64_t classes = strings ? n.strings("classlabels_strings").size()
                            : labels.value_or(Shape()).size();
  if (n.hasError())
    return failure();
  if (strings && n.used(0))
    return n.fail("labels are strings, which are unsupported",
                  "use the scores, or export with numbers as labels");
  if (classes < 1)
    return n.fail("the labels are missing");
  auto base = reals(n, "base_values", "base_values_as_tensor");
  int64_t largest = 0, smallest = classes;
  for (size_t i = 0; i < f->weights.size(); ++i) {
    largest = std::max(largest, f->targets[2 * i]);
    smallest = std::min(smallest, f->targets[2 * i]);
  }
  // Two classes, but scores of one only: the other's follow.
  bool single = classes == 2 && largest == smallest;
  if (single)
    for (size_t i = 0; i < f->weights.size(); ++i)
      f->targets[2 * i] = 0;
  f->width = single ? 1 : classes;
  if (!base->empty() && int64_t(base->size()) != f->width)
    return n.fail("base_values needs one entry a class");
  Value y = emit(n, n.input(0), *f, n.f32());
  if (!base->empty())
    y = n.add(y, n.numbersOf(*base, {f->width}, n.f32()));
  if (!y)
    return failure();
  Value index;
  if (single) {
    bool positive = llvm::all_of(f->weights, [](double w) { return w >= 0; });
    Value limit = n.splat(n.f32(), positive ? 0.5 : 0);
    index = n.cast(
        n.reshape(n.binary(BinaryKind::Greater, y, limit), {n.shape(y)[0]}),
        n.i64());
    Value other = positive && *transform == Transform::None
                      ? n.sub(n.splat(n.f32(), 1), y)
                      : n.unary(UnaryKind::Neg, y);
    y = n.concat({other, y}, 1);
  } else {
    index = n.make<ir::ArgReduceOp>({y}, {n.attr("is_max", true),
                                          n.attr("axis", int64_t(1)),
                                          n.attr("keepdims", false)});
  }
  if (n.used(0) &&
      failed(n.result(0, n.gather(n.integersOf(*labels), index, 0))))
    return failure();
  return n.result(1, transformed(n, y, *transform));
}

void registerTrees(Registry &registry) {
  registry.add("TreeEnsemble", 1, legalizeEnsemble, domain);
  registry.add("TreeEnsembleRegressor", 1, legalizeRegressor, domain);
  registry.add("TreeEnsembleClassifier", 1, legalizeClassifier, domain);
}

} // namespace xgen::onnx
