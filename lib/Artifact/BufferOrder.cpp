//===- BufferOrder.cpp - Which buffers lie under which ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/BufferOrder.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <numeric>

using namespace quantc;
using llvm::ArrayRef;
using llvm::SmallVector;

using Offsets = SmallVector<int64_t>;

namespace {
/// Lays buffers out at fixed sizes.
class Layouter {
public:
  explicit Layouter(ArrayRef<LiveBuffer> buffers);

  /// The best layout that is found.
  Offsets findBest();
  BufferOrder getOrder(const Offsets &offsets) const;

private:
  Offsets place(ArrayRef<unsigned> sequence, bool isTight) const;
  Offsets placeInSlots() const;
  int64_t getEnd(const Offsets &offsets) const;
  std::vector<std::vector<unsigned>> getSequences() const;

  ArrayRef<LiveBuffer> buffers;
  /// Those that are needed at some step at which the buffer is.
  std::vector<SmallVector<unsigned, 8>> conflicts;
};
} // namespace

Layouter::Layouter(ArrayRef<LiveBuffer> buffers)
    : buffers(buffers), conflicts(buffers.size()) {
  std::vector<unsigned> sequence(buffers.size());
  std::iota(sequence.begin(), sequence.end(), 0);
  llvm::sort(sequence, [&](unsigned a, unsigned b) {
    return std::pair(buffers[a].first, a) < std::pair(buffers[b].first, b);
  });
  SmallVector<unsigned> alive;
  for (unsigned buffer : sequence) {
    llvm::erase_if(alive, [&](unsigned other) {
      return buffers[other].last < buffers[buffer].first;
    });
    for (unsigned other : alive) {
      conflicts[other].push_back(buffer);
      conflicts[buffer].push_back(other);
    }
    alive.push_back(buffer);
  }
}

int64_t Layouter::getEnd(const Offsets &offsets) const {
  int64_t end = 0;
  for (auto [buffer, offset] : llvm::zip_equal(buffers, offsets))
    end = std::max(end, offset + buffer.bytes);
  return end;
}

/// One after the other in the lowest gap between those that are placed, or the
/// tightest.
Offsets Layouter::place(ArrayRef<unsigned> sequence, bool isTight) const {
  Offsets offsets(buffers.size(), -1);
  SmallVector<unsigned> placed;
  for (unsigned buffer : sequence) {
    placed.clear();
    for (unsigned other : conflicts[buffer])
      if (offsets[other] >= 0)
        placed.push_back(other);
    llvm::sort(placed, [&](unsigned a, unsigned b) {
      return std::pair(offsets[a], a) < std::pair(offsets[b], b);
    });
    int64_t chosen = -1, tightest = INT64_MAX, end = 0;
    for (unsigned other : placed) {
      int64_t gap = offsets[other] - end;
      if (gap >= buffers[buffer].bytes && gap < tightest) {
        chosen = end;
        tightest = isTight ? gap : 0;
      }
      end = std::max(end, offsets[other] + buffers[other].bytes);
    }
    offsets[buffer] = chosen >= 0 ? chosen : end;
  }
  return offsets;
}

/// Slots that have one buffer at a time, side by side. Of those that are free
/// the one that wastes least is taken; where all are too small, the largest.
Offsets Layouter::placeInSlots() const {
  struct Slot {
    size_t freeFrom = 0;
    int64_t bytes = 0;
  };
  std::vector<Slot> slots;
  std::vector<size_t> places(buffers.size());
  std::vector<unsigned> sequence(buffers.size());
  std::iota(sequence.begin(), sequence.end(), 0);
  llvm::sort(sequence, [&](unsigned a, unsigned b) {
    return std::pair(buffers[a].first, a) < std::pair(buffers[b].first, b);
  });
  for (unsigned index : sequence) {
    const LiveBuffer &buffer = buffers[index];
    auto waste = [&](const Slot &slot) {
      return slot.bytes >= buffer.bytes
                 ? std::pair<int64_t, int64_t>(0, slot.bytes)
                 : std::pair<int64_t, int64_t>(1, -slot.bytes);
    };
    size_t chosen = slots.size();
    for (auto [place, slot] : llvm::enumerate(slots))
      if (slot.freeFrom <= buffer.first &&
          (chosen == slots.size() || waste(slot) < waste(slots[chosen])))
        chosen = place;
    if (chosen == slots.size())
      slots.emplace_back();
    slots[chosen].freeFrom = buffer.last + 1;
    slots[chosen].bytes = std::max(slots[chosen].bytes, buffer.bytes);
    places[index] = chosen;
  }
  Offsets starts, offsets;
  int64_t end = 0;
  for (const Slot &slot : slots) {
    starts.push_back(end);
    end += slot.bytes;
  }
  for (size_t place : places)
    offsets.push_back(starts[place]);
  return offsets;
}

