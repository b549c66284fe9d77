//===- FreeCase.cpp - Test cases with free dimensions ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One artefact is compiled with as many free dimensions as the case allows, and
// runs at three sizes, the smallest and the largest among them. At its own size
// the case says what is right; elsewhere the reference kernels do, compiled for
// that very size.
//
// Which dimensions may change is found out, not known: those that are equal in
// the case change together at first (most often they have to be equal), then
// one by one, then in pairs. A change is possible when the model with fixed
// dimensions of the new size compiles to results of the same ranks, and its
// reference runs. Where the compiler refuses the model with all of those free, the
// ones that it has to know are fixed again (lengths of lists of axes, channels
// that decide about groups, ...): the result names them, and says why.
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "xgen/xgen.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <optional>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

namespace {

struct Place {
  size_t input, dim;
};

/// Dimensions that change together: one free dimension of the artefact.
struct Group {
  std::string name;
  int64_t own, low, high, step = 1;
  std::vector<Place> places;
};

/// The sizes that the artefact runs at.
enum class Size { Low, Own, Middle, High };

int64_t extentAt(const Group &group, Size size) {
  switch (size) {
  case Size::Low:
    return group.low;
  case Size::Own:
    return group.own;
  case Size::High:
    return group.high;
  case Size::Middle:
    break;
  }
  // Another one than those, if there is one.
  for (int64_t e = group.low + group.step; e < group.high; e += group.step)
    if (e != group.own)
      return e;
  return group.own;
}

class FreeRun {
public:
  FreeRun(const Case &test, CompileOptions options)
      : test(test), options(std::move(options)),
        inputs(test.sets[0].inputs) {}
  Outcome run();

private:
  using TryFn = llvm::function_ref<bool(std::vector<Place>)>;
  void findGroups();
  bool tryGroup(std::vector<Place> places);
  void trySome(std::vector<Place> places, TryFn tryPlaces);
  std::optional<std::string> refusal(const CompileOptions &at);
  std::optional<std::string> refusal(Size size) {
    return refusal(optionsAt(size));
  }
  CompileOptions optionsAt(Size size) const;
  CompileOptions freeOptions() const;
  NamedTensors dataAt(Size size) const;
  Expected<NamedTensors> reference(Size size) const;
  bool settle(Size size, NamedTensors &expected);
  bool settleAll();
  void fixRefused();
  void fix(const std::vector<Place> &places, StringRef why);
  std::string freeText() const;
  std::string sizeText(Size size) const;

  const Case &test;
  CompileOptions options;
  const NamedTensors &inputs;
  std::vector<Group> groups;
  unsigned names = 0; ///< that groups have had
  NamedTensors low, high; ///< expected outputs
  SmallVector<int64_t> ranks; ///< of the outputs
  /// Dimensions that the compiler has to know, and why.
  std::vector<std::pair<std::string, std::vector<Place>>> fixed;
  /// Why the first change was impossible.
  std::string reason;
};

} // namespace

/// The case's numbers, repeated or cut along each dimension: indices, lengths and
/// the like stay as they are.
static io::Tensor resized(const io::Tensor &from, ArrayRef<int64_t> dims) {
  io::Tensor to;
  to.dtype = from.dtype;
  to.dims.assign(dims.begin(), dims.end());
  size_t bytes = size_t(io::dtypeBytes(from.dtype));
  to.data.resize(size_t(to.elements()) * bytes);
  std::vector<int64_t> at(dims.size());
  for (int64_t i = 0, n = to.elements(); i < n; ++i) {
    int64_t rest = i, source = 0;
    for (size_t d = dims.size(); d-- > 0; rest /= dims[d])
      at[d] = rest % dims[d] % from.dims[d];
    for (size_t d = 0; d < dims.size(); ++d)
      source = source * from.dims[d] + at[d];
    std::copy_n(&from.data[size_t(source) * bytes], bytes,
                &to.data[size_t(i) * bytes]);
  }
  return to;
}

