//===- Profile.cpp - Times by layer ---------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Every line carries ONNX node names, the kernel, how it was generated, time,
// share, and the rates that say whether the time is due to arithmetic or memory.
//
//===----------------------------------------------------------------------===//

#include "Profile.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <numeric>

using namespace llvm;
using namespace xgen;
using namespace xgen::run;

static double total(const RunResult &result) {
  return std::accumulate(result.layerMs.begin(), result.layerMs.end(), 0.0);
}

/// 1e9 a second of something done `amount` times in `ms`.
static double rate(int64_t amount, double ms) {
  return ms > 0 ? double(amount) / ms / 1e6 : 0;
}

static json::Value profileJson(const ModelInfo &info, const RunResult &result) {
  double sum = total(result);
  json::Array layers;
  for (auto [index, layer, ms] : enumerate(info.layers, result.layerMs)) {
    json::Array nodes;
    SmallVector<StringRef> names;
    StringRef(layer.name).split(names, ", ", -1, false);
    for (StringRef name : names)
      nodes.push_back(name);
    layers.push_back(json::Object{
        {"index", int64_t(index)},
        {"nodes", std::move(nodes)},
        {"kernel", layer.kernel},
        {"schedule", layer.schedule},
        {"ms", ms},
        {"share", sum > 0 ? ms / sum : 0},
        {"macs", layer.macs},
        {"gmacs_per_s", rate(layer.macs, ms)},
        {"bytes", layer.bytes},
        {"gbytes_per_s", rate(layer.bytes, ms)}});
  }
  return json::Object{{"model", info.name},
                      {"target", info.target},
                      {"emulator", info.emulator},
                      {"runs", int64_t(result.milliseconds.size())},
                      {"total_ms", sum},
                      {"layers", std::move(layers)}};
}

static std::string escape(StringRef text) {
  std::string result;
  raw_string_ostream os(result);
  printHTMLEscaped(text, os);
  return result;
}

static constexpr StringLiteral pageHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%TITLE%</title><style>
:root{--fg:#1b1f24;--soft:#667;--line:#dde;--bar:#3b6fd4;--eval:#d4803b;--bg:#fff}
@media(prefers-color-scheme:dark){:root{--fg:#e6e8ea;--soft:#9aa;--line:#334;--bar:#6b9bff;--eval:#f0a868;--bg:#15181c}}
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:78em;padding:0 1em;color:var(--fg);background:var(--bg)}
h1{font-size:1.4em;margin:0}p{color:var(--soft);margin:.3em 0 1.2em}
table{border-collapse:collapse;width:100%;margin-bottom:2em}
th,td{text-align:right;padding:.25em .6em;border-bottom:1px solid var(--line);white-space:nowrap}
th{cursor:pointer;user-select:none}th:first-child,td:first-child{text-align:right;color:var(--soft)}
.t{text-align:left;white-space:normal;word-break:break-word}.k{color:var(--soft);font-size:.88em}
rect{fill:var(--bar)}rect.eval{fill:var(--eval)}svg{vertical-align:middle}
</style></head><body>
)html";

static constexpr StringLiteral pageFoot = R"html(<script>
document.querySelectorAll("table").forEach(t=>t.querySelectorAll("th").forEach((h,i)=>h.onclick=()=>{
const v=r=>r.cells[i].dataset.v??r.cells[i].textContent,d=h.dataset.d=h.dataset.d==="1"?"-1":"1";
[...t.tBodies[0].rows].sort((a,b)=>{const x=v(a),y=v(b),n=y-x;return (isNaN(n)?String(x).localeCompare(y):n)*d})
.forEach(r=>t.tBodies[0].append(r))}))
</script></body></html>
)html";

static std::string bar(double share, double largest, bool eval) {
  double width = largest > 0 ? 200 * share / largest : 0;
  return formatv("<svg width=\"200\" height=\"12\"><rect{0} width=\"{1:f1}\" "
                 "height=\"12\" rx=\"2\"/></svg>",
                 eval ? " class=\"eval\"" : "", std::max(width, 0.5))
      .str();
}

