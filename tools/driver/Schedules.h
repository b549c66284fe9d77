//===- Schedules.h - Measured schedules by kernel ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What -tune finds, and -schedules=FILE keeps: a text file of one JSON object a
// line, sorted by target and kernel, so that it can be committed and merged.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_SCHEDULES_H
#define XGEN_TOOLS_DRIVER_SCHEDULES_H

#include "tools/driver/Driver.h"
#include <map>

namespace xgen {

/// Identifies a kernel that has no schedule yet: 16 hexadecimal digits of its text
/// without names and of which operands are constant. The same in every network.
std::string kernelId(kernel::FuncOp kernel, llvm::ArrayRef<bool> constantArgs);

class ScheduleBook {
public:
  /// In place of a schedule where none was faster than the latency model's.
  static constexpr llvm::StringLiteral modelChoice = "model";

  struct Entry {
    /// Template and parameters: "direct_conv mr=14 nr=32". Or modelChoice.
    std::string schedule;
    /// What the kernel computes, for people.
    std::string kernel;
    /// Microseconds an inference in the network it was tuned in, with this schedule
    /// and with the latency model's.
    double us = 0, modelUs = 0;
    /// How many alternatives have been measured, of how many.
    size_t tried = 0, alternatives = 0;
  };

  /// Nothing is in a file that does not exist, unless it must. Errors name the line.
  static llvm::Expected<ScheduleBook> read(llvm::StringRef path, bool mustExist);
  /// Writes the whole file, or nothing.
  llvm::Error write(llvm::StringRef path) const;

  const Entry *find(const Target &target, llvm::StringRef id) const;
  Entry &entry(const Target &target, llvm::StringRef id) { return entries[{target.key(), id.str()}]; }

  /// What it says of `kernel`. Nothing without an entry, and where the schedule is none
  /// that this compiler knows for the kernel: then `outdated` counts it.
  std::optional<ScheduleChoice> choose(kernel::FuncOp kernel, llvm::ArrayRef<bool> constantArgs,
                                       const CompileOptions &options, unsigned &outdated) const;

private:
  std::map<std::pair<std::string, std::string>, Entry> entries;
};

/// The book of a compilation, while it lives: read from options.scheduleFile, and asked
/// for each kernel's schedule through options.schedules.
class MeasuredSchedules {
public:
  explicit MeasuredSchedules(CompileOptions &options) : options(options) {}
  MeasuredSchedules(const MeasuredSchedules &) = delete;
  /// False after a diagnostic.
  bool read();
  /// Says how many entries were of no use.
  void warn() const;

  ScheduleBook book;

private:
  CompileOptions &options;
  unsigned outdated = 0;
};

/// A schedule as entries hold it, and back; null where the text is none.
std::string scheduleText(kernel::ScheduleAttr schedule);
kernel::ScheduleAttr parseSchedule(llvm::StringRef text, mlir::MLIRContext *context);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_SCHEDULES_H
