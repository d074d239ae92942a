//===- HaloKernel.cpp - Encode the input of a convolution -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The codes of an input with its halo, for all the kernels that read it as
// windows. A unit is a line of the result, which is a line of the input between
// pads or all halo. Where nobody has left an image's largest magnitude behind,
// a unit is an image: the magnitude has to be found before its first code. With
// a scale for each channel it is some channels of an image, whose magnitudes
// are found here whoever knows them: a depthwise convolution of known sizes
// encodes its lines itself.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IndexEmitter.h"
#include "QuantizeMath.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;

bool quantc::canEmitHalo(func::FuncOp kernel) {
  auto op = dyn_cast_or_null<qt::QuantizeOp>(getOnlyOp(kernel));
  return op && op.getHaloAttr() &&
         op.getEncoding().getRule() == qt::ScaleRule::AbsMax &&
         op.getResultFormat().hasScaledCodes(8);
}

namespace {
class HaloEmitter : IndexEmitter {
public:
  HaloEmitter(KernelBuilder &kernel, qt::QuantizeOp op);

  void emit();

private:
  void emitLine(OpBuilder &b, Value image, Value line, Value inverse);
  void fillLine(OpBuilder &b, Value line);
  Value findLine(OpBuilder &b, Value image, Value line, Value &isInside);
  void encodeImageLine(OpBuilder &b, Value from, Value to, Value inverse);
  void encodeBlocks(OpBuilder &b, Value from, Value to);
  void encodeRun(OpBuilder &b, Value from, Value to, Value count,
                 Value inverse);
  void encodeRuns(OpBuilder &b, Value from, Value to, int64_t count,
                  Value inverse);
  // Scales of channels.
  void emitChannels();
  void emitChannelsOf(OpBuilder &b, Value image, Value channel);
  SmallVector<Value> findLargestOfChannels(OpBuilder &b, Value image,
                                           Value channel);
  void forEachVectorOfChannels(
      OpBuilder &b, function_ref<void(int64_t v, int64_t at, Value mask)> body);
  int64_t getChannelsOfUnit() const;
  Value sub(OpBuilder &b, Value x, Value y) {
    return arith::SubIOp::create(b, loc, x, y);
  }

  qt::QuantizeOp op;
  SmallVector<AffineExpr> inside, outside; ///< spatial sizes without and with
  ArrayRef<int64_t> pads;
  int64_t rank, channels, groups, depth, stride;
  int64_t position; ///< bytes of a position
  bool isImage;     ///< one scale for an image; else for blocks of channels
  bool isChannels;  ///< or for each channel of an image
  Value input, codes, scales;
};
} // namespace

HaloEmitter::HaloEmitter(KernelBuilder &kernel, qt::QuantizeOp op)
    : IndexEmitter(kernel), op(op), pads(op.getHaloAttr().getPads()),
      isImage(op.hasScaleOfImage()), isChannels(op.hasScaleOfChannels()) {
  SmallVector<AffineExpr> from(shapes.getSizes(op.getInput())),
      to(shapes.getSizes(op.getResult(0)));
  inside.assign(from.begin() + 1, from.end() - 1);
  outside.assign(to.begin() + 1, to.end() - 1);
  rank = inside.size();
  channels = cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  groups = op.getHaloAttr().getGroups();
  depth = channels / groups;
  stride = qt::getTapStride(op.getLayoutAttr().getForm(), depth, groups);
  position = groups * stride;
  input = kernel.getBuffer(cast<BlockArgument>(op.getInput()));
  codes = kernel.getResultBuffer(0);
  scales = kernel.getResultBuffer(1);
}

/// Channels that a unit encodes at most: those of whole lines of a cache, for
/// positions are far from each other.
static constexpr int64_t mostChannels = 64;

/// Equal parts of the channels, in whole vectors where there are as many.
int64_t HaloEmitter::getChannelsOfUnit() const {
  int64_t units = llvm::divideCeil(channels, mostChannels);
  return std::min<int64_t>(
      channels, llvm::alignTo(llvm::divideCeil(channels, units), lanes));
}