/// In which buffers may be placed: large ones first, those that are large for
/// long, and those of the fullest steps.
std::vector<std::vector<unsigned>> Layouter::getSequences() const {
  std::vector<unsigned> all(buffers.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::vector<unsigned>> sequences(4, all);
  auto sortBy = [](std::vector<unsigned> &sequence, auto key) {
    llvm::sort(sequence, [&](unsigned a, unsigned b) {
      return key(a) != key(b) ? key(a) > key(b) : a < b;
    });
  };
  auto getBytes = [&](unsigned i) { return buffers[i].bytes; };
  auto getDuration = [&](unsigned i) {
    return static_cast<double>(buffers[i].last - buffers[i].first + 1);
  };
  sortBy(sequences[0], getBytes);
  sortBy(sequences[1], [&](unsigned i) {
    return static_cast<double>(buffers[i].bytes) * getDuration(i);
  });
  sortBy(sequences[2],
         [&](unsigned i) { return std::pair(getDuration(i), getBytes(i)); });
  // The largest live set at any step of a buffer is that at the beginning of
  // one of those that it conflicts with, or at its own.
  std::vector<int64_t> atBegin(buffers.size(), 0);
  auto isNeededAt = [&](unsigned i, size_t step) {
    return buffers[i].first <= step && step <= buffers[i].last;
  };
  for (unsigned i : all) {
    atBegin[i] = buffers[i].bytes;
    for (unsigned other : conflicts[i])
      if (isNeededAt(other, buffers[i].first))
        atBegin[i] += buffers[other].bytes;
  }
  sortBy(sequences[3], [&](unsigned i) {
    int64_t largest = atBegin[i];
    for (unsigned other : conflicts[i])
      if (isNeededAt(i, buffers[other].first))
        largest = std::max(largest, atBegin[other]);
    return std::pair(largest, buffers[i].bytes);
  });
  return sequences;
}

Offsets Layouter::findBest() {
  int64_t wanted = getLargestLiveSet(buffers);
  Offsets best = placeInSlots();
  int64_t bytes = getEnd(best);
  for (const std::vector<unsigned> &sequence : getSequences())
    for (bool isTight : {false, true}) {
      if (bytes == wanted)
        return best;
      Offsets offsets = place(sequence, isTight);
      if (int64_t end = getEnd(offsets); end < bytes) {
        best = std::move(offsets);
        bytes = end;
      }
    }
  return best;
}

BufferOrder Layouter::getOrder(const Offsets &offsets) const {
  BufferOrder result;
  result.order.resize(buffers.size());
  result.below.resize(buffers.size());
  std::iota(result.order.begin(), result.order.end(), 0);
  llvm::sort(result.order, [&](unsigned a, unsigned b) {
    return std::pair(offsets[a], a) < std::pair(offsets[b], b);
  });
  std::vector<unsigned> rank(buffers.size());
  for (auto [place, buffer] : llvm::enumerate(result.order))
    rank[buffer] = place;
  // All that lie under a buffer, those under them as well.
  std::vector<llvm::BitVector> under(buffers.size());
  for (unsigned buffer : result.order) {
    under[buffer].resize(buffers.size());
    SmallVector<unsigned> candidates;
    for (unsigned other : conflicts[buffer])
      if (rank[other] < rank[buffer])
        candidates.push_back(other);
    // The highest first: what lies under it says nothing new.
    llvm::sort(candidates,
               [&](unsigned a, unsigned b) { return rank[a] > rank[b]; });
    for (unsigned other : candidates) {
      if (under[buffer].test(other))
        continue;
      result.below[buffer].push_back(other);
      under[buffer].set(other);
      under[buffer] |= under[other];
    }
  }
  return result;
}

BufferOrder quantc::orderBuffers(ArrayRef<LiveBuffer> buffers) {
  // Two that are needed at the same time never begin at the same place.
  std::vector<LiveBuffer> copies(buffers);
  for (LiveBuffer &buffer : copies)
    buffer.bytes = std::max<int64_t>(buffer.bytes, 1);
  Layouter layouter(copies);
  return layouter.getOrder(layouter.findBest());
}

int64_t quantc::layOut(const BufferOrder &order, ArrayRef<int64_t> bytes,
                       llvm::SmallVectorImpl<int64_t> &offsets) {
  offsets.assign(bytes.size(), 0);
  int64_t end = 0;
  for (unsigned buffer : order.order) {
    for (unsigned other : order.below[buffer])
      offsets[buffer] =
          std::max(offsets[buffer], offsets[other] + bytes[other]);
    end = std::max(end, offsets[buffer] + bytes[buffer]);
  }
  return end;
}

int64_t quantc::getLargestLiveSet(ArrayRef<LiveBuffer> buffers) {
  std::map<size_t, int64_t> changes;
  for (const LiveBuffer &buffer : buffers) {
    changes[buffer.first] += buffer.bytes;
    changes[buffer.last + 1] -= buffer.bytes;
  }
  int64_t bytes = 0, largest = 0;
  for (auto [step, change] : changes)
    largest = std::max(largest, bytes += change);
  return largest;
}