static std::string profileHtml(const ModelInfo &info, const RunResult &result) {
  double sum = total(result);
  std::string page;
  raw_string_ostream os(page);
  std::string title = escape(info.name);
  std::string head = pageHead.str();
  head.replace(head.find("%TITLE%"), 7, title + ": profile");
  os << head << "<h1>" << title << "</h1><p>"
     << formatv("{0}{1}, {2} layers, {3:f3} ms in layers (of {4} runs), "
                "{5:f3} M multiply-accumulates, arena {6} bytes, weights {7} "
                "bytes. Click a heading to sort. Orange: reference kernel.",
                escape(info.target),
                info.emulator.empty() ? "" : " under " + info.emulator,
                info.layers.size(), sum, result.milliseconds.size(),
                std::accumulate(info.layers.begin(), info.layers.end(), 0.0,
                                [](double a, const LayerInfo &l) {
                                  return a + double(l.macs) / 1e6;
                                }),
                info.arenaBytes, info.weightsBytes)
     << "</p>\n";

  double largest = 0;
  for (double ms : result.layerMs)
    largest = std::max(largest, ms);
  os << "<table><thead><tr><th>#</th><th class=\"t\">ONNX nodes</th>"
        "<th class=\"t\">time</th><th>ms</th><th>share</th><th>MMAC</th>"
        "<th>GMAC/s</th><th>KB</th><th>GB/s</th></tr></thead><tbody>\n";
  for (auto [index, layer, ms] : enumerate(info.layers, result.layerMs))
    os << formatv("<tr><td>{0}</td><td class=\"t\">{1}<br><span class=\"k\">{2} "
                  "{3}</span></td><td class=\"t\" data-v=\"{4}\">{5}</td>"
                  "<td>{6:f4}</td><td data-v=\"{7}\">{8:f1} %</td><td>{9:f3}</td>",
                  index, escape(layer.name), escape(layer.kernel),
                  escape(layer.schedule), ms,
                  bar(ms, largest, layer.schedule == "eval"), ms, ms,
                  sum > 0 ? 100 * ms / sum : 0, double(layer.macs) / 1e6)
       << formatv("<td>{0:f2}</td><td>{1:f1}</td><td>{2:f2}</td></tr>\n",
                  rate(layer.macs, ms), double(layer.bytes) / 1024,
                  rate(layer.bytes, ms));
  os << "</tbody></table>\n";

  // The same by schedule: which kind of kernel to work on.
  struct Group {
    double ms = 0;
    int64_t layers = 0, macs = 0;
  };
  MapVector<StringRef, Group> groups;
  for (auto [layer, ms] : zip(info.layers, result.layerMs)) {
    Group &g = groups[layer.schedule];
    g.ms += ms;
    g.macs += layer.macs;
    ++g.layers;
  }
  auto sorted = groups.takeVector();
  llvm::sort(sorted, [](auto &a, auto &b) {
    return a.second.ms != b.second.ms ? a.second.ms > b.second.ms
                                      : a.first < b.first;
  });
  os << "<table><thead><tr><th>layers</th><th class=\"t\">schedule</th>"
        "<th class=\"t\">time</th><th>ms</th><th>share</th><th>GMAC/s</th></tr>"
        "</thead><tbody>\n";
  for (auto &[schedule, g] : sorted)
    os << formatv("<tr><td>{0}</td><td class=\"t\">{1}</td><td class=\"t\" "
                  "data-v=\"{2}\">{3}</td><td>{4:f4}</td><td data-v=\"{5}\">{6:f1} "
                  "%</td><td>{7:f2}</td></tr>\n",
                  g.layers, escape(schedule), g.ms,
                  bar(g.ms, sorted.front().second.ms, schedule == "eval"), g.ms,
                  g.ms, sum > 0 ? 100 * g.ms / sum : 0, rate(g.macs, g.ms));
  os << "</tbody></table>\n" << pageFoot;
  return page;
}

Error xgen::run::writeProfile(StringRef path, const ModelInfo &info,
                              const RunResult &result) {
  if (result.layerMs.size() != info.layers.size())
    return createStringError(info.name + ": it was compiled without layer names, "
                                         "so there is no profile");
  std::string text;
  if (path.ends_with(".html"))
    text = profileHtml(info, result);
  else if (path.ends_with(".json"))
    text = formatv("{0:2}\n", profileJson(info, result)).str();
  else
    return createStringError("-profile=" + path +
                             ": the name must end in .json or .html");
  return io::writeBytes(
      path, ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(text.data()),
                              text.size()));
}