/// The vectors of a unit's channels; a mask where there are fewer than lanes.
void HaloEmitter::forEachVectorOfChannels(
    OpBuilder &b, function_ref<void(int64_t v, int64_t at, Value mask)> body) {
  int64_t own = getChannelsOfUnit();
  for (int64_t v = 0; v * lanes < own; ++v) {
    Value mask;
    if (own - v * lanes < lanes)
      mask = vector::CreateMaskOp::create(b, loc,
                                          VectorType::get(lanes, b.getI1Type()),
                                          index(own - v * lanes));
    body(v, v * lanes, mask);
  }
}

/// The bits of the largest magnitudes, lane by lane, of the channels from \p
/// channel on.
SmallVector<Value> HaloEmitter::findLargestOfChannels(OpBuilder &b, Value image,
                                                      Value channel) {
  Value positions = kernel.getIndex(shapes.getProduct(inside));
  Value first = mul(b, image, positions);
  SmallVector<Value> none;
  forEachVectorOfChannels(b, [&](int64_t, int64_t, Value) {
    none.push_back(splatConstant(b, loc, b.getI32Type(), 0));
  });
  auto loop = scf::ForOp::create(
      b, loc, first, add(b, first, positions), index(1), none,
      [&](OpBuilder &inner, Location, Value place, ValueRange carried) {
        Value from = add(inner, mul(inner, place, index(channels)), channel);
        SmallVector<Value> next;
        forEachVectorOfChannels(inner, [&](int64_t v, int64_t at, Value mask) {
          Value x =
              loadVector(inner, loc, input, add(inner, from, index(at)), mask);
          next.push_back(arith::MaxUIOp::create(inner, loc, carried[v],
                                                getMagnitudes(inner, loc, x)));
        });
        scf::YieldOp::create(inner, loc, next);
      });
  return SmallVector<Value>(loop.getResults());
}

/// The channels from \p channel on of an image: their scales, then their codes
/// and the zeros around them.
void HaloEmitter::emitChannelsOf(OpBuilder &b, Value image, Value channel) {
  SmallVector<Value> largest = findLargestOfChannels(b, image, channel),
                     inverses;
  Value own = add(b, mul(b, image, index(channels)), channel);
  forEachVectorOfChannels(b, [&](int64_t v, int64_t at, Value mask) {
    auto [scale, inverse] =
        makeScalesOf(b, loc, op.getEncoding().getHigh(), largest[v]);
    storeVector(b, loc, scale, scales, add(b, own, index(at)), mask);
    inverses.push_back(inverse);
  });
  Value zero = splatConstant(b, loc, b.getI8Type(), -getCodeBias(op));
  auto fill = [&](OpBuilder &at, Value first, Value count) {
    forRange(at, first, add(at, first, count), 1,
             [&](OpBuilder &inner, Value place) {
               Value to =
                   add(inner, mul(inner, place, index(position)), channel);
               forEachVectorOfChannels(
                   inner, [&](int64_t, int64_t lane, Value mask) {
                     storeVector(inner, loc, zero, codes,
                                 add(inner, to, index(lane)), mask);
                   });
             });
  };
  Value lines =
      kernel.getIndex(shapes.getProduct(ArrayRef(outside).drop_back()));
  Value firstLine = mul(b, image, lines),
        length = kernel.getIndex(outside.back()),
        width = kernel.getIndex(inside.back());
  forRange(
      b, firstLine, add(b, firstLine, lines), 1,
      [&](OpBuilder &body, Value line) {
        Value isInside, from = findLine(body, image, line, isInside);
        Value start = mul(body, line, length);
        OpBuilder inner = body;
        if (isInside) {
          auto branch =
              scf::IfOp::create(body, loc, isInside, /*withElseRegion=*/true);
          OpBuilder otherwise = branch.getElseBodyBuilder();
          fill(otherwise, start, length);
          inner = branch.getThenBodyBuilder();
        }
        int64_t low = pads[rank - 1], high = pads[2 * rank - 1];
        Value to = add(inner, start, index(low));
        if (low != 0)
          fill(inner, start, index(low));
        if (high != 0)
          fill(inner, add(inner, to, width), index(high));
        Value shift = sub(inner, mul(inner, from, width), to);
        forRange(
            inner, to, add(inner, to, width), 1,
            [&](OpBuilder &each, Value place) {
              Value source =
                  add(each, mul(each, add(each, place, shift), index(channels)),
                      channel);
              Value target =
                  add(each, mul(each, place, index(position)), channel);
              forEachVectorOfChannels(each, [&](int64_t v, int64_t at,
                                                Value mask) {
                Value x = loadVector(each, loc, input,
                                     add(each, source, index(at)), mask);
                storeVector(each, loc, encode(each, loc, op, x, inverses[v]),
                            codes, add(each, target, index(at)), mask);
              });
            });
      });
}

