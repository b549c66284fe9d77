//===- Processing.cpp - What an app does before and after a model ---------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Everything is ONNX nodes: legalization knows their shapes and arithmetic already,
// and nothing behind it knows that they were not in the file.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Processing.h"
#include "dialects/onnx/OnnxOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace xgen;
using namespace xgen::onnx;

std::optional<StringRef> Processing::valueOf(StringRef step) const {
  for (auto &[name, value] : steps)
    if (name == step)
      return StringRef(value);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
enum class Takes { Nothing, Number, Numbers, Integer, MaybeInteger, Size };
struct StepRow {
  StringRef name;
  Takes takes;
};
} // namespace

static const StepRow inputSteps[] = {
    {"u8", Takes::Nothing},        {"nhwc", Takes::Nothing},  {"resize", Takes::Size},
    {"antialias", Takes::Nothing}, {"bgr", Takes::Nothing},   {"mean", Takes::Numbers},
    {"scale", Takes::Numbers},     {"std", Takes::Numbers},  {"letterbox", Takes::Number},
    {"corner", Takes::Number},
};
static const StepRow outputSteps[] = {
    {"softmax", Takes::MaybeInteger}, {"sigmoid", Takes::Nothing}, {"argmax", Takes::MaybeInteger},
    {"topk", Takes::Integer},         {"scale", Takes::Number},    {"u8", Takes::Nothing},
    {"nhwc", Takes::Nothing},         {"nms", Takes::Nothing},     {"iou", Takes::Number},
    {"score", Takes::Number},         {"max", Takes::Integer},     {"center", Takes::Nothing},
    {"background", Takes::Nothing},
};

/// "123.7/116.3/103.5"; empty when it is none.
static SmallVector<double> numbersIn(StringRef text) {
  SmallVector<double> numbers;
  SmallVector<StringRef> parts;
  text.split(parts, '/');
  for (StringRef part : parts) {
    double number;
    if (part.getAsDouble(number) || !std::isfinite(number))
      return {};
    numbers.push_back(number);
  }
  return numbers;
}

/// "480x640", height first.
static std::optional<std::pair<int64_t, int64_t>> sizeIn(StringRef text) {
  auto [height, width] = text.split('x');
  int64_t h, w;
  if (height.getAsInteger(10, h) || width.getAsInteger(10, w) || h < 1 || w < 1 ||
      h > 65536 || w > 65536)
    return std::nullopt;
  return std::pair(h, w);
}

static llvm::Error checkValue(const StepRow &row, StringRef value) {
  int64_t integer;
  auto fail = [&](const char *wanted) {
    return llvm::createStringError("step '%s' takes %s", row.name.str().c_str(), wanted);
  };
  switch (row.takes) {
  case Takes::Nothing:
    return value.empty() ? llvm::Error::success() : fail("no value");
  case Takes::Number:
    return numbersIn(value).size() == 1 ? llvm::Error::success() : fail("a number");
  case Takes::Numbers: {
    SmallVector<double> numbers = numbersIn(value);
    if (numbers.empty() || (row.name == "std" && llvm::is_contained(numbers, 0.0)))
      return fail("numbers, one for all channels or one a channel: 104/117/123");
    return llvm::Error::success();
  }
  case Takes::MaybeInteger:
    if (value.empty())
      return llvm::Error::success();
    return value.getAsInteger(10, integer) ? fail("an axis, or nothing")
                                           : llvm::Error::success();
  case Takes::Integer:
    return value.getAsInteger(10, integer) || integer < 1 ? fail("a number above 0")
                                                          : llvm::Error::success();
  case Takes::Size:
    return sizeIn(value) ? llvm::Error::success() : fail("HEIGHTxWIDTH");
  }
  llvm_unreachable("unknown kind of value");
}

