//===- DepthwiseLines.cpp - Depthwise images, line by line ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit goes down some lines of a few registers of channels. The lines of the
// input that its windows see at the moment lie in scratch memory, with their
// pads, register after register: there a window's neighbours are neighbours,
// where in the image all channels lie between them. So nobody else has to put
// pads around an image. Nor to encode it: codes are made on the way there once
// the scales are known. They lie there as halves of words, a line beside the
// next, of which one instruction sums two products.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "QuantizeMath.h"
#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// A call of fewer products is not worth its dispatch.
static constexpr int64_t leastProducts = 50000;
/// Windows whose sums are in registers at once, beside the weights of a line of
/// taps.
static constexpr int64_t mostWindows = 8;

void ContractionEmitter::prepareLines() {
  OpBuilder &b = kernel.getBuilder();
  int64_t height = conv.getTaps()[0], length = conv.getTaps()[1];
  Type element = encoder ? Type(b.getI32Type()) : Type(b.getF32Type());
  slotElements = vectorsOfUnit * lineLength * width;
  windowSlots = height;
  if (encoder) {
    windowPhases = conv.getStrides()[0] % 2 == 0 ? 1 : 2;
    windowSlots =
        windowPhases == 1 ? llvm::divideCeil(height, 2) : height / 2 + 1;
  }
  auto allocate = [&](Type type, int64_t count) {
    return kernel.allocateScratch(type, shapes.getConstant(count));
  };
  inputLines = allocate(element, lineSlots * slotElements);
  lineWeights = allocate(element, vectorsOfUnit * windowPhases * windowSlots *
                                      length * width);
  // Pads stay what they are while lines come and go.
  int64_t low = getLinePads()[1],
          inside =
              cast<RankedTensorType>(getLineInput().getType()).getDimSize(2);
  forRange(b, index(0), index(lineSlots * vectorsOfUnit), 1,
           [&](OpBuilder &inner, Value line) {
             Value at = times(inner, line, lineLength * width);
             auto clear = [&](int64_t first, int64_t last) {
               fillVectors(inner, loc, inputLines,
                           plus(inner, at, first * width),
                           index((last - first) * width),
                           splatConstant(inner, loc, element, 0));
             };
             clear(0, std::min(low, lineLength));
             clear(std::min(low + inside, lineLength), lineLength);
           });
  if (!encoder)
    return;
  lineInverses = allocate(b.getF32Type(), vectorsOfUnit * width);
  lineFactors = allocate(b.getF32Type(), vectorsOfUnit * width);
  // There are lines of null taps before the first one and behind the last.
  int64_t words = (height + 3) * length * width;
  tapWords = allocate(element, words);
  fillVectors(b, loc, tapWords, index(0), index(words),
              splatConstant(b, loc, element, 0));
}

/// What lines are taken from, and the pads around it.
Value ContractionEmitter::getLineInput() {
  return encoder ? encoder.getInput() : contract.getLhs()[0];
}
ArrayRef<int64_t> ContractionEmitter::getLinePads() {
  return encoder ? encoder.getHaloAttr().getPads() : conv.getPads();
}

/// Which of the channels from \p channel on exist; null where all do.
Value ContractionEmitter::getChannelMask(OpBuilder &b, Value channel,
                                         int64_t bytes) {
  if (columns % width == 0)
    return {};
  Value left = arith::SubIOp::create(b, loc, index(columns), channel);
  return vector::CreateMaskOp::create(b, loc, vectorOf(b.getI1Type(), bytes),
                                      times(b, left, bytes));
}

/// A register of the packed weights' elements, \p at being the byte of the
/// first channel.
Value ContractionEmitter::loadChannels(OpBuilder &b, Value at, Type element,
                                       Value channel) {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  Value raw = loadVector(b, loc, packed, add(b, at, times(b, channel, bytes)),
                         getChannelMask(b, channel, bytes), width * bytes);
  return vector::BitCastOp::create(b, loc, vectorOf(element), raw);
}

