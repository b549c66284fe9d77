//===- xgenc.cpp - The compiler's command line ----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// xgenc MODEL.onnx -target=TARGET -o OUT and its sub-commands. Flags and
// printing only; the work is in tools/driver.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Commands.h"
#include "tools/driver/Options.h"
#include "tools/driver/Worker.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace xgen;

static constexpr StringLiteral overview =
    "xgen: compiles neural networks to libraries\n\n"
    "  xgenc MODEL.onnx -target=arm64 -o model.a   library, with model.h beside it\n"
    "  xgenc check MODEL.onnx                      what it needs; all that is unsupported\n"
    "  xgenc info MODEL.onnx|MODEL.mlir|model.a    signature, operators, kernels, sizes\n"
    "  xgenc verify MODEL.onnx                     compiled against reference, by layer\n"
    "  xgenc operators                             what can be compiled, by version\n"
    "  xgenc explain CODE                          what a diagnostic means\n";

static int usage(const Twine &message) {
  WithColor::error(errs(), "xgenc") << message << "\n";
  return ExitUsage;
}

int main(int argc, char **argv) {
  if (auto status = runAsWorker(argc, argv))
    return *status;
  InitLLVM init(argc, argv);
  setBugReportMsg("xgenc: this is a bug in xgen; please report it with the "
                  "model and the command line\n");

  std::string command = "compile";
  if (argc > 1 && is_contained({"check", "info", "verify", "explain", "operators"},
                               StringRef(argv[1]))) {
    command = argv[1];
    std::copy(argv + 2, argv + argc + 1, argv + 1);
    --argc;
  }

  CompileFlags flags;
  cl::OptionCategory category("Compilation");
  cl::opt<std::string> input(cl::Positional, cl::desc("MODEL"));
  cl::opt<std::string> output(
      "o", cl::desc("output; the suffix says what: .a .o .so .s .h .mlir"),
      cl::value_desc("file"), cl::cat(category));
  cl::list<std::string> emit(
      "emit", cl::CommaSeparated, cl::cat(category), cl::value_desc("kinds"),
      cl::desc("onnx, xgen, kernel, plan, llvm, halide, asm, obj, lib, so, exe, "
               "header, report"));
  cl::opt<bool> json("json", cl::desc("print as JSON (check, info, verify, operators)"),
                     cl::cat(category));
  cl::opt<double> rtol("rtol", cl::init(1e-4), cl::cat(category),
                       cl::desc("verify: largest |a-b| as a share of max |b|"));
  hideUnrelatedFlags();
  std::string message;
  raw_string_ostream stream(message);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &stream)) {
    errs() << message;
    return ExitUsage;
  }
  if (command == "explain")
    return explain(input);
  if (command == "operators")
    return printOperators(json);
  if (input.empty())
    return usage("no model given; xgenc -help tells how to call it");

  CompileOptions options;
  options.input = input;
  options.output = output;
  options.emit.assign(emit.begin(), emit.end());
  if (Error error = flags.apply(options))
    return usage(toString(std::move(error)));

  if (command != "compile" && options.tuneSeconds)
    return usage("-tune is for compiling; give what it found, -schedules=FILE");
  if (command == "check")
    return checkModel(options, json);
  if (command == "info")
    return printInfo(options, json);
  if (command == "verify")
    return verifyModel(options, rtol, json);
  return compileModel(options).exitCode;
}
