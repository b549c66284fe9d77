//===- Diagnostics.cpp - Messages to the user -----------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// See Diagnostics.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace xgen;

/// Up to two node names of a location, and the place in a text file if any.
static void describe(Location loc, SmallVectorImpl<std::string> &nodes,
                     std::string &place) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    nodes.push_back(name.getName().str());
    return;
  }
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      describe(part, nodes, place);
    return;
  }
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return describe(call.getCallee(), nodes, place);
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    place = llvm::formatv("{0}:{1}:{2}", file.getFilename().getValue(),
                          file.getLine(), file.getColumn());
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context, StringRef file)
    : file(file.str()),
      handler(&context, [this](Diagnostic &d) { return print(d); }) {}

static llvm::raw_ostream &severity(DiagnosticSeverity kind) {
  switch (kind) {
  case DiagnosticSeverity::Error:
    return llvm::WithColor::error();
  case DiagnosticSeverity::Warning:
    return llvm::WithColor::warning();
  case DiagnosticSeverity::Remark:
    return llvm::WithColor::remark();
  case DiagnosticSeverity::Note:
    return llvm::WithColor::note();
  }
  return llvm::errs();
}

LogicalResult DiagnosticPrinter::print(Diagnostic &diagnostic) {
  SmallVector<std::string> nodes;
  std::string place;
  describe(diagnostic.getLocation(), nodes, place);
  llvm::erase(nodes, file); // The importer's errors are at the file's name.
  llvm::errs() << (place.empty() ? file : place) << ": ";
  severity(diagnostic.getSeverity());
  if (!nodes.empty()) {
    llvm::errs() << "node '" << nodes[0] << "'";
    if (nodes.size() > 1)
      llvm::errs() << " (and " << nodes.size() - 1 << " more)";
    llvm::errs() << ": ";
  }
  llvm::errs() << diagnostic << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    (void)print(note);
  errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  return success();
}

void xgen::printError(StringRef file, const llvm::Twine &message) {
  llvm::errs() << file << ": ";
  llvm::WithColor::error() << message << "\n";
}

void xgen::printWarning(StringRef file, const llvm::Twine &message) {
  llvm::errs() << file << ": ";
  llvm::WithColor::warning() << message << "\n";
}

void xgen::printRemark(StringRef file, const llvm::Twine &message) {
  llvm::errs() << file << ": ";
  llvm::WithColor::remark() << message << "\n";
}
