//===- WeightSums.cpp - What sums by constant weights may reach -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bounds come from the weights of every output. What is too long for 32
// bits is cut where blocks of channels end.
//
//===----------------------------------------------------------------------===//

#include "Contractions.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// Channels that share a shift, and a multiplier of weights of 4 bits.
static constexpr int64_t blockSize = 32;

FailureOr<WeightSums> quantc::getWeightSums(Value value) {
  FailureOr<HostValue> weights = interpretConstant(value);
  if (failed(weights))
    return failure();
  qt::BlockType format = qt::getBlockFormat(weights->getType());
  ArrayRef<int64_t> shape = weights->getShape();
  int64_t outputs = shape.front(), channels = shape.back();
  int64_t perOutput = outputs ? weights->getNumElements() / outputs : 0;
  bool hasBlocks = format.getOuter() != nullptr;
  ArrayRef<HostValue> parts = weights->getParts();
  std::vector<int32_t> codes = qt::unpackCodes(format, shape, parts[0]);
  WeightSums sums;
  sums.blocks = llvm::divideCeil(channels, blockSize);
  for (int64_t output = 0; output < outputs; ++output) {
    sums.scales.push_back(parts.back().getNumber(output));
    std::vector<int64_t> own(sums.blocks, 0);
    for (int64_t i = 0; i < perOutput; ++i) {
      int64_t index = output * perOutput + i,
              block = index % channels / blockSize;
      int64_t unit =
          hasBlocks
              ? parts[1].getInteger(index / channels * sums.blocks + block)
              : 1;
      own[block] += 127 * std::abs(codes[index] * unit);
    }
    int64_t sum = 0;
    for (int64_t bound : own)
      sum += bound;
    sums.bounds.push_back(sum);
    llvm::append_range(sums.blockBounds, own);
  }
  return sums;
}

/// The largest magnitude of each output's sums over \p size blocks at a time.
static std::vector<int64_t> boundParts(const WeightSums &sums, int64_t size) {
  std::vector<int64_t> bounds;
  for (size_t output = 0; output < sums.bounds.size(); ++output) {
    ArrayRef<int64_t> own =
        ArrayRef(sums.blockBounds).slice(output * sums.blocks, sums.blocks);
    int64_t most = 0;
    for (; !own.empty();
         own = own.drop_front(std::min<size_t>(size, own.size()))) {
      int64_t sum = 0;
      for (int64_t bound : own.take_front(size))
        sum += bound;
      most = std::max(most, sum);
    }
    bounds.push_back(most << fixed::blockDepth);
  }
  return bounds;
}

FailureOr<SumParts> quantc::cutSums(Operation *op, Value weights, bool mayCut) {
  FailureOr<WeightSums> sums = getWeightSums(weights);
  if (failed(sums))
    return failure();
  int64_t channels =
      cast<RankedTensorType>(weights.getType()).getShape().back();
  // Weights of zeros, whatever their scale, take no bits from others.
  for (auto [scale, bound] : llvm::zip_equal(sums->scales, sums->bounds))
    if (bound == 0)
      scale = 0;
  for (int64_t count = 1;; ++count) {
    int64_t size = llvm::divideCeil(sums->blocks, count);
    std::vector<int64_t> bounds = boundParts(*sums, size);
    auto most = llvm::max_element(bounds);
    if (most == bounds.end() || *most < INT32_MAX) {
      SumParts parts{{},
                     fixed::makeMultipliers(sums->scales.data(), bounds.data(),
                                            bounds.size()),
                     sums->scales,
                     bounds};
      for (int64_t end = size; end < sums->blocks; end += size)
        parts.ends.push_back(end * blockSize);
      parts.ends.push_back(channels);
      return parts;
    }
    if (!mayCut || size == 1)
      return op->emitOpError("sums of output ")
             << most - bounds.begin() << " over "
             << std::min(size * blockSize, channels) << " channels may reach "
             << *most
             << " for some input and do not fit 32 bits; supported: less than "
             << INT32_MAX
             << ", as of fewer channels in a group, of a smaller kernel, or of "
                "weights that are not all as large";
  }
}
