//===- Roots.cpp - Which values of a kernel are arrays --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The kernel's results or the parts that are concatenated to them, what an anchor
// reads, and what would be computed repeatedly; and the index space of each. See
// Emitter.h.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/RowFusion.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

/// The value and its user have the same elements at the same positions.
static bool sameSpace(Value value, Operation *user) {
  return isElementwise(user) && user->getNumResults() == 1 &&
         typeOf(value).getShape() == typeOf(user->getResult(0)).getShape();
}

/// Expensive enough to be stored rather than computed again for every use.
static bool expensive(Operation *op) {
  if (isAnchor(op))
    return true;
  if (auto unary = dyn_cast<ir::UnaryOp>(op))
    switch (unary.getKind()) {
    case ir::UnaryKind::Abs:
    case ir::UnaryKind::Neg:
    case ir::UnaryKind::Relu:
    case ir::UnaryKind::Clamp:
    case ir::UnaryKind::Floor:
    case ir::UnaryKind::Ceil:
    case ir::UnaryKind::Not:
    case ir::UnaryKind::BitNot:
      return false;
    default:
      return true;
    }
  return false;
}

/// A result that is a concatenation of what the kernel computes is written by
/// its operands; one of arguments only is a copy.
static ir::ConcatOp joinedResult(Value result) {
  auto concat = result.getDefiningOp<ir::ConcatOp>();
  if (!concat || !result.hasOneUse())
    return nullptr;
  bool computed = false;
  llvm::DenseSet<Value> seen;
  for (Value input : concat.getInputs()) {
    if (typeOf(input).getNumElements() == 0 || !seen.insert(input).second)
      return nullptr;
    Operation *op = input.getDefiningOp();
    if (!op || isa<ir::ConstantOp>(op))
      continue;
    if (!input.hasOneUse())
      return nullptr;
    computed = true;
  }
  return computed ? concat : nullptr;
}

void Emitter::findOutputs() {
  auto returned = cast<kernel::ReturnOp>(kernel.getBody().front().getTerminator());
  llvm::DenseSet<Value> results(returned.getOperands().begin(), returned.getOperands().end());
  auto addOutput = [&](Value value) {
    outputs.push_back(value);
    if (rootByValue.contains(value))
      return rootByValue[value];
    roots.push_back(std::make_unique<Root>());
    Root *root = roots.back().get();
    root->value = value;
    root->isResult = true;
    rootByValue[value] = homeOf[value] = root;
    return root;
  };
  for (Value result : returned.getOperands()) {
    ir::ConcatOp concat = joinedResult(result);
    if (!concat || llvm::any_of(concat.getInputs(), [&](Value v) {
          return results.contains(v) || rootByValue.contains(v);
        })) {
      addOutput(result);
      continue;
    }
    int64_t start = 0;
    for (Value input : concat.getInputs()) {
      Root *root = addOutput(input);
      root->whole = result;
      root->axis = concat.getAxis();
      root->start = start;
      start += typeOf(input).getShape()[root->axis];
    }
  }
}

std::vector<KernelBuffer> Emitter::buffers() {
  std::vector<KernelBuffer> result;
  int64_t args = params.size();
  for (int64_t i = 0; i < args; ++i)
    result.push_back({i, 0});
  auto returned = cast<kernel::ReturnOp>(kernel.getBody().front().getTerminator());
  for (Value output : outputs) {
    Root &root = *rootByValue[output];
    Value value = root.whole ? root.whole : output;
    int64_t number = llvm::find(returned.getOperands(), value).getIndex();
    auto type = typeOf(value);
    int64_t inner = root.whole ? product(type.getShape().drop_front(root.axis + 1)) : 0;
    result.push_back(
        {args + number, root.start * inner * ir::elementBytes(type.getElementType())});
  }
  return result;
}

