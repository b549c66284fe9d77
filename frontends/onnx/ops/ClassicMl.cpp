//===- ClassicMl.cpp - Small operators of ai.onnx.ml --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Scalers, encoders and linear models, in basic ops.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static constexpr const char *domain = "ai.onnx.ml";

/// Chosen columns.
static LogicalResult legalizeFeatures(Node &n) {
  Value x = n.input(0), indices = n.input(1);
  if (n.rank(x) < 1)
    return n.fail("the input is a scalar");
  if (n.rank(x) == 1)
    x = n.reshape(x, {1, n.count(x)});
  return n.result(
      n.gather(x, n.reshape(indices, {n.count(indices)}), n.rank(x) - 1));
}

/// A list of floats, one for all columns or one each.
static Value perColumn(Node &n, StringRef name, double otherwise) {
  SmallVector<double> values = n.numbers(name);
  if (values.empty())
    values.push_back(otherwise);
  return n.numbersOf(values, {int64_t(values.size())}, n.f32());
}

static LogicalResult legalizeScaler(Node &n) {
  Value x = n.cast(n.input(0), n.f32());
  Value y =
      n.mul(n.sub(x, perColumn(n, "offset", 0)), perColumn(n, "scale", 1));
  if (y && !n.same(n.dims(y), n.dims(x)))
    return n.fail("offset and scale need one entry, or one a column");
  return n.result(y);
}

static LogicalResult legalizeBinarizer(Node &n) {
  Value x = n.input(0);
  Value above = n.binary(BinaryKind::Greater, x,
                         n.splat(n.elementType(x), n.number("threshold", 0)));
  return n.result(n.cast(above, n.elementType(x)));
}

static LogicalResult legalizeNormalizer(Node &n) {
  Value x = n.cast(n.input(0), n.f32());
  std::string norm = n.string("norm", "MAX");
  Value size;
  Shape axes{n.rank(x) - 1};
  if (n.rank(x) < 1)
    return n.fail("the input is a scalar");
  if (norm == "MAX")
    size = n.reduce(ReduceKind::Max, n.unary(UnaryKind::Abs, x), axes, true);
  else if (norm == "L1" || norm == "L2")
    size =
        n.reduce(norm == "L1" ? ReduceKind::L1 : ReduceKind::L2, x, axes, true);
  else
    return n.fail("unknown norm '" + norm + "'");
  // Zeros stay zeros.
  Value none = n.binary(BinaryKind::Equal, size, n.splat(n.f32(), 0));
  return n.result(n.div(x, n.select(none, n.splat(n.f32(), 1), size)));
}

static LogicalResult legalizeImputer(Node &n) {
  Value x = n.input(0), imputed, missing;
  if (n.isFloat(x)) {
    imputed = n.cast(perColumn(n, "imputed_value_floats", 0), n.elementType(x));
    double replaced = n.number("replaced_value_float", 0);
    missing = replaced != replaced
                  ? n.unary(UnaryKind::IsNaN, x)
                  : n.binary(BinaryKind::Equal, x,
                             n.splat(n.elementType(x), replaced));
  } else {
    Shape values = n.integers("imputed_value_int64s").value_or(Shape{0});
    imputed = n.cast(n.integersOf(values), n.elementType(x));
    missing = n.binary(BinaryKind::Equal, x,
                       n.integersOf({n.integer("replaced_value_int64", 0)}, {},
                                    n.elementType(x)));
  }
  Value y = n.select(missing, imputed, x);
  if (y && !n.same(n.dims(y), n.dims(x)))
    return n.fail("imputed values need one entry, or one a column");
  return n.result(y);
}

