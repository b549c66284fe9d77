//===- TiledRoot.cpp - Register tiles at the store ------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What the templates of convolutions and products share: the loops over a
// result, and the padded copy of an input.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/RowFusion.h"
#include "codegen/halide/schedules/Templates.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

Pixel::Pixel(const Index &position) : x(position[position.size() - 2]) {
  if (position.size() == 4)
    y = position[1];
  if (position.size() > 2)
    n = position[0];
}

void halide::parallelize(Func f, ArrayRef<Halide::VarOrRVar> loops) {
  Var fused = loops.back().var;
  for (size_t i = loops.size() - 1; i-- > 0;) {
    Var next("par" + std::to_string(i + 1));
    f.fuse(loops[i].var, fused, next);
    fused = next;
  }
  f.parallel(fused);
}

/// The loop over rows of tiles becomes one over steps, which with threads are shared
/// out in blocks.
void TiledRoot::stepByRows(Emitter &e, Root &root, int64_t my, bool channelsInner) {
  Func &f = root.func;
  int64_t rows = rowsPerStep(root.shape[1]), steps = root.shape[1] / rows;
  Var yo("yo"), co("co"), step("step"), block("block");
  f.split(yo, step, yo, (int)(rows / my), TailStrategy::RoundUp);
  if (!channelsInner)
    f.reorder(yo, co, step);
  root.rowLoop = RowLoop{Halide::LoopLevel(f, step), Halide::LoopLevel::root()};
  if (e.target.threads == 1 || steps == 1)
    return;
  // The first rows of a block are made twice: few blocks.
  int64_t size = largestDivisor(steps, std::max<int64_t>(1, steps / e.target.threads));
  f.split(step, block, step, (int)size, TailStrategy::RoundUp).parallel(block);
  root.rowLoop->kept = Halide::LoopLevel(f, block);
}

TiledRoot::TiledRoot(Emitter &e, Root &root, const Tile &tile, int lanes,
                     bool channelsInner, bool byRows) {
  Func &f = root.func;
  int rank = root.vars.size();
  Var c = root.vars[0], co("co"), ci("ci");
  int64_t channels = root.shape.back();
  std::vector<Halide::VarOrRVar> inner, outer;
  // Tails of channels are stored under a mask; positions are computed twice,
  // which is faster and cannot leave the arrays.
  f.split(c, co, ci, (int)tile.nr,
          channels % tile.nr ? TailStrategy::GuardWithIf : TailStrategy::RoundUp);
  inner.push_back(ci);
  std::vector<Var> unrolled;
  auto splitPosition = [&](int dim, int64_t size, const char *o, const char *i) {
    int64_t extent = root.shape[rank - 1 - dim];
    Var out(o), in(i);
    f.split(root.vars[dim], out, in, (int)size,
            extent % size ? TailStrategy::ShiftInwards : TailStrategy::RoundUp);
    inner.push_back(in);
    unrolled.push_back(in);
    outer.push_back(out);
  };
  splitPosition(1, tile.mr, "xo", "xi");
  if (rank > 3)
    splitPosition(2, tile.my, "yo", "yi");
  for (int i = rank > 3 ? 3 : 2; i < rank; ++i)
    outer.push_back(root.vars[i]);
  if (channelsInner) {
    outer.insert(outer.begin(), co);
    at = co;
  } else {
    outer.insert(byRows ? outer.begin() + 2 : outer.end(), co);
    at = Var("xo");
  }
  std::vector<Halide::VarOrRVar> order = inner;
  order.insert(order.end(), outer.begin(), outer.end());
  f.reorder(order);
  if (tile.nr > lanes)
    f.vectorize(ci, lanes).unroll(ci);
  else
    f.vectorize(ci);
  for (Var v : unrolled)
    f.unroll(v);
  if (byRows) {
    stepByRows(e, root, tile.my, channelsInner);
  } else if (e.target.threads > 1 && !root.rowReader) {
    // One loop over all tiles but the innermost run of them.
    if (outer.size() > 1)
      parallelize(f, ArrayRef(outer).drop_front());
  }
}

PaddedInput::PaddedInput(Emitter &e, Value input, const ConvGeometry &g, Expr fill,
                         const std::function<Expr(Expr)> &convert)
    : rows("rows"), source(e.rowSource(input)), e(e), input(input), g(g), fill(fill) {
  if (source)
    return;
  int64_t row = g.w * g.ci;
  stored = g.padded() || !e.isFlat(input) || convert;
  Expr jj = j, yy = y, nn = n, outside;
  auto border = [&](Expr x, int64_t before, int64_t extent, int64_t read) {
    // Only the sides that lie inside what is read.
    Expr shifted = before ? x - (int)before : x;
    if (before) {
      Expr out = shifted < 0;
      outside = outside.defined() ? outside || out : out;
    }
    if (read > before + extent) {
      Expr out = shifted >= (int)extent;
      outside = outside.defined() ? outside || out : out;
    }
    if (before || read > before + extent)
      return Halide::clamp(Halide::likely(shifted), 0, (int)extent - 1);
    return shifted;
  };
  Expr x = border(jj, g.left * g.ci, row, g.paddedWidth() * g.ci);
  Expr r = border(yy, g.top, g.h, g.paddedHeight());
  Expr value;
  if (e.isFlat(input)) {
    value = e.flat(input, (nn * (int)g.h + r) * (int)row + x);
  } else {
    Index at{nn};
    if (typeOf(input).getRank() == 4)
      at.push_back(r);
    at.push_back(x / (int)g.ci);
    at.push_back(x % (int)g.ci);
    value = e.dense(input, at);
  }
  if (convert)
    value = convert(value);
  if (e.target.threads > 1 && e.isFlat(input) && g.padded()) {
    splitRows(e, input, g, r, fill, convert);
    return;
  }
  if (outside.defined())
    value = Halide::select(outside, Halide::cast(value.type(), fill), Halide::likely(value));
  rows(j, y, n) = value;
}

