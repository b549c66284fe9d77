//===- Unsupported.cpp - Operators that are known, and left out ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What a compiled model cannot hold, each with its reason; everything else that
// has no legalization is reported as unknown.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Node.h"

namespace xgen::onnx {

void registerUnsupported(Registry &registry) {
  struct Reason {
    const char *domain;
    std::initializer_list<const char *> ops;
    const char *why, *todo;
  };
  static const Reason reasons[] = {
      {"",
       {"ImageDecoder"},
       "a compiled model holds no decoder of picture files",
       "decode before, and give the model the pixels"},
      {"",
       {"StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch"},
       "strings are unsupported",
       "process text before, and give the model numbers"},
      {"",
       {"RandomNormal", "RandomNormalLike", "RandomUniform",
        "RandomUniformLike", "Multinomial", "Bernoulli"},
       "a compiled model has no source of random numbers",
       "make them an input of the model"},
      {"ai.onnx.ml",
       {"CategoryMapper", "DictVectorizer", "ZipMap", "CastMap"},
       "maps and strings are unsupported",
       "export with plain tensors (zipmap off)"},
  };
  for (const Reason &r : reasons)
    for (const char *op : r.ops)
      if (!registry.find(r.domain, op))
        registry.add(
            op, 0, [&r](Node &n) { return n.fail(r.why, r.todo); }, r.domain);
}

} // namespace xgen::onnx