void ContractionEmitter::emitLines() {
  ArrayRef<int64_t> sizes = contract.getType().getShape();
  int64_t strips = llvm::divideCeil(sizes[1], linesOfStrip),
          blocks = channelVectors / vectorsOfUnit;
  int64_t work = std::max<int64_t>(1, conv.getNumTaps() * vectorsOfUnit *
                                          width * linesOfStrip * sizes[2]);
  kernel.setIterations(resultSizes[0] * (strips * blocks),
                       std::max<int64_t>(1, leastProducts / work));
  requireSizes();
  OpBuilder &b = kernel.getBuilder();
  setBuffers();
  prepareMagnitudes();
  prepareLines();
  forRange(
      b, kernel.getBegin(), kernel.getEnd(), 1,
      [&](OpBuilder &body, Value unit) {
        Value number = arith::DivUIOp::create(body, loc, unit, index(blocks)),
              block = arith::RemUIOp::create(body, loc, unit, index(blocks));
        image = arith::DivUIOp::create(body, loc, number, index(strips));
        Value strip = arith::RemUIOp::create(body, loc, number, index(strips));
        firstColumn = times(body, block, vectorsOfUnit * width);
        firstLine = times(body, strip, linesOfStrip);
        lastLine = arith::MinUIOp::create(
            body, loc, plus(body, firstLine, linesOfStrip), index(sizes[1]));
        loadImageOperands(body);
        emitUnitOfLines(body);
        if (magnitudesBuffer)
          storeLargestOfLines(body, number, block);
      });
}

void ContractionEmitter::emitUnitOfLines(OpBuilder &b) {
  forRange(b, index(0), index(vectorsOfUnit), 1,
           [&](OpBuilder &inner, Value v) {
             Value at = times(inner, v, width);
             if (encoder)
               emitFactors(inner, at);
             emitLineWeights(inner, v);
             if (!magnitudesBuffer)
               return;
             largestAt = at;
             clearLargest(inner);
           });
  // Lines that the windows of a line see are made as soon as they are needed.
  int64_t stride = conv.getStrides()[0],
          reach = (conv.getTaps()[0] - 1) * conv.getDilations()[0];
  Value count = arith::SubIOp::create(b, loc, lastLine, firstLine);
  scf::ForOp::create(
      b, loc, index(0), count, index(1), index(0),
      [&](OpBuilder &inner, Location, Value line, ValueRange made) {
        Value last = plus(inner, times(inner, line, stride), reach);
        if (encoder)
          last = arith::ShRUIOp::create(inner, loc, last, index(1));
        Value end = plus(inner, last, 1);
        forRange(inner, made[0], end, 1, [&](OpBuilder &each, Value slot) {
          if (encoder)
            emitInputCodes(each, slot);
          else
            emitInputLine(each, slot);
        });
        forRange(
            inner, index(0), index(vectorsOfUnit), 1,
            [&](OpBuilder &each, Value v) { emitResultLine(each, line, v); });
        scf::YieldOp::create(inner, loc, end);
      });
}

//===----------------------------------------------------------------------===//
// What there is for each register of channels
//===----------------------------------------------------------------------===//

/// What the input's floats are multiplied with to become codes, and the sums of
/// codes to become results, of the channels \p at which a unit has them.
void ContractionEmitter::emitFactors(OpBuilder &b, Value at) {
  Value channel = add(b, firstColumn, at);
  int64_t parts =
      cast<RankedTensorType>(encoder.getLargest().getType()).getDimSize(1);
  Value first = times(b, image, parts), scale, inverse;
  if (encoder.hasScaleOfChannels()) {
    Value mask = getChannelMask(b, channel);
    auto loop = scf::ForOp::create(
        b, loc, index(0), index(parts), index(columns),
        zeros(b, vectorOf(b.getI32Type())),
        [&](OpBuilder &inner, Location, Value part, ValueRange most) {
          Value own = loadVector(inner, loc, scalesBuffer,
                                 add(inner, add(inner, first, part), channel),
                                 mask, width);
          own = arith::BitcastOp::create(inner, loc, vectorOf(b.getI32Type()),
                                         own);
          scf::YieldOp::create(
              inner, loc,
              arith::MaxUIOp::create(inner, loc, most[0], own).getResult());
        });
    std::tie(scale, inverse) = makeScalesOf(
        b, loc, encoder.getEncoding().getHigh(), loop.getResult(0));
  } else {
    std::tie(scale, inverse) =
        makeScales(b, loc, encoder.getEncoding(),
                   findLargest(b, loc, scalesBuffer, first, index(parts)));
    scale = splat(b, scale);
    inverse = splat(b, vector::ExtractOp::create(b, loc, inverse, int64_t(0)));
  }
  Value columnScales = loadChannels(b, index(0), b.getF32Type(), channel);
  vector::StoreOp::create(b, loc, inverse, lineInverses, at);
  vector::StoreOp::create(b, loc,
                          arith::MulFOp::create(b, loc, scale, columnScales),
                          lineFactors, at);
}

