//===- CaseLists.cpp - What is known of test cases ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See CaseLists.h.
//
//===----------------------------------------------------------------------===//

#include "CaseLists.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace xgen::run;

/// Calls `visit` with each line; it returns what is wrong with the line.
static Error forEachLine(StringRef path,
                         function_ref<StringRef(StringRef)> visit) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  for (line_iterator it(**buffer, /*SkipBlanks=*/true, '#'); !it.is_at_eof(); ++it)
    if (StringRef wrong = visit(it->trim()); !wrong.empty())
      return createStringError(path + ":" + Twine(it.line_number()) + ": " + wrong);
  return Error::success();
}

Expected<StringMap<Tolerances>> xgen::run::readExceptions(StringRef path,
                                                          Tolerances usual) {
  StringMap<Tolerances> list;
  Error error = forEachLine(path, [&](StringRef line) -> StringRef {
    auto [head, sentence] = line.split(": ");
    if (sentence.trim().empty())
      return "the sentence that grants the exception is missing";
    SmallVector<StringRef> words;
    head.split(words, ' ', -1, /*KeepEmpty=*/false);
    Tolerances t = usual;
    for (StringRef word : drop_begin(words)) {
      auto [what, number] = word.split('=');
      double value;
      if (number.getAsDouble(value) || !(value >= 0))
        return "expected rtol=NUMBER or atol=NUMBER";
      if (what == "rtol")
        t.rtol = value;
      else if (what == "atol")
        t.atol = value;
      else
        return "expected rtol=NUMBER or atol=NUMBER";
    }
    if (words.size() < 2)
      return "expected a case and rtol=NUMBER or atol=NUMBER";
    if (!list.try_emplace(words[0], t).second)
      return "the case is listed twice";
    return "";
  });
  if (error)
    return error;
  return list;
}

Expected<StringMap<Outcome>> xgen::run::readExpected(StringRef path) {
  StringMap<Outcome> list;
  Error error = forEachLine(path, [&](StringRef line) -> StringRef {
    auto [status, rest] = line.split(' ');
    auto [name, reason] = rest.split(": ");
    for (Verdict v : {Verdict::Fail, Verdict::Unsupported, Verdict::Constants,
                      Verdict::NotFree})
      if (status == verdictWord(v)) {
        if (name.empty())
          return "expected STATUS CASE: REASON";
        if (!list.try_emplace(name, Outcome{v, reason.str()}).second)
          return "the case is listed twice";
        return "";
      }
    return "expected FAIL, UNSUPPORTED, CONSTANTS or NOT-FREE";
  });
  if (error)
    return error;
  return list;
}

/// What of a reason is the same on every machine.
static StringRef stable(const Outcome &outcome) {
  StringRef reason = outcome.reason;
  if (outcome.verdict == Verdict::Fail)
    if (size_t at = reason.find("' differs: "); at != StringRef::npos)
      return reason.take_front(at + strlen("' differs"));
  return reason;
}

std::string xgen::run::expectedLine(StringRef name, const Outcome &outcome) {
  StringRef reason = stable(outcome);
  return (verdictWord(outcome.verdict) + " " + name + (reason.empty() ? "" : ": ") +
          reason)
      .str();
}

std::string xgen::run::surprise(const StringMap<Outcome> &list, StringRef name,
                                const Outcome &outcome) {
  auto it = list.find(name);
  bool passes = outcome.verdict == Verdict::Pass;
  if (it == list.end())
    return passes ? "" : "is not listed, and does not pass";
  if (passes)
    return "passes, but is listed as " + verdictWord(it->second.verdict).str();
  if (it->second.verdict == outcome.verdict && it->second.reason == stable(outcome))
    return "";
  return "is listed otherwise: " + expectedLine(name, it->second);
}
