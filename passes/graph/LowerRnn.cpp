//===- LowerRnn.cpp - Short recurrent layers as products ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgen-lower-rnn: streaming networks call a recurrent layer for one step at a
// time. A step is two matrix products, whose weights get the storage of other
// products, and elementwise functions, which fuse. Layers of more steps stay
// loops (xgen.rnn).
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "passes/graph/GraphUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xgen {
#define GEN_PASS_DEF_LOWERRNN
#include "passes/Passes.h.inc"
} // namespace xgen

using namespace mlir;
using namespace xgen;
using namespace xgen::ir;

namespace {
/// What is made of one layer. Values of a step are [batch, units].
class Lowering {
public:
  Lowering(OpBuilder &builder, RnnOp op) : b(builder), loc(op.getLoc()), op(op) {
    ArrayRef<int64_t> x = typeOf(op.getInput()).getShape();
    steps = x[op.getBatchMajor() ? 1 : 0];
    batch = x[op.getBatchMajor() ? 0 : 1];
    input = x[2];
    hidden = typeOf(op.getRecurrence()).getDimSize(2);
    gates = op.getKind() == RnnKind::Lstm ? 4 : op.getKind() == RnnKind::Gru ? 3 : 1;
    directions = typeOf(op.getRecurrence()).getDimSize(0);
  }
  SmallVector<Value> run();

private:
  struct State {
    Value h, c; ///< null: zeros
  };
  Value slice(Value v, int64_t axis, int64_t start, int64_t size) {
    Shape starts(typeOf(v).getRank(), 0), sizes(typeOf(v).getShape()),
        ones(starts.size(), 1);
    starts[axis] = start;
    sizes[axis] = size;
    if (typeOf(v).getShape() == ArrayRef<int64_t>(sizes))
      return v;
    auto type = RankedTensorType::get(sizes, typeOf(v).getElementType());
    return SliceOp::create(b, loc, type, v, starts, sizes, ones);
  }
  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return BinaryOp::create(b, loc, lhs, rhs, kind);
  }
  /// Null stands for zero.
  Value add(Value lhs, Value rhs) {
    return !lhs ? rhs : !rhs ? lhs : binary(BinaryKind::Add, lhs, rhs);
  }
  Value times(Value lhs, Value rhs) {
    return !lhs || !rhs ? Value() : binary(BinaryKind::Mul, lhs, rhs);
  }
  Value oneMinus(Value v) {
    Value one = makeScalar(b, loc, typeOf(v).getElementType(), 1.0);
    return binary(BinaryKind::Sub, one, v);
  }
  /// Row `d` of an operand [D, ...], without the dimension.
  Value ofDirection(Value v, int64_t d) {
    Value row = slice(v, 0, d, 1);
    return createReshape(b, loc, row, typeOf(row).getShape().drop_front());
  }
  /// v W^T for `count` gates from `first` on.
  Value product(Value v, Value weights, int64_t d, int64_t first, int64_t count) {
    Value w = slice(ofDirection(weights, d), 0, first * hidden, count * hidden);
    w = createTranspose(b, loc, w, ArrayRef<int64_t>{1, 0});
    auto type = RankedTensorType::get({batch, count * hidden}, typeOf(v).getElementType());
    return MatMulOp::create(b, loc, type, v, w, Value());
  }
  /// Bias of gates [first, first + count); `half` 1 is that of the recurrence.
  Value bias(int64_t d, int64_t half, int64_t first, int64_t count) {
    return op.getBias() ? slice(ofDirection(op.getBias(), d), 0,
                                (half * gates + first) * hidden, count * hidden)
                        : Value();
  }
  Value peephole(int64_t d, int64_t which, Value c) {
    return op.getPeephole() && c
               ? times(slice(ofDirection(op.getPeephole(), d), 0, which * hidden, hidden), c)
               : Value();
  }
  Value gate(Value all, int64_t number) { return slice(all, 1, number * hidden, hidden); }
  Value activate(Value v, int64_t d, int64_t which, bool clips = true);
  /// W x + Wb and R h + Rb for gates [first, first + count).
  Value inputPart(Value x, int64_t d, int64_t first, int64_t count) {
    return add(product(x, op.getWeight(), d, first, count), bias(d, 0, first, count));
  }
  Value recurrentPart(Value h, int64_t d, int64_t first, int64_t count) {
    return add(h ? product(h, op.getRecurrence(), d, first, count) : Value(),
               bias(d, 1, first, count));
  }
  void step(Value x, State &state, int64_t d);
  void stepGru(Value x, State &state, int64_t d);
  void stepLstm(Value x, State &state, int64_t d);
  Value concat(ArrayRef<Value> parts, int64_t axis, ArrayRef<int64_t> shape);

  OpBuilder &b;
  Location loc;
  RnnOp op;
  int64_t steps, batch, input, hidden, gates, directions;
};
} // namespace

Value Lowering::activate(Value v, int64_t d, int64_t which, bool clips) {
  int64_t each = op.getActivations().size() / directions;
  int64_t i = d * each + which;
  double clip = op.getClip().convertToDouble();
  if (clips && clip > 0)
    v = UnaryOp::create(b, loc, v, UnaryKind::Clamp, llvm::APFloat(-clip),
                        llvm::APFloat(clip));
  auto number = [&](ArrayRef<double> list) {
    return llvm::APFloat(i < (int64_t)list.size() ? list[i] : 0.0);
  };
  return UnaryOp::create(b, loc, v, (UnaryKind)op.getActivations()[i],
                         number(op.getActivationAlpha()), number(op.getActivationBeta()));
}

void Lowering::step(Value x, State &state, int64_t d) {
  Value sum = add(inputPart(x, d, 0, 1), recurrentPart(state.h, d, 0, 1));
  state.h = activate(sum, d, 0);
}

