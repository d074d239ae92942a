//===- Feed.cpp - Arrays for and from a program -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Feed.h"

#include "Artifact.h"
#include "quantc/Import/ONNX/TensorFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <map>

using namespace llvm;
using namespace quantc;

std::vector<std::string> quantc::getInputNames(const quantc_program *program) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i)
    names.emplace_back(quantc_input(program, i)->name);
  return names;
}

std::string quantc::listInputs(const quantc_program *program) {
  std::string text;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i) {
    const quantc_value_info *info = quantc_input(program, i);
    text += (i ? ", '" : "'") + std::string(info->name) + "' (" +
            quantc_dtype_name(info->dtype) + " " + formatDims(program, *info) +
            ")";
  }
  return text.empty() ? "none" : text;
}

/// The number of "input_<number>.pb", or -1.
static int64_t getInputNumber(StringRef name) {
  int64_t number;
  if (!name.consume_front("input_") || !name.consume_back(".pb") ||
      name.empty() || name.find_first_not_of("0123456789") != StringRef::npos ||
      name.getAsInteger(10, number))
    return -1;
  return number;
}

static bool readFolder(StringRef folder, ArrayRef<std::string> names,
                       std::vector<NamedArray> &arrays, std::string &error) {
  std::map<int64_t, std::string> files;
  std::error_code code;
  for (sys::fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code))
    if (int64_t i = getInputNumber(sys::path::filename(it->path())); i >= 0)
      files[i] = it->path();
  if (code) {
    error =
        ("cannot read the folder '" + folder + "': " + code.message()).str();
    return false;
  }
  if (files.empty() && !names.empty()) {
    error = ("the folder '" + folder +
             "' has no ONNX tensors (input_0.pb, input_1.pb, ...)")
                .str();
    return false;
  }
  bool isRead = true;
  for (const auto &[number, file] : files) {
    NamedArray array;
    std::string problem;
    if (number >= int64_t(names.size()))
      problem =
          ("'" + file + "': the model has " + Twine(names.size()) + " inputs")
              .str();
    else if (onnx::readTensorFile(file, array, problem))
      array.name = names[number];
    if (!problem.empty()) {
      error += (isRead ? "" : "\n") + problem;
      isRead = false;
    }
    arrays.push_back(std::move(array));
  }
  return isRead;
}

bool quantc::readInputs(StringRef path, ArrayRef<std::string> names,
                        std::vector<NamedArray> &arrays, std::string &error) {
  if (sys::fs::is_directory(path))
    return readFolder(path, names, arrays, error);
  return readNpz(path.str(), arrays, error);
}

bool quantc::writeOutputs(StringRef path, bool isFolder,
                          const std::vector<NamedArray> &arrays,
                          std::string &error) {
  if (!isFolder)
    return writeNpz(path.str(), arrays, error);
  if (std::error_code code = sys::fs::create_directories(path)) {
    error = ("cannot make the folder '" + path + "': " + code.message()).str();
    return false;
  }
  for (const auto &[i, array] : enumerate(arrays)) {
    SmallString<128> file(path);
    sys::path::append(file, "output_" + Twine(i) + ".pb");
    if (!onnx::writeTensorFile(file.str().str(), array, error))
      return false;
  }
  return true;
}

bool quantc::matchArrays(ArrayRef<NamedArray> arrays,
                         ArrayRef<std::string> names, StringRef path,
                         SmallVectorImpl<const NamedArray *> &found,
                         std::string &error) {
  bool isComplete = true;
  for (const NamedArray &array : arrays)
    if (!is_contained(names, array.name)) {
      error += ("array '" + array.name + "' of '" + path +
                "' is no input of the model\n")
                   .str();
      isComplete = false;
    }
  for (const std::string &name : names) {
    const auto *array = find_if(arrays, [&](const NamedArray &candidate) {
      return candidate.name == name;
    });
    found.push_back(array == arrays.end() ? nullptr : array);
    if (array != arrays.end())
      continue;
    error += ("'" + path + "' has no array '" + name + "'\n").str();
    isComplete = false;
  }
  return isComplete;
}

bool Feed::fill(const quantc_program *program, ArrayRef<NamedArray> arrays,
                StringRef path, std::string &error) {
  SmallVector<const NamedArray *> found;
  bool isRight =
      matchArrays(arrays, getInputNames(program), path, found, error);
  for (const NamedArray *array : found) {
    quantc_tensor tensor = {};
    if (array && array->dims.size() > QUANTC_MAX_RANK) {
      error += ("array '" + array->name + "' of '" + path + "' has rank " +
                Twine(array->dims.size()) + "\n")
                   .str();
      isRight = false;
    } else if (array) {
      // The runtime does not write to its inputs.
      tensor.data = const_cast<uint8_t *>(array->bytes.data());
      tensor.dtype = array->dtype;
      tensor.rank = static_cast<int32_t>(array->dims.size());
      copy(array->dims, tensor.dims);
    }
    tensors.push_back(tensor);
  }
  if (!isRight)
    error += "the model's inputs are " + listInputs(program);
  return isRight;
}

static NamedArray copyOutput(const quantc_value_info &info,
                             const quantc_tensor &tensor) {
  NamedArray array;
  array.name = info.name;
  array.dtype = tensor.dtype;
  array.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  size_t bytes = quantc_dtype_bytes(tensor.dtype);
  for (int64_t dim : array.dims)
    bytes *= static_cast<size_t>(dim);
  array.bytes.resize(bytes);
  if (bytes > 0)
    std::memcpy(array.bytes.data(), tensor.data, bytes);
  return array;
}

std::vector<NamedArray> quantc::copyOutputs(const quantc_program *program,
                                            ArrayRef<quantc_tensor> outputs) {
  std::vector<NamedArray> results;
  results.reserve(outputs.size());
  for (const auto &[i, output] : enumerate(outputs))
    results.push_back(
        copyOutput(*quantc_output(program, static_cast<int32_t>(i)), output));
  return results;
}
