//===- Emitter.cpp - A kernel's body as a Halide pipeline -----------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Loads, expressions, and what becomes of each root. See Emitter.h.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/Emitter.h"
#include "codegen/halide/Outline.h"
#include "codegen/halide/RowFusion.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::halide;

Halide::Type xgen::halide::storedType(mlir::Type element) {
  element = ir::storageType(element);
  if (element.isF32())
    return Halide::Float(32);
  if (element.isF64())
    return Halide::Float(64);
  if (isHalf(element))
    return Halide::UInt(16);
  if (auto i = dyn_cast<IntegerType>(element)) {
    // Narrow integers take a byte each at run time.
    int bits = std::max<int>(8, i.getWidth());
    if (i.isUnsigned() || i.getWidth() == 1)
      return Halide::UInt(bits);
    return Halide::Int(bits);
  }
  return Halide::Handle();
}

Halide::Type xgen::halide::computeType(mlir::Type element) {
  return element.isInteger(1) ? Halide::Bool() : storedType(element);
}

bool xgen::halide::supportedElement(mlir::Type element) {
  element = ir::storageType(element);
  if (element.isF32() || element.isF64() || isHalf(element))
    return true;
  auto i = dyn_cast<IntegerType>(element);
  return i && llvm::is_contained({1, 8, 16, 32, 64}, (int)i.getWidth());
}

static Halide::Target makeHalideTarget(const Target &t) {
  using HT = Halide::Target;
  std::vector<HT::Feature> f{HT::NoRuntime, HT::NoAsserts, HT::NoBoundsQuery,
                             HT::UserContext};
  switch (t.arch) {
  case Arch::X86_64:
    f.insert(f.end(), {HT::SSE41, HT::AVX, HT::F16C, HT::FMA, HT::AVX2});
    if (t.avx512)
      f.insert(f.end(), {HT::AVX512, HT::AVX512_Skylake});
    if (t.vnni)
      f.insert(f.end(), {HT::AVX512_Cannonlake, HT::AVX512_SapphireRapids});
    return HT(HT::Linux, HT::X86, 64, f);
  case Arch::AArch64:
    if (t.dotprod)
      f.push_back(HT::ARMDotProd);
    return HT(HT::Linux, HT::ARM, 64, f);
  case Arch::Arm:
    return HT(HT::Linux, HT::ARM, 32, f);
  }
  return HT();
}

/// Whether infinities and NaNs decide what the op gives: it compares floats, or
/// it is a constant that is one.
static bool seesSpecialNumbers(Operation *op) {
  auto special = [](const llvm::APFloat &x) { return !x.isFinite(); };
  if (auto pad = dyn_cast<ir::PadOp>(op))
    return special(pad.getValue());
  if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
    auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!dense || !isa<FloatType>(dense.getElementType()))
      return false;
    return dense.isSplat() ? special(dense.getSplatValue<llvm::APFloat>())
                           : llvm::any_of(dense.getValues<llvm::APFloat>(), special);
  }
  return op->getNumResults() == 1 && !op->hasTrait<OpTrait::ZeroOperands>() &&
         typeOf(op->getResult(0)).getElementType().isInteger(1) &&
         isa<FloatType>(typeOf(op->getOperand(0)).getElementType());
}

Emitter::Emitter(kernel::FuncOp kernel, const Target &target)
    : target(target), halideTarget(makeHalideTarget(target)), kernel(kernel) {
  // Halide's arithmetic is `fast`: Halide and LLVM may take it that no number is
  // infinite or NaN, x == y for x - y == 0, and x <= y for !(y < x).
  bool strict = false;
  kernel.getBody().walk([&](Operation *op) { strict |= seesSpecialNumbers(op); });
  if (strict)
    halideTarget.set_feature(Halide::Target::StrictFloat);
}

int64_t Emitter::param(const Root &root, StringRef name, int64_t otherwise) {
  kernel::ScheduleAttr schedule = kernel.getScheduleAttr();
  if (!schedule || !schedule.getParams() || root.anchorOp != mainAnchor)
    return otherwise;
  auto value = schedule.getParams().getAs<IntegerAttr>(name);
  return value ? value.getInt() : otherwise;
}

