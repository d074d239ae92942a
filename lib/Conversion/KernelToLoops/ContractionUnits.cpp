//===- ContractionUnits.cpp - How a contraction is cut ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionUnits.h"
#include "IntegerCodes.h"
#include "LoopModels.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Interfaces/ImageOpInterface.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Target/CPU/CpuTarget.h"

using namespace mlir;
using namespace quantc;

/// Bytes of a panel that stay in the first-level cache beside a tile's rows.
static constexpr int64_t chunkBytes = 16 << 10;
/// A float takes longer to multiply than to come from the second-level cache
/// where registers are 64 bytes; longer chunks load and store fewer sums.
static constexpr int64_t wideFloatChunkBytes = 64 << 10;
/// Weights of 8 bits may come from the second-level cache as well. What takes
/// them apart pays for itself the sooner, the more rows a unit has.
static constexpr int64_t decodedChunkBytes = 128 << 10;
/// Lines of an image at hand, which are read for every tap.
static constexpr int64_t lineBytes = 64 << 10;
/// Units of lines that an image makes, so that threads share them: blocks of
/// channels if there are as many, else strips of lines too, a few more as they
/// are less equal. The lines that two strips read are made twice.
static constexpr int64_t leastBlocks = 8, leastStrips = 12;
static constexpr int64_t leastLines = 7;
/// Channels of a block: lines of a cache that lie side by side.
static constexpr int64_t leastChannels = 32, mostChannels = 64;

ContractionUnits::ContractionUnits(qt::ContractOp contract)
    : contract(contract), layout(contract.getLayoutAttr()),
      conv(dyn_cast<qt::ConvAttr>(contract.getGeometry())) {
  CpuTarget target = CpuTarget::get(contract->getParentOfType<ModuleOp>());
  nr = layout.getPanel();
  mr = layout.getRows();
  // Sums that find no register come and go at every step, and code for such
  // tiles is long. A few of them cost less than to load weights more often:
  // 6 rows of 4 registers are 3 % faster than 4 with the 16 of SSE.
  int64_t lanes = target.getRegisterLanes();
  if (2 * nr * mr > 3 * lanes)
    mr = std::max<int64_t>(lanes / nr, 1);
  width = std::min<int64_t>(target.has("avx512f") ? 16 : 8, nr);
  vectors = nr / width;
  columns = contract.getType().getShape().back();
  k = contract.getContractionSize();
  if (conv) {
    groups = conv.getGroups();
    isDepthwise = qt::isDepthwise(k, groups);
    tapStride = qt::getTapStride(layout.getForm(), k, groups);
    hasWindowTiles = layout.getForm() == qt::LayoutForm::Winograd;
    if (isDepthwise)
      cutIntoLines();
    if (!hasWindowTiles)
      k = conv.getNumTaps() * tapStride;
  }
  n = columns / groups;
  panels = llvm::divideCeil(n, nr);
  numerics::PackedForm form = layout.getForm();
  hasFloatRows = numerics::hasFloatRows(form);
  bool isSmall = form == numerics::PackedForm::W4S;
  // Activations without a bias are read where they lie.
  hasOrder = form == numerics::PackedForm::Chained && layout.getBias() != 0;
  // Signed bytes take an operation more than two products of 16 bits, which
  // leave nothing to do between blocks.
  isWidened = form == numerics::PackedForm::B32 && !conv && width == 8 &&
              layout.getBias() == 0 && !layout.isNonNegative() &&
              contract.getAcc().isInteger(32) && target.has("avx2");
  hasFewCodes =
      conv && contract.getAcc().isInteger(32) &&
      hasShiftedCodes(layout, contract.getContractionSize(), groups, target);
  if (form == numerics::PackedForm::Matched) {
    chunk = qt::getPackedLayout(layout, n, k).matchedChunk();
  } else if (form == numerics::PackedForm::Chained) {
    chunk = k;
  } else {
    bool isWideFloat = hasFloatRows && width == 16;
    int64_t bytes = isWideFloat ? wideFloatChunkBytes
                    : isSmall   ? decodedChunkBytes
                                : chunkBytes;
    int64_t elementBytes = hasFloatRows ? 4 : isWidened ? 2 : 1;
    chunk = llvm::alignDown(bytes / (nr * elementBytes), 32);
    // What is a little longer is not worth the way of the sums through memory.
    chunk = k <= chunk + chunk / 2 || (conv && hasFloatRows) ? k : chunk;
  }
  numChunks = chunk == 0 ? 1 : llvm::divideCeil(k, chunk);
  // A second-level cache beside such registers holds a megabyte and more.
  int64_t chunkedRows = width == 16 ? 256 : 128;
  // What is taken apart is so for many rows.
  bool isApart = isSmall || isWidened || hasOrder ||
                 (form == numerics::PackedForm::W4I && width == 8);
  int64_t plainRows = 64;
  if (isApart)
    plainRows = conv && isSmall ? 256 : 128;
  blockRows = (numChunks == 1 ? plainRows : chunkedRows) / mr * mr;
  if (conv && isApart)
    balanceUnits();
}