/// The left border, the elements and the right border as stages of their own. One
/// stage with a condition needs Halide to take its loop apart, which it does only a
/// few conditions deep: not in the second block of rows of a thread.
void PaddedInput::splitRows(Emitter &e, Value input, const ConvGeometry &g, Expr row,
                            Expr fill, const std::function<Expr(Expr)> &convert) {
  int64_t begin = g.left * g.ci, width = g.paddedWidth() * g.ci;
  int64_t end = std::min(begin + g.w * g.ci, width);
  auto element = [&](Expr x) {
    Expr value = e.flat(input, (n * (int)g.h + row) * (int)(g.w * g.ci) + x - (int)begin);
    return convert ? convert(value) : value;
  };
  Expr inside = y >= (int)g.top && y < (int)(g.top + g.h);
  Halide::Type type = element(0).type();
  fill = Halide::cast(type, fill);
  rows(j, y, n) = Halide::undef(type);
  int64_t lanes = e.lanes(type);
  auto stage = [&](int64_t from, int64_t to, bool border) {
    // Whole vectors and what is left of them.
    int64_t whole = from + (to - from) / lanes * lanes;
    for (auto [first, last] : {std::pair(from, whole), std::pair(whole, to)}) {
      if (first == last)
        continue;
      RDom x((int)first, (int)(last - first), "x");
      rows(x, y, n) = border ? fill : Halide::select(inside, element(x), fill);
      spans.push_back({x, last == whole && first == from});
    }
  };
  stage(0, begin, true);
  stage(begin, end, false);
  stage(end, width, true);
}

Expr PaddedInput::at(Expr xx, Expr cc, Expr yy, Expr nn) {
  if (!source)
    return rows(xx * (int)g.ci + cc, yy, nn);
  // Rows of the border are made with the others; the border of a row is not stored:
  // the loop over columns has its first and last tiles apart.
  Expr column = xx - (int)g.left, inside;
  if (g.left)
    inside = column >= 0;
  if (g.paddedWidth() > g.left + g.w)
    inside = inside.defined() ? inside && column < (int)g.w : column < (int)g.w;
  if (inside.defined())
    column = Halide::clamp(Halide::likely(column), 0, (int)g.w - 1);
  Expr value = e.dense(input, {nn, yy - (int)g.top, column, cc});
  return inside.defined() ? Halide::select(inside, Halide::likely(value), fill) : value;
}

/// Rows are made when a step of the loop `slide` reads them first, and kept within `kept`
/// while it slides over them; a step reads `live` rows.
void PaddedInput::scheduleSource(Halide::LoopLevel slide, Halide::LoopLevel kept, int64_t live) {
  source->rowReader->rowLoop = RowLoop{slide, kept};
  source->func.store_at(kept).fold_storage(source->vars[2], (int)live);
}

void PaddedInput::schedule(Emitter &e, const ConvGeometry &g,
                           std::optional<Halide::LoopLevel> slide, int64_t height,
                           std::optional<Halide::LoopLevel> kept) {
  if (!stored)
    return;
  int64_t width = g.paddedWidth() * g.ci;
  rows.bound(j, 0, (int)width).bound(n, 0, (int)g.n);
  // A sliding window would make threads wait for each other.
  if (slide && e.target.threads == 1)
    rows.store_root().compute_at(*slide);
  else if (slide && kept)
    rows.store_at(*kept).compute_at(*slide);
  else if (slide && height)
    rows.bound_extent(y, (int)height).compute_at(*slide);
  else
    rows.bound(y, 0, (int)g.paddedHeight()).compute_root();
  int lanes = e.lanes(rows.output_types()[0]);
  for (size_t i = 0; i < spans.size(); ++i) {
    auto update = rows.update(i);
    if (spans[i].vectors)
      update.vectorize(spans[i].x, lanes);
    if (e.target.threads > 1 && !(slide && (height || kept)))
      update.parallel(y, 8, TailStrategy::GuardWithIf);
  }
  if (!spans.empty())
    return;
  if (width >= 8 * lanes) {
    Var jo("jo"), ji("ji");
    rows.split(j, jo, ji, 4 * lanes, TailStrategy::ShiftInwards);
    rows.vectorize(ji, lanes).unroll(ji);
  } else if (width >= lanes) {
    rows.vectorize(j, lanes, TailStrategy::ShiftInwards);
  }
  if (e.target.threads > 1 && !(slide && (height || kept)))
    rows.parallel(y, 8, TailStrategy::GuardWithIf);
}

void halide::prefetchWeights(Emitter &e, Halide::Stage update, RVar loop, Value weight,
                             int64_t stepBytes, int64_t bytes, WeightStream stream) {
  const int64_t l2 = e.target.l2Bytes;
  if (e.isArm() || bytes <= l2 / 4)
    return;
  // Two panels and what they are multiplied by want their place.
  bool shared = stream.tiles > 2 && stream.panelBytes <= l2 * 2 / 5;
  bool same = e.stream.tiles == stream.tiles && e.stream.panelBytes == stream.panelBytes;
  if (!shared)
    stream.tiles = 0;
  else if (e.stream.tiles && !same)
    return;
  e.stream = stream;
  constexpr int64_t ahead = 8192;
  int64_t steps = shared ? 1 : std::max<int64_t>(1, ahead / stepBytes);
  update.prefetch(e.raw(weight, Halide::Float(32)), loop, loop, (int)steps,
                  Halide::PrefetchBoundStrategy::NonFaulting);
}