/// The weights of register \p v tap by tap; of codes those of two lines of taps
/// in a word, as the input's are. A window that begins with the second of two
/// lines has a null tap for the first one.
void ContractionEmitter::emitLineWeights(OpBuilder &b, Value v) {
  int64_t taps = conv.getNumTaps(), length = conv.getTaps()[1];
  Value channel = add(b, firstColumn, times(b, v, width));
  if (!encoder)
    return forRange(
        b, index(0), index(taps), 1, [&](OpBuilder &inner, Value tap) {
          Value w = loadChannels(inner, times(inner, tap, columns * 4),
                                 b.getF32Type(), channel);
          Value to =
              times(inner, add(inner, times(inner, v, taps), tap), width);
          vector::StoreOp::create(inner, loc, w, lineWeights, to);
        });
  VectorType words = vectorOf(b.getI32Type());
  int64_t line = length * width;
  // Codes stand behind the scales.
  forRange(b, index(0), index(taps), 1, [&](OpBuilder &inner, Value tap) {
    Value from = plus(inner, times(inner, tap, columns), columns * 4);
    Value code = loadChannels(inner, from, b.getI8Type(), channel);
    vector::StoreOp::create(
        inner, loc, arith::ExtSIOp::create(inner, loc, words, code), tapWords,
        plus(inner, times(inner, tap, width), line));
  });
  int64_t each = windowSlots * length;
  for (int64_t phase = 0; phase < windowPhases; ++phase)
    forRange(b, index(0), index(each), 1, [&](OpBuilder &inner, Value pair) {
      Value slot = arith::DivUIOp::create(inner, loc, pair, index(length)),
            place = arith::RemUIOp::create(inner, loc, pair, index(length));
      Value from = plus(
          inner,
          add(inner, times(inner, slot, 2 * line), times(inner, place, width)),
          (1 - phase) * line);
      auto load = [&](int64_t offset) {
        return vector::LoadOp::create(inner, loc, words, tapWords,
                                      plus(inner, from, offset));
      };
      Value to = add(inner, times(inner, v, windowPhases * each),
                     plus(inner, pair, phase * each));
      vector::StoreOp::create(inner, loc,
                              joinHalves(inner, load(0), load(line)),
                              lineWeights, times(inner, to, width));
    });
}

/// The low halves of words side by side.
Value ContractionEmitter::joinHalves(OpBuilder &b, Value low, Value high) {
  auto number = [&](int64_t value) -> Value {
    return splatConstant(b, loc, b.getI32Type(), value, width);
  };
  return arith::OrIOp::create(
      b, loc, arith::AndIOp::create(b, loc, low, number(0xffff)),
      arith::ShLIOp::create(b, loc, high, number(16)));
}

//===----------------------------------------------------------------------===//
// Lines of the input
//===----------------------------------------------------------------------===//

/// Where the line \p line, counted from the first one that the unit's windows
/// see, lies in the image: the place of its first position, and whether there
/// is such a line.
std::pair<Value, Value> ContractionEmitter::findInputLine(OpBuilder &b,
                                                          Value line) {
  ArrayRef<int64_t> sizes =
      cast<RankedTensorType>(getLineInput().getType()).getShape();
  Value own = add(b, times(b, firstLine, conv.getStrides()[0]), line);
  own = arith::SubIOp::create(b, loc, own, index(getLinePads()[0]));
  // Unsigned: what is before the first one is large.
  Value isInside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, own,
                                         index(sizes[1]));
  own = arith::SelectOp::create(b, loc, isInside, own, index(0));
  Value place =
      times(b, add(b, times(b, image, sizes[1]), own), sizes[2] * columns);
  return {add(b, place, firstColumn), isInside};
}

/// Calls \p body for every register of a line: where it stands in the line of
/// the image and in the slot, its number, and which of its channels exist.
void ContractionEmitter::forEachOfLine(OpBuilder &b, Value slot,
                                       LineBody body) {
  Values masks;
  for (int64_t v = 0; v < vectorsOfUnit; ++v)
    masks.push_back(getChannelMask(b, plus(b, firstColumn, v * width)));
  Value first = plus(b, getSlotAt(b, slot), getLinePads()[1] * width);
  int64_t length =
      cast<RankedTensorType>(getLineInput().getType()).getDimSize(2);
  forRange(b, index(0), index(length), 1, [&](OpBuilder &inner, Value place) {
    Value from = times(inner, place, columns),
          to = add(inner, first, times(inner, place, width));
    for (int64_t v = 0; v < vectorsOfUnit; ++v)
      body(inner, plus(inner, from, v * width),
           plus(inner, to, v * lineLength * width), v, masks[v]);
  });
}

