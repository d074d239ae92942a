//===- BufferOrder.h - Which buffers lie under which -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Buffers that are never needed at the same time share memory. Of two that are,
// one lies under the other; that order, and not an offset, is what is decided
// here: every buffer begins where the highest of those under it ends, whatever
// their sizes turn out to be.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_BUFFERORDER_H
#define QUANTC_ARTIFACT_BUFFERORDER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <vector>

namespace quantc {

/// A buffer that the steps from \p first to \p last need, both included.
struct LiveBuffer {
  int64_t bytes;
  size_t first, last;
};

struct BufferOrder {
  /// All buffers, each behind those that lie under it.
  std::vector<unsigned> order;
  /// Of every buffer those that lie under it, without what follows from others.
  std::vector<llvm::SmallVector<unsigned, 2>> below;
};

/// An order with few bytes at these sizes: the best of several greedy ones.
BufferOrder orderBuffers(llvm::ArrayRef<LiveBuffer> buffers);

/// Where every buffer begins if they have these sizes, and the end of all.
int64_t layOut(const BufferOrder &order, llvm::ArrayRef<int64_t> bytes,
               llvm::SmallVectorImpl<int64_t> &offsets);

/// The bytes that the step with most of them needs: no order has fewer.
int64_t getLargestLiveSet(llvm::ArrayRef<LiveBuffer> buffers);

} // namespace quantc

#endif // QUANTC_ARTIFACT_BUFFERORDER_H
