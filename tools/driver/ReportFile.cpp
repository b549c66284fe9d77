//===- ReportFile.cpp - Reports for people and programs -------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What was compiled to what, layer by layer, with the reason where a pass has
// given one.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Driver.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace xgen;
using llvm::StringRef;

static std::string escape(StringRef text) {
  std::string out;
  for (char c : text)
    switch (c) {
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '&':
      out += "&amp;";
      break;
    default:
      out += c;
    }
  return out;
}

static void writeHtml(const CompileResult &result, llvm::raw_ostream &os) {
  const ArtefactReport &r = result.report;
  os << "<!doctype html><meta charset=utf-8><title>" << escape(r.name)
     << "</title><style>body{font:14px sans-serif;margin:2em}"
        "table{border-collapse:collapse}td,th{padding:2px 10px;"
        "border-bottom:1px solid #ddd;text-align:right}"
        "td.l,th.l{text-align:left}.eval{color:#b00}</style>"
     << "<h1>" << escape(r.name) << " for " << escape(r.target) << "</h1><p>"
     << llvm::formatv(
            "{0} multiply-adds ({1} in reference kernels), weights {2} bytes, "
            "arena {3} bytes (peak of live bytes {4}), code {5} bytes, {6} "
            "kernels, compiled in {7:f2} s.",
            r.macs, r.evalMacs, r.weightsBytes, r.arenaBytes, r.peakLiveBytes,
            r.codeBytes, r.kernels, result.seconds)
     << "</p><table><tr><th>#<th class=l>nodes<th class=l>schedule"
        "<th>multiply-adds<th>share<th>bytes<th>code<th class=l>reason</tr>";
  for (auto [i, layer] : llvm::enumerate(r.layers)) {
    double share = r.macs ? 100.0 * layer.macs / r.macs : 0;
    os << llvm::formatv(
        "<tr><td>{0}<td class=l>{1}<td class='l {2}'>{3} {4}<td>{5}<td>"
        "<svg width=60 height=10><rect width={6:f1} height=10 "
        "fill='#48c'/></svg> {7:f1} %<td>{8}<td>{9}<td class=l>{10}</tr>",
        i, escape(layer.nodes), layer.eval() ? "eval" : "",
        escape(layer.schedule), escape(layer.parameters), layer.macs,
        share * 0.6, share, layer.bytes, layer.codeBytes, escape(layer.reason));
  }
  os << "</table>\n";
}

llvm::Error xgen::writeReport(const CompileResult &result, StringRef path) {
  std::error_code ec;
  llvm::ToolOutputFile out(path, ec, llvm::sys::fs::OF_None);
  if (ec)
    return llvm::createStringError(ec, "cannot write '%s'", path.str().c_str());
  if (path.ends_with(".html")) {
    writeHtml(result, out.os());
  } else {
    llvm::json::Value value = result.report.toJson();
    value.getAsObject()->insert({"compile_seconds", result.seconds});
    out.os() << llvm::formatv("{0:2}\n", value);
  }
  out.os().flush();
  if (out.os().has_error())
    return llvm::createStringError(out.os().error(), "cannot write '%s'",
                                   path.str().c_str());
  out.keep();
  return llvm::Error::success();
}
