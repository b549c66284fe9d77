//===- Vectorizer.cpp - TfIdfVectorizer ---------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One xgen.ngram_count for each length of n-grams, whose results are added; the
// lists are sorted here, for a binary search at run time.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

static LogicalResult legalizeTfIdf(Node &n) {
  Value x = n.input(0);
  int64_t least = n.integer("min_gram_length", 1);
  int64_t most = n.integer("max_gram_length", 1);
  int64_t skip = n.integer("max_skip_count", 0);
  std::string mode = n.string("mode", "TF");
  Shape starts = n.integers("ngram_counts").value_or(Shape());
  Shape columns = n.integers("ngram_indexes").value_or(Shape());
  Shape pool = n.integers("pool_int64s").value_or(Shape());
  SmallVector<double> weights = n.numbers("weights");
  if (n.hasError())
    return failure();
  if (n.hasAttribute("pool_strings"))
    return n.fail("n-grams of strings are unsupported");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return n.fail("unknown mode '" + mode + "'");
  if (least < 1 || most < least || most > 64 || skip < 0)
    return n.fail("gram lengths or max_skip_count are invalid");
  if (!weights.empty() && weights.size() != columns.size())
    return n.fail("weights and ngram_indexes differ in length");
  if (n.rank(x) != 1 && n.rank(x) != 2)
    return n.fail("the input must be a vector or a matrix");
  int64_t width = 0;
  for (int64_t column : columns) {
    if (column < 0 || column > (1 << 24))
      return n.fail("ngram_indexes are out of range");
    width = std::max(width, column + 1);
  }
  bool vector = n.rank(x) == 1;
  if (vector)
    x = n.reshape(x, {1, n.count(x)});
  Dim rows = n.dims(x).front();

  Value total;
  size_t done = 0; // n-grams of the shorter lengths
  for (int64_t length = 1; length <= int64_t(starts.size()); ++length) {
    int64_t from = starts[length - 1];
    int64_t to =
        length < int64_t(starts.size()) ? starts[length] : int64_t(pool.size());
    if (from < 0 || to < from || to > int64_t(pool.size()) ||
        (to - from) % length)
      return n.fail("ngram_counts do not divide the pool into n-grams");
    size_t count = (to - from) / length;
    if (done + count > columns.size())
      return n.fail("ngram_indexes needs one entry an n-gram");
    SmallVector<std::pair<Shape, int64_t>> grams;
    for (size_t i = 0; i < count; ++i) {
      ShapeRef items = ShapeRef(pool).slice(from + i * length, length);
      grams.push_back({Shape(items), columns[done + i]});
    }
    done += count;
    if (length < least || length > most || grams.empty())
      continue;
    llvm::sort(grams);
    Shape items, places;
    for (const auto &[gram, column] : grams) {
      llvm::append_range(items, gram);
      places.push_back(column);
    }
    SmallVector<NamedAttribute> attributes{n.attr("width", width)};
    if (skip)
      attributes.push_back(n.attr("max_skip", skip));
    Value counts = n.make<ir::NgramCountOp>(
        {x, n.integersOf(items, {int64_t(count), length}),
         n.integersOf(places)},
        attributes);
    total = total ? n.add(total, counts) : counts;
  }
  if (!total && !n.hasError())
    total = n.splat(n.f32(), 0, {rows, width});
  if (mode != "TF") {
    SmallVector<double> factors(width, 0.0);
    for (auto [i, column] : llvm::enumerate(columns))
      factors[column] = weights.empty() ? 1 : weights[i];
    if (mode == "IDF")
      total = n.binary(BinaryKind::Min, total, n.splat(n.f32(), 1));
    total = n.mul(total, n.numbersOf(factors, {width}, n.f32()));
  }
  return n.result(vector ? n.reshape(total, {width}) : total);
}

void registerVectorizer(Registry &registry) {
  registry.add("TfIdfVectorizer", 1, legalizeTfIdf);
}

} // namespace xgen::onnx