static LogicalResult legalizeLinear(Node &n) {
  Value x = n.cast(n.input(0), n.f32());
  SmallVector<double> factors = n.numbers("coefficients");
  SmallVector<double> offsets = n.numbers("intercepts");
  int64_t targets = n.integer("targets", 1);
  std::string transform = n.string("post_transform", "NONE");
  if (n.hasError())
    return failure();
  if (n.rank(x) == 1)
    x = n.reshape(x, {1, n.count(x)});
  int64_t columns = targets < 1 ? 0 : int64_t(factors.size()) / targets;
  if (n.rank(x) != 2 || targets < 1 ||
      int64_t(factors.size()) != targets * columns ||
      !n.same(n.dims(x)[1], columns) ||
      (!offsets.empty() && int64_t(offsets.size()) != targets))
    return n.fail("coefficients or intercepts do not fit the input");
  if (transform != "NONE")
    return n.fail("post_transform '" + transform + "' is unsupported");
  Value weight =
      n.transpose(n.numbersOf(factors, {targets, columns}, n.f32()), {1, 0});
  Value bias =
      offsets.empty() ? Value() : n.numbersOf(offsets, {targets}, n.f32());
  return n.result(n.matmul(x, weight, bias));
}

/// Numbers or a tensor of them, under the names of the operator's versions.
static Value table(Node &n, StringRef what) {
  if (ElementsAttr tensor = n.tensor((what + "_tensor").str()))
    return n.constant(tensor);
  if (auto list = n.integers((what + "_int64s").str()))
    return n.integersOf(*list);
  SmallVector<double> floats = n.numbers((what + "_floats").str());
  if (floats.empty())
    return n.noValue("only numbers are supported as keys and values");
  return n.numbersOf(floats, {int64_t(floats.size())}, n.f32());
}

/// The value of the first key that is equal, or the default.
static LogicalResult legalizeLabels(Node &n) {
  Value x = n.input(0), keys = table(n, "keys"), values = table(n, "values");
  if (!keys || !values)
    return failure();
  if (n.rank(keys) != 1 || !n.same(n.dims(keys), n.dims(values)))
    return n.fail("keys and values must be vectors of one length");
  Type element = n.elementType(values);
  Value otherwise;
  if (ElementsAttr tensor = n.tensor("default_tensor"))
    otherwise = n.reshape(n.constant(tensor), {1});
  else if (element.isInteger(64))
    otherwise = n.integersOf({n.integer("default_int64", -1)});
  else
    otherwise = n.numbersOf({n.number("default_float", -0.0)}, {1}, element);
  Dims column = n.dims(x);
  column.push_back(1);
  Value ui8 = n.cast(n.binary(BinaryKind::Equal, n.reshape(x, column), keys),
                     n.builder.getIntegerType(8, false));
  // A last key that always fits stands for the default.
  Value hits =
      n.concat({ui8, n.splat(n.elementType(ui8), 1, column)}, n.rank(x));
  Value index = n.make<ir::ArgReduceOp>({hits}, {n.attr("is_max", true),
                                                 n.attr("axis", n.rank(x)),
                                                 n.attr("keepdims", false)});
  return n.result(n.gather(n.concat({values, otherwise}, 0), index, 0));
}

static LogicalResult legalizeFeatureVector(Node &n) {
  SmallVector<Value> columns;
  for (Value v : n.allInputs()) {
    if (!v)
      return n.fail("an input is missing");
    if (n.rank(v) == 1)
      v = n.reshape(v, {1, n.count(v)});
    columns.push_back(n.cast(v, n.f32()));
  }
  return n.result(n.concat(columns, 1));
}

void registerClassicMl(Registry &registry) {
  registry.add("ArrayFeatureExtractor", 2, legalizeFeatures, domain);
  registry.add("Scaler", 1, legalizeScaler, domain);
  registry.add("Binarizer", 1, legalizeBinarizer, domain);
  registry.add("Normalizer", 1, legalizeNormalizer, domain);
  registry.add("Imputer", 1, legalizeImputer, domain);
  registry.add("LinearRegressor", 1, legalizeLinear, domain);
  registry.add("LabelEncoder", 1, legalizeLabels, domain);
  registry.add("FeatureVectorizer", 1, legalizeFeatureVector, domain);
}

} // namespace xgen::onnx
