//===- Panels.h - Panels as packers read and write them ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_NUMERICS_PANELS_H
#define QUANTC_LIB_NUMERICS_PANELS_H

#include "quantc/Numerics/Packing.h"

#include <algorithm>
#include <cstring>

namespace quantc::numerics {

/// Writes numbers one behind the other.
class Writer {
public:
  explicit Writer(uint8_t *at) : at(at) {}
  template <typename T> void put(T value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  }

private:
  uint8_t *at;
};

/// The codes of one panel, zero beyond N and K.
class Panel {
public:
  Panel(const PackedLayout &layout, const int8_t *codes, int64_t index)
      : layout(layout), codes(codes), first(index * layout.panel) {}

  int8_t get(int64_t column, int64_t k) const {
    int64_t n = first + column;
    return n < layout.n && k < layout.k ? codes[n * layout.k + k] : 0;
  }
  int64_t sum(int64_t column, int64_t from, int64_t to) const {
    int64_t total = 0;
    for (int64_t k = from; k < std::min(to, layout.k); ++k)
      total += get(column, k);
    return total;
  }
  template <typename T>
  T part(const T *values, int64_t column, int64_t stride = 1,
         int64_t offset = 0) const {
    int64_t n = first + column;
    return n < layout.n ? values[n * stride + offset] : T(0);
  }

private:
  const PackedLayout &layout;
  const int8_t *codes;
  int64_t first;
};

} // namespace quantc::numerics

#endif // QUANTC_LIB_NUMERICS_PANELS_H
