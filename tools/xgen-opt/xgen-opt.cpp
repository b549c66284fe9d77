//===- xgen-opt.cpp - Runs passes on textual IR ---------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// mlir-opt with xgen's dialects and passes. Passes that ask for a target get
// the one of -xgen-target (default: host) with -xgen-threads. Plugins
// (-load-pass-plugin) are loaded before the command line is parsed, so that their
// passes are flags like all others.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"
#include "tools/driver/Dialects.h"
#include "tools/driver/Worker.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  if (auto status = xgen::runAsWorker(argc, argv))
    return *status;
  // Removed here, before MLIR's parser sees it.
  std::string targetName = "host";
  int kept = 1, threads = 1;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    llvm::StringRef flag = arg;
    flag.consume_front("-");
    flag.consume_front("-");
    if (arg.starts_with("-") && flag.consume_front("xgen-target=")) {
      targetName = flag.str();
    } else if (arg.starts_with("-") && flag.consume_front("xgen-threads=")) {
      if (flag.getAsInteger(10, threads) || threads < 1) {
        llvm::errs() << "xgen-opt: error: " << arg << ": expected a number of threads\n";
        return 1;
      }
    } else if (arg.starts_with("-") && flag.consume_front("load-pass-plugin=")) {
      auto plugin = mlir::PassPlugin::load(flag.str());
      if (!plugin) {
        llvm::errs() << "xgen-opt: error: " << llvm::toString(plugin.takeError())
                     << "\n";
        return 1;
      }
      plugin->registerPassRegistryCallbacks();
    } else {
      argv[kept++] = argv[i];
    }
  }
  argv[kept] = nullptr;
  auto target = xgen::lookupTarget(targetName);
  if (!target) {
    llvm::errs() << "xgen-opt: error: " << llvm::toString(target.takeError())
                 << "\n";
    return 1;
  }
  target->threads = threads;
  xgen::PassContext &context = xgen::defaultPassContext();
  context.target = *target;
  context.hooks = xgen::makePassHooks(*target);

  mlir::DialectRegistry registry;
  xgen::registerDialects(registry);
  xgen::registerPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(kept, argv, "xgen pass driver\n", registry));
}
