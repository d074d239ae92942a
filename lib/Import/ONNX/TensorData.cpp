//===- TensorData.cpp - The elements of an ONNX tensor ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/TensorData.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace quantc;
using namespace quantc::onnx;
using quantc_onnx::TensorProto;

std::string quantc::onnx::dataTypeName(int32_t dataType) {
  if (!quantc_onnx::TensorProto_DataType_IsValid(dataType))
    return "type " + std::to_string(dataType);
  std::string name = quantc_onnx::TensorProto_DataType_Name(
      static_cast<quantc_onnx::TensorProto_DataType>(dataType));
  for (char &c : name)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return name;
}

unsigned quantc::onnx::dataTypeBits(int32_t dataType) {
  switch (dataType) {
  case TensorProto::UINT2:
  case TensorProto::INT2:
    return 2;
  case TensorProto::UINT4:
  case TensorProto::INT4:
  case TensorProto::FLOAT4E2M1:
    return 4;
  case TensorProto::UINT8:
  case TensorProto::INT8:
  case TensorProto::BOOL:
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E4M3FNUZ:
  case TensorProto::FLOAT8E5M2:
  case TensorProto::FLOAT8E5M2FNUZ:
  case TensorProto::FLOAT8E8M0:
    return 8;
  case TensorProto::UINT16:
  case TensorProto::INT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return 16;
  case TensorProto::FLOAT:
  case TensorProto::INT32:
  case TensorProto::UINT32:
    return 32;
  case TensorProto::INT64:
  case TensorProto::UINT64:
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX64:
    return 64;
  case TensorProto::COMPLEX128:
    return 128;
  default:
    return 0;
  }
}

std::optional<int64_t>
quantc::onnx::countElements(const std::vector<int64_t> &dims) {
  // With a factor of 16 to spare, bytes of any type fit too. Zeros are looked
  // for first: a tensor with one has no elements, whatever its other sizes are,
  // but the other sizes must still be sane for strides to be computed.
  constexpr int64_t limit = std::numeric_limits<int64_t>::max() / 16;
  int64_t product = 1;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      return std::nullopt;
    if (dim == 0) {
      empty = true;
      continue;
    }
    if (product > limit / dim)
      return std::nullopt;
    product *= dim;
  }
  return empty ? 0 : product;
}

static std::string describeDims(const std::vector<int64_t> &dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

namespace {
/// Appends the low bytes of numbers to the elements that a tensor owns.
struct Packer {
  std::vector<uint8_t> &bytes;
  template <typename Number, typename Range> void all(const Range &range) {
    bytes.resize(range.size() * sizeof(Number));
    uint8_t *at = bytes.data();
    for (auto element : range) {
      Number number = static_cast<Number>(element);
      std::memcpy(at, &number, sizeof(Number));
      at += sizeof(Number);
    }
  }
};
} // namespace

/// Takes the elements out of the typed field that belongs to the tensor's type.
/// Returns false for a type that has none.
static bool takeTypedField(const TensorProto &tensor,
                           std::vector<uint8_t> &bytes) {
  Packer packer{bytes};
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
  case TensorProto::COMPLEX64:
    packer.all<float>(tensor.float_data());
    return true;
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX128:
    packer.all<double>(tensor.double_data());
    return true;
  case TensorProto::INT64:
    packer.all<int64_t>(tensor.int64_data());
    return true;
  case TensorProto::UINT64:
    packer.all<uint64_t>(tensor.uint64_data());
    return true;
  case TensorProto::UINT32:
    packer.all<uint32_t>(tensor.uint64_data());
    return true;
  case TensorProto::INT32:
    packer.all<int32_t>(tensor.int32_data());
    return true;
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::INT16:
  case TensorProto::UINT16:
    packer.all<uint16_t>(tensor.int32_data());
    return true;
  default:
    // Bytes, and types of which several elements share the low byte of one
    // int32.
    if (unsigned bits = dataTypeBits(tensor.data_type()); bits && bits <= 8) {
      packer.all<uint8_t>(tensor.int32_data());
      return true;
    }
    return false;
  }
}

/// A number of the string-keyed fields of external data.
static std::optional<uint64_t> parseNumber(const std::string &text) {
  if (text.empty())
    return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9' || value > (UINT64_MAX - 9) / 10)
      return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

static std::optional<ByteRange>
findExternal(const ModelFile &model, const TensorProto &tensor,
             uint64_t expected, std::shared_ptr<const MappedFile> &file,
             std::string &error) {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const auto &entry : tensor.external_data()) {
    if (entry.key() == "location") {
      location = entry.value();
      continue;
    }
    if (entry.key() != "offset" && entry.key() != "length")
      continue;
    std::optional<uint64_t> number = parseNumber(entry.value());
    if (!number) {
      error = "external data: " + entry.key() + " = '" + entry.value() +
              "' is not a number";
      return std::nullopt;
    }
    if (entry.key() == "offset")
      offset = *number;
    else
      length = *number;
  }
  if (location.empty()) {
    error = "external data without a location";
    return std::nullopt;
  }
  file = model.externalFile(location, error);
  if (!file)
    return std::nullopt;
  if (length && *length != expected) {
    error = "external data of " + std::to_string(*length) +
            " bytes, its type and dims need " + std::to_string(expected);
    return std::nullopt;
  }
  if (offset > file->size() || expected > file->size() - offset) {
    error = "external data: '" + file->path() + "' has " +
            std::to_string(file->size()) + " bytes, the tensor needs bytes " +
            std::to_string(offset) + " to " + std::to_string(offset + expected);
    return std::nullopt;
  }
  return ByteRange{offset, expected};
}

