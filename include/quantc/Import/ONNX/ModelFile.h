//===- ModelFile.h - An ONNX file, parsed without its weights ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_IMPORT_ONNX_MODELFILE_H
#define QUANTC_IMPORT_ONNX_MODELFILE_H

#include "quantc/Support/MappedFile.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace quantc_onnx {
class ModelProto;
class TensorProto;
} // namespace quantc_onnx

namespace quantc::onnx {

/// Bytes of a file.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// An ONNX file. Protobuf would copy every weight, so the bytes of the graph's
/// initialisers and of its constant nodes are left where they are in the mapped
/// file and only their places are kept; everything else is a ModelProto.
class ModelFile {
public:
  /// Reads the file at `path`. On failure returns null and says why in `error`.
  static std::unique_ptr<ModelFile> read(const std::string &path,
                                         std::string &error);
  static std::unique_ptr<ModelFile>
  read(std::shared_ptr<const MappedFile> mapped, std::string &error);
  ~ModelFile();

  const quantc_onnx::ModelProto &model() const { return *proto; }
  const std::shared_ptr<const MappedFile> &file() const { return mapped; }

  /// Where the raw_data of a tensor of this model lies in the file; nothing for
  /// a tensor without raw_data, or one whose raw_data protobuf has parsed.
  std::optional<ByteRange>
  rawData(const quantc_onnx::TensorProto &tensor) const;

  /// The file of external data at `location`, a path relative to the folder of
  /// the model (the working folder for one from standard input) and inside it.
  /// Each file is mapped once.
  std::shared_ptr<const MappedFile> externalFile(const std::string &location,
                                                 std::string &error) const;

private:
  ModelFile();

  std::shared_ptr<const MappedFile> mapped;
  std::unique_ptr<quantc_onnx::ModelProto> proto;
  std::unordered_map<const quantc_onnx::TensorProto *, ByteRange> ranges;
  mutable std::map<std::string, std::shared_ptr<const MappedFile>> externals;
};

} // namespace quantc::onnx

#endif // QUANTC_IMPORT_ONNX_MODELFILE_H
