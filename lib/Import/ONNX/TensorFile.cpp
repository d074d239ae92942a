//===- TensorFile.cpp - Arrays in ONNX tensor files -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/TensorFile.h"
#include "quantc/Import/ONNX/TensorData.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"
#include "quantc/Support/OutputFile.h"

#include <climits>

using namespace quantc;

bool quantc::onnx::readTensorFile(const std::string &path, NamedArray &array,
                                  std::string &error) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path, error);
  if (!file)
    return false;
  auto refuse = [&](const std::string &why) {
    error = "'" + path + "' is not an ONNX tensor that can be read: " + why;
    return false;
  };
  if (file->size() == 0)
    return refuse("the file is empty");
  if (file->size() > INT_MAX)
    return refuse("it has more than 2 GiB");
  quantc_onnx::TensorProto tensor;
  if (!tensor.ParsePartialFromArray(file->data(),
                                    static_cast<int>(file->size())))
    return refuse("its fields are not those of a tensor");
  std::string why;
  std::optional<TensorData> data = TensorData::find(tensor, why);
  if (!data)
    return refuse(why);
  if (quantc_dtype_bytes(data->dataType()) == 0)
    return refuse("elements of " + dataTypeName(data->dataType()) +
                  " are not supported");
  array.name = tensor.name();
  array.dtype = data->dataType();
  array.dims = data->dims();
  array.bytes.assign(data->data(), data->data() + data->bytes());
  if (array.dtype == QUANTC_BOOL)
    for (uint8_t &byte : array.bytes)
      byte = byte != 0;
  return true;
}

bool quantc::onnx::writeTensorFile(const std::string &path,
                                   const NamedArray &array,
                                   std::string &error) {
  quantc_onnx::TensorProto tensor;
  tensor.set_name(array.name);
  tensor.set_data_type(array.dtype);
  for (int64_t dim : array.dims)
    tensor.add_dims(dim);
  tensor.set_raw_data(array.bytes.data(), array.bytes.size());
  // Protobuf's sizes are int.
  std::string text;
  if (tensor.ByteSizeLong() > INT_MAX || !tensor.SerializeToString(&text)) {
    error = "cannot write '" + path + "': '" + array.name +
            "' has more than 2 GiB, which no ONNX tensor file can hold";
    return false;
  }
  OutputFile file;
  return file.open(path, error) &&
         file.write(text.data(), text.size(), error) && file.commit(error);
}
