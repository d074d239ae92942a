//===- ContractionUnits.h - How a contraction is cut ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONUNITS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONUNITS_H

#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interfaces/ImagePart.h"

namespace quantc {

/// The sizes of tiles, chunks and units of a contraction with packed weights:
/// what follows from the op and its target, before there is any code.
struct ContractionUnits {
  explicit ContractionUnits(qt::ContractOp contract);

  /// Whether a convolution is a product of positions: an image is one line.
  bool isOfPositions() const;
  std::optional<std::pair<int64_t, int64_t>> getLines();

  qt::ContractOp contract;
  qt::LayoutAttr layout;
  qt::ConvAttr conv; ///< null for a product
  int64_t width;     ///< 32-bit lanes of a register
  int64_t nr, mr;    ///< columns of a panel, rows of a tile
  int64_t vectors;   ///< registers across the panels at once
  int64_t columns;   ///< of the result
  int64_t groups = 1;
  int64_t n, k; ///< of a group
  int64_t panels;
  int64_t tapStride = 0; ///< elements of K for each tap
  bool isDepthwise = false;
  bool hasWindowTiles = false; ///< 2 x 2 results of 3 x 3 taps at once
  /// A depthwise image that goes line by line. A unit is some lines of some
  /// registers of channels; the input's lines that are at hand have slots in
  /// scratch memory, those of codes two at a time.
  bool hasLines = false;
  qt::QuantizeOp encoder; ///< of the image, in a unit's own lines
  int64_t channelVectors = 0, vectorsOfUnit = 0;
  int64_t linesOfStrip = 0, lineSlots = 0;
  int64_t lineLength = 0; ///< of a line of the input with its pads
  bool hasFloatRows;      ///< activations are floats
  /// Codes in blocks with shifts become 16 bits, shifted, for many rows.
  bool isWidened;
  bool hasFewCodes; ///< blocks of an image are few codes with their shift
  bool hasOrder;    ///< activations are brought into an order that panels state
  int64_t blockRows; ///< rows of a unit
  int64_t chunk;     ///< of K, which one pass over the rows goes through
  int64_t numChunks;

private:
  void cutIntoLines();
  void balanceUnits();
};

/// The part of an image that a unit of \p contract makes, or each channel of
/// it; nothing where units are not parts of images, or sizes of images are not
/// known.
std::optional<ImagePart> getPartOfUnits(qt::ContractOp contract,
                                        bool byChannel);

/// Whether code for \p contract encodes its image line by line as \p quantize
/// does.
bool canEncodeLines(qt::ContractOp contract, qt::QuantizeOp quantize);

/// The magnitudes of the result of \p contract that its kernel has.
qt::MagnitudesOp findMagnitudes(qt::ContractOp contract);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONUNITS_H
