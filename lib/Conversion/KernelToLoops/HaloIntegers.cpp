//===- HaloIntegers.cpp - Encode images of integers -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The codes of an input of integers with its halo: an exponent for an image, a
// shift for every 32 channels of a position. What the integers are computed
// from, element by element, is computed on the way. Where they were brought to
// 16 bits by the largest one of the image, its bits are known, and a unit is a
// line of the result; else a unit is an image, the largest magnitude of which
// is looked for first.
//
//===----------------------------------------------------------------------===//

#include "HaloIntegers.h"
#include "Generators.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"

using namespace mlir;
using namespace quantc;
using Sizes = SmallVector<AffineExpr>;

//===----------------------------------------------------------------------===//
// Which kernels
//===----------------------------------------------------------------------===//

static qt::QuantizeOp getQuantize(func::FuncOp kernel) {
  qt::QuantizeOp found;
  for (auto op : kernel.getBody().front().getOps<qt::QuantizeOp>()) {
    if (found)
      return {};
    found = op;
  }
  return found;
}

/// One number for each image, or for all.
static bool isOfImage(ArrayRef<AffineExpr> own, ArrayRef<AffineExpr> whole) {
  auto isOne = [](AffineExpr size) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    return constant && constant.getValue() == 1;
  };
  return own.size() == whole.size() && own.front() == whole.front() &&
         llvm::all_of(own.drop_front(), isOne);
}

/// One number for each channel of an image, of at least as many as a vector has
/// lanes, so that none holds channels of two positions.
static bool isOfChannels(Value value, ArrayRef<AffineExpr> own,
                         ArrayRef<AffineExpr> whole) {
  auto channels = dyn_cast<AffineConstantExpr>(whole.back());
  return isa<BlockArgument>(value) && channels && channels.getValue() >= 16 &&
         own.size() == whole.size() && own.front() == whole.front() &&
         own.back() == whole.back() &&
         llvm::all_of(own.drop_front().drop_back(), [](AffineExpr size) {
           auto constant = dyn_cast<AffineConstantExpr>(size);
           return constant && constant.getValue() == 1;
         });
}

bool quantc::canEmitHaloIntegers(func::FuncOp kernel) {
  qt::QuantizeOp op = getQuantize(kernel);
  if (!op || !op.getHaloAttr() || !op.getExponent())
    return false;
  qt::BlockType format = op.getResultFormat();
  ArrayRef<int64_t> extents = format.getShape();
  if (!format.getElement().getFormat().isSigned(8) ||
      format.getScale().getSpelling() != "shift<3>" ||
      format.getOuter().getSpelling() != "exp<8>" ||
      format.getOuterShape() !=
          ArrayRef(qt::getImageBlocks(format.getOuterShape().size())) ||
      ShapedType::isDynamic(extents.back()) ||
      !llvm::all_of(extents.drop_back(),
                    [](int64_t extent) { return extent == 1; }))
    return false;
  SymbolicShapes shapes(kernel);
  Sizes sizes(shapes.getSizes(op.getInput()));
  for (Operation &other : kernel.getBody().front().without_terminator()) {
    DenseElementsAttr constant;
    if (&other == op ||
        (matchPattern(&other, m_Constant(&constant)) && constant.isSplat()))
      continue;
    Sizes own;
    if (isa<ElementwiseOpInterface>(other))
      own = Sizes(shapes.getSizes(other.getResult(0)));
    if (own.empty() || (own != sizes && !isOfImage(own, sizes)))
      return false;
    for (Value operand : other.getOperands()) {
      Sizes given(shapes.getSizes(operand));
      if (!matchPattern(operand, m_Constant()) && given != sizes &&
          !isOfImage(given, sizes) && !isOfChannels(operand, given, sizes))
        return false;
    }
  }
  return true;
}

LogicalResult quantc::emitHaloIntegers(KernelBuilder &kernel) {
  HaloIntegers(kernel, getQuantize(kernel.getKernel())).emit();
  return success();
}

