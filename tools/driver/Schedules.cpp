//===- Schedules.cpp - Measured schedules by kernel -----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Schedules.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Schedules.h"
#include "codegen/llvm/OutputFiles.h"
#include "tools/driver/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace xgen;

std::string xgen::kernelId(kernel::FuncOp kernel, ArrayRef<bool> constantArgs) {
  std::string text = canonicalKernelText(kernel);
  for (bool constant : constantArgs)
    text += constant ? 'c' : 'v';
  auto digest = llvm::SHA256::hash(llvm::arrayRefFromStringRef(text));
  return llvm::toHex(ArrayRef<uint8_t>(digest).take_front(8), /*LowerCase=*/true);
}

std::string xgen::scheduleText(kernel::ScheduleAttr schedule) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << schedule.getTemplateName();
  // Numbers without their type: people read them.
  if (DictionaryAttr params = schedule.getParams())
    for (NamedAttribute param : params)
      stream << " " << param.getName().getValue() << "="
             << cast<IntegerAttr>(param.getValue()).getInt();
  return text;
}

kernel::ScheduleAttr xgen::parseSchedule(StringRef text, MLIRContext *context) {
  SmallVector<StringRef> words;
  text.split(words, ' ', -1, /*KeepEmpty=*/false);
  if (words.empty())
    return nullptr;
  Builder builder(context);
  SmallVector<NamedAttribute> params;
  for (StringRef word : ArrayRef(words).drop_front()) {
    auto [name, value] = word.split('=');
    int64_t number;
    if (name.empty() || value.getAsInteger(10, number))
      return nullptr;
    params.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(number)));
  }
  return kernel::ScheduleAttr::get(
      context, words.front(),
      params.empty() ? DictionaryAttr() : builder.getDictionaryAttr(params));
}

static constexpr llvm::StringLiteral firstLine = "{\"xgen_schedules\":1}";

llvm::Expected<ScheduleBook> ScheduleBook::read(StringRef path, bool mustExist) {
  ScheduleBook book;
  if (!mustExist && !llvm::sys::fs::exists(path))
    return book;
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  llvm::line_iterator line(**buffer);
  auto fail = [&](const Twine &what) {
    return llvm::createStringError(path + ":" + Twine(line.line_number()) + ": " + what);
  };
  if (line.is_at_end() || *line != firstLine)
    return fail("not a file of schedules: its first line should be " + firstLine);
  for (++line; !line.is_at_end(); ++line) {
    auto value = llvm::json::parse(*line);
    if (!value)
      return fail(llvm::toString(value.takeError()));
    std::string target, id;
    Entry entry;
    int64_t tried = 0, alternatives = 0;
    llvm::json::Path::Root root;
    llvm::json::ObjectMapper map(*value, root);
    if (!map || !map.map("target", target) || !map.map("id", id) ||
        !map.map("kernel", entry.kernel) || !map.map("schedule", entry.schedule) ||
        !map.map("us", entry.us) || !map.map("model_us", entry.modelUs) ||
        !map.map("tried", tried) || !map.map("alternatives", alternatives))
      return fail(llvm::toString(root.getError()));
    entry.tried = std::max<int64_t>(tried, 0);
    entry.alternatives = std::max<int64_t>(alternatives, 0);
    book.entries[{target, id}] = std::move(entry);
  }
  return book;
}

llvm::Error ScheduleBook::write(StringRef path) const {
  OutputFiles files;
  auto write = [&](llvm::raw_ostream &stream) {
    stream << firstLine << "\n";
    for (auto &it : entries) {
      const auto &key = it.first;
      const Entry &entry = it.second;
      llvm::json::OStream json(stream);
      json.object([&] {
        json.attribute("target", key.first);
        json.attribute("id", key.second);
        json.attribute("kernel", entry.kernel);
        json.attribute("schedule", entry.schedule);
        // Tenths: more would only make differences between runs.
        for (auto [name, us] : {std::pair("us", entry.us), {"model_us", entry.modelUs}}) {
          json.attributeBegin(name);
          json.rawValue(llvm::formatv("{0:f1}", us).str());
          json.attributeEnd();
        }
        json.attribute("tried", (int64_t)entry.tried);
        json.attribute("alternatives", (int64_t)entry.alternatives);
      });
      stream << "\n";
    }
    return llvm::Error::success();
  };
  if (llvm::Error error = files.add(path, write))
    return error;
  return files.commit();
}

const ScheduleBook::Entry *ScheduleBook::find(const Target &target, StringRef id) const {
  auto it = entries.find({target.key(), id.str()});
  return it == entries.end() ? nullptr : &it->second;
}

std::optional<ScheduleChoice> ScheduleBook::choose(kernel::FuncOp kernel,
                                                   ArrayRef<bool> constantArgs,
                                                   const CompileOptions &options,
                                                   unsigned &outdated) const {
  const Entry *entry = find(options.target, kernelId(kernel, constantArgs));
  if (!entry || entry->schedule == modelChoice)
    return std::nullopt;
  std::optional<ScheduleChoice> choice;
  if (kernel::ScheduleAttr schedule = parseSchedule(entry->schedule, kernel.getContext()))
    choice = withSchedule(kernel, schedule, constantArgs, options.target, options.convAlgorithm);
  outdated += !choice;
  return choice;
}

bool MeasuredSchedules::read() {
  if (options.scheduleFile.empty() && !options.tuneSeconds)
    return true;
  if (!options.scheduleFile.empty()) {
    auto known = ScheduleBook::read(options.scheduleFile, !options.tuneSeconds);
    if (!known) {
      printError("xgenc", llvm::toString(known.takeError()));
      return false;
    }
    book = std::move(*known);
  }
  options.schedules = [this](kernel::FuncOp kernel, ArrayRef<bool> constants) {
    return book.choose(kernel, constants, options, outdated);
  };
  return true;
}

void MeasuredSchedules::warn() const {
  if (outdated)
    printWarning(options.scheduleFile,
                 llvm::formatv("of {0} kernels the schedule is none that this compiler knows "
                               "for them, or that -conv allows; the latency model chose "
                               "instead. Tune again",
                               outdated));
}
