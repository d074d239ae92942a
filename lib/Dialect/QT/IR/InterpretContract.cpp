//===- InterpretContract.cpp - Evaluation of contractions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "PackedWeights.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/Dialect/Traits.h"
#include "llvm/ADT/STLExtras.h"

#include <atomic>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

namespace {

/// One operand, as floats or as integers with scales. Rows are what lies
/// before the last dimension.
struct Operand {
  SmallVector<int64_t> shape;
  ArrayRef<float> floats;
  std::optional<BlockValue> value;
  /// Bits of one code, a zero point taken off; 0 of floats.
  unsigned bits = 0;

  int64_t getDepth() const { return shape.back(); }
};

/// The sum of one element of the result, in the order of the definition: exact
/// integers as long as both real scales stay the same, then a fused
/// multiply-add of their product.
class Sum {
public:
  Sum(const Operand &lhs, const Operand &rhs, bool integer)
      : lhs(lhs), rhs(rhs), integer(integer), isWide(lhs.bits + rhs.bits > 34) {
  }

  /// Adds the products of `count` elements from these flat indices on.
  void add(int64_t left, int64_t right, int64_t count) {
    if (!rhs.value) {
      for (int64_t i = 0; i < count; ++i)
        real +=
            static_cast<double>(lhs.floats[left + i]) * rhs.floats[right + i];
      return;
    }
    const BlockValue &b = *rhs.value;
    if (!lhs.value) {
      addFloats(left, right, count);
      return;
    }
    const BlockValue &a = *lhs.value;
    for (int64_t i = 0; i < count;) {
      int64_t run =
          std::min({count - i, getRun(a, left + i), getRun(b, right + i)});
      int64_t leftBlock = a.realIndex(left + i);
      int64_t rightBlock = b.realIndex(right + i);
      if (leftBlock != lastLeft || rightBlock != lastRight)
        flush();
      lastLeft = leftBlock;
      lastRight = rightBlock;
      if (!a.isInteger() || !b.isInteger()) {
        // Numbers of few bits: these sums are exact in a double.
        double dot = 0;
        for (int64_t j = 0; j < run; ++j)
          dot += a.getNumber(left + i + j) * b.getNumber(right + i + j);
        real += dot * static_cast<double>(a.getMultiplier(left + i) *
                                          b.getMultiplier(right + i));
        i += run;
        continue;
      }
      __int128 dot = isWide ? sumProducts<__int128>(left + i, right + i, run)
                            : sumProducts<int64_t>(left + i, right + i, run);
      exact += dot * a.getMultiplier(left + i) * b.getMultiplier(right + i);
      i += run;
    }
  }

  float getFloat() {
    if (!rhs.value)
      return static_cast<float>(real);
    flush();
    return accumulator;
  }
  __int128 getInteger() const { return exact; }

private:
  /// The sum of the products of codes.
  template <typename Total>
  Total sumProducts(int64_t left, int64_t right, int64_t count) const {
    const int32_t *a = lhs.value->codes.data() + left;
    const int32_t *b = rhs.value->codes.data() + right;
    Total dot = 0;
    for (int64_t i = 0; i < count; ++i)
      dot += static_cast<int64_t>(a[i]) * b[i];
    return dot;
  }

  /// Products of floats and quantised elements.
  void addFloats(int64_t left, int64_t right, int64_t count) {
    const BlockValue &b = *rhs.value;
    for (int64_t i = 0; i < count;) {
      int64_t run = std::min(count - i, getRun(b, right + i));
      int64_t block = b.realIndex(right + i);
      if (block != lastRight)
        flush();
      lastRight = block;
      double dot = 0;
      for (int64_t j = 0; j < run; ++j)
        dot += static_cast<double>(lhs.floats[left + i + j]) *
               b.getNumber(right + i + j);
      real += dot * static_cast<double>(b.getMultiplier(right + i));
      i += run;
    }
  }

  /// Elements from here to the next edge of a block.
  static int64_t getRun(const BlockValue &value, int64_t flat) {
    int64_t position = flat % value.shape.back();
    int64_t run = value.shape.back() - position;
    for (const BlockIndex *index : {&value.realIndex, &value.integerIndex}) {
      int64_t extent = index->getLastExtent();
      run = std::min(run, extent - position % extent);
    }
    return run;
  }

  void flush() {
    if (lastRight < 0 || integer)
      return;
    float scale = rhs.value->scales[lastRight];
    if (lhs.value)
      scale *= lhs.value->scales[lastLeft];
    float sum = static_cast<float>(exact) + static_cast<float>(real);
    accumulator = std::fmaf(sum, scale, accumulator);
    exact = 0;
    real = 0;
    lastLeft = lastRight = -1;
  }

