//===- FindMagnitudes.cpp - Largest magnitudes of images -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/ImageOpInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc::qt {
#define GEN_PASS_DEF_FINDMAGNITUDES
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

/// Elements of a part that is read for its magnitude alone.
static constexpr int64_t elementsOfPart = 8192;

namespace {
struct FindMagnitudes : quantc::qt::impl::FindMagnitudesBase<FindMagnitudes> {
  using FindMagnitudesBase::FindMagnitudesBase;

  void runOnOperation() override;
};
} // namespace

/// The parts of \p image that its producer makes, or else whole lines; with \p
/// byChannel each channel of them by itself.
static ImagePart choosePart(Value image, bool byChannel) {
  if (auto producer = image.getDefiningOp<ImageOpInterface>())
    if (std::optional<ImagePart> part = producer.getImagePart(byChannel))
      return *part;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(image.getType()).getShape();
  int64_t channels = shape.back(), line = shape[shape.size() - 2], count = 1;
  for (int64_t size : shape.drop_front().drop_back(2))
    count *= size;
  int64_t lines =
      std::clamp<int64_t>(elementsOfPart / (line * channels), 1, count);
  return {line, lines, line, byChannel ? 1 : channels};
}

static bool hasKnownSizes(Value image) {
  return llvm::all_of(
      cast<RankedTensorType>(image.getType()).getShape().drop_front(),
      [](int64_t size) { return size > 0; });
}

/// Channels have scales of their own in front of a depthwise convolution, which
/// encodes them itself: whoever else does reads the image for them.
static bool needsChannels(qt::QuantizeOp quantize) {
  if (!quantize.hasScaleOfChannels() || quantize->use_empty())
    return false;
  auto reader = dyn_cast<ImageOpInterface>(*quantize->user_begin());
  return reader && reader.encodesImage(quantize);
}

/// Integers that are brought to 16 bits by the largest of their image: what
/// makes the image part by part finds the largest of each.
static void findLargestOfParts(qt::QuantizeOp quantize) {
  if (!quantize.getHaloAttr() || !quantize->hasAttr(normalisedAttrName))
    return;
  auto rows = matchNormalisedRows(quantize.getInput(), quantize.getExponent());
  if (!rows || !isLargestOfImage(rows->largest, rows->wide) ||
      !hasKnownSizes(rows->wide))
    return;
  auto producer = rows->wide.getDefiningOp<ImageOpInterface>();
  std::optional<ImagePart> part =
      producer ? producer.getImagePart(/*byChannel=*/false) : std::nullopt;
  if (!part)
    return;
  auto reduce = rows->largest.getDefiningOp<nn::ReshapeOp>()
                    .getInput()
                    .getDefiningOp<nn::ReduceOp>();
  OpBuilder builder(reduce);
  builder.setInsertionPointAfterValue(rows->wide);
  auto magnitude = reduce.getInput().getDefiningOp<nn::UnaryOp>();
  Operation *row = magnitude.getInput().getDefiningOp();
  reduce.getInputMutable().assign(
      qt::MagnitudesOp::create(builder, reduce.getLoc(), rows->wide, *part)
          .getResult());
  for (Operation *op : {magnitude.getOperation(), row})
    if (op->use_empty())
      op->erase();
}

void FindMagnitudes::runOnOperation() {
  getOperation().walk(findLargestOfParts);
  SmallVector<qt::QuantizeOp> quantizes;
  llvm::SmallDenseSet<Value> byChannel;
  getOperation().walk([&](qt::QuantizeOp quantize) {
    Value image = quantize.getInput();
    if (quantize.getLargest() || !quantize.isSplit() || !hasKnownSizes(image))
      return;
    bool isOfChannels = needsChannels(quantize);
    if (isOfChannels)
      byChannel.insert(image);
    if (isOfChannels || quantize.hasScaleOfImage())
      quantizes.push_back(quantize);
  });
  llvm::DenseMap<Value, Value> known;
  for (qt::QuantizeOp quantize : quantizes) {
    Value image = quantize.getInput();
    Value &largest = known[image];
    if (!largest) {
      OpBuilder builder(quantize);
      builder.setInsertionPointAfterValue(image);
      largest = qt::MagnitudesOp::create(
          builder, image.getLoc(), image,
          choosePart(image, byChannel.contains(image)));
    }
    quantize.getLargestMutable().assign(largest);
  }
}
