//===- Diagnostics.h - Messages to the user ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Prints MLIR's diagnostics as clang would: file, node, what is wrong.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_DIAGNOSTICS_H
#define XGEN_TOOLS_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace xgen {

/// While it lives, diagnostics of the context are printed to standard error.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(mlir::MLIRContext &context, llvm::StringRef file);
  bool sawError() const { return errors != 0; }

private:
  mlir::LogicalResult print(mlir::Diagnostic &diagnostic);
  std::string file;
  unsigned errors = 0;
  mlir::ScopedDiagnosticHandler handler;
};

/// Prints an error that belongs to no op, a warning, or something worth knowing.
void printError(llvm::StringRef file, const llvm::Twine &message);
void printWarning(llvm::StringRef file, const llvm::Twine &message);
void printRemark(llvm::StringRef file, const llvm::Twine &message);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_DIAGNOSTICS_H