HaloIntegers::HaloIntegers(KernelBuilder &kernel, qt::QuantizeOp op)
    : IndexEmitter(kernel), op(op),
      target(CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>())),
      sizes(shapes.getSizes(op.getInput())) {
  Sizes to(shapes.getSizes(op.getResult(0)));
  outside.assign(to.begin() + 1, to.end() - 1);
  rank = outside.size();
  channels = cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  block = op.getResultFormat().getShape().back();
  blocks = llvm::divideCeil(channels, block);
  stride = cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  areShifted = hasShiftedCodes(op.getLayoutAttr(), channels,
                               op.getHaloAttr().getGroups(), target);
  if (op->hasAttr(normalisedAttrName))
    normalised = matchNormalisedRows(op.getInput(), op.getExponent());
  isKnown = normalised || op->hasAttr(leastExponentAttrName);
  for (Value value :
       kernel.getKernel().getBody().front().getTerminator()->getOperands())
    if (value.getDefiningOp() != op && Sizes(shapes.getSizes(value)) == sizes &&
        !llvm::is_contained(results, value))
      results.push_back(value);
  codes = kernel.getResultBuffer(
      getResultIndices(kernel.getKernel(), op.getResult(0))[0]);
  shifts = kernel.getResultBuffer(
      getResultIndices(kernel.getKernel(), op.getResult(1))[0]);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Numbers of the image; those that are results are stored once.
void HaloIntegers::emitScalars(OpBuilder &b, Value image, Value isFirst) {
  firstOfChannels = mul(b, image, index(channels));
  Block &body = kernel.getKernel().getBody().front();
  auto getScalar = [&](Value value) -> Value {
    DenseElementsAttr constant;
    if (matchPattern(value, m_Constant(&constant)))
      return arith::ConstantOp::create(b, loc,
                                       constant.getSplatValue<TypedAttr>());
    return scalars.lookup(value);
  };
  for (BlockArgument argument : body.getArguments()) {
    if (!isOfImage(Sizes(shapes.getSizes(argument)), sizes))
      continue;
    Value stored =
        memref::LoadOp::create(b, loc, kernel.getBuffer(argument), image);
    scalars[argument] = kernel.fromStored(
        b, stored, cast<RankedTensorType>(argument.getType()).getElementType());
  }
  SmallVector<std::pair<Value, Value>> stores;
  for (Operation &other : body) {
    auto elementwise = dyn_cast<ElementwiseOpInterface>(other);
    if (!elementwise ||
        !isOfImage(Sizes(shapes.getSizes(other.getResult(0))), sizes))
      continue;
    SmallVector<Value> operands;
    for (Value operand : other.getOperands())
      operands.push_back(getScalar(operand));
    Value result = other.getResult(0);
    scalars[result] = elementwise.cloneOnto(b, operands)->getResult(0);
    for (unsigned index : getResultIndices(kernel.getKernel(), result))
      stores.push_back(
          {kernel.toStored(
               b, scalars[result],
               cast<RankedTensorType>(result.getType()).getElementType()),
           kernel.getResultBuffer(index)});
  }
  if (stores.empty())
    return;
  auto branch = scf::IfOp::create(b, loc, isFirst);
  OpBuilder then = branch.getThenBodyBuilder();
  for (auto [value, buffer] : stores)
    memref::StoreOp::create(then, loc, value, buffer, image);
}

/// x shifted as `places` says, with which nothing leaves 16 bits but by
/// rounding: ((x >> (places - 1)) + 1) >> 1.
Value HaloIntegers::shiftNormalised(OpBuilder &b, Value x) {
  Words w(b, loc, /*isVector=*/false), v(b, loc, /*isVector=*/true);
  Value before = w.sub(scalars.lookup(normalised->places), w.number(1));
  Value right = splat(b, loc, w.clamp(before, 0, 31));
  Value left = splat(b, loc, w.max(w.sub(w.number(0), before), w.number(0)));
  x = arith::ShLIOp::create(b, loc, x, left);
  x = arith::ShRSIOp::create(b, loc, x, right);
  return arith::ShRSIOp::create(b, loc, v.add(x, v.number(1)), v.number(1));
}

/// One by one where the target has no masks for elements as narrow as these.
Value HaloIntegers::load(OpBuilder &b, Value buffer, Value at, Value mask) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  if (fewLanes == 0 || element.getIntOrFloatBitWidth() >= 32 ||
      target.has("avx512bw"))
    return loadVector(b, loc, buffer, at, mask);
  auto type = VectorType::get(lanes, element);
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t lane = 0; lane < fewLanes; ++lane)
    result = vector::InsertOp::create(
        b, loc, memref::LoadOp::create(b, loc, buffer, add(b, at, index(lane))),
        result, lane);
  return result;
}

