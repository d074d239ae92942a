//===- ModelFile.cpp - An ONNX file, parsed without its weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/ModelFile.h"
#include "WireScan.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include <algorithm>
#include <climits>
#include <filesystem>

using namespace quantc;
using namespace quantc::onnx;

ModelFile::ModelFile() = default;
ModelFile::~ModelFile() = default;

std::unique_ptr<ModelFile> ModelFile::read(const std::string &path,
                                           std::string &error) {
  std::shared_ptr<const MappedFile> mapped = MappedFile::open(path, error);
  return mapped ? read(std::move(mapped), error) : nullptr;
}

std::unique_ptr<ModelFile>
ModelFile::read(std::shared_ptr<const MappedFile> mapped, std::string &error) {
  std::unique_ptr<ModelFile> result(new ModelFile);
  result->mapped = std::move(mapped);
  auto refuse = [&](const std::string &why) {
    error = "'" + result->mapped->path() +
            "' is not an ONNX model, or it is damaged: " + why;
    return nullptr;
  };
  if (result->mapped->size() == 0)
    return refuse("the file is empty");

  std::string scanError;
  std::optional<StrippedModel> stripped =
      stripRawData(result->mapped->data(), result->mapped->size(), scanError);
  if (!stripped)
    return refuse(scanError);
  // Protobuf's sizes are int; what is left without weights is far below.
  if (stripped->bytes.size() > INT_MAX)
    return refuse("more than 2 GiB beside the weights");

  // Parsing "partially" leaves the question of required fields, of which ONNX
  // has none, to us, and does not log to the standard error stream.
  result->proto = std::make_unique<quantc_onnx::ModelProto>();
  if (!result->proto->ParsePartialFromString(stripped->bytes))
    return refuse("its fields are not those of a model");
  if (!result->proto->has_graph())
    return refuse("it has no graph");
  if (!result->proto->has_ir_version())
    return refuse("it has no IR version");

  const quantc_onnx::GraphProto &graph = result->proto->graph();
  if (static_cast<size_t>(graph.initializer_size()) !=
      stripped->initializers.size())
    return refuse("its initialisers are not where they should be");
  for (int i = 0; i < graph.initializer_size(); ++i)
    if (std::optional<ByteRange> range = stripped->initializers[i])
      result->ranges[&graph.initializer(i)] = *range;
  for (const auto &[place, range] : stripped->attributes) {
    auto [node, attribute] = place;
    if (node >= static_cast<unsigned>(graph.node_size()) ||
        attribute >= static_cast<unsigned>(graph.node(node).attribute_size()))
      return refuse("its nodes are not where they should be");
    result->ranges[&graph.node(node).attribute(attribute).t()] = range;
  }
  return result;
}

std::optional<ByteRange>
ModelFile::rawData(const quantc_onnx::TensorProto &tensor) const {
  auto found = ranges.find(&tensor);
  if (found == ranges.end())
    return std::nullopt;
  return found->second;
}

/// Whether the relative path `location` stays inside the folder it starts from.
static bool staysInside(const std::string &location) {
  if (location.empty() || location.front() == '/' ||
      location.find('\0') != std::string::npos)
    return false;
  for (size_t begin = 0; begin <= location.size();) {
    size_t end = location.find_first_of("/\\", begin);
    if (end == std::string::npos)
      end = location.size();
    if (location.compare(begin, end - begin, "..") == 0)
      return false;
    begin = end + 1;
  }
  return true;
}

/// Whether `path`, behind all of its links, lies in the folder of `model`, or
/// in that of the file that `model` is a link to: caches of models keep links
/// to both in a folder.
static bool liesBeside(const std::string &path, const std::string &model) {
  namespace fs = std::filesystem;
  std::error_code code;
  fs::path real = fs::canonical(path, code);
  // What does not exist is reported where it is opened.
  if (code)
    return true;
  fs::path links = fs::absolute(model, code).parent_path();
  for (const fs::path &folder :
       {fs::canonical(links, code), fs::canonical(model, code).parent_path()}) {
    auto [end, ignored] =
        std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
    if (!folder.empty() && end == folder.end())
      return true;
  }
  return false;
}

std::shared_ptr<const MappedFile>
ModelFile::externalFile(const std::string &location, std::string &error) const {
  const std::string &path = mapped->path();
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos || !mapped->isNamed()
                           ? ""
                           : path.substr(0, slash + 1);
  if (!staysInside(location) ||
      !liesBeside(folder + location, mapped->isNamed() ? path : "./")) {
    error = "external data at '" + location +
            "': only files inside the folder of the model may be named";
    return nullptr;
  }
  std::shared_ptr<const MappedFile> &slot = externals[location];
  if (!slot) {
    std::string why;
    slot = MappedFile::open(folder + location, why);
    if (!slot)
      error = "external data: " + why;
  }
  return slot;
}
