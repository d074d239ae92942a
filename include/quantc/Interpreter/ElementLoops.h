//===- ElementLoops.h - Loops over the elements of host tensors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_ELEMENTLOOPS_H
#define QUANTC_INTERPRETER_ELEMENTLOOPS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace quantc {

/// Row-major strides of \p shape.
inline llvm::SmallVector<int64_t> getStrides(llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

/// Strides by which a tensor of \p shape is read to broadcast to \p target.
inline llvm::SmallVector<int64_t>
getBroadcastStrides(llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<int64_t> target) {
  llvm::SmallVector<int64_t> own = getStrides(shape);
  llvm::SmallVector<int64_t> strides(target.size(), 0);
  size_t offset = target.size() - shape.size();
  for (size_t dim = 0; dim < shape.size(); ++dim)
    strides[offset + dim] = shape[dim] == 1 ? 0 : own[dim];
  return strides;
}

/// Calls \p body with the flat index into \p shape and the offsets that each
/// of \p strides gives at that place, in row-major order.
inline void forEachElement(
    llvm::ArrayRef<int64_t> shape,
    llvm::ArrayRef<llvm::SmallVector<int64_t>> strides,
    llvm::function_ref<void(int64_t, llvm::ArrayRef<int64_t>)> body) {
  llvm::SmallVector<int64_t> index(shape.size(), 0);
  llvm::SmallVector<int64_t> offsets(strides.size(), 0);
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  for (int64_t flat = 0; flat < count; ++flat) {
    body(flat, offsets);
    for (size_t dim = shape.size(); dim-- > 0;) {
      ++index[dim];
      for (size_t i = 0; i < strides.size(); ++i)
        offsets[i] += strides[i][dim];
      if (index[dim] < shape[dim])
        break;
      for (size_t i = 0; i < strides.size(); ++i)
        offsets[i] -= strides[i][dim] * shape[dim];
      index[dim] = 0;
    }
  }
}

} // namespace quantc

#endif // QUANTC_INTERPRETER_ELEMENTLOOPS_H
