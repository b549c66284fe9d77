//===- Header.cpp - The model's C header ----------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What an application includes: shapes as comments, sizes as macros, and typed
// inline functions over the generic interface, which is part of the file. Plain
// C11 and C++17 without extensions.
//
//===----------------------------------------------------------------------===//

#include "codegen/llvm/Program.h"
#include "codegen/llvm/Version.h"
#include "xgen/xgen.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace xgen;

static const char interfaceText[] =
#include "codegen/llvm/Interface.inc"
    ;
static const char poolText[] =
#include "codegen/llvm/PoolInterface.inc"
    ;

namespace {
struct Parameter {
  std::string name, type, comment;
  int64_t bytes, elements;
  bool dynamic;
};
} // namespace

static StringRef cType(int32_t dtype) {
  switch (dtype) {
  case XGEN_F32:
    return "float";
  case XGEN_F64:
    return "double";
  case XGEN_I8:
  case XGEN_I4:
  case XGEN_I2:
    return "int8_t";
  case XGEN_I16:
    return "int16_t";
  case XGEN_I32:
    return "int32_t";
  case XGEN_I64:
    return "int64_t";
  case XGEN_U16:
  case XGEN_F16:
  case XGEN_BF16:
    return "uint16_t";
  case XGEN_U32:
    return "uint32_t";
  case XGEN_U64:
    return "uint64_t";
  default:
    return "uint8_t";
  }
}

static StringRef dtypeName(int32_t dtype) {
  switch (dtype) {
  case XGEN_F32:
    return "float32";
  case XGEN_F64:
    return "float64";
  case XGEN_F16:
    return "float16 (bits)";
  case XGEN_BF16:
    return "bfloat16 (bits)";
  case XGEN_F8E4M3FN:
    return "float8 e4m3fn (bits)";
  case XGEN_F8E4M3FNUZ:
    return "float8 e4m3fnuz (bits)";
  case XGEN_F8E5M2:
    return "float8 e5m2 (bits)";
  case XGEN_F8E5M2FNUZ:
    return "float8 e5m2fnuz (bits)";
  case XGEN_F8E8M0:
    return "float8 e8m0 (bits)";
  case XGEN_F4E2M1:
    return "float4 e2m1 (bits, one byte each)";
  case XGEN_BOOL:
    return "bool (0 or 1)";
  case XGEN_I2:
    return "int2 (one byte each)";
  case XGEN_I4:
    return "int4 (one byte each)";
  case XGEN_I8:
    return "int8";
  case XGEN_I16:
    return "int16";
  case XGEN_I32:
    return "int32";
  case XGEN_I64:
    return "int64";
  case XGEN_U2:
    return "uint2 (one byte each)";
  case XGEN_U4:
    return "uint4 (one byte each)";
  case XGEN_U16:
    return "uint16";
  case XGEN_U32:
    return "uint32";
  case XGEN_U64:
    return "uint64";
  default:
    return "uint8";
  }
}

/// ONNX names may hold anything; a comment must not end early.
static std::string commentText(StringRef text) {
  std::string result;
  for (char c : text)
    result += isPrint(c) && c != '*' && c != '\\' ? c : '_';
  return result;
}

static std::string parameterName(StringRef onnx, StringSet<> &taken) {
  static const StringSet<> reserved = {
      "alignas", "alignof",   "and",      "arena",    "asm",      "auto",
      "bool",    "break",     "case",     "catch",    "char",     "class",
      "const",   "continue",  "default",  "delete",   "do",       "double",
      "else",    "enum",      "explicit", "export",   "extern",   "false",
      "float",   "for",       "friend",   "goto",     "if",       "inline",
      "inputs",  "int",       "long",     "memory",   "mutable",  "namespace",
      "new",     "not",       "operator", "options",  "or",       "outputs",
      "private", "protected", "public",   "register", "restrict", "return",
      "short",   "signed",    "sizeof",   "static",   "status",   "struct",
      "switch",  "template",  "this",     "throw",    "true",     "try",
      "typedef", "typeid",    "typename", "union",    "unsigned", "using",
      "virtual", "void",      "volatile", "while",    "xor",      "linux",
      "unix",    "errno",     "NULL"};
  // Names with a leading or double underscore belong to the implementation.
  std::string name;
  for (char c : cIdentifier(onnx))
    if (c != '_' || (!name.empty() && name.back() != '_'))
      name += c;
  if (name.empty() || isDigit(name[0]) || isUpper(name[0]))
    name = "t_" + name;
  if (reserved.contains(name))
    name += "_";
  while (!taken.insert(name).second)
    name += "x";
  return name;
}

