//===- RandomInputs.cpp - Inputs for where none are given -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomInputs.h"

#include "Commands.h"
#include "Options.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <cstring>
#include <random>

using namespace llvm;
using namespace quantc;

std::vector<InputInfo> quantc::getInputInfos(const quantc_program *program) {
  std::vector<InputInfo> inputs;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i) {
    const quantc_value_info *info = quantc_input(program, i);
    inputs.push_back(
        {info->name, info->dtype, {info->dims, info->dims + info->rank}});
  }
  return inputs;
}

std::vector<std::string> quantc::getDimNames(const quantc_program *program) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < quantc_num_dims(program); ++i)
    names.emplace_back(quantc_dim(program, i)->name);
  return names;
}

std::optional<int> quantc::readDims(StringRef command, const Options &options,
                                    ArrayRef<std::string> names,
                                    std::vector<int64_t> &dims) {
  dims.assign(names.size(), -1);
  for (StringRef text : options.all("--dim")) {
    auto [name, size] = text.rsplit('=');
    const auto *found = find(names, name);
    if (!text.contains('='))
      return wrongUse(command, "--dim takes NAME=SIZE, not '" + text + "'");
    if (found == names.end())
      return wrongUse(
          command, "there is no run-time dimension '" + name + "'" +
                       didYouMean(name, SmallVector<StringRef>(names.begin(),
                                                               names.end())));
    if (dims[found - names.begin()] >= 0)
      return wrongUse(command, "--dim gives '" + name + "' twice");
    if (!parseCount(command, "--dim " + name.str(), size, 0, INT64_MAX,
                    dims[found - names.begin()]))
      return WrongUse;
  }
  std::string missing;
  for (auto [name, size] : zip(names, dims))
    if (size < 0)
      missing += " --dim " + name + "=SIZE";
  if (!missing.empty())
    return wrongUse(command, "the model has dimensions that are known at run "
                             "time only; give" +
                                 missing);
  return std::nullopt;
}

bool RandomInputs::make(ArrayRef<InputInfo> inputs, ArrayRef<int64_t> dims,
                        std::string &error) {
  constexpr uint64_t Most = uint64_t(1) << 40;
  for (const InputInfo &info : inputs) {
    NamedArray array{info.name, info.dtype, {}, {}};
    uint64_t bytes = quantc_dtype_bytes(info.dtype);
    for (int64_t dim : info.dims) {
      array.dims.push_back(dim >= 0 ? dim : dims[-(dim + 1)]);
      if (__builtin_mul_overflow(bytes, uint64_t(array.dims.back()), &bytes) ||
          bytes > Most) {
        error = "input '" + info.name + "' is too large";
        return false;
      }
    }
    array.bytes.resize(bytes);
    arrays.push_back(std::move(array));
  }
  return true;
}

template <typename T> static void fill(void *data, size_t size, T value) {
  std::fill_n(static_cast<T *>(data), size, value);
}

template <typename T, typename Draw>
static void fillWith(void *data, size_t size, Draw draw) {
  std::generate_n(static_cast<T *>(data), size, [&] { return T(draw()); });
}

/// The half and brain floats nearest to a small number.
static uint16_t toHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  // 2^-14 is the smallest normal half; what is below becomes zero.
  if (magnitude < 0x38800000)
    return uint16_t(sign);
  return uint16_t(sign |
                  std::min<uint32_t>((magnitude - 0x38000000) >> 13, 0x7bff));
}

static uint16_t toBrainFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return uint16_t(bits >> 16);
}

void RandomInputs::draw(int64_t limit) {
  // The same inputs every time, so that what is measured can be compared.
  std::mt19937 engine(42); // NOLINT(bugprone-random-generator-seed)
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int64_t> integers(0, limit - 1);
  for (NamedArray &array : arrays) {
    bool isMask = StringRef(array.name).contains_insensitive("mask");
    auto real = [&] { return isMask ? 1.0f : normal(engine); };
    auto integer = [&] { return isMask ? 1 : integers(engine); };
    void *data = array.bytes.data();
    size_t size = array.bytes.size() / quantc_dtype_bytes(array.dtype);
    switch (array.dtype) {
    case QUANTC_F32:
      fillWith<float>(data, size, real);
      break;
    case QUANTC_F64:
      fillWith<double>(data, size, real);
      break;
    case QUANTC_F16:
      fillWith<uint16_t>(data, size, [&] { return toHalf(real()); });
      break;
    case QUANTC_BF16:
      fillWith<uint16_t>(data, size, [&] { return toBrainFloat(real()); });
      break;
    case QUANTC_BOOL:
      fill<uint8_t>(data, size, 1);
      break;
    default:
      switch (quantc_dtype_bytes(array.dtype)) {
      case 1:
        fillWith<uint8_t>(data, size, [&] { return integer() & 127; });
        break;
      case 2:
        fillWith<uint16_t>(data, size, integer);
        break;
      case 4:
        fillWith<uint32_t>(data, size, integer);
        break;
      default:
        fillWith<uint64_t>(data, size, integer);
        break;
      }
    }
  }
}
