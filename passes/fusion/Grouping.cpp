//===- Grouping.cpp - Which ops share a kernel ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Greedy, in two rounds. First every anchor (an op with a loop nest of its own)
// takes the pointwise ops behind it, since saving a pass over a tensor that was
// just computed pays most. Then what is left groups among itself, from each
// first op forwards.
//
// Growing takes candidates in program order and remembers the last state in
// which the group has few results: so x * sigmoid(x) joins as a whole although
// x has two users.
//
// Invariant: the graph of groups (and of ops that are in none) has no cycle. A
// consumer may join only if none of its other operands depends on the group by
// way of something outside (a residual edge). A producer whose users are all
// inside may always join.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Grouping.h"
#include "passes/fusion/Views.h"
#include <set>

using namespace mlir;
using namespace xgen;

bool xgen::isPointwise(Operation *op) {
  return isa<ir::UnaryOp, ir::BinaryOp, ir::SelectOp, ir::CastOp,
             ir::QuantizeOp, ir::DequantizeOp, ir::RequantizeOp>(op);
}

bool xgen::isIndexMap(Operation *op) {
  if (auto resize = dyn_cast<ir::ResizeOp>(op))
    return resize.getMode() == ir::ResizeMode::Nearest;
  return isa<ir::TransposeOp, ir::ExpandOp, ir::TileOp, ir::SliceOp,
             ir::ConcatOp, ir::PadOp, ir::GatherOp>(op);
}

/// A concatenation reads every input under a condition, so that inlining it
/// multiplies loads: only small ones meet other ops.
static constexpr int64_t smallConcat = 4096;

static int64_t elements(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() ? type.getNumElements() : -1;
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// A conversion of small integers: of a camera's bytes, for one.
static bool isNarrowCast(Operation *op) {
  auto cast = dyn_cast<ir::CastOp>(op);
  if (!cast)
    return false;
  Type from = cast.getInput().getType().getElementType();
  return from.isIntOrFloat() && from.getIntOrFloatBitWidth() <= 16 && !from.isInteger(1);
}

namespace {
class Grouper {
public:
  Grouper(Block &block, const GroupingOptions &options)
      : block(block), options(options), constants(constantExpressions(block)) {
    unsigned at = 0;
    for (Operation &op : block)
      position[&op] = at++;
  }
  std::vector<Group> run();

private:
  /// Whether `op` needs a kernel and has none yet.
  bool isFree(Operation *op) const {
    return op->getBlock() == &block && !groupOf.contains(op) &&
           isa_and_nonnull<ir::XgenDialect>(op->getDialect()) &&
           !constants.contains(op) && !isView(op) && !isa<ir::BindOp>(op) &&
           !isCall(op);
  }
  bool isInside(Value value, int group) const {
    Operation *op = value.getDefiningOp();
    auto it = op ? groupOf.find(op) : groupOf.end();
    return it != groupOf.end() && it->second == group;
  }
  bool allUsersInside(Operation *op, int group) const {
    return llvm::all_of(op->getUsers(), [&](Operation *user) {
      auto it = groupOf.find(user);
      return it != groupOf.end() && it->second == group;
    });
  }
  /// Whether the value of an op in a group costs arithmetic to recompute.
  bool computes(Operation *op, int group) const;
  bool dependsOn(Operation *op, int group) const;
  bool consumerMayJoin(Operation *op, int group) const;
  bool producerMayJoin(Operation *op, Operation *user, int group) const;
  unsigned countOperands(int group, Operation *extra) const;
  bool resultsAreFine(int group) const;
  void add(Operation *op, int group);
  void growForwards(int group);
  void growBackwards(int group);
  int startGroup(Operation *op);
  bool isOneResult(int group, Value result) const;
  bool fitTogether(int a, int b) const;
  void move(int from, int to);
  void joinProducers(int concat);
  void joinRows(int group);

  Block &block;
  const GroupingOptions &options;
  llvm::DenseSet<Operation *> constants;
  llvm::DenseMap<Operation *, unsigned> position;
  llvm::DenseMap<Operation *, int> groupOf;
  std::vector<Group> groups;
};
} // namespace

bool Grouper::computes(Operation *op, int group) const {
  if (!isIndexMap(op))
    return true;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return isInside(operand, group) && computes(operand.getDefiningOp(), group);
  });
}

/// Walks backwards over groups. What lies wholly before the group cannot depend
/// on it.
bool Grouper::dependsOn(Operation *op, int group) const {
  unsigned first = ~0u;
  for (Operation *member : groups[group].ops)
    first = std::min(first, position.lookup(member));
  llvm::DenseSet<Operation *> seen;
  SmallVector<Operation *> work{op};
  while (!work.empty()) {
    Operation *next = work.pop_back_val();
    if (!next || next->getBlock() != &block || !seen.insert(next).second)
      continue;
    auto it = groupOf.find(next);
    if (it == groupOf.end()) {
      if (position.lookup(next) < first)
        continue;
      for (Value operand : next->getOperands())
        work.push_back(operand.getDefiningOp());
      continue;
    }
    if (it->second == group)
      return true;
    unsigned last = 0;
    for (Operation *member : groups[it->second].ops)
      last = std::max(last, position.lookup(member));
    if (last < first)
      continue;
    for (Operation *member : groups[it->second].ops)
      if (seen.insert(member).second || member == next)
        for (Value operand : member->getOperands())
          work.push_back(operand.getDefiningOp());
  }
  return false;
}