static std::vector<Parameter> parameters(ArrayRef<plan::TensorAttr> tensors,
                                         StringSet<> &taken) {
  std::vector<Parameter> result;
  for (plan::TensorAttr tensor : tensors) {
    mlir::RankedTensorType type = tensor.getType();
    int32_t dtype = *tensorDType(type.getElementType());
    std::string shape;
    for (const ir::Dim &dim : ir::dimsOf(type))
      shape += "[" + (dim.isStatic() ? "" : std::to_string(dim.min()) + "..") +
               std::to_string(dim.max()) + "]";
    if (shape.empty())
      shape = " scalar";
    std::string comment = dtypeName(dtype).str() + " " + shape + "  \"" +
                          commentText(tensor.getName()) + "\"";
    if (auto quant = dyn_cast<mlir::quant::UniformQuantizedType>(
            type.getElementType())) {
      raw_string_ostream stream(comment);
      stream << "  real = " << quant.getScale() << " * (stored - "
             << quant.getZeroPoint() << ")";
    }
    result.push_back({parameterName(tensor.getName(), taken),
                      cType(dtype).str(), comment, ir::tensorBytes(type),
                      ir::largestOf(type).getNumElements(), ir::isDynamic(type)});
  }
  return result;
}

/// Parameters of a function, or with `typed` false arguments of a call.
static std::string list(ArrayRef<Parameter> inputs, ArrayRef<Parameter> outputs,
                        bool typed) {
  std::string text;
  // The extents of a dynamic tensor follow it.
  auto add = [&](const Parameter &p, const char *qualifier) {
    text += typed ? std::string(", ") + qualifier + p.type + " *" + p.name
                  : ", " + p.name;
    if (p.dynamic)
      text += typed ? std::string(", ") + qualifier + "int64_t *" + p.name + "_dims"
                    : ", " + p.name + "_dims";
  };
  for (const Parameter &p : inputs)
    add(p, "const ");
  for (const Parameter &p : outputs)
    add(p, "");
  return text;
}