/// Units of an image that is known are as equal as can be: a small one takes as
/// many weights apart as a large one. Their number is even, for two threads.
void ContractionUnits::balanceUnits() {
  std::optional<std::pair<int64_t, int64_t>> size = getLines();
  if (!size)
    return;
  auto [lines, length] = *size;
  bool isInParts = length > blockRows;
  int64_t all = isInParts ? length : lines,
          most = isInParts ? blockRows : blockRows / length;
  if (all <= most)
    return;
  int64_t each =
      llvm::divideCeil(all, llvm::alignTo(llvm::divideCeil(all, most), 2));
  blockRows = isInParts ? llvm::alignTo(each, mr) : each * length;
}

/// How many lines a result has, and how many positions each; nothing where that
/// is not known.
std::optional<std::pair<int64_t, int64_t>> ContractionUnits::getLines() {
  ArrayRef<int64_t> shape =
      contract.getType().getShape().drop_front().drop_back();
  int64_t lines = 1, length = shape.back();
  for (int64_t size : shape) {
    if (size <= 0)
      return std::nullopt;
    lines *= size;
  }
  lines /= length;
  if (isOfPositions())
    length *= std::exchange(lines, 1);
  return std::pair(lines, length);
}

bool quantc::canEncodeLines(qt::ContractOp contract, qt::QuantizeOp quantize) {
  auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry());
  qt::LayoutAttr layout = contract.getLayoutAttr();
  // Of the lines of an image two lie side by side.
  return quantize && quantize.isSplit() && layout &&
         layout.getForm() == qt::LayoutForm::S8 && contract.readsLines() &&
         llvm::equal(contract.getLhs(), quantize.getResults()) &&
         quantize.getLayoutAttr() == layout && layout.getBias() == 0 &&
         (quantize.hasScaleOfImage() || quantize.hasScaleOfChannels()) &&
         conv.getDilations().front() == 1 &&
         llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; }) &&
         llvm::all_of(quantize->getUsers(),
                      [&](Operation *user) { return user == contract; });
}