/// The model with fixed dimensions of `size`.
CompileOptions FreeRun::optionsAt(Size size) const {
  CompileOptions at = options;
  at.inputShapes.clear();
  at.dims.clear();
  for (auto &[name, tensor] : inputs)
    if (!tensor.dims.empty() && !is_contained(tensor.dims, 0))
      at.inputShapes[name] = {tensor.dims.begin(), tensor.dims.end()};
  for (const Group &group : groups) {
    at.dims[group.name] = onnx::Extent(extentAt(group, size));
    for (const Place &place : group.places)
      at.inputShapes[inputs[place.input].first][place.dim] =
          onnx::Extent::named(group.name);
  }
  return at;
}

/// The model with all groups free.
CompileOptions FreeRun::freeOptions() const {
  CompileOptions free = optionsAt(Size::Own);
  for (const Group &group : groups)
    free.dims[group.name] = onnx::Extent(group.low, group.high, group.step);
  return free;
}

NamedTensors FreeRun::dataAt(Size size) const {
  NamedTensors data;
  for (auto [i, input] : enumerate(inputs)) {
    std::vector<int64_t> dims = input.second.dims;
    for (const Group &group : groups)
      for (const Place &place : group.places)
        if (place.input == i)
          dims[place.dim] = extentAt(group, size);
    data.emplace_back(input.first, dims == input.second.dims
                                       ? input.second
                                       : resized(input.second, dims));
  }
  return data;
}

/// Why the front end refuses the model with these options.
std::optional<std::string> FreeRun::refusal(const CompileOptions &at) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  std::string text;
  mlir::ScopedDiagnosticHandler handler(
      context.get(), [&](mlir::Diagnostic &diagnostic) {
        if (text.empty())
          text = diagnostic.str();
        return mlir::success();
      });
  int exitCode;
  auto module = lowerTo(Stage::Xgen, at, *context, exitCode);
  auto main = module ? module->lookupSymbol<mlir::func::FuncOp>("main")
                     : mlir::func::FuncOp();
  if (!main)
    return firstError(text, options.input);
  SmallVector<int64_t> found;
  for (mlir::Type type : main.getResultTypes())
    found.push_back(cast<mlir::ShapedType>(type).getRank());
  if (ranks.empty())
    ranks = found;
  return ranks == found ? std::nullopt
                        : std::make_optional<std::string>(
                              "the number of dimensions of a result changes");
}

/// What the reference kernels give at `size`.
Expected<NamedTensors> FreeRun::reference(Size size) const {
  CompileOptions at = optionsAt(size);
  at.evalOnly = true;
  Expected<Target> host = lookupTarget("host");
  if (!host)
    return host.takeError();
  at.target = *host;
  TempFolder temp;
  Outcome outcome;
  Loaded loaded = compileCase(at, temp, outcome);
  if (!loaded.model)
    return createStringError(outcome.reason);
  Expected<RunResult> result = runOn(*loaded.model, dataAt(size));
  if (!result)
    return result.takeError();
  NamedTensors outputs;
  for (auto [info, tensor] : zip(loaded.model->info().outputs, result->outputs))
    outputs.emplace_back(info.name, std::move(tensor));
  return outputs;
}

/// Frees `places`, which have equal extents, in a range as wide as possible.
bool FreeRun::tryGroup(std::vector<Place> places) {
  int64_t own = inputs[places[0].input].second.dims[places[0].dim];
  groups.push_back({"d" + std::to_string(names++) + "_" + std::to_string(own),
                    own, own, own, 1, std::move(places)});
  // Extents that the case has elsewhere might fit by accident.
  auto used = [&](int64_t extent) {
    for (auto &[name, tensor] : inputs)
      if (is_contained(tensor.dims, extent))
        return true;
    return any_of(groups, [&](const Group &g) { return g.high == extent; });
  };
  auto tryExtent = [&](Size size, int64_t extent, int64_t step) {
    Group before = groups.back();
    (size == Size::Low ? groups.back().low : groups.back().high) = extent;
    groups.back().step = step;
    std::optional<std::string> why = refusal(size);
    if (!why)
      return true;
    if (reason.empty())
      reason = *why;
    groups.back() = before;
    return false;
  };
  SmallVector<int64_t, 4> more;
  for (int64_t d : {3, 4, 5, 2, 6, 1})
    if (more.size() < 3 && !used(own + d))
      more.push_back(own + d);
  bool any = any_of(
      more, [&](int64_t extent) { return tryExtent(Size::High, extent, 1); });
  // A multiple, where the operator divides the dimension.
  if (!any)
    any = tryExtent(Size::High, 2 * own, own);
  int64_t step = groups.back().step;
  if (own > 1 && step == 1)
    any |= tryExtent(Size::Low, 1, 1) || tryExtent(Size::Low, own - 1, 1);
  if (!any)
    groups.pop_back();
  return any;
}

