//===- Recurrent.cpp - RNN, GRU, LSTM ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Operands keep ONNX's layouts; activations and their parameters are resolved here.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

struct Activation {
  const char *name;
  UnaryKind kind;
  /// How many of activation_alpha and activation_beta it takes.
  bool alpha, beta;
  double alphaDefault, betaDefault;
};

static const Activation activations[] = {
    {"relu", UnaryKind::Relu, false, false, 0, 0},
    {"tanh", UnaryKind::Tanh, false, false, 0, 0},
    {"sigmoid", UnaryKind::Sigmoid, false, false, 0, 0},
    {"softsign", UnaryKind::Softsign, false, false, 0, 0},
    {"softplus", UnaryKind::Softplus, false, false, 0, 0},
    {"leakyrelu", UnaryKind::LeakyRelu, true, false, 0.01f, 0},
    {"thresholdedrelu", UnaryKind::ThresholdedRelu, true, false, 1, 0},
    {"elu", UnaryKind::Elu, true, false, 1, 0},
    {"hardsigmoid", UnaryKind::HardSigmoid, true, true, 0.2f, 0.5}};

static LogicalResult legalizeRecurrent(Node &n, ir::RnnKind kind) {
  Value x = n.input(0), w = n.input(1), r = n.input(2);
  std::string directionName = n.string("direction", "forward");
  auto direction = ir::symbolizeRnnDirection(directionName);
  if (!direction)
    return n.fail("unknown direction '" + directionName + "'");
  int64_t directions = *direction == ir::RnnDirection::Bidirectional ? 2 : 1;
  int64_t gates = kind == ir::RnnKind::Lstm  ? 4
                  : kind == ir::RnnKind::Gru ? 3
                                             : 1;
  if (n.rank(x) != 3 || n.rank(w) != 3 || n.rank(r) != 3)
    return n.fail("X, W and R must have three dimensions");
  bool batchMajor = n.integer("layout", 0) != 0;
  Dim steps = n.dims(x)[batchMajor ? 1 : 0];
  Dim batch = n.dims(x)[batchMajor ? 0 : 1];
  Dim features = n.dims(x)[2];
  int64_t hidden = n.hasAttribute("hidden_size")
                       ? n.integer("hidden_size", 0)
                       : n.known(n.dims(r)[2], "number of hidden values");
  if (!n.same(n.dims(r)[2], hidden))
    return n.fail("hidden_size disagrees with R");
  auto check = [&](unsigned i, Dims wanted, StringRef name) -> LogicalResult {
    if (!n.has(i) || n.same(n.dims(n.input(i)), wanted))
      return success();
    return n.fail("input '" + name + "' has the wrong shape");
  };
  Dims state = batchMajor ? Dims{batch, directions, hidden}
                          : Dims{directions, batch, hidden};
  if (failed(check(1, {directions, gates * hidden, features}, "W")) ||
      failed(check(2, {directions, gates * hidden, hidden}, "R")) ||
      failed(check(3, {directions, 2 * gates * hidden}, "B")) ||
      failed(check(4, {batch}, "sequence_lens")) ||
      failed(check(5, state, "initial_h")) ||
      (kind == ir::RnnKind::Lstm &&
       (failed(check(6, state, "initial_c")) ||
        failed(check(7, {directions, 3 * hidden}, "P")))))
    return failure();

  // Activations, with defaults; alphas and betas are listed only for those
  // that take one.
  SmallVector<std::string> names = n.strings("activations");
  int64_t each = kind == ir::RnnKind::Lstm ? 3 : kind == ir::RnnKind::Gru ? 2 : 1;
  if (names.empty())
    for (int64_t d = 0; d < directions; ++d) {
      if (kind != ir::RnnKind::Rnn)
        names.push_back("Sigmoid");
      names.push_back("Tanh");
      if (kind == ir::RnnKind::Lstm)
        names.push_back("Tanh");
    }
  if (int64_t(names.size()) != each * directions)
    return n.fail("there must be " + llvm::Twine(each * directions) +
                  " activations");
  SmallVector<double> alphas = n.numbers("activation_alpha"),
                      betas = n.numbers("activation_beta");
  size_t nextAlpha = 0, nextBeta = 0;
  Shape kinds;
  SmallVector<double> alphaOf, betaOf;
  for (const std::string &name : names) {
    const Activation *found = nullptr;
    for (const Activation &a : activations)
      if (StringRef(name).equals_insensitive(a.name))
        found = &a;
    if (!found)
      return n.fail("activation '" + name + "' is unsupported");
    kinds.push_back(int64_t(found->kind));
    alphaOf.push_back(found->alpha && nextAlpha < alphas.size()
                          ? alphas[nextAlpha++]
                          : found->alphaDefault);
    betaOf.push_back(found->beta && nextBeta < betas.size()
                         ? betas[nextBeta++]
                         : found->betaDefault);
  }

  SmallVector<Value> operands{x, w, r};
  SmallVector<int32_t> segments{1, 1, 1};
  for (unsigned i = 3; i < 8; ++i) {
    bool present = n.has(i) && (i < 6 || kind == ir::RnnKind::Lstm);
    if (present)
      operands.push_back(n.input(i));
    segments.push_back(present);
  }
  mlir::MLIRContext *context = n.builder.getContext();
  SmallVector<NamedAttribute> attributes{
      n.attr("kind", ir::RnnKindAttr::get(context, kind)),
      n.attr("direction", ir::RnnDirectionAttr::get(context, *direction)),
      n.attr("activations", kinds),
      n.attr("activation_alpha", n.builder.getDenseF64ArrayAttr(alphaOf)),
      n.attr("activation_beta", n.builder.getDenseF64ArrayAttr(betaOf)),
      n.segments(segments)};
  if (double clip = n.number("clip", 0))
    attributes.push_back(n.attr("clip", clip));
  if (n.integer("linear_before_reset", 0))
    attributes.push_back(n.attr("linear_before_reset", true));
  if (n.integer("input_forget", 0))
    attributes.push_back(n.attr("input_forget", true));
  if (batchMajor)
    attributes.push_back(n.attr("batch_major", true));
  Type element = n.elementType(x);
  Dims sequence = batchMajor ? Dims{batch, steps, directions, hidden}
                             : Dims{steps, directions, batch, hidden};
  SmallVector<Type> types{n.tensorType(sequence, element),
                          n.tensorType(state, element)};
  if (kind == ir::RnnKind::Lstm)
    types.push_back(types[1]);
  mlir::Operation *rnn =
      n.create(ir::RnnOp::getOperationName(), operands, attributes, types);
  if (!rnn)
    return failure();
  for (unsigned i = 0; i < rnn->getNumResults() && i < n.numResults(); ++i)
    if (failed(n.result(i, rnn->getResult(i))))
      return failure();
  return success();
}

void registerRecurrent(Registry &registry) {
  registry.add("RNN", 3, [](Node &n) {
    return legalizeRecurrent(n, ir::RnnKind::Rnn);
  });
  registry.add("GRU", 3, [](Node &n) {
    return legalizeRecurrent(n, ir::RnnKind::Gru);
  });
  registry.add("LSTM", 3, [](Node &n) {
    return legalizeRecurrent(n, ir::RnnKind::Lstm);
  });
}

} // namespace xgen::onnx
