//===- ModelMutator.cpp - Models that are nearly right --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// libFuzzer's hooks for mutation and crossing. Flipped bytes of a protobuf seldom
// get behind the parser; here fields of a parsed model change: numbers to those
// that break arithmetic, names to other names of the model, operators to other
// operators, elements go, are repeated or change places. Byte by byte is still
// done now and then, for the parser itself.
//
//===----------------------------------------------------------------------===//

#include "frontends/onnx/Legalize.h"
#include "frontends/onnx/reader/OnnxProto.h"
#include <limits>
#include <random>

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Random = std::minstd_rand;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {
/// A field that is set, or one element of a repeated one.
struct Slot {
  Message *owner;
  const FieldDescriptor *field;
  int index; ///< -1: not repeated
};

class Mutator {
public:
  Mutator(Message &model, Random &random) : random(random) { collect(model); }

  void mutate();
  /// Replaces a part of this model by one of `other`, of the same kind.
  void cross(const Mutator &other);

private:
  void collect(Message &message);
  size_t below(size_t n) { return n ? random() % n : 0; }
  int64_t number(int64_t old);
  double real(double old);
  std::string text(const Slot &slot, const std::string &old);
  void mutateNumber(const Slot &slot);
  void mutateMessage(const Slot &slot);

  Random &random;
  std::vector<Slot> slots;
  std::vector<std::string> names;
};
} // namespace

static Message *messageAt(const Slot &s) {
  const auto *r = s.owner->GetReflection();
  return s.index < 0 ? r->MutableMessage(s.owner, s.field)
                     : r->MutableRepeatedMessage(s.owner, s.field, s.index);
}

static std::string textAt(const Slot &s) {
  const auto *r = s.owner->GetReflection();
  return s.index < 0 ? r->GetString(*s.owner, s.field)
                     : r->GetRepeatedString(*s.owner, s.field, s.index);
}

void Mutator::collect(Message &message) {
  const auto *reflection = message.GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor *field : fields) {
    int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      // Long lists of numbers would crowd out everything else.
      if (i >= 16 && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
        break;
      slots.push_back({&message, field, field->is_repeated() ? i : -1});
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        collect(*messageAt(Slot(slots.back())));
      else if (field->type() == FieldDescriptor::TYPE_STRING)
        names.push_back(textAt(slots.back()));
    }
  }
}

int64_t Mutator::number(int64_t old) {
  static const int64_t hard[] = {0, 1, 2, 3, 7, 16, 64, 1000, -1, -2, -100,
                                 1 << 16, INT32_MAX, INT32_MIN,
                                 int64_t(1) << 32, int64_t(1) << 40,
                                 int64_t(1) << 62, INT64_MAX, INT64_MIN};
  switch (below(4)) {
  case 0:
    return int64_t(uint64_t(old) + 1);
  case 1:
    return int64_t(uint64_t(old) - 1);
  case 2:
    return int64_t(below(12));
  default:
    return hard[below(std::size(hard))];
  }
}

double Mutator::real(double old) {
  const double hard[] = {0, -0.0, 1, -1, 0.5, 1e-40, 1e30, -1e30,
                         std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::quiet_NaN(), -old};
  return hard[below(std::size(hard))];
}

std::string Mutator::text(const Slot &slot, const std::string &old) {
  if (slot.field->name() == "op_type" && below(2)) {
    static const auto ops = xgen::onnx::legalizableOps();
    return ops[below(ops.size())].second;
  }
  if (slot.field->type() == FieldDescriptor::TYPE_STRING && below(4))
    return names[below(names.size())];
  std::string bytes = old;
  size_t room = old.size() + 16;
  bytes.resize(room);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(bytes.data()),
                                old.size(), room));
  return bytes;
}