void HaloEmitter::emitChannels() {
  OpBuilder &b = kernel.getBuilder();
  int64_t units = llvm::divideCeil(channels, mostChannels),
          own = getChannelsOfUnit();
  AffineExpr images = shapes.getSizes(op.getInput())[0];
  // A call of less is not worth its dispatch.
  constexpr int64_t positionsOfCall = 128;
  auto positions = dyn_cast<AffineConstantExpr>(shapes.getProduct(inside));
  kernel.setIterations(
      images * units,
      positions
          ? std::max<int64_t>(1, positionsOfCall /
                                     std::max<int64_t>(1, positions.getValue()))
          : 1);
  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  Value image = arith::DivUIOp::create(body, loc, unit, index(units)),
        number = arith::RemUIOp::create(body, loc, unit, index(units));
  // The last channels begin early: what two units write is the same.
  Value channel = arith::MinUIOp::create(
      body, loc, mul(body, number, index(own)), index(channels - own));
  emitChannelsOf(body, image, channel);
}

/// Line \p line of the result among all: the one of the input that stands in
/// it, if \p isInside.
Value HaloEmitter::findLine(OpBuilder &b, Value image, Value line,
                            Value &isInside) {
  SmallVector<Value> places =
      kernel.delinearize(b, ArrayRef(outside).drop_back(),
                         sub(b, line,
                             mul(b, image,
                                 kernel.getIndex(shapes.getProduct(
                                     ArrayRef(outside).drop_back())))));
  Value from = image;
  for (auto [dim, place] : llvm::enumerate(places)) {
    Value size = kernel.getIndex(inside[dim]);
    place = sub(b, place, index(pads[dim]));
    from = add(b, mul(b, from, size), place);
    if (pads[dim] == 0 && pads[rank + dim] == 0)
      continue;
    // Unsigned: what is before the first one is large.
    Value fits =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, place, size);
    isInside = isInside ? arith::AndIOp::create(b, loc, isInside, fits) : fits;
  }
  return from;
}

/// The codes of zeros in all of a line, and the scales of their blocks.
void HaloEmitter::fillLine(OpBuilder &b, Value line) {
  Value length = kernel.getIndex(outside.back());
  auto fill = [&](Value buffer, int64_t each, double value) {
    Value count = mul(b, length, index(each));
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    fillVectors(b, loc, buffer, mul(b, line, count), count,
                splatConstant(b, loc, element, value));
  };
  fill(codes, position, -getCodeBias(op));
  if (!isImage)
    fill(scales,
         llvm::divideCeil(channels, op.getResultFormat().getShape().back()), 0);
}

void HaloEmitter::encodeRun(OpBuilder &b, Value from, Value to, Value count,
                            Value inverse) {
  forEachVector(b, loc, count, {},
                [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                  Value x =
                      loadVector(inner, loc, input,
                                 add(inner, from, step.position), step.valid);
                  storeVector(inner, loc, encode(inner, loc, op, x, inverse),
                              codes, add(inner, to, step.position), step.valid);
                  return SmallVector<Value>();
                });
}