/// 16 neighbours of a tensor of the input's sizes from element \p at on.
Value HaloIntegers::evaluate(OpBuilder &b, Value tensor, Value at, Value mask,
                             Cache &cache) {
  if (Value known = cache.lookup(tensor))
    return known;
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  DenseElementsAttr constant;
  Value result;
  if (Value scalar = scalars.lookup(tensor)) {
    result = splat(b, loc, scalar);
  } else if (matchPattern(tensor, m_Constant(&constant))) {
    result = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(VectorType::get(lanes, element),
                               constant.getSplatValue<Attribute>()));
  } else if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    if (isOfChannels(argument, Sizes(shapes.getSizes(argument)), sizes))
      at = add(b, firstOfChannels,
               arith::RemUIOp::create(b, loc, at, index(channels)));
    Value stored = load(b, kernel.getBuffer(argument), at, mask);
    result = kernel.fromStored(b, stored, element);
  } else {
    Operation *definition = tensor.getDefiningOp();
    auto shift = dyn_cast<nn::BinaryOp>(definition);
    if (normalised && shift && shift.getKind() == nn::BinaryKind::RShift &&
        shift.getLhs() == normalised->wide &&
        shift.getRhs() == normalised->places) {
      result = shiftNormalised(b, evaluate(b, shift.getLhs(), at, mask, cache));
    } else {
      SmallVector<Value> operands;
      for (Value operand : definition->getOperands())
        operands.push_back(evaluate(b, operand, at, mask, cache));
      result = cast<ElementwiseOpInterface>(definition)
                   .cloneOnto(b, operands)
                   ->getResult(0);
    }
  }
  return cache[tensor] = result;
}

/// The input, as words, and 0 where there is none.
Value HaloIntegers::evaluateWords(OpBuilder &b, Value at, Value mask,
                                  Cache &cache) {
  Value input = op.getInput();
  // What was limited to 16 bits needs no way through them.
  if (normalised)
    input = input.getDefiningOp()->getOperand(0);
  Words v(b, loc, /*isVector=*/true);
  return blend(b, loc, mask, v.extend(evaluate(b, input, at, mask, cache)),
               v.number(0));
}

//===----------------------------------------------------------------------===//
// Lines and images
//===----------------------------------------------------------------------===//

/// A line of positions, numbered from the first of the input and of the result.
void HaloIntegers::emitPositions(OpBuilder &b, Value from, Value to) {
  std::optional<int64_t> count = countTogether();
  if (!count)
    return emitEachPosition(b, from, to);
  if (isa<AffineConstantExpr>(sizes[rank]))
    return emitGroups(b, from, to, *count);
  // Lines that are not as long are known as such when the model runs only.
  Value isLong = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge,
                                       countBlocksOfLine(b), index(*count));
  auto branch = scf::IfOp::create(b, loc, isLong, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  emitGroups(then, from, to, *count);
  emitEachPosition(otherwise, from, to);
}

/// Of those that go together.
Value HaloIntegers::countBlocksOfLine(OpBuilder &b) {
  Value length = kernel.getIndex(sizes[rank]);
  return haveEqualBlocks() ? mul(b, length, index(blocks)) : length;
}