void FreeRun::findGroups() {
  std::vector<std::pair<int64_t, std::vector<Place>>> byExtent;
  for (auto [i, input] : enumerate(inputs)) {
    if (is_contained(input.second.dims, 0))
      continue;
    for (auto [d, extent] : enumerate(input.second.dims)) {
      auto found = find_if(
          byExtent, [&, e = extent](auto &entry) { return entry.first == e; });
      if (found == byExtent.end())
        found = byExtent.insert(byExtent.end(), {extent, {}});
      found->second.push_back({i, d});
    }
  }
  for (auto &[extent, places] : byExtent) {
    if (tryGroup(places) || places.size() == 1)
      continue;
    trySome(places, [&](std::vector<Place> some) {
      return tryGroup(std::move(some));
    });
  }
}

/// Tries single ones of `places`, then pairs, then the others together.
void FreeRun::trySome(std::vector<Place> places, TryFn tryPlaces) {
  std::vector<Place> rest;
  for (const Place &place : places)
    if (!tryPlaces({place}))
      rest.push_back(place);
  for (size_t i = 0; rest.size() > 2 && i < rest.size(); ++i)
    for (size_t k = i + 1; k < rest.size(); ++k)
      if (tryPlaces({rest[i], rest[k]})) {
        rest.erase(rest.begin() + long(k));
        rest.erase(rest.begin() + long(i--));
        break;
      }
  if (rest.size() > 1 && rest.size() < places.size())
    tryPlaces(rest);
}

/// Runs the reference at `size`. Where it finds that the data does not fit, the
/// dimension that is to blame is fixed again. False when nothing is left.
bool FreeRun::settle(Size size, NamedTensors &expected) {
  while (!groups.empty()) {
    Expected<NamedTensors> result = reference(size);
    if (result) {
      expected = std::move(*result);
      return true;
    }
    reason = toString(result.takeError());
    std::vector<Group> all = groups;
    bool found = false;
    for (size_t i = 0; i < all.size() && all.size() > 1 && !found; ++i) {
      groups = all;
      groups.erase(groups.begin() + long(i));
      Expected<NamedTensors> without = reference(size);
      found = bool(without);
      consumeError(without.takeError());
    }
    if (!found) {
      groups = std::move(all);
      groups.pop_back();
    }
  }
  return false;
}

/// What is right at the smallest and at the largest size.
bool FreeRun::settleAll() {
  for (size_t before = ~size_t(0); groups.size() != before;) {
    before = groups.size();
    if (groups.empty() || !settle(Size::High, high) || !settle(Size::Low, low))
      return false;
  }
  return true;
}

void FreeRun::fix(const std::vector<Place> &places, StringRef why) {
  if (places.empty())
    return;
  auto entry = find_if(fixed, [&](auto &f) { return f.first == why; });
  if (entry == fixed.end())
    entry = fixed.insert(entry, {why.str(), {}});
  append_range(entry->second, places);
}