static llvm::Expected<Processing> parse(StringRef text, ArrayRef<StepRow> rows) {
  Processing result;
  // Names may hold colons: the steps follow the last one.
  auto [names, steps] = text.contains(':') ? text.rsplit(':') : std::pair(StringRef(), text);
  SmallVector<StringRef> parts;
  names.split(parts, '+', -1, false);
  for (StringRef name : parts)
    result.names.push_back(name.str());
  parts.clear();
  steps.split(parts, ',');
  for (StringRef part : parts) {
    auto [name, value] = part.split('=');
    const StepRow *row =
        llvm::find_if(rows, [name = name](const StepRow &r) { return r.name == name; });
    if (row == rows.end()) {
      auto known = llvm::map_range(rows, [](const StepRow &r) { return r.name; });
      return llvm::createStringError("unknown step '%s'; known are %s", name.str().c_str(),
                                     llvm::join(known, ", ").c_str());
    }
    if (llvm::Error error = checkValue(*row, value))
      return std::move(error);
    if (result.has(name))
      return llvm::createStringError("step '%s' is there twice", name.str().c_str());
    result.steps.push_back({name.str(), value.str()});
  }
  return result;
}

llvm::Expected<Processing> onnx::parseInputProcessing(StringRef text) {
  return parse(text, inputSteps);
}
llvm::Expected<Processing> onnx::parseOutputProcessing(StringRef text) {
  return parse(text, outputSteps);
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

namespace {
/// Element types as ONNX numbers them.
enum OnnxType : int64_t { OnnxFloat = 1, OnnxUInt8 = 2, OnnxInt64 = 7 };

class Processor {
public:
  explicit Processor(func::FuncOp main)
      : main(main), builder(main.getContext()),
        terminator(cast<func::ReturnOp>(main.front().getTerminator())) {}
  LogicalResult addInput(const Processing &processing);
  LogicalResult addOutput(const Processing &processing);
  void finish();

private:
  using Attributes = ArrayRef<NamedAttribute>;
  /// The results of a new node; named so in reports and profiles.
  ResultRange nodes(StringRef type, ValueRange inputs, Attributes attributes = {},
                    unsigned results = 1);
  Value node(StringRef type, ValueRange inputs, Attributes attributes = {}) {
    return nodes(type, inputs, attributes)[0];
  }
  Value none() { return NoneOp::create(builder, loc, builder.getNoneType()); }
  Value floats(ArrayRef<float> values, ArrayRef<int64_t> shape) {
    return constant(DenseElementsAttr::get(
        RankedTensorType::get(shape, builder.getF32Type()), values));
  }
  Value integers(ArrayRef<int64_t> values) {
    return constant(DenseElementsAttr::get(
        RankedTensorType::get({(int64_t)values.size()}, builder.getI64Type()), values));
  }
  Value constant(DenseElementsAttr value) {
    return ConstantOp::create(builder, loc, value.getType(), value,
                              builder.getStringAttr(prefix));
  }
  NamedAttribute attr(StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  }
  NamedAttribute attr(StringRef name, ArrayRef<int64_t> values) {
    return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(values));
  }
  NamedAttribute attr(StringRef name, StringRef value) {
    return builder.getNamedAttr(name, builder.getStringAttr(value));
  }
  Value transpose(Value v, ArrayRef<int64_t> order) {
    return node("Transpose", v, attr("perm", order));
  }
  /// Number of the input or output `name` ("": the only one).
  std::optional<unsigned> find(const Processing &processing, size_t which, bool input);
  std::optional<int64_t> axisOf(Value v, StringRef given, bool channelsLast);
  LogicalResult addDetections(const Processing &processing);
  std::string nameOf(unsigned output) {
    auto name = main.getResultAttrOfType<StringAttr>(output, "onnx.name");
    return name ? name.getValue().str() : std::to_string(output);
  }

  func::FuncOp main;
  OpBuilder builder;
  func::ReturnOp terminator;
  Location loc = builder.getUnknownLoc();
  /// Of the names of nodes: "image.pre".
  std::string prefix;
};
} // namespace

