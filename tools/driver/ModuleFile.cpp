//===- ModuleFile.cpp - Modules as text with weights beside ---------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// MLIR would print large constants as hexadecimal text. Instead they go to a
// binary file beside the module: for each resource a line `name alignment
// bytes` in the header, then the bytes, each at a multiple of 64.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Driver.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace xgen;

static constexpr llvm::StringLiteral magic = "xgen-weights 1\n";

/// Calls `fn` for each distinct resource that `module` uses, in order.
static void
forEachResource(ModuleOp module,
                llvm::function_ref<void(DenseResourceElementsHandle)> fn) {
  llvm::SmallSetVector<StringRef, 16> seen;
  module.walk([&](Operation *op) {
    for (NamedAttribute attr : op->getAttrs())
      if (auto dense = dyn_cast<DenseResourceElementsAttr>(attr.getValue())) {
        auto handle = dense.getRawHandle();
        if (seen.insert(handle.getKey()))
          fn(handle);
      }
  });
}

llvm::Error xgen::writeModule(ModuleOp module, StringRef path) {
  std::string header = magic.str();
  SmallVector<ArrayRef<char>> blobs;
  forEachResource(module, [&](DenseResourceElementsHandle handle) {
    if (const AsmResourceBlob *blob = handle.getBlob()) {
      header += llvm::formatv("{0} {1} {2}\n", handle.getKey(),
                              blob->getDataAlignment(), blob->getData().size())
                    .str();
      blobs.push_back(blob->getData());
    }
  });
  header += "\n";

  OpPrintingFlags flags;
  flags.enableDebugInfo(true, false);
  // Every resource is in the weights file.
  flags.elideLargeResourceString(0);
  std::error_code ec;
  llvm::ToolOutputFile out(path, ec, llvm::sys::fs::OF_None);
  if (ec)
    return llvm::createStringError(ec, "cannot write '%s'", path.str().c_str());
  module->print(out.os(), flags);
  out.os() << "\n";
  if (path != "-" && !blobs.empty()) {
    std::string weights = (path + ".weights").str();
    llvm::ToolOutputFile side(weights, ec, llvm::sys::fs::OF_None);
    if (ec)
      return llvm::createStringError(ec, "cannot write '%s'", weights.c_str());
    header.resize(llvm::alignTo(header.size(), 64), '\n');
    side.os() << header;
    for (ArrayRef<char> blob : blobs) {
      side.os().write(blob.data(), blob.size());
      side.os().write_zeros(llvm::alignTo(blob.size(), 64) - blob.size());
    }
    side.os().flush();
    if (side.os().has_error())
      return llvm::createStringError(side.os().error(), "cannot write '%s'",
                                     weights.c_str());
    side.keep();
  }
  out.os().flush();
  if (out.os().has_error())
    return llvm::createStringError(out.os().error(), "cannot write '%s'",
                                   path.str().c_str());
  out.keep();
  return llvm::Error::success();
}

/// Gives the resources of a parsed module their bytes from `path`.
static LogicalResult loadWeights(ModuleOp module, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  Location loc = module.getLoc();
  if (!buffer)
    return emitError(loc) << "cannot read weights '" << path
                          << "': " << buffer.getError().message()
                          << "; it belongs beside the .mlir file";
  StringRef all = (*buffer)->getBuffer(), rest = all;
  if (!rest.consume_front(magic))
    return emitError(loc) << "'" << path << "' is not an xgen weights file";
  struct Entry {
    uint64_t alignment, bytes;
  };
  llvm::MapVector<StringRef, Entry> entries;
  while (!rest.consume_front("\n")) {
    auto [line, next] = rest.split('\n');
    // Names may hold spaces: the two numbers stand last.
    auto [head, bytes] = line.rsplit(' ');
    auto [name, alignment] = head.rsplit(' ');
    Entry entry;
    if (name.empty() || alignment.getAsInteger(10, entry.alignment) ||
        bytes.getAsInteger(10, entry.bytes) ||
        !llvm::isPowerOf2_64(entry.alignment) || entry.alignment > 4096 ||
        entry.bytes > all.size())
      return emitError(loc) << "'" << path << "' has a damaged header";
    entries[name] = entry;
    rest = next;
  }
  uint64_t offset = llvm::alignTo(rest.data() - all.data(), 64);
  std::shared_ptr<llvm::MemoryBuffer> keep(std::move(*buffer));
  llvm::StringMap<std::pair<uint64_t, Entry>> at;
  for (auto &[name, entry] : entries) {
    if (offset > all.size() || entry.bytes > all.size() - offset)
      return emitError(loc) << "'" << path << "' is cut short";
    at[name] = {offset, entry};
    offset = llvm::alignTo(offset + entry.bytes, 64);
  }
  LogicalResult result = success();
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(module.getContext());
  forEachResource(module, [&](DenseResourceElementsHandle handle) {
    auto it = at.find(handle.getKey());
    if (it == at.end()) {
      if (!handle.getBlob())
        result = emitError(loc) << "constant '" << handle.getKey()
                                << "' is missing in '" << path << "'";
      return;
    }
    auto [start, entry] = it->second;
    manager.getBlobManager().update(
        handle.getKey(),
        AsmResourceBlob(ArrayRef<char>(all.data() + start, entry.bytes),
                        entry.alignment,
                        [keep](void *, size_t, size_t) mutable { keep.reset(); },
                        /*dataIsMutable=*/false));
  });
  return result;
}

OwningOpRef<ModuleOp> xgen::readModule(MLIRContext &context, StringRef path) {
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return nullptr;
  bool missing = false;
  forEachResource(*module, [&](DenseResourceElementsHandle handle) {
    missing |= !handle.getBlob();
  });
  if (missing && failed(loadWeights(*module, (path + ".weights").str())))
    return nullptr;
  return module;
}