Value ContractionEmitter::getSlotAt(OpBuilder &b, Value slot) {
  return times(b, arith::AndIOp::create(b, loc, slot, index(lineSlots - 1)),
               slotElements);
}

void ContractionEmitter::emitInputLine(OpBuilder &b, Value slot) {
  auto [line, isInside] = findInputLine(b, slot);
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  forEachOfLine(then, slot,
                [&, line = line](OpBuilder &inner, Value from, Value to,
                                 int64_t, Value mask) {
                  Value x = loadVector(inner, loc, lhsBuffer,
                                       add(inner, line, from), mask, width);
                  vector::StoreOp::create(inner, loc, x, inputLines, to);
                });
  Value zero = zeros(otherwise, vectorOf(b.getF32Type()));
  forEachOfLine(otherwise, slot,
                [&](OpBuilder &inner, Value, Value to, int64_t, Value) {
                  vector::StoreOp::create(inner, loc, zero, inputLines, to);
                });
}

/// Two lines of codes; of a line outside all are zeros.
void ContractionEmitter::emitInputCodes(OpBuilder &b, Value pair) {
  VectorType real = vectorOf(b.getF32Type());
  Value lines[2];
  Values inverses[2];
  for (int64_t i = 0; i < 2; ++i) {
    auto [line, isInside] = findInputLine(b, plus(b, times(b, pair, 2), i));
    lines[i] = line;
    for (int64_t v = 0; v < vectorsOfUnit; ++v) {
      Value own =
          vector::LoadOp::create(b, loc, real, lineInverses, index(v * width));
      // Times zero even what is infinite has the code 0.
      inverses[i].push_back(
          arith::SelectOp::create(b, loc, isInside, own, zeros(b, real)));
    }
  }
  forEachOfLine(
      b, pair,
      [&](OpBuilder &inner, Value from, Value to, int64_t v, Value mask) {
        Value codes[2];
        for (int64_t i = 0; i < 2; ++i)
          codes[i] =
              encodeWords(inner, loc, encoder.getEncoding(),
                          loadVector(inner, loc, lhsBuffer,
                                     add(inner, lines[i], from), mask, width),
                          inverses[i][v]);
        vector::StoreOp::create(
            inner, loc, joinHalves(inner, codes[0], codes[1]), inputLines, to);
      });
}

//===----------------------------------------------------------------------===//
// Lines of the result
//===----------------------------------------------------------------------===//

/// Line \p line of the unit, of register \p v of its channels.
void ContractionEmitter::emitResultLine(OpBuilder &b, Value line, Value v) {
  ArrayRef<int64_t> sizes = contract.getType().getShape();
  Value top = times(b, line, conv.getStrides()[0]), first = top;
  int64_t step = encoder ? 1 : conv.getDilations()[0];
  if (encoder)
    first = arith::ShRUIOp::create(b, loc, top, index(1));
  Values slots;
  Value at = times(b, v, lineLength * width);
  for (int64_t i = 0; i < windowSlots; ++i)
    slots.push_back(add(b, getSlotAt(b, plus(b, first, i * step)), at));
  Value phase = times(b, v, windowPhases);
  if (windowPhases == 2)
    phase = add(b, phase, arith::AndIOp::create(b, loc, top, index(1)));
  Value weights = times(b, phase, windowSlots * conv.getTaps()[1] * width);
  Value own = times(b, v, width), channel = add(b, firstColumn, own);
  Place place{Value(), channel, getChannelMask(b, channel)};
  Value factors;
  if (encoder)
    factors = vector::LoadOp::create(b, loc, vectorOf(b.getF32Type()),
                                     lineFactors, own);
  largestAt = own;
  Value row = times(
      b, add(b, times(b, image, sizes[1]), add(b, firstLine, line)), sizes[2]);
  auto emitTile = [&](OpBuilder &inner, Value window, int64_t count) {
    Values sums = sumWindows(inner, slots, weights, window, count);
    if (encoder)
      for (Value &sum : sums) {
        sum =
            arith::SIToFPOp::create(inner, loc, vectorOf(b.getF32Type()), sum);
        sum = arith::MulFOp::create(inner, loc, sum, factors);
      }
    place.row = add(inner, row, window);
    emitWindows(inner, sums, place);
  };
  SmallVector<int64_t> tiles = splitEvenly(sizes[2], mostWindows);
  int64_t from = 0;
  for (size_t i = 0; i < tiles.size();) {
    size_t same = i;
    while (same < tiles.size() && tiles[same] == tiles[i])
      ++same;
    int64_t count = tiles[i],
            to = from + static_cast<int64_t>(same - i) * count;
    forRange(b, index(from), index(to), count,
             [&](OpBuilder &inner, Value window) {
               emitTile(inner, window, count);
             });
    from = to;
    i = same;
  }
}

