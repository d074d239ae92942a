//===- ContractionMagnitudes.cpp - The largest results ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The largest magnitude of the part of an image that a unit makes, panel by
// panel: a register in scratch memory that every tile takes its results to. It
// is one number at the end of the part, which is that of the unit, or that of
// an image where a unit has several. Where channels have scales of their own,
// each register of the panel has one, whose lanes are the numbers.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "Generators.h"
#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/NonNegative.h"

using namespace mlir;
using namespace quantc;

void ContractionEmitter::prepareMagnitudes() {
  qt::MagnitudesOp magnitudes = findMagnitudes(contract);
  if (!magnitudes)
    return;
  magnitudesBuffer = kernel.getResultBuffer(
      getResultIndices(kernel.getKernel(), magnitudes.getResult()).front());
  keepsChannels = magnitudes.getPart().getChannels() == 1;
  int64_t registers = hasLines ? vectorsOfUnit : keepsChannels ? vectors : 1;
  largest = kernel.allocateScratch(
      kernel.getBuilder().getI32Type(),
      shapes.getConstant(registers * width * (walksPanels ? groupPanels : 1)));
  // Those of a unit of lines come one by one.
  ofTile.assign(hasLines ? 1 : registers, Value());
  largestAt = index(0);
}

/// Begins a part of every panel at hand.
void ContractionEmitter::clearLargest(OpBuilder &b) {
  forEachLargest(b, [&](OpBuilder &inner) {
    for (size_t i = 0; i < ofTile.size(); ++i)
      vector::StoreOp::create(inner, loc,
                              zeros(inner, vectorOf(b.getI32Type())), largest,
                              plus(inner, largestAt, i * width));
  });
}

/// Goes through the panels whose parts begin and end at once.
void ContractionEmitter::forEachLargest(OpBuilder &b,
                                        function_ref<void(OpBuilder &)> body) {
  if (!walksPanels)
    return body(b);
  forEachPanel(b, [&](OpBuilder &inner, Value panel) {
    setPanel(inner, panel);
    body(inner);
  });
}

/// Ends the part of every panel at hand: \p number is that of the unit, or of
/// the image, among all.
void ContractionEmitter::storeLargest(OpBuilder &b, Value number) {
  forEachLargest(b,
                 [&](OpBuilder &inner) { storeLargestOfPanel(inner, number); });
}

void ContractionEmitter::storeLargestOfPanel(OpBuilder &b, Value number) {
  Value lanes;
  for (size_t i = 0; i < ofTile.size(); ++i) {
    Value own = vector::LoadOp::create(b, loc, vectorOf(b.getI32Type()),
                                       largest, plus(b, largestAt, i * width));
    if (keepsChannels) {
      Place place = getPlace(b, number, i);
      storeVector(b, loc, castBits(b, loc, own, magnitudesBuffer),
                  magnitudesBuffer, add(b, times(b, number, columns), place.at),
                  place.mask);
    }
    lanes = lanes ? arith::MaxUIOp::create(b, loc, lanes, own) : own;
  }
  if (!keepsChannels)
    storeLargestOfPart(b, lanes,
                       add(b,
                           times(b, number, isDepthwise ? 1 : panels * groups),
                           magnitudesPanel));
}

/// One number, of all \p lanes.
void ContractionEmitter::storeLargestOfPart(OpBuilder &b, Value lanes,
                                            Value at) {
  Value bits =
      reduceLanes(b, loc, lanes, [&](OpBuilder &at, Value x, Value y) -> Value {
        return arith::MaxUIOp::create(at, loc, x, y);
      });
  memref::StoreOp::create(b, loc, castBits(b, loc, bits, magnitudesBuffer),
                          magnitudesBuffer, at);
}

/// What \p body computes is one part of an image, or several whole images.
void ContractionEmitter::keepMagnitudes(OpBuilder &b,
                                        function_ref<void()> body) {
  if (!magnitudesBuffer)
    return body();
  endsImages = imagesOfUnit > 1;
  if (!endsImages)
    clearLargest(b);
  body();
  if (!endsImages)
    storeLargest(b, unitRows);
  endsImages = false;
}

/// What happens in line \p place of each image, if parts end with images.
void ContractionEmitter::atEndOfImage(OpBuilder &b, Value line, int64_t place,
                                      function_ref<void(OpBuilder &)> body) {
  if (!endsImages)
    return;
  if (linesOfImage == 1)
    return body(b);
  Value own = arith::RemUIOp::create(b, loc, line, index(linesOfImage));
  auto branch =
      scf::IfOp::create(b, loc,
                        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                              own, index(place)));
  OpBuilder then = branch.getThenBodyBuilder();
  body(then);
}

/// A register of results, the \p number-th of the panel.
void ContractionEmitter::noteLargest(OpBuilder &b, Value value, Value mask,
                                     int64_t number) {
  if (!magnitudesBuffer)
    return;
  VectorType words = vectorOf(b.getI32Type());
  Value bits = value;
  if (value.getType() != words) {
    Value all = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(words, b.getI32IntegerAttr(0x7fffffff)));
    bits = arith::AndIOp::create(
        b, loc, arith::BitcastOp::create(b, loc, words, value), all);
  } else if (!isNonNegative(contract.getResult())) {
    bits = math::AbsIOp::create(b, loc, value);
  }
  if (mask) // what does not exist is no result
    bits = arith::SelectOp::create(b, loc, mask, bits, zeros(b, words));
  Value &most = ofTile[ofTile.size() > 1 ? number : 0];
  most = most ? arith::MaxUIOp::create(b, loc, most, bits).getResult() : bits;
}

/// Takes what was noted since to the part's.
void ContractionEmitter::mergeLargest(OpBuilder &b) {
  for (auto [i, most] : llvm::enumerate(ofTile)) {
    if (!most)
      continue;
    Value at = plus(b, largestAt, static_cast<int64_t>(i) * width);
    Value known =
        vector::LoadOp::create(b, loc, vectorOf(b.getI32Type()), largest, at);
    vector::StoreOp::create(b, loc, arith::MaxUIOp::create(b, loc, known, most),
                            largest, at);
    most = Value();
  }
}