/// The same by \p count blocks that go together.
void HaloIntegers::emitGroups(OpBuilder &b, Value from, Value to,
                              int64_t count) {
  // Equal blocks lie one behind the other; of others a position has the same
  // as the next one.
  bool areEqual = haveEqualBlocks();
  Value all = countBlocksOfLine(b);
  std::optional<int64_t> known = getConstantIndex(all);
  Blocks run{mul(b, from, index(channels)),
             mul(b, to, index(stride)),
             mul(b, to, index(blocks)),
             count,
             channels,
             stride,
             channels,
             stride,
             blocks};
  if (areEqual) {
    run.each = run.sourceStep = channels / blocks;
    run.room = run.targetStep = stride / blocks;
    run.numberStep = 1;
  }
  Value last = sub(b, all, index(count));
  auto loop = scf::ForOp::create(b, loc, index(0), all, index(count));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value first = loop.getInductionVar();
  // The last ones begin early: what is written twice is the same.
  if (!known || *known % count != 0)
    first = arith::MinUIOp::create(body, loc, first, last);
  auto advance = [&](OpBuilder &at, Blocks &own, Value number, int64_t source,
                     int64_t target, int64_t numbers) {
    own.source = add(at, own.source, mul(at, number, index(source)));
    own.target = add(at, own.target, mul(at, number, index(target)));
    own.number = add(at, own.number, mul(at, number, index(numbers)));
  };
  advance(body, run, first, run.sourceStep, run.targetStep, run.numberStep);
  if (areEqual)
    return emitTogether(body, run);
  int64_t whole = channels / block;
  auto emitBlocks = [&](OpBuilder &at, Value which, int64_t each,
                        int64_t room) {
    Blocks own = run;
    advance(at, own, which, block, block, 1);
    own.each = each;
    own.room = room;
    emitTogether(at, own);
  };
  auto inner = scf::ForOp::create(body, loc, index(0), index(whole), index(1));
  OpBuilder each = OpBuilder::atBlockBegin(inner.getBody());
  emitBlocks(each, inner.getInductionVar(), block, block);
  emitBlocks(body, index(whole), channels % block, stride - whole * block);
}

/// The same one by one.
void HaloIntegers::emitEachPosition(OpBuilder &b, Value from, Value to) {
  auto loop = scf::ForOp::create(b, loc, index(0), kernel.getIndex(sizes[rank]),
                                 index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value place = loop.getInductionVar();
  Value source = mul(body, add(body, from, place), index(channels)),
        position = add(body, to, place),
        target = mul(body, position, index(stride)),
        number = mul(body, position, index(blocks));
  int64_t whole = channels / block, rest = channels % block;
  auto emitAt = [&](OpBuilder &at, Value which, int64_t count, int64_t room) {
    Value offset = mul(at, which, index(block));
    emitBlock(at, add(at, source, offset), add(at, target, offset),
              add(at, number, which), count, room);
  };
  if (whole > 1) {
    auto inner =
        scf::ForOp::create(body, loc, index(0), index(whole), index(1));
    OpBuilder each = OpBuilder::atBlockBegin(inner.getBody());
    emitAt(each, inner.getInductionVar(), block, block);
  } else if (whole == 1) {
    emitAt(body, index(0), block, block);
  }
  if (rest != 0)
    emitAt(body, index(whole), rest, stride - whole * block);
}

/// The line at these places of the result: of the halo, or with its ends.
void HaloIntegers::emitLine(OpBuilder &b, ArrayRef<Value> places) {
  ArrayRef<int64_t> pads = op.getHaloAttr().getPads();
  Value isInside, from = places[0], to = places[0];
  for (int64_t dim = 0; dim + 1 < rank; ++dim) {
    Value at = places[1 + dim];
    to = add(b, mul(b, to, kernel.getIndex(outside[dim])), at);
    if (pads[dim] != 0 || pads[rank + dim] != 0) {
      at = sub(b, at, index(pads[dim]));
      // Unsigned: what is before the first one is large.
      Value isBelow =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, at,
                                kernel.getIndex(sizes[1 + dim]));
      isInside =
          isInside
              ? arith::AndIOp::create(b, loc, isInside, isBelow).getResult()
              : isBelow;
    }
    from = add(b, mul(b, from, kernel.getIndex(sizes[1 + dim])), at);
  }
  Value length = kernel.getIndex(outside.back());
  from = mul(b, from, kernel.getIndex(sizes[rank]));
  to = mul(b, to, length);
  auto fillPositions = [&](OpBuilder &at, Value first, Value count) {
    fillVectors(at, loc, codes, mul(at, first, index(stride)),
                mul(at, count, index(stride)), splatCode(at));
    fillVectors(
        at, loc, shifts, mul(at, first, index(blocks)),
        mul(at, count, index(blocks)),
        splatConstant(at, loc,
                      cast<MemRefType>(shifts.getType()).getElementType(), 0));
  };
  auto emitInside = [&](OpBuilder &at) {
    int64_t low = pads[rank - 1], high = pads[2 * rank - 1];
    Value first = add(at, to, index(low));
    if (low != 0)
      fillPositions(at, to, index(low));
    emitPositions(at, from, first);
    if (high != 0)
      fillPositions(at, add(at, first, kernel.getIndex(sizes[rank])),
                    index(high));
  };
  if (!isInside)
    return emitInside(b);
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  emitInside(then);
  fillPositions(otherwise, to, length);
}