ResultRange Processor::nodes(StringRef type, ValueRange inputs, Attributes attributes,
                             unsigned results) {
  std::string name = prefix + "." + type.str();
  OperationState state(NameLoc::get(builder.getStringAttr(name)), NodeOp::getOperationName());
  state.addOperands(inputs);
  state.addTypes(SmallVector<Type>(results, builder.getNoneType()));
  state.addAttribute("op_type", builder.getStringAttr(type));
  state.addAttribute("domain", builder.getStringAttr(""));
  // A version that all of these operators have in the form that is used here.
  state.addAttribute("opset", builder.getI64IntegerAttr(18));
  state.addAttribute("node_name", builder.getStringAttr(name));
  state.addAttribute("onnx_attributes", builder.getDictionaryAttr(attributes));
  return builder.create(state)->getResults();
}

std::optional<unsigned> Processor::find(const Processing &processing, size_t which,
                                        bool input) {
  unsigned count = input ? main.getNumArguments() : main.getNumResults();
  StringRef flag = input ? "-pre" : "-post", kind = input ? "input" : "output";
  std::string known;
  for (unsigned i = 0; i < count; ++i) {
    auto name = input ? main.getArgAttrOfType<StringAttr>(i, "onnx.name")
                      : main.getResultAttrOfType<StringAttr>(i, "onnx.name");
    if (!name)
      continue;
    if (which < processing.names.size() && name.getValue() == processing.names[which])
      return i;
    known += (known.empty() ? "'" : ", '") + name.getValue().str() + "'";
  }
  if (processing.names.empty() && count == 1)
    return 0;
  InFlightDiagnostic diagnostic = mlir::emitError(main.getLoc(), flag) << ": ";
  if (which < processing.names.size())
    diagnostic << "no " << kind << " '" << processing.names[which] << "'";
  else
    diagnostic << "say which " << kind << ", as in " << flag << "=NAME:STEPS";
  diagnostic << "; the model has " << known;
  return std::nullopt;
}

/// Where the channels of a picture are; nothing without a picture.
static std::optional<int64_t> channelsOf(RankedTensorType type) {
  if (!type || type.getRank() != 4)
    return std::nullopt;
  auto few = [&](int64_t d) {
    int64_t extent = type.getDimSize(d);
    return extent == 1 || extent == 3 || extent == 4;
  };
  return few(1) || !few(3) ? 1 : 3;
}