void Lowering::stepGru(Value x, State &state, int64_t d) {
  Value fromInput = inputPart(x, d, 0, 3), z, reset, candidate;
  if (op.getLinearBeforeReset()) {
    Value inner;
    if (state.h) {
      Value recurrent = recurrentPart(state.h, d, 0, 3);
      z = add(gate(fromInput, 0), gate(recurrent, 0));
      reset = add(gate(fromInput, 1), gate(recurrent, 1));
      inner = gate(recurrent, 2);
    } else {
      z = add(gate(fromInput, 0), bias(d, 1, 0, 1));
      reset = add(gate(fromInput, 1), bias(d, 1, 1, 1));
      inner = bias(d, 1, 2, 1);
    }
    z = activate(z, d, 0);
    reset = activate(reset, d, 0);
    candidate = add(gate(fromInput, 2), times(reset, inner));
  } else {
    Value recurrent = recurrentPart(state.h, d, 0, 2);
    Value both = activate(add(slice(fromInput, 1, 0, 2 * hidden), recurrent), d, 0);
    z = gate(both, 0);
    reset = gate(both, 1);
    candidate =
        add(gate(fromInput, 2), recurrentPart(times(reset, state.h), d, 2, 1));
  }
  candidate = activate(candidate, d, 1);
  state.h = add(times(oneMinus(z), candidate), times(z, state.h));
}

void Lowering::stepLstm(Value x, State &state, int64_t d) {
  Value all = add(inputPart(x, d, 0, 4), recurrentPart(state.h, d, 0, 4));
  Value i = activate(add(gate(all, 0), peephole(d, 0, state.c)), d, 0);
  Value f = op.getInputForget()
                ? oneMinus(i)
                : activate(add(gate(all, 2), peephole(d, 2, state.c)), d, 0);
  Value c = add(times(f, state.c), times(i, activate(gate(all, 3), d, 1)));
  Value o = activate(add(gate(all, 1), peephole(d, 1, c)), d, 0);
  state = {times(o, activate(c, d, 2, /*clips=*/false)), c};
}

/// Parts along `axis`, each of which has extent 1 there.
Value Lowering::concat(ArrayRef<Value> parts, int64_t axis, ArrayRef<int64_t> shape) {
  Shape one(shape);
  one[axis] = 1;
  SmallVector<Value> whole;
  for (Value part : parts)
    whole.push_back(createReshape(b, loc, part, one));
  if (whole.size() == 1)
    return whole.front();
  auto type = RankedTensorType::get(shape, typeOf(parts[0]).getElementType());
  return ConcatOp::create(b, loc, type, whole, axis);
}

SmallVector<Value> Lowering::run() {
  bool major = op.getBatchMajor();
  int64_t stateAxis = major ? 1 : 0;
  auto initial = [&](Value v, int64_t d) {
    return v ? createReshape(b, loc, slice(v, stateAxis, d, 1), {batch, hidden}) : Value();
  };
  SmallVector<Value> lastH, lastC;
  SmallVector<SmallVector<Value>> outputs(steps, SmallVector<Value>(directions));
  for (int64_t d = 0; d < directions; ++d) {
    State state{initial(op.getInitialH(), d), initial(op.getInitialC(), d)};
    bool reverse = d == 1 || op.getDirection() == RnnDirection::Reverse;
    for (int64_t n = 0; n < steps; ++n) {
      int64_t t = reverse ? steps - 1 - n : n;
      Value x = createReshape(b, loc, slice(op.getInput(), major ? 1 : 0, t, 1),
                              {batch, input});
      if (op.getKind() == RnnKind::Lstm)
        stepLstm(x, state, d);
      else if (op.getKind() == RnnKind::Gru)
        stepGru(x, state, d);
      else
        step(x, state, d);
      outputs[t][d] = state.h;
    }
    lastH.push_back(state.h);
    lastC.push_back(state.c);
  }
  // Y is [T, D, B, H] or [B, T, D, H].
  Shape all = major ? Shape{batch, steps, directions, hidden}
                    : Shape{steps, directions, batch, hidden};
  Shape step(all);
  step[major ? 1 : 0] = 1;
  SmallVector<Value> ofStep;
  for (auto &parts : outputs)
    ofStep.push_back(concat(parts, major ? 2 : 1, step));
  SmallVector<Value> results{concat(ofStep, major ? 1 : 0, all)};
  Shape state = major ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden};
  results.push_back(concat(lastH, stateAxis, state));
  if (op.getKind() == RnnKind::Lstm)
    results.push_back(concat(lastC, stateAxis, state));
  return results;
}

namespace {
struct LowerPattern : OpRewritePattern<RnnOp> {
  LowerPattern(MLIRContext *context, int64_t maxSteps)
      : OpRewritePattern(context), maxSteps(maxSteps) {}

  LogicalResult matchAndRewrite(RnnOp op, PatternRewriter &rewriter) const override {
    RankedTensorType x = typeOf(op.getInput());
    int64_t steps = x.getDimSize(op.getBatchMajor() ? 1 : 0);
    if (!isStaticHere(op) || op.getSequenceLens() || steps > maxSteps ||
        x.getNumElements() == 0 || !isa<FloatType>(x.getElementType()) ||
        !isConstantLike(op.getWeight()) || !isConstantLike(op.getRecurrence()))
      return failure();
    SmallVector<Value> results = Lowering(rewriter, op).run();
    results.truncate(op->getNumResults());
    rewriter.replaceOp(op, results);
    return success();
  }
  int64_t maxSteps;
};

struct LowerRnn : xgen::impl::LowerRnnBase<LowerRnn> {
  using LowerRnnBase::LowerRnnBase;
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerPattern>(&getContext(), maxSteps);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