void Mutator::mutateNumber(const Slot &s) {
  const auto *r = s.owner->GetReflection();
  bool one = s.index < 0;
  switch (s.field->cpp_type()) {
#define XGEN_NUMBER(CASE, NAME, HOW)                                            \
  case FieldDescriptor::CASE: {                                                \
    auto old = one ? r->Get##NAME(*s.owner, s.field)                           \
                   : r->GetRepeated##NAME(*s.owner, s.field, s.index);         \
    auto value = static_cast<decltype(old)>(HOW(old));                         \
    one ? r->Set##NAME(s.owner, s.field, value)                                \
        : r->SetRepeated##NAME(s.owner, s.field, s.index, value);              \
    return;                                                                    \
  }
    XGEN_NUMBER(CPPTYPE_INT32, Int32, number)
    XGEN_NUMBER(CPPTYPE_INT64, Int64, number)
    XGEN_NUMBER(CPPTYPE_UINT32, UInt32, number)
    XGEN_NUMBER(CPPTYPE_UINT64, UInt64, number)
    XGEN_NUMBER(CPPTYPE_ENUM, EnumValue, number)
    XGEN_NUMBER(CPPTYPE_DOUBLE, Double, real)
    XGEN_NUMBER(CPPTYPE_FLOAT, Float, real)
#undef XGEN_NUMBER
  default:
    return;
  }
}

void Mutator::mutateMessage(const Slot &s) {
  const auto *r = s.owner->GetReflection();
  if (s.index < 0) {
    r->ClearField(s.owner, s.field);
    return;
  }
  int count = r->FieldSize(*s.owner, s.field), other = int(below(count));
  switch (below(3)) {
  case 0:
    r->SwapElements(s.owner, s.field, s.index, count - 1);
    r->RemoveLast(s.owner, s.field);
    return;
  case 1:
    r->SwapElements(s.owner, s.field, s.index, other);
    return;
  default: {
    // The new element may move the old ones: copy first.
    std::unique_ptr<Message> copy(messageAt(s)->New());
    copy->CopyFrom(*messageAt(s));
    r->AddMessage(s.owner, s.field)->CopyFrom(*copy);
  }
  }
}

void Mutator::mutate() {
  if (slots.empty())
    return;
  Slot s = slots[below(slots.size())];
  const auto *r = s.owner->GetReflection();
  if (s.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    mutateMessage(s);
  } else if (s.index >= 0 && !below(4)) {
    r->RemoveLast(s.owner, s.field);
  } else if (s.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string value = text(s, textAt(s));
    s.index < 0 ? r->SetString(s.owner, s.field, value)
                : r->SetRepeatedString(s.owner, s.field, s.index, value);
  } else {
    mutateNumber(s);
  }
}

void Mutator::cross(const Mutator &other) {
  std::vector<const Slot *> parts;
  for (const Slot &s : other.slots)
    if (s.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      parts.push_back(&s);
  if (parts.empty())
    return;
  const Slot &from = *parts[below(parts.size())];
  std::vector<const Slot *> places;
  for (const Slot &s : slots)
    if (s.field == from.field)
      places.push_back(&s);
  if (places.empty())
    return;
  const Slot &to = *places[below(places.size())];
  if (to.index >= 0 && below(2))
    to.owner->GetReflection()->AddMessage(to.owner, to.field)
        ->CopyFrom(*messageAt(from));
  else
    messageAt(to)->CopyFrom(*messageAt(from));
}

static size_t store(const onnx::ModelProto &model, uint8_t *data, size_t maxSize) {
  size_t size = model.ByteSizeLong();
  if (size > maxSize)
    return 0;
  model.SerializeWithCachedSizesToArray(data);
  return size;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  Random random(seed);
  onnx::ModelProto model;
  if (random() % 8 && model.ParseFromArray(data, int(size))) {
    // Each change may move what earlier slots point to.
    for (unsigned n = 1 + random() % 3; n; --n)
      Mutator(model, random).mutate();
    if (size_t stored = store(model, data, maxSize))
      return stored;
  }
  return LLVMFuzzerMutate(data, size, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
                                            const uint8_t *data2, size_t size2,
                                            uint8_t *out, size_t maxSize,
                                            unsigned seed) {
  Random random(seed);
  onnx::ModelProto first, second;
  if (!first.ParseFromArray(data1, int(size1)) ||
      !second.ParseFromArray(data2, int(size2)))
    return 0;
  Mutator source(second, random);
  Mutator(first, random).cross(source);
  return store(first, out, maxSize);
}
