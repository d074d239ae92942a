//===- WeightsFile.cpp - Weights beside a library ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Runtime/Program.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantc;

static constexpr uint64_t headBytes = QCRT_ALIGNMENT;

WeightsFileWriter::WeightsFileWriter(raw_pwrite_stream &out)
    : out(out), position(headBytes) {
  out.write_zeros(headBytes);
}

void WeightsFileWriter::write(ArrayRef<uint8_t> bytes) {
  out.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  hasher.update(bytes);
  position += bytes.size();
}

uint64_t WeightsFileWriter::append(ArrayRef<uint8_t> bytes) {
  static constexpr uint8_t zeros[QCRT_ALIGNMENT] = {};
  write(
      ArrayRef(zeros).take_front(alignTo(position, QCRT_ALIGNMENT) - position));
  uint64_t offset = position;
  write(bytes);
  return offset;
}

std::vector<uint8_t> WeightsFileWriter::finish(StringRef name) {
  auto digest = hasher.final<32>();
  out.pwrite(reinterpret_cast<const char *>(digest.data()), digest.size(), 0);
  std::vector<uint8_t> record(sizeof position);
  support::endian::write64le(record.data(), position);
  record.insert(record.end(), digest.begin(), digest.end());
  record.insert(record.end(), name.begin(), name.end());
  record.push_back(0);
  return record;
}
