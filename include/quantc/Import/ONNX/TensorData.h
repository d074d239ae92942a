//===- TensorData.h - The elements of an ONNX tensor ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_IMPORT_ONNX_TENSORDATA_H
#define QUANTC_IMPORT_ONNX_TENSORDATA_H

#include "quantc/Import/ONNX/ModelFile.h"

#include <vector>

namespace quantc::onnx {

/// The name of a TensorProto::DataType as ONNX spells it, in lower case
/// ("float16"); "type 77" for a number that ONNX does not know.
std::string dataTypeName(int32_t dataType);

/// Bits of one element in raw_data; 0 for a type without fixed size (strings,
/// undefined, unknown).
unsigned dataTypeBits(int32_t dataType);

/// The product of `dims`, or nothing when a dim is negative or the product, or
/// its bytes at up to 16 bytes an element, leave int64.
std::optional<int64_t> countElements(const std::vector<int64_t> &dims);

/// The elements of a tensor in the form of raw_data: little-endian, dense,
/// row-major, elements below a byte packed from the low bits up. Whatever field
/// they were stored in, their size has been checked against type and dims.
class TensorData {
public:
  /// Finds the elements of `tensor`, which is part of `model`. On failure
  /// returns nothing and says why in `error` (without the tensor's name).
  static std::optional<TensorData> find(const ModelFile &model,
                                        const quantc_onnx::TensorProto &tensor,
                                        std::string &error);
  /// The same for a tensor of no model, which cannot have external data.
  static std::optional<TensorData> find(const quantc_onnx::TensorProto &tensor,
                                        std::string &error);

  int32_t dataType() const { return type; }
  const std::vector<int64_t> &dims() const { return shape; }
  int64_t count() const { return elements; }

  /// The bytes, valid as long as this object lives.
  const uint8_t *data() const {
    return source ? source->data() + start : owned.data();
  }
  uint64_t bytes() const { return length; }

  /// The mapped file that holds the bytes, null when they are in memory.
  const std::shared_ptr<const MappedFile> &file() const { return source; }
  uint64_t offset() const { return start; }

  /// Element `index` as a number, for every integer, boolean and real type of
  /// at least one byte. Integers beyond int64 wrap.
  double floatAt(int64_t index) const;
  int64_t intAt(int64_t index) const;

private:
  static std::optional<TensorData> find(const ModelFile *model,
                                        const quantc_onnx::TensorProto &tensor,
                                        std::string &error);

  int32_t type = 0;
  std::vector<int64_t> shape;
  int64_t elements = 0;
  std::shared_ptr<const MappedFile> source;
  uint64_t start = 0;
  uint64_t length = 0;
  std::vector<uint8_t> owned;
};

} // namespace quantc::onnx

#endif // QUANTC_IMPORT_ONNX_TENSORDATA_H
