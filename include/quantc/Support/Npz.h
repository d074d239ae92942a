//===- Npz.h - NumPy's files of arrays --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_NPZ_H
#define QUANTC_SUPPORT_NPZ_H

#include "quantc/Runtime/quantc_runtime.h"

#include <cstdint>
#include <string>
#include <vector>

namespace quantc {

/// An array in memory, dense and row-major.
struct NamedArray {
  std::string name;
  quantc_dtype dtype = QUANTC_F32;
  std::vector<int64_t> dims;
  std::vector<uint8_t> bytes;
};

/// The functions below return false and say why in `error`, a sentence that
/// names the file and the array, whatever the file holds.

/// Reads the arrays of an .npz file: numpy.savez and savez_compressed, zip64
/// included; bool, integers and floats from 8 to 64 bits, little endian, in C
/// or Fortran order (which is made C order).
bool readNpz(const std::string &path, std::vector<NamedArray> &arrays,
             std::string &error);

/// The same for a file in memory; `path` is for messages.
bool parseNpz(const uint8_t *data, uint64_t size, const std::string &path,
              std::vector<NamedArray> &arrays, std::string &error);

/// Reads one array from the contents of an .npy file. `what` names it in
/// messages.
bool parseNpy(const uint8_t *data, uint64_t size, const std::string &what,
              NamedArray &array, std::string &error);

/// The start of an .npy file of that array: what precedes its elements. Empty
/// where NumPy has no such element type (bf16).
std::string makeNpyHeader(const NamedArray &array);

/// Writes an .npz file, in order and without compression. A file that cannot
/// be written completely is not there afterwards, and one that was there
/// before is left as it was.
bool writeNpz(const std::string &path, const std::vector<NamedArray> &arrays,
              std::string &error);

} // namespace quantc

#endif // QUANTC_SUPPORT_NPZ_H
