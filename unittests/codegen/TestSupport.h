//===- TestSupport.h - Modules and files for codegen tests ------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A small hand-written network, and a folder for each test.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_UNITTESTS_CODEGEN_TESTSUPPORT_H
#define XGEN_UNITTESTS_CODEGEN_TESTSUPPORT_H

#include "codegen/llvm/Artefact.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

/// y = relu(x + w), z = x: 2x3 floats. Two equal binary kernels under two
/// names, a copy, and weights at offset 64.
extern const char *const smallNetwork;

class CodegenTest : public ::testing::Test {
protected:
  CodegenTest();
  ~CodegenTest() override;

  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text);
  std::string path(llvm::StringRef name) const {
    return folder + "/" + name.str();
  }
  /// Files in the folder.
  std::vector<std::string> files() const;
  static std::string read(llvm::StringRef path);
  static xgen::Target target(llvm::StringRef name);
  /// No cache but the test's own; one output.
  xgen::ArtefactOptions options(xgen::ArtefactKind kind, llvm::StringRef file);
  /// Runs a shell command in the folder.
  int shell(const std::string &command) const;

  mlir::MLIRContext context;
  std::string folder;
};

/// The value, or a test failure and the end of the process' test.
#define UNWRAP(variable, expression)                                           \
  auto variable##OrError = (expression);                                       \
  ASSERT_TRUE(bool(variable##OrError))                                         \
      << toString(variable##OrError.takeError());                              \
  [[maybe_unused]] auto &variable = *variable##OrError

#endif // XGEN_UNITTESTS_CODEGEN_TESTSUPPORT_H