LogicalResult Processor::addInput(const Processing &processing) {
  auto number = find(processing, 0, true);
  if (!number)
    return failure();
  unsigned i = *number;
  BlockArgument argument = main.getArgument(i);
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  auto name = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
  auto fail = [&](const Twine &why) {
    return mlir::emitError(main.getLoc(), "-pre: input '")
           << (name ? name.getValue() : "") << "' " << why;
  };
  if (processing.names.size() > 1)
    return fail("cannot be joined with others");
  if (!type)
    return fail("has no shape; give it with -input-shape");
  std::optional<int64_t> channels = channelsOf(type);
  for (StringRef step : {"nhwc", "resize", "bgr"})
    if (processing.has(step) && !channels)
      return fail("is no picture (4 dimensions), which '" + step + "' wants");
  for (StringRef step : {"antialias", "letterbox", "corner"})
    if (processing.has(step) && !processing.has("resize"))
      return fail("has '" + step + "' without 'resize'");
  if (processing.has("letterbox") && processing.has("corner"))
    return fail("has both 'letterbox' and 'corner'");
  bool isFloat = isa<FloatType>(type.getElementType());
  bool arithmetic = processing.has("mean") || processing.has("scale") ||
                    processing.has("std") || processing.has("resize");
  if ((processing.has("u8") && !isFloat && !type.getElementType().isUnsignedInteger(8)) ||
      (arithmetic && !type.getElementType().isF32()))
    return fail("has elements of another type than these steps give");

  // What comes in: the model's tensor, other numbers, another size, another order.
  bool reorder = processing.has("nhwc") && *channels == 1;
  bool convert = processing.has("u8") && isFloat;
  SmallVector<int64_t> shape(type.getShape());
  auto dims = main.getArgAttrOfType<ArrayAttr>(i, "onnx.dims");
  int64_t height = channels && *channels == 1 ? 2 : 1;
  std::pair<int64_t, int64_t> from, to;
  if (auto size = processing.valueOf("resize")) {
    from = *sizeIn(*size), to = {shape[height], shape[height + 1]};
    if (ShapedType::isDynamic(to.first) || ShapedType::isDynamic(to.second))
      return fail("has a free height or width; fix them with -input-shape to resize");
    shape[height] = from.first, shape[height + 1] = from.second;
  }
  if (reorder) {
    shape = {shape[0], shape[2], shape[3], shape[1]};
    if (dims)
      dims = builder.getArrayAttr({dims[0], dims[2], dims[3], dims[1]});
  }
  Type element = convert ? builder.getIntegerType(8, /*isSigned=*/false)
                         : type.getElementType();

  builder.setInsertionPointToStart(&main.front());
  loc = argument.getLoc();
  prefix = (name ? name.getValue().str() : "input") + ".pre";
  argument.setType(RankedTensorType::get(shape, element));
  if (dims)
    main.setArgAttr(i, "onnx.dims", dims);
  Value v = argument;
  SmallVector<Operation *> users(argument.getUsers());
  if (convert)
    v = node("Cast", v, attr("to", OnnxFloat));
  if (reorder)
    v = transpose(v, {0, 3, 1, 2});
  if (from != to) {
    auto filling = processing.valueOf("letterbox");
    if (!filling)
      filling = processing.valueOf("corner");
    std::pair<int64_t, int64_t> inside = to;
    if (filling) {
      double ratio = std::min((double)to.first / from.first, (double)to.second / from.second);
      auto scaled = [&](int64_t extent) {
        return std::max<int64_t>(1, std::lround(ratio * extent));
      };
      inside = {scaled(from.first), scaled(from.second)};
    }
    SmallVector<NamedAttribute> attributes{
        attr("mode", "linear"), attr("coordinate_transformation_mode", "half_pixel"),
        attr("antialias", processing.has("antialias")), attr("axes", {height, height + 1})};
    if (inside != from)
      v = node("Resize", {v, none(), none(), integers({inside.first, inside.second})},
               attributes);
    if (inside != to) {
      int64_t y = to.first - inside.first, x = to.second - inside.second;
      int64_t top = processing.has("corner") ? 0 : y / 2,
              left = processing.has("corner") ? 0 : x / 2;
      v = node("Pad", {v, integers({top, left, y - top, x - left}),
                       floats({(float)numbersIn(*filling)[0]}, {}),
                       integers({height, height + 1})});
    }
  }
  if (processing.has("bgr")) {
    if (type.getDimSize(*channels) != 3)
      return fail("has not three channels, which 'bgr' wants");
    v = node("Gather", {v, integers({2, 1, 0})}, attr("axis", *channels));
  }
  // (x - mean) * scale / std, as one product and one sum.
  SmallVector<double> means = numbersIn(processing.valueOf("mean").value_or("0")),
                      scales = numbersIn(processing.valueOf("scale").value_or("1")),
                      deviations = numbersIn(processing.valueOf("std").value_or("1"));
  size_t count = std::max({means.size(), scales.size(), deviations.size()});
  SmallVector<int64_t> ones;
  if (count > 1) {
    if (!channels || type.getDimSize(*channels) != (int64_t)count)
      return fail("has not as many channels as there are numbers (" + Twine(count) + ")");
    ones.assign(4, 1);
    ones[*channels] = count;
  }
  for (auto *list : {&means, &scales, &deviations})
    if (list->size() != count && list->size() != 1)
      return fail("has different counts of numbers in mean, scale and std");
  SmallVector<float> factor, term;
  for (size_t k = 0; k < count; ++k) {
    auto at = [&](ArrayRef<double> list) { return list[list.size() == 1 ? 0 : k]; };
    double f = at(scales) / at(deviations);
    factor.push_back(f);
    term.push_back(-at(means) * f);
  }
  if (llvm::any_of(factor, [](float f) { return f != 1; }))
    v = node("Mul", {v, floats(factor, ones)});
  if (llvm::any_of(term, [](float t) { return t != 0; }))
    v = node("Add", {v, floats(term, ones)});
  // A type that everyone knows, as the argument's was.
  if (v != argument) {
    if (isa<NoneType>(v.getType()))
      v.setType(type);
    for (Operation *user : users)
      user->replaceUsesOfWith(argument, v);
  }
  return success();
}