/// The sums of \p count windows from \p window on. Each register of the input
/// is loaded once, for all windows that see it.
Values ContractionEmitter::sumWindows(OpBuilder &b, ArrayRef<Value> slots,
                                      Value weights, Value window,
                                      int64_t count) {
  int64_t length = conv.getTaps()[1], stride = conv.getStrides()[1],
          step = conv.getDilations()[1];
  VectorType type =
      vectorOf(encoder ? Type(b.getI32Type()) : Type(b.getF32Type()));
  VectorType halves = vectorOf(b.getI16Type(), 2);
  qt::BoundAttr bound = makeBound(-127, 127, windowSlots * length);
  auto load = [&](Value buffer, Value at) -> Value {
    Value x = vector::LoadOp::create(b, loc, type, buffer, at);
    return encoder ? vector::BitCastOp::create(b, loc, halves, x).getResult()
                   : x;
  };
  Values sums(count, zeros(b, type));
  Value from = times(b, window, stride * width);
  for (auto [i, slot] : llvm::enumerate(slots)) {
    Values w;
    for (int64_t tap = 0; tap < length; ++tap)
      w.push_back(load(
          lineWeights,
          plus(b, weights, (static_cast<int64_t>(i) * length + tap) * width)));
    Value first = add(b, slot, from);
    int64_t last = (count - 1) * stride + (length - 1) * step;
    for (int64_t place = 0; place <= last; ++place) {
      Value x;
      for (int64_t tap = 0; tap < length; ++tap) {
        int64_t begin = place - tap * step;
        if (begin < 0 || begin % stride != 0 || begin / stride >= count)
          continue;
        if (!x)
          x = load(inputLines, plus(b, first, place * width));
        Value &sum = sums[begin / stride];
        sum = encoder ? dot(b, 2, x, w[tap], sum, bound)
                      : math::FmaOp::create(b, loc, x, w[tap], sum).getResult();
      }
    }
  }
  return sums;
}

/// Finishes the windows from \p first on. Long chains of operations take
/// several at a time, which do not wait for one another.
void ContractionEmitter::emitWindows(OpBuilder &b, ArrayRef<Value> sums,
                                     const Place &first) {
  SmallVector<llvm::DenseMap<Value, Value>> ofColumns(1);
  columnOperands = &ofColumns;
  int64_t most = isEpilogueLong() ? 4 : 1;
  for (int64_t i = 0, e = sums.size(); i < e;) {
    int64_t count = most;
    while (count > e - i)
      count /= 2;
    SmallVector<Place> places(count, first);
    for (auto [offset, place] : llvm::enumerate(places))
      place.row = plus(b, first.row, i + static_cast<int64_t>(offset));
    emitStores(b, sums.slice(i, count), places);
    i += count;
  }
  columnOperands = nullptr;
  rowOperands.clear();
  mergeLargest(b);
}

/// Ends the part of a unit: of the strip \p number among all, and of block \p
/// block of the channels.
void ContractionEmitter::storeLargestOfLines(OpBuilder &b, Value number,
                                             Value block) {
  Value all;
  for (int64_t v = 0; v < vectorsOfUnit; ++v) {
    Value own = vector::LoadOp::create(b, loc, vectorOf(b.getI32Type()),
                                       largest, index(v * width));
    if (keepsChannels) {
      Value channel = plus(b, firstColumn, v * width);
      storeVector(b, loc, castBits(b, loc, own, magnitudesBuffer),
                  magnitudesBuffer, add(b, times(b, number, columns), channel),
                  getChannelMask(b, channel));
      continue;
    }
    all = all ? arith::MaxUIOp::create(b, loc, all, own) : own;
  }
  if (all)
    storeLargestOfPart(
        b, all,
        add(b, times(b, number, channelVectors / vectorsOfUnit), block));
}
