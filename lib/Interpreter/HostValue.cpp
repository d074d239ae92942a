//===- HostValue.cpp - Tensors that the interpreter computes on -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/HostValue.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <cstring>

using namespace mlir;
using namespace quantc;

int64_t quantc::getElementBytes(Type element) {
  return element.isIndex() ? 8 : (element.getIntOrFloatBitWidth() + 7) / 8;
}

HostValue HostValue::allocate(RankedTensorType type) {
  HostValue value;
  value.type = type;
  value.owned = std::make_shared<std::vector<uint8_t>>(
      type.getNumElements() * getElementBytes(type.getElementType()));
  value.bytes = *value.owned;
  return value;
}

HostValue HostValue::borrow(RankedTensorType type, ArrayRef<uint8_t> bytes,
                            std::shared_ptr<const void> owner) {
  int64_t size = getElementBytes(type.getElementType());
  if (reinterpret_cast<uintptr_t>(bytes.data()) % size != 0) {
    HostValue copy = allocate(type);
    std::memcpy(copy.getMutableBytes().data(), bytes.data(), bytes.size());
    return copy;
  }
  HostValue value;
  value.type = type;
  value.bytes = bytes;
  value.owner = std::move(owner);
  return value;
}

HostValue HostValue::join(RankedTensorType type, ArrayRef<HostValue> parts) {
  HostValue value;
  value.type = type;
  value.parts.assign(parts.begin(), parts.end());
  return value;
}

HostValue HostValue::fromAttribute(DenseElementsAttr attribute) {
  auto type = cast<RankedTensorType>(attribute.getType());
  HostValue value = allocate(type);
  int64_t index = 0;
  if (isa<FloatType>(type.getElementType())) {
    for (const APFloat &element : attribute.getValues<APFloat>()) {
      uint64_t bits = element.bitcastToAPInt().getZExtValue();
      int64_t size = getElementBytes(type.getElementType());
      std::memcpy(value.getMutableBytes().data() + size * index++, &bits, size);
    }
    return value;
  }
  bool logical = type.getElementType().isInteger(1);
  for (const APInt &element : attribute.getValues<APInt>())
    value.setInteger(index++,
                     logical ? element.getBoolValue() : element.getSExtValue());
  return value;
}

DenseElementsAttr HostValue::toAttribute() const {
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values;
    for (uint8_t byte : bytes)
      values.push_back(byte != 0);
    return DenseElementsAttr::get(type, values);
  }
  // Equal elements are kept once.
  size_t size = getElementBytes(type.getElementType());
  bool splat = !bytes.empty() &&
               std::equal(bytes.begin() + size, bytes.end(), bytes.begin());
  return DenseElementsAttr::getFromRawBuffer(
      type, ArrayRef(reinterpret_cast<const char *>(bytes.data()),
                     splat ? size : bytes.size()));
}

MutableArrayRef<uint8_t> HostValue::getMutableBytes() {
  // Writing to what others see would change their values as well.
  if (!owned || owned.use_count() > 1) {
    owned = std::make_shared<std::vector<uint8_t>>(bytes.begin(), bytes.end());
    bytes = *owned;
    owner.reset();
  }
  return {owned->data(), owned->size()};
}

template <typename T> static T load(ArrayRef<uint8_t> bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

double HostValue::getNumber(int64_t index) const {
  if (getElementType().isF32())
    return load<float>(bytes, index);
  if (getElementType().isF64())
    return load<double>(bytes, index);
  if (isa<Float16Type, BFloat16Type>(getElementType()))
    return APFloat(cast<FloatType>(getElementType()).getFloatSemantics(),
                   APInt(16, load<uint16_t>(bytes, index)))
        .convertToDouble();
  return static_cast<double>(getInteger(index));
}

/// An integer of either signedness: by way of an `if`, for the two arms of a
/// conditional expression would be converted to one type.
template <typename Signed, typename Unsigned>
static int64_t loadInteger(ArrayRef<uint8_t> bytes, int64_t index,
                           bool isUnsigned) {
  if (isUnsigned)
    return load<Unsigned>(bytes, index);
  return load<Signed>(bytes, index);
}

int64_t HostValue::getInteger(int64_t index) const {
  bool isUnsigned = getElementType().isUnsignedInteger();
  switch (getElementBytes(getElementType())) {
  case 1:
    return loadInteger<int8_t, uint8_t>(bytes, index, isUnsigned);
  case 2:
    return loadInteger<int16_t, uint16_t>(bytes, index, isUnsigned);
  case 4:
    return loadInteger<int32_t, uint32_t>(bytes, index, isUnsigned);
  default:
    return load<int64_t>(bytes, index);
  }
}

template <typename T>
static void store(MutableArrayRef<uint8_t> bytes, int64_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

/// The bits of the 16-bit float that is nearest to \p value.
static uint16_t narrow(double value, Type type) {
  APFloat number(value);
  bool inexact;
  number.convert(cast<FloatType>(type).getFloatSemantics(),
                 APFloat::rmNearestTiesToEven, &inexact);
  return static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue());
}

void HostValue::setNumber(int64_t index, double value) {
  if (getElementType().isF32())
    store(getMutableBytes(), index, static_cast<float>(value));
  else if (getElementType().isF64())
    store(getMutableBytes(), index, value);
  else if (isa<Float16Type, BFloat16Type>(getElementType()))
    store(getMutableBytes(), index, narrow(value, getElementType()));
  else
    setInteger(index, static_cast<int64_t>(value));
}

void HostValue::setInteger(int64_t index, int64_t value) {
  MutableArrayRef<uint8_t> all = getMutableBytes();
  switch (getElementBytes(getElementType())) {
  case 1:
    return store(all, index, static_cast<int8_t>(value));
  case 2:
    return store(all, index, static_cast<int16_t>(value));
  case 4:
    return store(all, index, static_cast<int32_t>(value));
  default:
    return store(all, index, value);
  }
}

HostValue HostValue::withType(RankedTensorType other) const {
  HostValue value(*this);
  value.type = other;
  return value;
}