/// The positions of a line, which begin at position \p from of the input and
/// \p to of the result.
void HaloEmitter::encodeImageLine(OpBuilder &b, Value from, Value to,
                                  Value inverse) {
  Value length = kernel.getIndex(inside.back());
  Value fromAt = mul(b, from, index(channels)),
        toAt = mul(b, to, index(position));
  if (stride == depth)
    return encodeRun(b, fromAt, toAt, mul(b, length, index(channels)), inverse);
  Value count = mul(b, length, index(groups)), first = index(0);
  if (int64_t together = lanes / stride; together > 1) {
    first = mul(b, arith::DivUIOp::create(b, loc, count, index(together)),
                index(together));
    forRange(b, index(0), first, together, [&](OpBuilder &inner, Value run) {
      encodeRuns(inner, add(inner, fromAt, mul(inner, run, index(depth))),
                 add(inner, toAt, mul(inner, run, index(stride))), together,
                 inverse);
    });
  }
  forRange(b, first, count, 1, [&](OpBuilder &inner, Value run) {
    encodeRun(inner, add(inner, fromAt, mul(inner, run, index(depth))),
              add(inner, toAt, mul(inner, run, index(stride))), index(depth),
              inverse);
  });
}

/// Several short runs as one vector, with the zeros behind each.
void HaloEmitter::encodeRuns(OpBuilder &b, Value from, Value to, int64_t count,
                             Value inverse) {
  auto type = VectorType::get(lanes, b.getI1Type());
  Value mask = vector::CreateMaskOp::create(b, loc, type, index(count * depth));
  Value x = loadVector(b, loc, input, from, mask);
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < count * stride; ++lane)
    order.push_back(lane % stride < depth
                        ? lane / stride * depth + lane % stride
                        : lanes); // a zero
  order.resize(lanes, lanes);
  x = vector::ShuffleOp::create(
      b, loc, x, splatConstant(b, loc, b.getF32Type(), 0), order);
  Value bytes = encode(b, loc, op, x, inverse);
  if (count * stride < lanes)
    bytes = vector::ExtractStridedSliceOp::create(b, loc, bytes, 0,
                                                  count * stride, 1);
  vector::StoreOp::create(b, loc, bytes, codes, to);
}

/// The same with a scale for every block of channels of a position.
void HaloEmitter::encodeBlocks(OpBuilder &b, Value from, Value to) {
  int64_t block = op.getResultFormat().getShape().back();
  int64_t blocks = llvm::divideCeil(channels, block);
  auto places = scf::ForOp::create(b, loc, index(0),
                                   kernel.getIndex(inside.back()), index(1));
  OpBuilder outer = OpBuilder::atBlockBegin(places.getBody());
  Value place = places.getInductionVar();
  Value source = mul(outer, add(outer, from, place), index(channels)),
        target = add(outer, to, place);
  auto numbers =
      scf::ForOp::create(outer, loc, index(0), index(blocks), index(1));
  OpBuilder each = OpBuilder::atBlockBegin(numbers.getBody());
  Value number = numbers.getInductionVar();
  Value at = mul(each, number, index(block));
  Value left = sub(each, index(channels), at);
  Value count = arith::MinUIOp::create(each, loc, left, index(block));
  if (channels % block == 0)
    count = index(block);
  Value first = add(each, source, at);
  auto [scale, inverse] = makeScales(
      each, loc, op.getEncoding(), findLargest(each, loc, input, first, count));
  memref::StoreOp::create(each, loc, scale, scales,
                          add(each, mul(each, target, index(blocks)), number));
  encodeRun(each, first, add(each, mul(each, target, index(position)), at),
            count, inverse);
}