StringRef Emitter::templateName() {
  kernel::ScheduleAttr schedule = kernel.getScheduleAttr();
  return schedule ? schedule.getTemplateName() : "";
}

bool Emitter::mayRecompute() {
  return !kernel.getInplace() || kernel.getInplace()->empty();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

bool Emitter::isFlat(Value value) {
  return paramOf.contains(value) || constants.contains(value);
}

Halide::ImageParam &Emitter::raw(Value value, Halide::Type type) {
  auto it = paramOf.find(value);
  if (it == paramOf.end())
    throw Unsupported{value.getDefiningOp(), "weights are not an argument"};
  Halide::ImageParam &param = params[it->second];
  if (param.type() != type)
    param = Halide::ImageParam(type, 1, param.name());
  return param;
}

Expr Emitter::flat(Value value, Expr index) {
  bool isBool = typeOf(value).getElementType().isInteger(1);
  Expr loaded;
  if (auto it = paramOf.find(value); it != paramOf.end())
    loaded = params[it->second](index);
  else
    loaded = Expr();
  if (!loaded.defined()) {
    Halide::Buffer<> &buffer = constants.find(value)->second;
    loaded = Halide::Internal::Call::make(buffer, {index});
  }
  return isBool ? loaded != Halide::cast<uint8_t>(0) : loaded;
}

static Expr linear(const Index &position, ArrayRef<int64_t> shape) {
  Expr at = 0;
  int64_t stride = 1;
  for (int64_t i = (int64_t)shape.size() - 1; i >= 0; --i) {
    if (shape[i] != 1)
      at = stride == 1 ? position[i] : at + position[i] * (int)stride;
    stride *= shape[i];
  }
  return at;
}

Expr Emitter::rootAt(Root &producer, const Index &position, ArrayRef<int64_t> shape) {
  std::vector<Expr> args(position.rbegin(), position.rend());
  Expr value = args.empty() ? Expr(producer.func()) : Expr(producer.func(args));
  return value.type().is_uint() && typeOf(producer.value).getElementType().isInteger(1)
             ? value != Halide::cast<uint8_t>(0) : value;
}

/// `position` of a result, as a position of an operand of its own shape.
static Index broadcast(const Index &position, Value operand) {
  Shape shape = shapeOf(operand);
  Index own;
  for (size_t i = 0; i < shape.size(); ++i)
    own.push_back(shape[i] == 1 ? Expr(0)
                                : position[position.size() - shape.size() + i]);
  return own;
}

Expr Emitter::dense(Value value, const Index &position) {
  if (isFlat(value))
    return flat(value, linear(position, typeOf(value).getShape()));
  if (Root *producer = rootOf(value))
    return rootAt(*producer, position, typeOf(value).getShape());
  Operation *op = value.getDefiningOp();
  if (auto it = shared.find({value, nullptr}); it != shared.end()) {
    std::vector<Expr> args(position.rbegin(), position.rend());
    return it->second(args);
  }
  auto read = [&](Value operand, const Index &at) {
    return dense(operand, isElementwise(op) ? broadcast(at, operand) : at);
  };
  bool share = !value.hasOneUse() && !position.empty();
  if (!share)
    return emitPointwise(*this, op, position, read);
  Func f("v");
  std::vector<Var> vars;
  Index own;
  for (size_t i = 0; i < position.size(); ++i) {
    vars.emplace_back(Var("d" + std::to_string(i)));
    own.push_back(vars.back());
  }
  std::reverse(vars.begin(), vars.end());
  f(vars) = emitPointwise(*this, op, own, read);
  shared[{value, nullptr}] = f;
  std::vector<Expr> args(position.rbegin(), position.rend());
  return f(args);
}

/// Extents of `value` in the index space of `root`.
static Shape extentsIn(Value value, Root &root) {
  Shape shape = shapeOf(value), full = shapeOf(root.value), extents;
  int64_t shift = (int64_t)full.size() - (int64_t)shape.size();
  for (auto [begin, end] : root.groups) {
    int64_t n = 1;
    for (int64_t i = begin; i < end; ++i)
      n *= i < shift ? 1 : shape[i - shift];
    extents.push_back(n);
  }
  return extents;
}

Expr Emitter::at(Value value, const Index &position, Root &root) {
  if (!root.collapsed) {
    // NumPy broadcasting of a value of lower rank.
    Shape shape = shapeOf(value);
    Index own = broadcast(position, value);
    if (root.anchor && root.anchorOp && value == root.anchorOp->getResult(0) &&
        homeOf.lookup(value) == &root)
      return root.anchor->at(position);
    if (homeOf.lookup(value) == &root && !rootOf(value) &&
        isElementwise(value.getDefiningOp()) && shape == shapeOf(root.value))
      return compute(value, position, root);
    return dense(value, own);
  }
  Shape extents = extentsIn(value, root);
  Index own;
  for (size_t i = 0; i < extents.size(); ++i)
    own.push_back(extents[i] == 1 ? Expr(0) : position[i]);
  if (isFlat(value))
    return flat(value, linear(own, extents));
  if (root.anchorOp && value == root.anchorOp->getResult(0))
    return root.anchor->at(position);
  return compute(value, own, root);
}

/// An elementwise value inside `root`; shared ones get a Func of their own, which
/// Halide inlines with common subexpressions found.
Expr Emitter::compute(Value value, const Index &position, Root &root) {
  Operation *op = value.getDefiningOp();
  Reader read = [&](Value operand, const Index &p) { return at(operand, p, root); };
  if (value.hasOneUse() || position.empty())
    return emitPointwise(*this, op, position, read);
  std::vector<Expr> args(position.rbegin(), position.rend());
  auto key = std::make_pair(value, &root);
  if (auto it = shared.find(key); it != shared.end())
    return it->second(args);
  Func f("v");
  std::vector<Var> vars;
  Index own;
  for (size_t i = 0; i < position.size(); ++i) {
    vars.emplace_back(Var("d" + std::to_string(i)));
    own.push_back(vars.back());
  }
  std::reverse(vars.begin(), vars.end());
  f(vars) = emitPointwise(*this, op, own, read);
  shared[key] = f;
  return f(args);
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// `value` where `condition` holds, else `otherwise`; by their bits, since LLVM makes a
/// branch of each selection of vectors by one condition.
static Expr maskedBy(Expr condition, Expr value, Expr otherwise) {
  Expr mask = Halide::select(condition, -1, 0);
  Expr bits = Halide::reinterpret<int32_t>(value) & mask;
  if (!Halide::Internal::is_const_zero(otherwise))
    bits = bits | (Halide::reinterpret<int32_t>(otherwise) & ~mask);
  return Halide::reinterpret<float>(bits);
}

void Emitter::emitRoot(Root &root) {
  collapse(root);
  for (size_t i = 0; i < root.shape.size(); ++i)
    root.vars.push_back(Var("x" + std::to_string(i)));
  Index position(root.vars.rbegin(), root.vars.rend());
  root.func = Func(root.isResult ? "out" : root.rowReader ? linkName.str() : "root");
  // These have index spaces of their own, in which nobody else can read.
  bool onlyResult = llvm::all_of(root.value.getUsers(), [](Operation *user) {
    return isa<kernel::ReturnOp>(user);
  });
  if (onlyResult && !root.whole && (buildConcat(*this, root) || buildTranspose(*this, root))) {
    bindOutput(root);
    return;
  }
  if (root.anchorOp)
    root.anchor = makeAnchor(*this, root.anchorOp, root);
  mlir::Type element = typeOf(root.value).getElementType();
  // Rows of the reader's border are made like others, and are its own. Without one, too,
  // Halide cannot tell that those inside are all.
  Expr border = root.rowReader ? rowBorder(root.rowReader->anchorOp) : Expr();
  if (root.rowReader)
    position[1] = Halide::clamp(position[1], 0, (int)root.shape[1] - 1);
  Expr value;
  Operation *op = root.value.getDefiningOp();
  if (!op || isFlat(root.value))
    value = at(root.value, position, root);
  else if (op == root.anchorOp)
    value = root.anchor->at(position);
  else
    value = emitPointwise(*this, op, position, [&](Value operand, const Index &p) {
      // Elementwise ops read at the root's positions, movements at their own.
      return isElementwise(op) ? at(operand, p, root) : dense(operand, p);
    });
  if (border.defined())
    value = maskedBy(root.vars[2] >= 0 && root.vars[2] < (int)root.shape[1], value, border);
  root.func(root.vars) = Halide::cast(storedType(element), value);
  bindOutput(root);
}

/// Gives a root's array its constant extents and strides.
void Emitter::bindOutput(Root &root) {
  if (root.isResult) {
    auto buffer = root.func.output_buffer();
    int64_t stride = 1;
    for (size_t i = 0; i < root.vars.size(); ++i) {
      int64_t at = root.shape.size() - 1 - i, extent = root.shape[at];
      if (root.whole)
        stride = product(typeOf(root.whole).getShape().drop_front(root.groups[at].second));
      buffer.dim(i).set_bounds(0, (int)extent).set_stride((int)stride);
      stride *= extent;
    }
  } else {
    for (size_t i = 0; i < root.vars.size(); ++i)
      // Rows are those that the reader asks for, who also says when.
      if (!root.rowReader || i != 2)
        root.func.bound(root.vars[i], 0, (int)root.shape[root.shape.size() - 1 - i]);
    if (!root.rowReader)
      root.func.compute_root();
  }
}

/// Small constants inside a kernel become constant arrays of the code.
static Halide::Buffer<> constantBuffer(ir::ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  Halide::Type t = storedType(type.getElementType());
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense || type.getNumElements() > 4096 || type.getNumElements() == 0)
    throw Unsupported{op, "a large constant inside a kernel"};
  Halide::Buffer<> buffer(t, std::vector<int>{(int)type.getNumElements()});
  char *to = (char *)buffer.data();
  if (type.getElementType().isInteger(1)) {
    for (bool b : dense.getValues<bool>())
      *to++ = b;
    return buffer;
  }
  int64_t bytes = t.bytes();
  ArrayRef<char> from = dense.getRawData();
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    std::memcpy(to + i * bytes, from.data() + (dense.isSplat() ? 0 : i * bytes), bytes);
  return buffer;
}

void Emitter::build() {
  for (BlockArgument arg : kernel.getBody().front().getArguments()) {
    if (!typeOf(arg).hasStaticShape())
      throw Unsupported{kernel, "a dynamic shape"};
    paramOf[arg] = params.size();
    params.emplace_back(storedType(typeOf(arg).getElementType()), 1,
                        "in" + std::to_string(params.size()));
  }
  for (auto op : kernel.getBody().front().getOps<ir::ConstantOp>())
    constants[op.getResult()] = constantBuffer(op);
  mainAnchor = mainAnchorOf(kernel);
  findRoots();
  findRowReaders();
  for (auto &root : roots)
    emitRoot(*root);
  // Readers first: they say where rows are made.
  for (auto &root : llvm::reverse(roots)) {
    if (root->anchor)
      root->anchor->schedule(root->func, root->shape);
    else if (!root->finished)
      schedulePointwise(*this, *root);
  }
}

Halide::Module Emitter::compile(const std::string &symbol) {
  std::vector<Halide::Argument> args;
  for (auto [i, param] : llvm::enumerate(params)) {
    (void)i;
    param.dim(0).set_bounds(0, 1 << 30).set_stride(1);
    args.push_back(param);
  }
  std::vector<Func> funcs;
  for (Value output : outputs)
    funcs.push_back(rootOf(output)->func);
  return Halide::Pipeline(funcs).compile_to_module(args, symbol, halideTarget);
}