/// Of the integers of the image at hand.
Value HaloIntegers::getExponent(OpBuilder &b) {
  return Words(b, loc, /*isVector=*/false)
      .extend(scalars.lookup(op.getExponent()));
}

/// From the largest magnitude of the image.
RowShift HaloIntegers::findRowShift(OpBuilder &b, Value image) {
  Value count =
      kernel.getIndex(shapes.getProduct(ArrayRef(sizes).drop_front()));
  Value first = mul(b, image, count);
  Words v(b, loc, /*isVector=*/true);
  SmallVector<Value> largest = forEachVector(
      b, loc, count, v.number(0),
      [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
        Words v(inner, loc, /*isVector=*/true);
        Cache cache;
        Value x = evaluateWords(inner, add(inner, first, step.position),
                                step.valid, cache);
        return SmallVector<Value>{
            v.max(carried[0], math::AbsIOp::create(inner, loc, x))};
      });
  return getRowShift(b, loc, largest[0], getExponent(b));
}

void HaloIntegers::emitExponent(OpBuilder &b, Value image, Value isFirst) {
  Value exponent = getStoredExponent(b, loc, row, getExponent(b));
  auto branch = scf::IfOp::create(b, loc, isFirst);
  OpBuilder then = branch.getThenBodyBuilder();
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult(2)))
    memref::StoreOp::create(then, loc, exponent, kernel.getResultBuffer(index),
                            image);
}

void HaloIntegers::emit() {
  Sizes lines(ArrayRef(outside).drop_back());
  OpBuilder &b = kernel.getBuilder();
  auto emitUnits = [&](AffineExpr units, int64_t grain,
                       function_ref<void(OpBuilder &, Value)> emitUnit) {
    kernel.setIterations(units, grain);
    auto loop = scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(),
                                   index(1));
    OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
    emitUnit(body, loop.getInductionVar());
  };
  if (!isKnown) {
    emitUnits(sizes[0], 1, [&](OpBuilder &body, Value image) {
      Value isFirst = arith::ConstantIntOp::create(body, loc, 1, 1);
      emitScalars(body, image, isFirst);
      row = findRowShift(body, image);
      emitExponent(body, image, isFirst);
      SmallVector<Value> places{image};
      OpBuilder inner = body;
      for (AffineExpr size : lines) {
        auto loop = scf::ForOp::create(inner, loc, index(0),
                                       kernel.getIndex(size), index(1));
        inner = OpBuilder::atBlockBegin(loop.getBody());
        places.push_back(loop.getInductionVar());
      }
      emitLine(inner, places);
    });
    return;
  }
  lines.insert(lines.begin(), sizes[0]);
  // A call of less than some thousand elements is not worth its dispatch.
  auto length = dyn_cast<AffineConstantExpr>(sizes[rank]);
  int64_t perLine =
      std::max<int64_t>(1, channels * (length ? length.getValue() : 1));
  emitUnits(
      shapes.getProduct(lines), std::max<int64_t>(1, 4096 / perLine),
      [&](OpBuilder &body, Value unit) {
        SmallVector<Value> places = kernel.delinearize(body, lines, unit);
        Value isFirst = arith::ConstantIntOp::create(body, loc, 1, 1);
        for (Value place : ArrayRef(places).drop_front())
          isFirst = arith::AndIOp::create(
              body, loc, isFirst,
              arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq, place,
                                    index(0)));
        emitScalars(body, places[0], isFirst);
        Words w(body, loc, /*isVector=*/false);
        row = {w.number(lowestShiftOfImage),
               normalised
                   ? scalars.lookup(normalised->isZero)
                   : arith::ConstantIntOp::create(body, loc, 0, 1).getResult()};
        emitExponent(body, places[0], isFirst);
        emitLine(body, places);
      });
}