/// Operands of the kernel if `extra` joined. Scalars become immediates.
unsigned Grouper::countOperands(int group, Operation *extra) const {
  llvm::DenseSet<Value> operands;
  auto collect = [&](Operation *op) {
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<ir::ConstantOp>();
      if (!isInside(operand, group) && operand.getDefiningOp() != extra &&
          !(constant && constant.getValue().isSplat() && isPointwise(op)))
        operands.insert(operand);
    }
  };
  for (Operation *op : groups[group].ops)
    collect(op);
  collect(extra);
  return operands.size();
}

bool Grouper::consumerMayJoin(Operation *op, int id) const {
  const Group &group = groups[id];
  if (!isFree(op) || group.ops.size() >= options.maxOps ||
      op->getNumResults() != 1 || !options.canEmit(op))
    return false;
  Value result = op->getResult(0);
  if (group.anchor) {
    // An epilogue works on the anchor's tile: same shape, no other indices.
    if (!isPointwise(op))
      return false;
    for (Value operand : op->getOperands())
      if (isInside(operand, id) && shapeOf(operand) != shapeOf(result))
        return false;
  } else {
    if (!isPointwise(op) && !isIndexMap(op))
      return false;
    if (isa<ir::ConcatOp>(op) && elements(result) > smallConcat)
      return false;
    for (Value operand : op->getOperands()) {
      if (!isInside(operand, id) || !computes(operand.getDefiningOp(), id))
        continue;
      if (elements(result) > elements(operand))
        return false;
      if (isIndexMap(op) && !operand.hasOneUse())
        return false;
    }
    // Indices of a gather are read, not computed, so that they can be checked.
    if (auto gather = dyn_cast<ir::GatherOp>(op);
        gather && isInside(gather.getIndices(), id))
      return false;
  }
  if (countOperands(id, op) > options.maxOperands)
    return false;
  return llvm::none_of(op->getOperands(), [&](Value operand) {
    return operand.getDefiningOp() && !isInside(operand, id) &&
           dependsOn(operand.getDefiningOp(), id);
  });
}

bool Grouper::producerMayJoin(Operation *op, Operation *user, int id) const {
  const Group &group = groups[id];
  if (!isFree(op) || group.ops.size() >= options.maxOps ||
      op->getNumResults() != 1 || !(isPointwise(op) || isIndexMap(op)) ||
      !allUsersInside(op, id) || !options.canEmit(op))
    return false;
  Value result = op->getResult(0);
  if (user == group.anchor) {
    // Only where every element is read once; or where reading fewer bytes is worth
    // converting some of them twice.
    if (isa<ir::ResizeOp>(user) ? !isNarrowCast(op)
                                : !isa<ir::ReduceOp>(user) || !isPointwise(op))
      return false;
  } else if (auto gather = dyn_cast<ir::GatherOp>(user);
             gather && gather.getIndices() == result) {
    return false;
  }
  if (isa<ir::ConcatOp>(op) && elements(result) > smallConcat)
    return false;
  if (isPointwise(op)) {
    for (Operation *reader : op->getUsers()) {
      if (reader == group.anchor)
        continue;
      if (elements(reader->getResult(0)) > elements(result))
        return false;
      if (isIndexMap(reader) && !result.hasOneUse())
        return false;
    }
  }
  return countOperands(id, op) <= options.maxOperands;
}

bool Grouper::resultsAreFine(int id) const {
  SmallVector<Value> results;
  for (Operation *op : groups[id].ops)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) {
            auto it = groupOf.find(user);
            return it == groupOf.end() || it->second != id;
          }))
        results.push_back(result);
  if (results.size() > options.maxResults)
    return false;
  return llvm::all_of(results, [&](Value result) {
    return shapeOf(result) == shapeOf(results.front());
  });
}

void Grouper::add(Operation *op, int id) {
  groups[id].ops.push_back(op);
  groupOf[op] = id;
}

void Grouper::growForwards(int id) {
  auto &ops = groups[id].ops;
  if (ops.front()->getNumResults() != 1)
    return;
  if (isa<ir::ConcatOp>(ops.front()) &&
      elements(ops.front()->getResult(0)) > smallConcat)
    return;
  std::set<std::pair<unsigned, Operation *>> candidates;
  auto pushUsers = [&](Operation *op) {
    for (Operation *user : op->getUsers())
      if (user->getBlock() == &block)
        candidates.insert({position.lookup(user), user});
  };
  pushUsers(ops.front());
  size_t good = ops.size();
  while (!candidates.empty()) {
    Operation *op = candidates.begin()->second;
    candidates.erase(candidates.begin());
    if (!consumerMayJoin(op, id))
      continue;
    add(op, id);
    pushUsers(op);
    if (resultsAreFine(id))
      good = ops.size();
  }
  while (ops.size() > good)
    groupOf.erase(ops.pop_back_val());
}