  const Operand &lhs, &rhs;
  bool integer;
  /// Whether sums of products exceed 64 bits: those of 34 bits do not before
  /// there are 2^29 of them.
  bool isWide;
  double real = 0;
  __int128 exact = 0;
  float accumulator = 0;
  int64_t lastLeft = -1, lastRight = -1;
};

/// Reads the operands of a contraction and computes its accumulators.
class Contraction {
public:
  Contraction(ContractOp op, InterpreterContext &context)
      : op(op), context(context), integer(op.getAcc().isInteger(32)) {}

  LogicalResult read(ArrayRef<HostValue> parts);
  FailureOr<HostValue> compute();

private:
  LogicalResult readOperand(StringRef what, ArrayRef<HostValue> parts,
                            Type format, int64_t depth, Operand &operand);
  LogicalResult readRows(MutableArrayRef<HostValue> parts);
  FailureOr<HostValue> computeMatmul();
  FailureOr<HostValue> computeConv(ConvAttr conv);
  /// Computes every element by `body`, rows in parallel.
  LogicalResult
  forEachRow(HostValue &result,
             function_ref<void(int64_t row, int64_t column, Sum &)> body);

  ContractOp op;
  InterpreterContext &context;
  bool integer;
  SmallVector<HostValue> storage;
  Operand lhs, rhs;
};

} // namespace

/// Takes stride and bias off the rows of a layout.
LogicalResult Contraction::readRows(MutableArrayRef<HostValue> parts) {
  int64_t depth = op.getContractionSize();
  auto conv = dyn_cast<ConvAttr>(op.getGeometry());
  int64_t groups = conv ? conv.getGroups() : 1;
  SmallVector<int64_t> shape(parts[0].getShape());
  int64_t stride = shape.back() / groups;
  if (stride != (conv
                     ? getTapStride(op.getLayoutAttr().getForm(), depth, groups)
                     : getPackedRowStride(depth)))
    return op.emitOpError()
           << "lhs has rows of " << stride << " bytes for k = " << depth;
  shape.back() = depth * groups;
  HostValue codes = HostValue::allocate(
      RankedTensorType::get(shape, parts[0].getElementType()));
  ArrayRef<uint8_t> in = parts[0].getBytes();
  MutableArrayRef<uint8_t> out = codes.getMutableBytes();
  int64_t bias = op.getLayoutAttr().getBias();
  for (int64_t i = 0, e = out.size(); i < e; ++i)
    out[i] = static_cast<uint8_t>(in[i / depth * stride + i % depth] - bias);
  if (op.getLayoutAttr().isNonNegative())
    for (int8_t code : codes.as<int8_t>())
      if (code < 0)
        return op.emitOpError() << "lhs has the code " << int(code)
                                << " in the layout " << op.getLayoutAttr();
  parts[0] = codes;
  return success();
}

LogicalResult Contraction::readOperand(StringRef what,
                                       ArrayRef<HostValue> parts, Type format,
                                       int64_t depth, Operand &operand) {
  auto block = dyn_cast<BlockType>(format);
  operand.shape.assign(parts[0].getShape());
  if (!block) {
    storage.push_back(parts[0]);
    operand.floats = storage.back().as<float>();
    return success();
  }
  operand.bits = block.getElement().getBitWidth() + (block.getZero() ? 1 : 0);
  if (block.getElement().getBitWidth() < 8)
    operand.shape.back() = depth;
  FailureOr<BlockValue> value = readBlockValue(op, block, parts, operand.shape);
  if (failed(value))
    return failure();
  operand.value = std::move(*value);
  return success();
}