/// The axis of classes: that given, of pictures the second, else the last one.
std::optional<int64_t> Processor::axisOf(Value v, StringRef given, bool channelsLast) {
  int64_t axis;
  if (!given.getAsInteger(10, axis))
    return axis;
  auto type = dyn_cast<RankedTensorType>(v.getType());
  if (!type)
    return std::nullopt;
  return type.getRank() == 4 && !channelsLast ? 1 : type.getRank() - 1;
}

LogicalResult Processor::addOutput(const Processing &processing) {
  if (processing.has("nms"))
    return addDetections(processing);
  auto number = find(processing, 0, false);
  if (!number)
    return failure();
  unsigned i = *number;
  std::string name = nameOf(i);
  auto fail = [&](const Twine &why) {
    return mlir::emitError(main.getLoc(), "-post: output '") << name << "' " << why;
  };
  if (processing.names.size() > 1)
    return fail("is joined with others, which only 'nms' wants");
  for (StringRef step : {"iou", "score", "max", "center", "background"})
    if (processing.has(step))
      return fail("has '" + step + "' without 'nms'");
  builder.setInsertionPoint(terminator);
  prefix = name + ".post";
  Value original = terminator.getOperand(i), v = original;
  loc = original.getLoc();
  auto declared = dyn_cast<TensorType>(original.getType());
  bool channelsLast = false;
  bool integer = declared && isa<IntegerType>(declared.getElementType());
  for (auto &[step, value] : processing.steps) {
    std::optional<int64_t> axis;
    if (step == "softmax" || step == "argmax" || step == "topk") {
      axis = axisOf(original, step == "topk" ? StringRef() : StringRef(value), channelsLast);
      if (!axis)
        return fail("has no known shape; say which axis has the classes: " + step + "=AXIS");
    }
    if (step == "softmax") {
      v = node("Softmax", v, attr("axis", *axis));
    } else if (step == "sigmoid") {
      v = node("Sigmoid", v);
    } else if (step == "argmax") {
      v = node("ArgMax", v, {attr("axis", *axis), attr("keepdims", int64_t(0))});
      integer = true;
    } else if (step == "scale") {
      v = node("Mul", {v, floats({(float)numbersIn(value)[0]}, {})});
    } else if (step == "nhwc") {
      v = transpose(v, {0, 2, 3, 1});
      channelsLast = true;
    } else if (step == "u8") {
      if (!integer)
        v = node("Clip", {node("Round", v), floats({0}, {}), floats({255}, {})});
      v = node("Cast", v, attr("to", OnnxUInt8));
    } else if (step == "topk") {
      int64_t k = 0;
      StringRef(value).getAsInteger(10, k);
      ResultRange best = nodes("TopK", {v, integers({k})}, attr("axis", *axis), 2);
      v = best[0];
      terminator->insertOperands(terminator.getNumOperands(), best[1]);
      (void)main.insertResult(main.getNumResults(), best[1].getType(), {});
      main.setResultAttr(main.getNumResults() - 1, "onnx.name",
                         builder.getStringAttr(name + "_indices"));
    }
  }
  terminator.setOperand(i, v);
  return success();
}