void ContractionUnits::cutIntoLines() {
  bool isFloat = layout.getForm() == qt::LayoutForm::F32;
  auto producer = contract.getLhs()[0].getDefiningOp<qt::QuantizeOp>();
  if (canEncodeLines(contract, producer) && producer.getLargest())
    encoder = producer;
  hasLines = isFloat ? contract.readsLines() : encoder != nullptr;
  if (!hasLines)
    return;
  auto type = cast<RankedTensorType>(encoder ? encoder.getInput().getType()
                                             : contract.getLhs()[0].getType());
  ArrayRef<int64_t> pads =
      encoder ? encoder.getHaloAttr().getPads() : conv.getPads();
  lineLength = type.getDimSize(2) + pads[1] + pads[3];
  int64_t taps = conv.getTaps()[0];
  if (encoder)
    // A window may begin with the second of two lines.
    lineSlots = conv.getStrides()[0] % 2 == 0 ? llvm::divideCeil(taps, 2)
                                              : taps / 2 + 1;
  else
    lineSlots = (taps - 1) * conv.getDilations()[0] + 1;
  lineSlots = llvm::PowerOf2Ceil(lineSlots);
  channelVectors = llvm::divideCeil(columns, width);
  int64_t most =
      std::clamp<int64_t>(lineBytes / (lineSlots * lineLength * width * 4), 1,
                          mostChannels / width);
  for (int64_t count = 1; count <= most; ++count)
    if (channelVectors % count == 0 &&
        (count * width <= leastChannels ||
         channelVectors / count >= leastBlocks ||
         channelVectors * width < leastBlocks * leastChannels))
      vectorsOfUnit = count;
  int64_t height = contract.getType().getDimSize(1),
          blocks = channelVectors / vectorsOfUnit;
  linesOfStrip = height;
  if (blocks < leastBlocks)
    linesOfStrip = std::clamp<int64_t>(
        llvm::divideCeil(height, llvm::divideCeil(leastStrips, blocks)),
        std::min(height, leastLines), height);
}

bool ContractionUnits::isOfPositions() const {
  auto isOne = [](int64_t size) { return size == 1; };
  return llvm::all_of(conv.getTaps(), isOne) &&
         llvm::all_of(conv.getStrides(), isOne);
}

std::optional<ImagePart> quantc::getPartOfUnits(qt::ContractOp contract,
                                                bool byChannel) {
  Type element = contract.getType().getElementType();
  if (!contract.hasPackedRhs() || !(element.isF32() || element.isInteger(32)))
    return std::nullopt;
  ContractionUnits units(contract);
  if (units.hasWindowTiles)
    return std::nullopt;
  ArrayRef<int64_t> shape = contract.getType().getShape(),
                    input =
                        cast<RankedTensorType>(contract.getLhs()[0].getType())
                            .getShape();
  auto isKnown = [](int64_t size) { return size > 0; };
  if (!units.conv || !llvm::all_of(shape.drop_front(), isKnown) ||
      !llvm::all_of(input.drop_front(), isKnown))
    return std::nullopt;
  if (units.hasLines)
    return ImagePart{
        shape[2], units.linesOfStrip, shape[2],
        byChannel ? 1
                  : std::min(units.vectorsOfUnit * units.width, units.columns)};
  if (units.isDepthwise && byChannel)
    return std::nullopt;
  // Panels do not go from group to group.
  if (units.groups > 1 && !units.isDepthwise && units.n % units.nr != 0)
    return std::nullopt;
  auto [height, line] = *units.getLines();
  int64_t channels =
      units.isDepthwise ? units.columns : std::min(units.nr, units.columns);
  if (byChannel)
    channels = 1;
  if (line > units.blockRows)
    return ImagePart{line, 1, units.blockRows, channels};
  int64_t lines = units.blockRows / line;
  // Channel by channel several images of a unit would have no end.
  if (units.isDepthwise && lines / height > 1)
    return std::nullopt;
  return ImagePart{line, std::min(lines, height), line, channels};
}

qt::MagnitudesOp quantc::findMagnitudes(qt::ContractOp contract) {
  for (Operation *user : contract.getResult().getUsers())
    if (auto magnitudes = dyn_cast<qt::MagnitudesOp>(user))
      return magnitudes;
  return nullptr;
}

namespace {
struct ContractParts
    : ImageOpInterface::ExternalModel<ContractParts, qt::ContractOp> {
  std::optional<ImagePart> getImagePart(Operation *op, bool byChannel) const {
    return getPartOfUnits(cast<qt::ContractOp>(op), byChannel);
  }
  bool encodesImage(Operation *op, Operation *quantize) const {
    return canEncodeLines(cast<qt::ContractOp>(op),
                          dyn_cast<qt::QuantizeOp>(quantize));
  }
};
} // namespace

void quantc::attachContractionParts(MLIRContext *context) {
  qt::ContractOp::attachInterface<ContractParts>(*context);
}