void xgen::writeHeader(const Program &program, const Target &target,
                       StringRef source, bool pool, raw_ostream &os) {
  StringSet<> taken;
  std::vector<Parameter> inputs = parameters(program.inputs, taken);
  std::vector<Parameter> outputs = parameters(program.outputs, taken);
  std::string upper = "XGEN_" + StringRef(program.name).upper();
  std::string prefix = "xgen_" + program.name;
  std::string model = program.symbol("model");
  int64_t arena = program.arenaBytes + program.scratchBytes;

  os << "/* Made by xgen " XGEN_VERSION_STRING;
  if (!source.empty())
    os << " from " << commentText(source);
  os << " for " << target.name << ". Do not edit.\n *\n";
  for (const Parameter &p : inputs)
    os << " * in  " << p.name << ": " << p.comment << "\n";
  for (const Parameter &p : outputs)
    os << " * out " << p.name << ": " << p.comment << "\n";
  os << " *\n * Dense, row-major. Arena " << arena << " bytes, weights "
     << program.weightsBytes << " bytes"
     << (program.sideWeights ? ", in a file of their own" : "") << ".\n */\n\n"
     << "#ifndef " << upper << "_H\n#define " << upper << "_H\n\n"
     << "/* The generic interface, the same in every model's header. */\n"
     << interfaceText << (pool ? poolText : "") << "\n"
     << "#ifndef XGEN_NO_HEAP\n#include <stdlib.h>\n#endif\n\n#ifdef "
        "__cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* Bytes of arena, aligned to XGEN_ARENA_ALIGN, for one thread and "
        "for "
        "more. */\n"
     << "#define " << upper << "_ARENA_BYTES " << arena << "u\n"
     << "#define " << upper << "_ARENA_BYTES_FOR(threads) ("
     << program.arenaBytes << "u + (threads) * " << program.scratchBytes
     << "u)\n"
     << "#define " << upper << "_WEIGHTS_BYTES " << program.weightsBytes
     << "u\n"
     << "#define " << upper << "_NUM_INPUTS " << inputs.size() << "\n"
     << "#define " << upper << "_NUM_OUTPUTS " << outputs.size() << "\n";
  auto sizes = [&](StringRef what, ArrayRef<Parameter> list) {
    for (auto [i, p] : enumerate(list))
      os << "#define " << upper << "_" << what << i << "_BYTES " << p.bytes
         << "u\n"
         << "#define " << upper << "_" << what << i << "_ELEMENTS "
         << p.elements << "u\n";
  };
  sizes("INPUT", inputs);
  sizes("OUTPUT", outputs);

  std::string options =
      program.sideWeights ? "" : "/* Options as for xgen_run, or null. */\n";
  if (program.sideWeights)
    options = "/* options->weights is the mapped weights file. */\n";
  os << "\nextern const xgen_model " << model << ";\n\n"
     << options << "static inline int32_t " << prefix
     << "_run_with(const xgen_options *options, void *arena"
     << list(inputs, outputs, true) << ") {\n"
     << "  const void *inputs[" << std::max<size_t>(1, inputs.size()) << "];\n"
     << "  void *outputs[" << std::max<size_t>(1, outputs.size()) << "];\n"
     << "  inputs[0] = NULL;\n  outputs[0] = NULL;\n";
  for (auto [i, p] : enumerate(inputs))
    os << "  inputs[" << i << "] = " << p.name << ";\n";
  for (auto [i, p] : enumerate(outputs))
    os << "  outputs[" << i << "] = " << p.name << ";\n";
  if (any_of(concat<const Parameter>(inputs, outputs),
             [](const Parameter &p) { return p.dynamic; })) {
    os << "  const int64_t *input_dims[" << std::max<size_t>(1, inputs.size())
       << "];\n  int64_t *output_dims[" << std::max<size_t>(1, outputs.size())
       << "];\n  xgen_options sized;\n";
    for (auto [i, p] : enumerate(inputs))
      os << "  input_dims[" << i
         << "] = " << (p.dynamic ? p.name + "_dims" : "NULL") << ";\n";
    for (auto [i, p] : enumerate(outputs))
      os << "  output_dims[" << i
         << "] = " << (p.dynamic ? p.name + "_dims" : "NULL") << ";\n";
    os << "  sized = options ? *options : xgen_default_options();\n"
          "  sized.struct_size = (uint32_t)sizeof(xgen_options);\n"
          "  sized.input_dims = input_dims;\n"
          "  sized.output_dims = output_dims;\n"
          "  options = &sized;\n";
  }
  os << "  return xgen_run(&" << model
     << ", arena, inputs, outputs, options);\n}\n\n";
  if (!program.sideWeights) {
    os << "/* Runs the model once on one thread: XGEN_OK or an XGEN_E_ code. "
          "*/\n"
       << "static inline int32_t " << prefix << "_run(void *arena"
       << list(inputs, outputs, true) << ") {\n  return " << prefix
       << "_run_with(NULL, arena" << list(inputs, outputs, false) << ");\n}\n\n"
       << "#ifndef XGEN_NO_HEAP\n"
       << "/* The same with an arena from malloc, for one call. */\n"
       << "static inline int32_t " << prefix << "_infer("
       << StringRef(list(inputs, outputs, true)).ltrim(", ") << ") {\n"
       << "  unsigned char *memory = (unsigned char *)malloc(" << upper
       << "_ARENA_BYTES + XGEN_ARENA_ALIGN);\n"
       << "  int32_t status;\n"
       << "  if (!memory)\n    return XGEN_E_NULL;\n"
       << "  status = " << prefix
       << "_run(memory + (XGEN_ARENA_ALIGN - (uintptr_t)memory % "
          "XGEN_ARENA_ALIGN)"
       << list(inputs, outputs, false) << ");\n"
       << "  free(memory);\n  return status;\n}\n#endif\n\n";
  }
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
}