std::optional<TensorData> TensorData::find(const ModelFile &model,
                                           const TensorProto &tensor,
                                           std::string &error) {
  return find(&model, tensor, error);
}

std::optional<TensorData> TensorData::find(const TensorProto &tensor,
                                           std::string &error) {
  return find(nullptr, tensor, error);
}

std::optional<TensorData> TensorData::find(const ModelFile *model,
                                           const TensorProto &tensor,
                                           std::string &error) {
  TensorData result;
  result.type = tensor.data_type();
  result.shape.assign(tensor.dims().begin(), tensor.dims().end());
  if (tensor.has_segment()) {
    error = "tensors stored in segments are not supported";
    return std::nullopt;
  }
  std::optional<int64_t> count = countElements(result.shape);
  if (!count) {
    error = "dims " + describeDims(result.shape) +
            " are negative or their product is too large";
    return std::nullopt;
  }
  result.elements = *count;
  unsigned bits = dataTypeBits(result.type);
  if (bits == 0) {
    error = "elements of " + dataTypeName(result.type) + " are not supported";
    return std::nullopt;
  }
  uint64_t expected = bits >= 8
                          ? static_cast<uint64_t>(*count) * (bits / 8)
                          : (static_cast<uint64_t>(*count) * bits + 7) / 8;
  result.length = expected;

  uint64_t found = 0;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    if (!model) {
      error = "external data is supported in models only";
      return std::nullopt;
    }
    std::optional<ByteRange> range =
        findExternal(*model, tensor, expected, result.source, error);
    if (!range)
      return std::nullopt;
    result.start = range->offset;
    return result;
  }
  if (std::optional<ByteRange> range =
          model ? model->rawData(tensor) : std::nullopt) {
    result.source = model->file();
    result.start = range->offset;
    found = range->size;
  } else if (tensor.has_raw_data()) {
    result.owned.assign(tensor.raw_data().begin(), tensor.raw_data().end());
    found = result.owned.size();
  } else {
    if (!takeTypedField(tensor, result.owned)) {
      error = "elements of " + dataTypeName(result.type) + " are not supported";
      return std::nullopt;
    }
    found = result.owned.size();
  }
  if (found != expected) {
    error = std::to_string(found) + " bytes of elements, " +
            dataTypeName(result.type) + " " + describeDims(result.shape) +
            " needs " + std::to_string(expected);
    return std::nullopt;
  }
  return result;
}

template <typename Number> static Number load(const uint8_t *at) {
  Number number;
  std::memcpy(&number, at, sizeof(Number));
  return number;
}

static float widenBFloat16(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  return load<float>(reinterpret_cast<const uint8_t *>(&wide));
}

static double widenHalf(uint16_t bits) {
  int exponent = (bits >> 10) & 31;
  int fraction = bits & 1023;
  double magnitude;
  if (exponent == 31)
    magnitude = fraction ? std::numeric_limits<double>::quiet_NaN()
                         : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, -24);
  else
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

static bool isInteger(int32_t type) {
  switch (type) {
  case TensorProto::BOOL:
  case TensorProto::UINT8:
  case TensorProto::INT8:
  case TensorProto::UINT16:
  case TensorProto::INT16:
  case TensorProto::UINT32:
  case TensorProto::INT32:
  case TensorProto::INT64:
    return true;
  default:
    return false;
  }
}

double TensorData::floatAt(int64_t index) const {
  const uint8_t *at = data() + index * (dataTypeBits(type) / 8);
  switch (type) {
  case TensorProto::FLOAT:
    return load<float>(at);
  case TensorProto::DOUBLE:
    return load<double>(at);
  case TensorProto::FLOAT16:
    return widenHalf(load<uint16_t>(at));
  case TensorProto::BFLOAT16:
    return widenBFloat16(load<uint16_t>(at));
  case TensorProto::UINT64:
    return static_cast<double>(load<uint64_t>(at));
  default:
    return isInteger(type) ? static_cast<double>(intAt(index))
                           : std::numeric_limits<double>::quiet_NaN();
  }
}

int64_t TensorData::intAt(int64_t index) const {
  const uint8_t *at = data() + index * (dataTypeBits(type) / 8);
  switch (type) {
  case TensorProto::BOOL:
    return load<uint8_t>(at) != 0;
  case TensorProto::UINT8:
    return load<uint8_t>(at);
  case TensorProto::INT8:
    return load<int8_t>(at);
  case TensorProto::UINT16:
    return load<uint16_t>(at);
  case TensorProto::INT16:
    return load<int16_t>(at);
  case TensorProto::UINT32:
    return load<uint32_t>(at);
  case TensorProto::INT32:
    return load<int32_t>(at);
  case TensorProto::UINT64:
  case TensorProto::INT64:
    return load<int64_t>(at);
  default: {
    // Real types: toward zero, saturating; NaN is 0.
    double value = floatAt(index);
    if (std::isnan(value))
      return 0;
    if (value >= 9223372036854775808.0)
      return std::numeric_limits<int64_t>::max();
    if (value <= -9223372036854775808.0)
      return std::numeric_limits<int64_t>::min();
    return static_cast<int64_t>(value);
  }
  }
}