void HaloEmitter::emitLine(OpBuilder &b, Value image, Value line,
                           Value inverse) {
  Value isInside, from = findLine(b, image, line, isInside);
  OpBuilder inner = b;
  if (isInside) {
    auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
    OpBuilder otherwise = branch.getElseBodyBuilder();
    fillLine(otherwise, line);
    inner = branch.getThenBodyBuilder();
  }
  int64_t low = pads[rank - 1], high = pads[2 * rank - 1];
  Value first = mul(inner, line, kernel.getIndex(outside.back()));
  Value to = add(inner, first, index(low));
  if (stride != depth || (!isImage && (low || high))) {
    fillLine(inner, line);
  } else {
    Value zero = splatConstant(inner, loc, b.getI8Type(), -getCodeBias(op));
    auto fill = [&](Value at, int64_t count) {
      if (count != 0)
        fillVectors(inner, loc, codes, mul(inner, at, index(position)),
                    index(count * position), zero);
    };
    fill(first, low);
    fill(add(inner, to, kernel.getIndex(inside.back())), high);
  }
  from = mul(inner, from, kernel.getIndex(inside.back()));
  if (isImage)
    encodeImageLine(inner, from, to, inverse);
  else
    encodeBlocks(inner, from, to);
}

void HaloEmitter::emit() {
  if (isChannels)
    return emitChannels();
  OpBuilder &b = kernel.getBuilder();
  SmallVector<AffineExpr> sizes(shapes.getSizes(op.getInput()));
  AffineExpr lines = shapes.getProduct(ArrayRef(outside).drop_back());
  bool isByLine = !isImage || op.getLargest();
  // A call of less is not worth its dispatch.
  constexpr int64_t elementsOfCall = 8192;
  auto length = dyn_cast<AffineConstantExpr>(outside.back());
  int64_t each = length ? std::max<int64_t>(1, length.getValue() * position)
                        : elementsOfCall;
  if (isByLine)
    kernel.setIterations(shapes.getProduct({sizes[0], lines}),
                         std::max<int64_t>(1, elementsOfCall / each));
  else
    kernel.setIterations(sizes[0], 1);
  Value count = kernel.getIndex(lines), begin = kernel.getBegin(),
        end = kernel.getEnd(), firstImage = begin, lastImage = end;
  if (isByLine) {
    // Without lines there are no units.
    Value divisor = arith::MaxUIOp::create(b, loc, count, index(1));
    firstImage = arith::DivUIOp::create(b, loc, begin, divisor);
    lastImage = arith::CeilDivUIOp::create(b, loc, end, divisor);
  }
  auto images = scf::ForOp::create(b, loc, firstImage, lastImage, index(1));
  OpBuilder outer = OpBuilder::atBlockBegin(images.getBody());
  Value image = images.getInductionVar(), inverse;
  Value first = mul(outer, image, count), last = add(outer, first, count);
  if (isImage) {
    Value buffer = input, elements;
    if (isByLine) {
      buffer = kernel.getBuffer(op.getLargest());
      elements = index(op.getLargest().getType().getShape().back());
    } else {
      elements = mul(outer, kernel.getIndex(shapes.getProduct(inside)),
                     index(channels));
    }
    auto factors = makeScales(
        outer, loc, op.getEncoding(),
        findLargest(outer, loc, buffer, mul(outer, image, elements), elements));
    inverse = factors.second;
    // All who find it store the same.
    memref::StoreOp::create(outer, loc, factors.first, scales, image);
  }
  if (isByLine) {
    first = arith::MaxUIOp::create(outer, loc, first, begin);
    last = arith::MinUIOp::create(outer, loc, last, end);
  }
  auto loop = scf::ForOp::create(outer, loc, first, last, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  emitLine(body, image, loop.getInductionVar(), inverse);
}

LogicalResult quantc::emitHalo(KernelBuilder &kernel) {
  auto op = cast<qt::QuantizeOp>(getOnlyOp(kernel.getKernel()));
  ArrayRef<int64_t> extents = op.getResultFormat().getShape();
  bool isBlocks = !ShapedType::isDynamic(extents.back()) &&
                  llvm::all_of(extents.drop_back(),
                               [](int64_t extent) { return extent == 1; });
  if (!op.hasScaleOfImage() && !isBlocks && !op.hasScaleOfChannels())
    return op.emitError("format ")
           << op.getResultFormat()
           << " of a convolution's input; supported: one scale for an image, "
              "blocks along channels, or, depthwise, one for each channel";
  HaloEmitter(kernel, op).emit();
  return success();
}