/// Boxes and scores become one table: picture, class, score and box of each detection.
LogicalResult Processor::addDetections(const Processing &processing) {
  auto boxNumber = find(processing, 0, false);
  if (!boxNumber)
    return failure();
  auto fail = [&](const Twine &why) {
    return mlir::emitError(main.getLoc(), "-post: nms ") << why;
  };
  if (processing.names.size() != 2)
    return fail("wants two outputs, as in -post=BOXES+SCORES:nms");
  auto scoreNumber = find(processing, 1, false);
  if (!scoreNumber)
    return failure();
  for (auto &[step, value] : processing.steps)
    if (!llvm::is_contained({"nms", "iou", "score", "max", "center", "background"}, step))
      return fail("cannot be combined with '" + step + "'");
  builder.setInsertionPoint(terminator);
  Value boxes = terminator.getOperand(*boxNumber), scores = terminator.getOperand(*scoreNumber);
  loc = boxes.getLoc();
  prefix = nameOf(*boxNumber) + ".post";
  auto boxType = dyn_cast<RankedTensorType>(boxes.getType());
  auto scoreType = dyn_cast<RankedTensorType>(scores.getType());
  if (!boxType || !scoreType || boxType.getRank() != 3 || scoreType.getRank() != 3 ||
      boxType.getDimSize(2) != 4)
    return fail("wants boxes of N x K x 4 and scores of N x K x classes or N x classes x K");
  if (scoreType.getDimSize(1) == boxType.getDimSize(1))
    scores = transpose(scores, {0, 2, 1});
  bool background = processing.has("background");
  if (background)
    scores = node("Slice", {scores, integers({1}), integers({INT32_MAX}), integers({1})});
  auto number = [&](StringRef step, double otherwise) {
    auto value = processing.valueOf(step);
    return value ? numbersIn(*value)[0] : otherwise;
  };
  Value chosen = node("NonMaxSuppression",
                      {boxes, scores, integers({(int64_t)number("max", 100)}),
                       floats({(float)number("iou", 0.5)}, {1}),
                       floats({(float)number("score", 0.3)}, {1})},
                      attr("center_point_box", (int64_t)processing.has("center")));
  Value where = node("Gather", {chosen, integers({0, 2})}, attr("axis", int64_t(1)));
  Value what = node("Gather", {chosen, integers({0, 1})}, attr("axis", int64_t(1)));
  what = node("Cast", what, attr("to", OnnxFloat));
  if (background)
    what = node("Add", {what, floats({0, 1}, {1, 2})});
  Value score = node("GatherND", {scores, chosen});
  score = node("Unsqueeze", {score, integers({1})});
  Value box = node("GatherND", {boxes, where});
  Value table = node("Concat", {what, score, box}, attr("axis", int64_t(1)));
  terminator.setOperand(*boxNumber, table);
  terminator->eraseOperand(*scoreNumber);
  (void)main.eraseResult(*scoreNumber);
  main.setResultAttr(*boxNumber - (*scoreNumber < *boxNumber), "onnx.name",
                     builder.getStringAttr("detections"));
  return success();
}

void Processor::finish() {
  main.setFunctionType(builder.getFunctionType(main.front().getArgumentTypes(),
                                               terminator.getOperandTypes()));
}

LogicalResult onnx::addProcessing(ModuleOp module, ArrayRef<Processing> inputs,
                                  ArrayRef<Processing> outputs) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || !main.getBody().hasOneBlock())
    return module.emitError("there is no function 'main' to put -pre and -post around");
  Processor processor(main);
  for (const Processing &processing : inputs)
    if (failed(processor.addInput(processing)))
      return failure();
  for (const Processing &processing : outputs)
    if (failed(processor.addOutput(processing)))
      return failure();
  processor.finish();
  return success();
}
