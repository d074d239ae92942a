//===- Vectors.h - Exact results of the method fixed ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_NUMERICS_FIXED_VECTORS_H
#define QUANTC_TEST_UNIT_NUMERICS_FIXED_VECTORS_H

#include <cstdint>
#include <vector>

namespace vectors {
#include "Vectors.inc"

/// \p values in another integer type.
template <typename T> std::vector<T> as(const std::vector<int64_t> &values) {
  return std::vector<T>(values.begin(), values.end());
}
} // namespace vectors

#endif // QUANTC_TEST_UNIT_NUMERICS_FIXED_VECTORS_H