void Emitter::findRoots() {
  findOutputs();
  // Values that are read at their root's own positions only.
  llvm::DenseSet<Value> inSpace;
  for (Value output : outputs)
    inSpace.insert(output);
  auto addRoot = [&](Value value) {
    if (rootByValue.contains(value))
      return;
    roots.push_back(std::make_unique<Root>());
    roots.back()->value = value;
    rootByValue[value] = roots.back().get();
    homeOf[value] = roots.back().get();
    inSpace.insert(value);
  };

  // Backwards: where is each value needed?
  for (Operation &op : llvm::reverse(kernel.getBody().front().without_terminator())) {
    if (isa<ir::ConstantOp>(op))
      continue;
    // Written by its operands.
    if (isa<ir::ConcatOp>(op) && llvm::any_of(roots, [&](auto &root) {
          return root->whole == op.getResult(0);
        }))
      continue;
    for (Value value : op.getResults()) {
      if (rootByValue.contains(value))
        continue;
      Root *home = nullptr;
      bool one = true, reused = false, positions = true;
      for (Operation *user : value.getUsers()) {
        if (user->getNumResults() == 0)
          continue;
        Root *theirs = homeOf.lookup(user->getResult(0));
        if (home && theirs != home)
          one = false;
        home = theirs;
        if (!sameSpace(value, user))
          one = false;
        positions &= inSpace.contains(user->getResult(0));
        // An anchor reads an element many times. A resize converts rows when it reads
        // them.
        if (isAnchor(user) && !(isa<ir::ResizeOp>(user) && isa<ir::CastOp>(op)))
          reused = true;
      }
      // A root has one anchor, which is evaluated at the root's positions only.
      if (one && home && isAnchor(&op) && (home->anchorOp || !positions))
        one = false;
      if (one && home) {
        homeOf[value] = home;
        if (positions)
          inSpace.insert(value);
        if (isAnchor(&op))
          home->anchorOp = &op;
        continue;
      }
      bool anchor = isAnchor(&op);
      if (anchor || (reused && !isa<ir::ReshapeOp>(op)) ||
          (!value.hasOneUse() && expensive(&op))) {
        addRoot(value);
      } else {
        homeOf[value] = home;
      }
    }
    for (Value value : op.getResults())
      if (Root *root = rootByValue.lookup(value); root && isAnchor(&op))
        root->anchorOp = &op;
  }
  // Producers first.
  std::reverse(roots.begin(), roots.end());
  std::stable_sort(roots.begin(), roots.end(), [](auto &a, auto &b) {
    Operation *x = a->value.getDefiningOp(), *y = b->value.getDefiningOp();
    if (!x || !y)
      return !x && y;
    return x != y && x->isBeforeInBlock(y);
  });
}

void Emitter::findRowReaders() {
  for (auto &root : roots) {
    if (root->isResult || !root->anchorOp || !root->value.hasOneUse())
      continue;
    Operation *reader = rowReader(root->anchorOp);
    if (reader && reader->getOperand(0) == root->value)
      root->rowReader = homeOf.lookup(reader->getResult(0));
  }
}

Root *Emitter::rootOf(Value value) { return rootByValue.lookup(value); }

/// The values that a root computes or reads, when it stands alone: no other root
/// takes part, and all but its anchor is elementwise.
bool Emitter::collectMembers(Root &root, SmallVectorImpl<Value> &members) {
  for (Operation *user : root.value.getUsers())
    if (!isa<kernel::ReturnOp>(user) && !(root.whole && user == root.whole.getDefiningOp()))
      return false;
  llvm::DenseSet<Value> seen;
  SmallVector<Value> work{root.value};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    members.push_back(value);
    Operation *op = value.getDefiningOp();
    if (isFlat(value))
      continue;
    if (value != root.value && rootOf(value))
      return false;
    if (op == root.anchorOp) {
      if (!anchorCollapses(op) ||
          !llvm::all_of(op->getOperands(), [&](Value v) { return isFlat(v); }))
        return false;
      continue;
    }
    if (!isElementwise(op))
      return false;
    work.append(op->operand_begin(), op->operand_end());
  }
  return true;
}

/// Finds the longest runs of dimensions that every value of the root covers
/// whole or not at all.
void Emitter::collapse(Root &root) {
  Shape full = shapeOf(root.value);
  int64_t rank = full.size();
  SmallVector<Value> members;
  root.collapsed = collectMembers(root, members);

  root.groups.clear();
  root.shape.clear();
  auto fits = [&](int64_t begin, int64_t end) {
    if (root.anchorOp && end == rank && end - begin > 1)
      return false; // channels stay apart from positions
    // A slice ends where the part of another root begins.
    if (root.whole && root.axis > begin && root.axis < end &&
        product(ArrayRef<int64_t>(full).slice(begin, root.axis - begin)) > 1)
      return false;
    for (Value member : members) {
      Shape shape = shapeOf(member);
      bool whole = true, broadcast = true;
      for (int64_t i = begin; i < end; ++i) {
        int64_t at = i - (rank - (int64_t)shape.size());
        int64_t extent = at < 0 ? 1 : shape[at];
        whole &= extent == full[i];
        broadcast &= extent == 1;
      }
      if (!whole && !broadcast)
        return false;
    }
    return true;
  };
  if (root.collapsed) {
    for (int64_t begin = 0; begin < rank;) {
      int64_t end = begin + 1;
      while (end < rank && fits(begin, end + 1))
        ++end;
      root.groups.push_back({begin, end});
      begin = end;
    }
    // A convolution is a product over all pixels, or has all its dimensions.
    if (isa_and_nonnull<ir::ConvOp>(root.anchorOp) && root.groups.size() != 2) {
      root.collapsed = false;
      root.groups.clear();
    }
  }
  if (!root.collapsed) {
    for (int64_t i = 0; i < rank; ++i)
      root.groups.push_back({i, i + 1});
  }
  for (auto [begin, end] : root.groups)
    root.shape.push_back(product(ArrayRef<int64_t>(full).slice(begin, end - begin)));
}