/// Leaves out the groups that the front end refuses to have free, or what is to
/// blame of them.
void FreeRun::fixRefused() {
  std::vector<Group> before = std::move(groups);
  groups.clear();
  for (Group &group : before) {
    std::vector<Place> places = group.places;
    groups.push_back(std::move(group));
    std::optional<std::string> why = refusal(freeOptions());
    if (!why)
      continue;
    groups.pop_back();
    size_t count = groups.size();
    trySome(places, [&](std::vector<Place> some) {
      if (some.size() == places.size() || !tryGroup(std::move(some)))
        return false;
      if (!refusal(freeOptions()))
        return true;
      groups.pop_back();
      return false;
    });
    erase_if(places, [&](const Place &place) {
      return any_of(ArrayRef(groups).drop_front(count), [&](const Group &g) {
        return any_of(g.places, [&](const Place &p) {
          return p.input == place.input && p.dim == place.dim;
        });
      });
    });
    fix(places, *why);
  }
}

/// "free: x.0 y.1 1..6, x.1 2..5; fixed: x.2 (a reason)": which dimensions are
/// one, and their range.
std::string FreeRun::freeText() const {
  auto list = [&](const std::vector<Place> &places) {
    std::string text;
    for (auto [i, place] : enumerate(places))
      text += formatv("{0}{1}.{2}", i ? " " : "", inputs[place.input].first,
                      place.dim);
    return text;
  };
  std::string text;
  for (const Group &group : groups)
    text += formatv("{0}{1} {2}..{3}", text.empty() ? "free: " : ", ",
                    list(group.places), group.low, group.high);
  for (auto [i, entry] : enumerate(fixed))
    text += formatv("{0}{1} ({2})",
                    i              ? ", "
                    : text.empty() ? "fixed: "
                                   : "; fixed: ",
                    list(entry.second), entry.first);
  return text;
}

std::string FreeRun::sizeText(Size size) const {
  std::string text;
  for (auto &[name, tensor] : dataAt(size))
    text += (text.empty() ? "" : ", ") + name + " " + io::shapeText(tensor.dims);
  return text;
}

Outcome FreeRun::run() {
  options.input = test.model;
  if (inputs.empty())
    return {Verdict::NotFree, "it has no inputs"};
  if (all_of(inputs, [](auto &i) { return i.second.dims.empty(); }))
    return {Verdict::NotFree, "its inputs have no dimensions"};
  // What cannot be compiled as it stands is no matter of sizes.
  if (std::optional<std::string> why = refusal(Size::Own))
    return {Verdict::Unsupported, *why};
  findGroups();
  Outcome outcome;
  Loaded loaded;
  TempFolder temp;
  std::string freed;
  for (bool all = true;; all = false) {
    if (!settleAll())
      return {Verdict::NotFree,
              "not free: " + (reason.empty() ? "all extents are 0" : reason)};
    loaded = compileCase(freeOptions(), temp, outcome);
    freed = freeText();
    if (loaded.model || outcome.verdict != Verdict::Unsupported || !all)
      break;
    fixRefused();
    if (groups.empty())
      break;
  }
  std::string where = " (" + freed + ")";
  if (!loaded.model)
    return {outcome.verdict, outcome.reason + where};
  for (const DataSet &set : test.sets)
    if (outcome = test.check(*loaded.model, set.inputs, set.outputs);
        outcome.verdict != Verdict::Pass)
      return {outcome.verdict, outcome.reason + " at its own size" + where};
  for (auto [size, expected] : {std::pair(Size::Low, &low),
                                std::pair(Size::High, &high)})
    if (outcome = test.check(*loaded.model, dataAt(size), *expected);
        outcome.verdict != Verdict::Pass)
      return {outcome.verdict,
              outcome.reason + " at " + sizeText(size) + where};
  // The case's own size is the third one, unless it is the smallest.
  if (all_of(groups, [](const Group &g) { return g.low == g.own || g.high == g.own; })) {
    Expected<NamedTensors> between = reference(Size::Middle);
    if (!between)
      consumeError(between.takeError());
    else if (outcome = test.check(*loaded.model, dataAt(Size::Middle), *between);
             outcome.verdict != Verdict::Pass)
      return {outcome.verdict,
              outcome.reason + " at " + sizeText(Size::Middle) + where};
  }
  return {Verdict::Pass, freed};
}

Outcome xgen::run::runFree(const Case &test, CompileOptions options) {
  return FreeRun(test, std::move(options)).run();
}
