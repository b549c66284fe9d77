//===- Random.cpp - Dropout and random numbers ---===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A compiled model is a function of its inputs. What a Dropout with a seed drops
// is a constant, drawn here as ONNX's reference implementation draws it (Mersenne
// Twister, 53 bits a number); without a seed it would change from run to run.
// With free dimensions it is drawn for the largest tensor: a smaller one has the
// first of those numbers.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"
#include <random>

namespace xgen::onnx {

/// Numbers in [0, 1) that attribute 'seed' decides.
static Value drawUniform(Node &n, DimsRef extents) {
  if (!n.hasAttribute("seed"))
    return n.noValue("training without a seed drops at random, which changes "
                     "from run to run");
  int64_t seed = n.integer("seed", 0);
  if (seed < 0 || seed > UINT32_MAX)
    return n.noValue("the seed must be from 0 to 4294967295");
  int64_t count = ir::product(extents).max();
  if (count > (1 << 24))
    return n.noValue("there are too many random numbers");
  std::mt19937 bits{uint32_t(seed)};
  std::vector<double> values(count);
  for (double &v : values) {
    double high = double(uint32_t(bits()) >> 5);
    v = (high * 0x1p26 + double(uint32_t(bits()) >> 6)) * 0x1p-53;
  }
  Type f64 = n.builder.getF64Type();
  bool fixed = ir::allStatic(extents);
  auto type = fixed ? n.tensorType(extents, f64) : n.tensorType({count}, f64);
  Value drawn = n.constant(llvm::cast<ElementsAttr>(
      mlir::DenseElementsAttr::get(type, ArrayRef<double>(values))));
  return fixed ? drawn
               : n.make<ir::PrefixOp>(n.tensorType(extents, f64), {drawn});
}

/// The one element of an input when it is known.
static std::optional<double> known(Node &n, unsigned i) {
  ElementsAttr attr = n.constantOf(n.input(i));
  auto values = attr ? readDoubles(attr) : std::nullopt;
  return values && values->size() == 1 ? std::optional(values->front())
                                       : std::nullopt;
}

static LogicalResult legalizeDropout(Node &n) {
  Value x = n.input(0), y = x;
  Type maskType = n.since(10) ? n.i1() : n.elementType(x);
  if ((n.has(1) && !n.count(n.input(1)).is(1)) ||
      (n.has(2) && !n.count(n.input(2)).is(1)))
    return n.fail("ratio and training_mode must be numbers");
  if (!n.since(7) && !n.integer("is_test", 0) && n.number("ratio", 0.5) != 0)
    return n.fail("training drops at random, which changes from run to run",
                  "export the model for inference");
  bool inference = !n.since(12) || !n.has(2) || known(n, 2) == 0.0 ||
                   (n.has(1) && known(n, 1) == 0.0);
  Value mask;
  if (!inference) {
    Type f64 = n.builder.getF64Type();
    auto scalar = [&](unsigned i) { return n.reshape(n.input(i), ShapeRef()); };
    Value training = n.cast(scalar(2), n.i1());
    Value ratio = n.has(1) ? n.cast(scalar(1), f64) : n.splat(f64, 0.5);
    Value u = drawUniform(n, n.dims(x));
    Value keep = n.binary(BinaryKind::GreaterEqual, u, ratio);
    Value scale = n.cast(n.div(n.splat(f64, 1), n.sub(n.splat(f64, 1), ratio)),
                         n.elementType(x));
    Value kept = n.select(keep, n.mul(x, scale), n.splat(n.elementType(x), 0));
    y = n.select(training, kept, x);
    mask = n.select(training, keep, n.splat(n.i1(), 1));
  }
  if (n.used(1)) {
    if (inference)
      mask = n.splat(maskType, 1, n.dims(x));
    if (failed(n.result(1, mask)))
      return failure();
  }
  return n.result(y);
}

void registerRandom(Registry &registry) {
  registry.add("Dropout", 1, legalizeDropout);
  for (const char *op : {"Bernoulli", "Multinomial", "RandomNormal",
                         "RandomNormalLike", "RandomUniform",
                         "RandomUniformLike"})
    registry.add(op, 0, [](Node &n) {
      return n.fail("random numbers: a compiled model is a function of its "
                    "inputs, and no test can tell which numbers are right",
                    "make the random numbers an input of the model");
    });
}

} // namespace xgen::onnx