void Grouper::growBackwards(int id) {
  auto &ops = groups[id].ops;
  for (bool changed = true; changed;) {
    changed = false;
    // `ops` grows in the loop; what is added is visited too.
    for (size_t i = 0; i < ops.size(); ++i)
      for (Value operand : ops[i]->getOperands()) {
        Operation *op = operand.getDefiningOp();
        if (op && producerMayJoin(op, ops[i], id)) {
          add(op, id);
          changed = true;
        }
      }
  }
}

int Grouper::startGroup(Operation *op) {
  groups.emplace_back();
  Group &group = groups.back();
  group.emitted = options.canEmit(op);
  if (!isPointwise(op) && !isIndexMap(op))
    group.anchor = op;
  add(op, groups.size() - 1);
  return groups.size() - 1;
}

/// Whether `result` is all that the group computes for others.
bool Grouper::isOneResult(int id, Value result) const {
  return llvm::all_of(groups[id].ops, [&](Operation *op) {
    return op->getNumResults() == 1 && (op->getResult(0) == result || allUsersInside(op, id));
  });
}

/// Whether the kernel of both groups is small enough.
bool Grouper::fitTogether(int a, int b) const {
  size_t ops = groups[a].ops.size() + groups[b].ops.size();
  llvm::DenseSet<Value> operands;
  for (Operation *op : llvm::concat<Operation *const>(groups[a].ops, groups[b].ops))
    operands.insert(op->operand_begin(), op->operand_end());
  return ops <= options.maxOps && operands.size() <= options.maxOperands + ops;
}

void Grouper::move(int from, int to) {
  SmallVector<Operation *> moved = std::move(groups[from].ops);
  groups[from].ops.clear();
  for (Operation *op : moved)
    add(op, to);
}

/// Kernels that compute nothing but operands of a concatenation write their parts
/// of its result themselves: it takes them in. No cycle can come of it, since
/// nobody else waits for them.
void Grouper::joinProducers(int id) {
  auto concat = cast<ir::ConcatOp>(groups[id].ops.front());
  llvm::DenseSet<Value> seen;
  for (Value operand : concat.getInputs())
    if (!seen.insert(operand).second)
      return;
  for (Value operand : concat.getInputs()) {
    auto it = groupOf.find(operand.getDefiningOp());
    if (it == groupOf.end() || it->second == id || !operand.hasOneUse())
      continue;
    const Group &producer = groups[it->second];
    if (!producer.emitted || !isOneResult(it->second, operand) || !fitTogether(id, it->second))
      continue;
    move(it->second, id);
  }
}

/// The kernel whose result an anchor reads alone joins it where both are computed
/// row by row. As above, no cycle can come of it.
void Grouper::joinRows(int id) {
  Operation *anchor = groups[id].anchor;
  if (!anchor || !groups[id].emitted || anchor->getNumOperands() == 0)
    return;
  Value input = anchor->getOperand(0);
  auto it = groupOf.find(input.getDefiningOp());
  if (it == groupOf.end() || it->second == id || !input.hasOneUse())
    return;
  const Group &producer = groups[it->second];
  if (!producer.emitted || !producer.anchor || !isOneResult(it->second, input) ||
      !fitTogether(id, it->second))
    return;
  SmallVector<Operation *> sources = producer.rowSources;
  sources.push_back(producer.anchor);
  if (!options.fusesByRows(sources, anchor))
    return;
  groups[id].rowSources = std::move(sources);
  move(it->second, id);
}

std::vector<Group> Grouper::run() {
  for (bool anchors : {true, false})
    for (Operation &op : block) {
      if (!isFree(&op) || (anchors && (isPointwise(&op) || isIndexMap(&op))))
        continue;
      int id = startGroup(&op);
      if (options.oneOp || !groups[id].emitted)
        continue;
      growForwards(id);
      growBackwards(id);
    }
  if (!options.oneOp && options.fusesByRows)
    for (size_t id = 0; id < groups.size(); ++id)
      joinRows(id);
  if (!options.oneOp)
    for (size_t id = 0; id < groups.size(); ++id)
      if (groups[id].emitted && groups[id].ops.size() == 1 &&
          isa<ir::ConcatOp>(groups[id].ops.front()))
        joinProducers(id);
  llvm::erase_if(groups, [](const Group &group) { return group.ops.empty(); });
  for (Group &group : groups)
    llvm::sort(group.ops, [&](Operation *a, Operation *b) {
      return position.lookup(a) < position.lookup(b);
    });
  llvm::sort(groups, [&](const Group &a, const Group &b) {
    return position.lookup(a.ops.back()) < position.lookup(b.ops.back());
  });
  return std::move(groups);
}

std::vector<Group> xgen::groupOps(Block &block,
                                  const GroupingOptions &options) {
  return Grouper(block, options).run();
}
