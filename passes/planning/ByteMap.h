//===- ByteMap.h - Who wrote which bytes ------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The memory of the plan's verifier: each byte belongs to the value that was
// last written there.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PLANNING_BYTEMAP_H
#define XGEN_PASSES_PLANNING_BYTEMAP_H

#include <algorithm>
#include <cstdint>
#include <map>

namespace xgen::planning {

/// Who wrote which bytes of one buffer. Ranges are disjoint and sorted.
class ByteMap {
public:
  static constexpr int64_t nobody = -1;

  void write(int64_t begin, int64_t end, int64_t owner) {
    if (begin >= end)
      return;
    split(begin);
    split(end);
    ranges.erase(ranges.lower_bound(begin), ranges.lower_bound(end));
    if (owner != nobody)
      ranges[begin] = {end, owner};
  }
  /// First byte of the range that `owner` did not write, or -1.
  int64_t firstForeign(int64_t begin, int64_t end, int64_t owner) const {
    while (begin < end) {
      auto it = ranges.upper_bound(begin);
      if (it == ranges.begin())
        return begin;
      --it;
      if (it->second.end <= begin || it->second.owner != owner)
        return begin;
      begin = it->second.end;
    }
    return -1;
  }
  /// Owner of a byte, or `nobody`.
  int64_t ownerAt(int64_t byte) const {
    auto it = ranges.upper_bound(byte);
    if (it == ranges.begin())
      return nobody;
    --it;
    return it->second.end > byte ? it->second.owner : nobody;
  }

  /// Whether any byte of the range was written.
  bool hasOwner(int64_t begin, int64_t end) const {
    if (begin >= end)
      return false;
    auto it = ranges.lower_bound(begin);
    return (it != ranges.end() && it->first < end) ||
           ownerAt(begin) != nobody;
  }

  /// Only what `other` says, too: after one of two branches.
  void intersect(const ByteMap &other) {
    std::map<int64_t, Range> both;
    for (auto &[begin, range] : ranges)
      for (auto &[from, also] : other.ranges) {
        int64_t first = std::max(begin, from);
        int64_t last = std::min(range.end, also.end);
        if (first < last && range.owner == also.owner)
          both[first] = {last, range.owner};
      }
    // Pieces that were split at a border of the other map are whole again.
    ranges.clear();
    for (auto &[begin, range] : both) {
      auto before = ranges.empty() ? ranges.end() : std::prev(ranges.end());
      if (before != ranges.end() && before->second.end == begin &&
          before->second.owner == range.owner)
        before->second.end = range.end;
      else
        ranges[begin] = range;
    }
  }

private:
  struct Range {
    int64_t end, owner;
  };
  /// Makes `at` a border between ranges.
  void split(int64_t at) {
    auto it = ranges.upper_bound(at);
    if (it == ranges.begin())
      return;
    --it;
    if (it->first < at && at < it->second.end) {
      Range tail = it->second;
      it->second.end = at;
      ranges[at] = tail;
    }
  }
  std::map<int64_t, Range> ranges;
};

} // namespace xgen::planning

#endif // XGEN_PASSES_PLANNING_BYTEMAP_H