LogicalResult Contraction::read(ArrayRef<HostValue> parts) {
  SmallVector<HostValue> left(parts.take_front(op.getLhs().size()));
  SmallVector<HostValue> right(
      parts.drop_front(left.size()).take_front(op.getRhs().size()));
  storage.reserve(2);
  int64_t depth = op.getContractionSize();
  if (op.hasPackedRhs()) {
    if (ShapedType::isDynamic(depth))
      depth = left[0].getShape().back();
    int64_t columns = op.getType().getShape().back();
    if (ShapedType::isDynamic(columns))
      return op.emitOpError() << "packed weights without a static number of "
                                 "columns are not evaluated";
    SmallVector<int64_t> shape{columns, depth};
    auto conv = dyn_cast<ConvAttr>(op.getGeometry());
    if (conv)
      shape.insert(shape.begin() + 1, conv.getNumTaps());
    FailureOr<SmallVector<HostValue>> unpacked =
        unpackParts(op, right[0], op.getLayoutAttr(), op.getRhsFormat(), shape,
                    conv ? conv.getGroups() : 1);
    if (failed(unpacked))
      return failure();
    right = *unpacked;
  }
  if (op.hasLhsRows() && failed(readRows(left)))
    return failure();
  // Only codes of whole bytes show a size that is dynamic.
  auto hasBytes = [](Type format) {
    auto block = dyn_cast<BlockType>(format);
    return !block || block.getElement().getBitWidth() >= 8;
  };
  auto conv = dyn_cast<ConvAttr>(op.getGeometry());
  int64_t groups = conv ? conv.getGroups() : 1;
  if (ShapedType::isDynamic(depth)) {
    if (hasBytes(op.getLhsFormat()))
      depth = left[0].getShape().back() / groups;
    else if (hasBytes(op.getRhsFormat()))
      depth = right[0].getShape().back();
    else
      return op.emitOpError() << "no operand shows the size of the contraction";
  }
  if (failed(
          readOperand("lhs", left, op.getLhsFormat(), depth * groups, lhs)) ||
      failed(readOperand("rhs", right, op.getRhsFormat(), depth, rhs)))
    return failure();
  if (lhs.getDepth() != rhs.getDepth() * groups)
    return op.emitOpError() << "lhs contracts " << lhs.getDepth()
                            << " elements, rhs " << rhs.getDepth() * groups;
  return success();
}

LogicalResult Contraction::forEachRow(
    HostValue &result,
    function_ref<void(int64_t row, int64_t column, Sum &)> body) {
  int64_t columns = result.getShape().back();
  int64_t rows = columns ? result.getNumElements() / columns : 0;
  std::atomic<bool> overflow = false;
  float *floats = integer ? nullptr : result.asMutable<float>().data();
  int32_t *integers = integer ? result.asMutable<int32_t>().data() : nullptr;
  context.parallelFor(rows, [&](int64_t row) {
    for (int64_t column = 0; column < columns; ++column) {
      Sum sum(lhs, rhs, integer);
      body(row, column, sum);
      if (!integer) {
        floats[row * columns + column] = sum.getFloat();
        continue;
      }
      __int128 exact = sum.getInteger();
      if (exact != static_cast<int32_t>(exact))
        overflow = true;
      integers[row * columns + column] = static_cast<int32_t>(exact);
    }
  });
  if (overflow)
    return op.emitOpError() << "a sum does not fit acc = i32";
  return success();
}

FailureOr<HostValue> Contraction::computeMatmul() {
  ArrayRef<int64_t> left(lhs.shape), right(rhs.shape);
  int64_t depth = lhs.getDepth();
  SmallVector<int64_t> shape, batch;
  int64_t rows, columns = right[right.size() - 2];
  if (op.isBatched()) {
    if (!OpTrait::util::getBroadcastedShape(left.drop_back(2),
                                            right.drop_back(2), batch))
      return op.emitOpError() << "batches [" << left.drop_back(2) << "] and ["
                              << right.drop_back(2) << "] do not broadcast";
    rows = left[left.size() - 2];
    shape.assign(batch);
    shape.push_back(rows);
  } else {
    shape.assign(left.drop_back().begin(), left.drop_back().end());
    rows = 1;
    for (int64_t size : shape)
      rows *= size;
  }
  shape.push_back(columns);
  FailureOr<HostValue> result = allocateResult(op, shape, op.getAcc());
  if (failed(result) || result->getNumElements() == 0)
    return result;
  // Where each product of the batch finds its matrices, in rows.
  SmallVector<std::pair<int64_t, int64_t>> starts{{0, 0}};
  if (op.isBatched()) {
    starts.clear();
    forEachElement(batch,
                   {getBroadcastStrides(left.drop_back(2), batch),
                    getBroadcastStrides(right.drop_back(2), batch)},
                   [&](int64_t, ArrayRef<int64_t> at) {
                     starts.push_back({at[0] * rows, at[1] * columns});
                   });
  }
  if (failed(forEachRow(*result, [&](int64_t row, int64_t column, Sum &sum) {
        auto [leftStart, rightStart] = starts[row / rows];
        sum.add((leftStart + row % rows) * depth, (rightStart + column) * depth,
                depth);
      })))
    return failure();
  return result;
}

