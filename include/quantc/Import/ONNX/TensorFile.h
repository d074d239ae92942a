//===- TensorFile.h - Arrays in ONNX tensor files ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_IMPORT_ONNX_TENSORFILE_H
#define QUANTC_IMPORT_ONNX_TENSORFILE_H

#include "quantc/Support/Npz.h"

namespace quantc::onnx {

/// Files that hold one TensorProto, as the ONNX test suites have them. Both
/// return false and say why in `error`, a sentence that names the file.
bool readTensorFile(const std::string &path, NamedArray &array,
                    std::string &error);
bool writeTensorFile(const std::string &path, const NamedArray &array,
                     std::string &error);

} // namespace quantc::onnx

#endif // QUANTC_IMPORT_ONNX_TENSORFILE_H
