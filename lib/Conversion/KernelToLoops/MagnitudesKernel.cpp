//===- MagnitudesKernel.cpp - Largest magnitudes of parts -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What no producer leaves behind. A unit is a part, whose positions lie one
// behind the other, or those of every channel.
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

bool quantc::canEmitMagnitudes(func::FuncOp kernel) {
  return isa_and_present<qt::MagnitudesOp>(getOnlyOp(kernel));
}

namespace {
class MagnitudesEmitter : IndexEmitter {
public:
  MagnitudesEmitter(KernelBuilder &kernel, qt::MagnitudesOp op);

  void emit();

private:
  struct Run {
    Value first, count; ///< positions
  };
  Run findRun(OpBuilder &b, Value image, Value along);
  Value findPart(OpBuilder &b, Value image, Value number);
  void emitChannels(OpBuilder &b, Value image, Value along);
  std::pair<Value, Value> split(OpBuilder &b, Value number, int64_t count) {
    return {arith::DivUIOp::create(b, loc, number, index(count)),
            arith::RemUIOp::create(b, loc, number, index(count))};
  }
  /// From \p first on, but not beyond \p end.
  Value limit(OpBuilder &b, Value first, int64_t count, int64_t end) {
    return arith::MinUIOp::create(
        b, loc, index(count), arith::SubIOp::create(b, loc, index(end), first));
  }

  qt::MagnitudesOp op;
  ImagePart part;
  int64_t channels, positions = 1, parts;
  Value input;
};
} // namespace

MagnitudesEmitter::MagnitudesEmitter(KernelBuilder &kernel, qt::MagnitudesOp op)
    : IndexEmitter(kernel), op(op), part(op.getPart().getPart()) {
  ArrayRef<int64_t> shape = op.getInput().getType().getShape();
  channels = shape.back();
  for (int64_t size : shape.drop_front().drop_back())
    positions *= size;
  parts = op.getType().getShape().back();
  input = kernel.getBuffer(op.getInput());
}

/// The positions of part \p along of an image.
MagnitudesEmitter::Run MagnitudesEmitter::findRun(OpBuilder &b, Value image,
                                                  Value along) {
  auto [group, run] = split(b, along, llvm::divideCeil(part.line, part.run));
  Value firstLine = mul(b, group, index(part.lines)),
        firstRun = mul(b, run, index(part.run));
  Value first = add(b, mul(b, image, index(positions)),
                    add(b, mul(b, firstLine, index(part.line)), firstRun));
  Value count =
      part.lines > 1
          ? mul(b, limit(b, firstLine, part.lines, positions / part.line),
                index(part.line))
          : limit(b, firstRun, part.run, part.line);
  return {first, count};
}

/// The bits of the largest magnitude of an image's part, in several lanes.
Value MagnitudesEmitter::findPart(OpBuilder &b, Value image, Value number) {
  auto [along, across] = split(b, number, part.countAcross(channels));
  Value channel = mul(b, across, index(part.channels));
  auto [first, count] = findRun(b, image, along);
  Value from = add(b, mul(b, first, index(channels)), channel);
  if (part.channels == channels)
    return findLargest(b, loc, input, from, mul(b, count, index(channels)));
  Value own = limit(b, channel, part.channels, channels);
  auto loop = scf::ForOp::create(
      b, loc, index(0), count, index(1),
      splatConstant(b, loc, b.getI32Type(), 0),
      [&](OpBuilder &inner, Location, Value place, ValueRange carried) {
        Value at = add(inner, from, mul(inner, place, index(channels)));
        scf::YieldOp::create(
            inner, loc, findLargest(inner, loc, input, at, own, carried[0]));
      });
  return loop.getResult(0);
}

/// The parts of all channels, a channel a lane.
void MagnitudesEmitter::emitChannels(OpBuilder &b, Value image, Value along) {
  auto [first, count] = findRun(b, image, along);
  Value from = mul(b, first, index(channels)),
        to =
            add(b, mul(b, image, index(parts)), mul(b, along, index(channels)));
  forEachVector(
      b, loc, index(channels), {},
      [&, count = count](OpBuilder &inner, const VectorStep &step, ValueRange) {
        auto loop = scf::ForOp::create(
            inner, loc, index(0), count, index(1),
            splatConstant(inner, loc, b.getI32Type(), 0),
            [&](OpBuilder &each, Location, Value place, ValueRange carried) {
              Value at = add(each, add(each, from, step.position),
                             mul(each, place, index(channels)));
              Value bits = getMagnitudes(
                  each, loc, loadVector(each, loc, input, at, step.valid));
              scf::YieldOp::create(
                  each, loc,
                  arith::MaxUIOp::create(each, loc, carried[0], bits)
                      .getResult());
            });
        Value result = kernel.getResultBuffer(0);
        storeVector(inner, loc, castBits(inner, loc, loop.getResult(0), result),
                    result, add(inner, to, step.position), step.valid);
        return SmallVector<Value>();
      });
}

void MagnitudesEmitter::emit() {
  // A call of less is not worth its dispatch.
  constexpr int64_t elementsOfCall = 8192;
  bool byChannel = part.channels == 1;
  int64_t units = byChannel ? parts / channels : parts;
  int64_t each = llvm::divideCeil(positions * channels, units);
  kernel.setIterations(shapes.getSizes(op.getResult())[0] * units,
                       std::max<int64_t>(1, elementsOfCall / each));
  OpBuilder &b = kernel.getBuilder();
  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  auto [image, number] = split(body, unit, units);
  if (byChannel)
    return emitChannels(body, image, number);
  Value bits = reduceLanes(body, loc, findPart(body, image, number),
                           [&](OpBuilder &inner, Value x, Value y) -> Value {
                             return arith::MaxUIOp::create(inner, loc, x, y);
                           });
  Value result = kernel.getResultBuffer(0);
  memref::StoreOp::create(body, loc, castBits(body, loc, bits, result), result,
                          unit);
}

LogicalResult quantc::emitMagnitudes(KernelBuilder &kernel) {
  MagnitudesEmitter(kernel,
                    cast<qt::MagnitudesOp>(getOnlyOp(kernel.getKernel())))
      .emit();
  return success();
}