FailureOr<HostValue> Contraction::computeConv(ConvAttr conv) {
  unsigned spatial = conv.getTaps().size();
  int64_t channels = lhs.getDepth(), depth = rhs.getDepth();
  int64_t taps = conv.getNumTaps(), outputs = rhs.shape[0];
  if (rhs.shape[1] != taps)
    return op.emitOpError()
           << "rhs has " << rhs.shape[1] << " taps, the geometry " << taps;
  if (outputs % conv.getGroups() != 0)
    return op.emitOpError() << outputs << " outputs are not divided by groups "
                            << conv.getGroups();
  SmallVector<int64_t> shape{lhs.shape[0]};
  for (unsigned i = 0; i < spatial; ++i) {
    std::optional<int64_t> count = conv.countWindows(i, lhs.shape[1 + i]);
    if (!count)
      return op.emitOpError()
             << "spatial dimension " << i << " of size " << lhs.shape[1 + i]
             << " with its pads is smaller than the span of the taps";
    shape.push_back(*count);
  }
  shape.push_back(outputs);
  FailureOr<HostValue> result = allocateResult(op, shape, op.getAcc());
  if (failed(result) || result->getNumElements() == 0)
    return result;
  int64_t perGroup = outputs / conv.getGroups();
  if (failed(forEachRow(*result, [&](int64_t row, int64_t column, Sum &sum) {
        int64_t group = column / perGroup;
        SmallVector<int64_t, 4> position(spatial);
        int64_t rest = row;
        for (unsigned i = spatial; i-- > 0;) {
          position[i] = rest % shape[1 + i];
          rest /= shape[1 + i];
        }
        for (int64_t tap = 0; tap < taps; ++tap) {
          int64_t source = rest, offset = tap, unit = taps;
          bool inside = true;
          for (unsigned i = 0; i < spatial; ++i) {
            unit /= conv.getTaps()[i];
            int64_t at = position[i] * conv.getStrides()[i] -
                         conv.getPads()[i] +
                         offset / unit * conv.getDilations()[i];
            offset %= unit;
            inside &= at >= 0 && at < lhs.shape[1 + i];
            source = source * lhs.shape[1 + i] + at;
          }
          if (inside)
            sum.add(source * channels + group * depth,
                    (column * taps + tap) * depth, depth);
        }
      })))
    return failure();
  return result;
}

FailureOr<HostValue> Contraction::compute() {
  if (auto conv = dyn_cast<ConvAttr>(op.getGeometry()))
    return computeConv(conv);
  return computeMatmul();
}

LogicalResult ContractOp::interpret(ArrayRef<HostValue> operands,
                                    SmallVectorImpl<HostValue> &results,
                                    InterpreterContext &context) {
  Contraction contraction(*this, context);
  if (failed(contraction.read(operands)))
    return failure();
  FailureOr<HostValue> accumulator = contraction.compute();
  if (failed(accumulator))
    return failure();
  if (!hasEpilogue()) {
    results.push_back(*accumulator);
    return success();
  }
  // The epilogue's ops stand for every element: they are evaluated on whole
  // tensors of one shape.
  ArrayRef<int64_t> shape = accumulator->getShape();
  SmallVector<HostValue> arguments{*accumulator};
  for (const HostValue &operand :
       operands.take_back(getEpilogueOperands().size())) {
    if (operand.getRank() > static_cast<int64_t>(shape.size()))
      return emitOpError() << "epilogue operand of type " << operand.getType()
                           << " does not broadcast";
    for (auto [size, wanted] :
         llvm::zip(llvm::reverse(operand.getShape()), llvm::reverse(shape)))
      if (size != 1 && size != wanted)
        return emitOpError()
               << "epilogue operand of type " << operand.getType()
               << " does not broadcast to " << accumulator->getType();
    HostValue whole = HostValue::allocate(
        RankedTensorType::get(shape, operand.getElementType()));
    bool isFloat = isa<FloatType>(operand.getElementType());
    forEachElement(shape, {getBroadcastStrides(operand.getShape(), shape)},
                   [&](int64_t i, ArrayRef<int64_t> at) {
                     if (isFloat)
                       whole.setNumber(i, operand.getNumber(at[0]));
                     else
                       whole.setInteger(i, operand.getInteger(at[0]));
                   });
    arguments.push_back(whole);
  }
  SmallVector<HostValue> yielded;
  if (failed(context.interpretBlock(getEpilogue().front(), arguments, yielded)))
    return failure();
  HostValue result = yielded[0];
  if (result.getShape() != shape) {
    // A constant: no operand has given it a shape.
    HostValue whole = HostValue::allocate(
        RankedTensorType::get(shape, result.getElementType()));
    for (int64_t i = 0, e = whole.getNumElements(); i < e; ++i)
      whole.setNumber(i, result.getNumber(0));
    result = whole;
  }
  results.push_back(result);
  return success();
}
