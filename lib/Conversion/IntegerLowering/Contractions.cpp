//===- Contractions.cpp - Integer products and convolutions -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contractions.h"
#include "IntegerModels.h"
#include "Powers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// What weights are encoded to: 8 bits with a scale for each output, or 4 bits
/// in blocks with multipliers of one. Null after an error.
static qt::BlockType getWeightFormat(Operation *op, Type type, int64_t rank) {
  qt::BlockType given = qt::getBlockFormat(type);
  if (!given) {
    op->emitOpError("weights of type ")
        << type
        << ", which the recipe keeps, have no integer-only form; supported: "
           "recipes that give them 8 or 4 bits, as w8a8g32 and w4a8 do";
    return {};
  }
  auto kind = numerics::ElementFormat::Kind::Signed;
  unsigned bits = given.getElement().getBitWidth();
  if (given.getElement().getFormat().kind != kind || (bits != 8 && bits != 4)) {
    op->emitOpError("weights of type ")
        << type << " have no integer-only form; supported: s8 and s4";
    return {};
  }
  SmallVector<int64_t> output(rank, ShapedType::kDynamic);
  output.front() = 1;
  auto emitError = [&] { return op->emitOpError(); };
  if (bits == 8)
    return qt::BlockType::getFromSpelling(emitError, op->getContext(), output,
                                          "s8", "f32");
  SmallVector<int64_t> blocks(rank, 1);
  blocks.back() = 32;
  return qt::BlockType::getFromSpelling(emitError, op->getContext(), blocks,
                                        "s4", "s8", /*zero=*/"", "f32", output);
}

/// Whether the left operand is brought to more than 8 bits: a row that a pool
/// has left. It costs next to nothing to multiply, and nothing averages the
/// error of a gate or of a class over positions.
static bool isPooled(Operation *op, qt::BlockType given) {
  // A left operand that has this form already keeps it.
  if (given && given.getElement().getBitWidth() == qt::pooledBits)
    return true;
  if (auto conv = dyn_cast<nn::ConvOp>(op))
    return isSinglePosition(conv);
  return isPooledRow(op->getOperand(0));
}

/// So many products of codes fit a sum of 32 bits whatever they are.
static constexpr int64_t mostProducts =
    INT32_MAX / (127 * 128 << fixed::blockDepth);

/// Whether sums of \p op by weights of such a type may not fit 32 bits: whether
/// they do depends on the weights, and shows when they are encoded.
static bool isLong(Operation *op, RankedTensorType weights) {
  // A group's channels are no part of a row.
  if (auto conv = dyn_cast<nn::ConvOp>(op); conv && conv.getGroups() != 1)
    return false;
  int64_t rest = mostProducts;
  for (int64_t size : weights.getShape().drop_front()) {
    if (ShapedType::isDynamic(size))
      return false;
    if (size > rest)
      return true;
    rest /= std::max<int64_t>(size, 1);
  }
  return false;
}

/// Whether sums may be those of parts of a row, which are all of it where its
/// size is known.
static bool mayCutSums(Operation *op, Type operand) {
  auto type = cast<RankedTensorType>(operand);
  return !qt::getBlockFormat(type).getOuter() &&
         !ShapedType::isDynamic(type.getShape().back()) &&
         isLong(op, cast<RankedTensorType>(op->getOperand(1).getType()));
}

/// Fails after an error where sums of \p op with operands of these types do not
/// fit 32 bits, also in parts.
static LogicalResult verifySums(Operation *op, Type operand, Type weights) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(weights).getShape();
  bool mayCut = mayCutSums(op, operand);
  constexpr int64_t blockSize = 32;
  int64_t products = 1;
  for (int64_t size : shape.drop_front().drop_back())
    products *= size;
  products *= mayCut ? std::min(shape.back(), blockSize) : shape.back();
  if (products <= mostProducts)
    return success();
  // Encoded for this alone: there are hardly any so long.
  Value given = op->getOperand(1);
  OwningOpRef<qt::QuantizeOp> encoded;
  auto quantize = given.getDefiningOp<qt::QuantizeOp>();
  Value floats = quantize ? quantize.getInput() : given;
  if (!qt::getBlockFormat(floats.getType())) {
    OpBuilder builder(op->getContext());
    qt::BlockType format = qt::getBlockFormat(weights);
    encoded = qt::QuantizeOp::create(builder, op->getLoc(), floats, format,
                                     qt::getWeightEncoding(format));
    given = encoded->getResult(0);
  }
  return cutSums(op, given, mayCut);
}

/// Types of a product whose operand and result share exponents as \p inputRows
/// and \p resultRows say.
static LogicalResult inferContraction(Operation *op, TypeRange available,
                                      ArrayRef<int64_t> inputRows,
                                      ArrayRef<int64_t> resultRows,
                                      Types &operands, Types &results) {
  auto weights = cast<RankedTensorType>(available[1]);
  if (!isConstantSlice(op->getOperand(1)))
    return op->emitOpError("of weights that are computed has no integer-only "
                           "form; supported: constant weights");
  qt::BlockType format = getWeightFormat(op, available[1], weights.getRank());
  if (!format)
    return failure();
  qt::BlockType given = qt::getBlockFormat(available[0]);
  bool isGiven = given && given.getOuter();
  bool pooled = !isGiven && isPooled(op, given);
  bool isSum = pooled || (!isGiven && isLong(op, weights));
  operands.push_back(withFormat(
      op->getOperand(0),
      isSum ? qt::getIntegerFormat(op->getContext(), inputRows,
                                   pooled ? qt::pooledBits : qt::rowBits)
            : qt::getShiftedFormat(op->getContext(), inputRows)));
  operands.push_back(withFormat(op->getOperand(1), format));
  unsigned bits = isSum ? qt::wideBits : qt::summandBits;
  results.push_back(
      withFormat(op->getResult(0), getWide(op, resultRows, bits)));
  return success();
}

/// The weights of a contraction as integers alone: their scales are in the
/// multipliers, and the exponents that remain are 0.
static std::pair<SmallVector<Value>, qt::BlockType>
getIntegerWeights(qt::BlockType format, ValueRange parts, IntegerBuilder &b) {
  MLIRContext *context = format.getContext();
  auto exponent = qt::ScaleFormatAttr::get(context, "exp<8>");
  SmallVector<Value> result(parts.drop_back());
  auto last = cast<RankedTensorType>(parts.back().getType());
  auto type = last.clone(IntegerType::get(context, 8));
  result.push_back(arith::ConstantOp::create(
      b.getBuilder(), b.getLoc(),
      DenseElementsAttr::get(type, APInt::getZero(8))));
  if (format.getOuter())
    format = qt::BlockType::get(context, format.getShape(), format.getElement(),
                                format.getScale(), {}, exponent,
                                format.getOuterShape());
  else
    format = qt::BlockType::get(context, format.getShape(), format.getElement(),
                                exponent);
  return {result, format};
}

Value quantc::contract(IntegerBuilder &b, RankedTensorType type, ValueRange lhs,
                       qt::BlockType lhsFormat, ValueRange rhs,
                       qt::BlockType rhsFormat, Attribute geometry) {
  Type i32 = b.getBuilder().getI32Type();
  return qt::ContractOp::create(
      b.getBuilder(), b.getLoc(), type.clone(i32), lhs, rhs,
      /*epilogue_operands=*/ValueRange(), TypeAttr::get(lhsFormat),
      TypeAttr::get(rhsFormat), geometry, TypeAttr::get(i32),
      /*layout=*/nullptr);
}

Value quantc::contractWeights(IntegerBuilder &b, Operation *op, ValueRange lhs,
                              qt::BlockType lhsFormat, ValueRange weights,
                              qt::BlockType weightFormat) {
  Attribute geometry;
  MLIRContext *context = op->getContext();
  if (auto conv = dyn_cast<nn::ConvOp>(op))
    geometry = qt::ConvAttr::get(context, conv.getKernel(), conv.getStrides(),
                                 conv.getDilations(), conv.getPads(),
                                 conv.getGroups(), /*k=*/0);
  else
    geometry = qt::MatmulAttr::get(context, /*batched=*/false,
                                   /*k=*/std::nullopt);
  auto [rhs, rhsFormat] = getIntegerWeights(weightFormat, weights, b);
  return contract(b, typeOf(op->getResult(0)), lhs, lhsFormat, rhs, rhsFormat,
                  geometry);
}

SmallVector<Value> quantc::encodeBlocks(IntegerBuilder &b, ValueRange row,
                                        qt::BlockType blocks) {
  auto type = cast<RankedTensorType>(row[0].getType());
  auto quantize = qt::QuantizeOp::create(
      b.getBuilder(), b.getLoc(),
      llvm::to_vector_of<Type>(blocks.getPartTypes(type)), row[0], row[1],
      qt::EncodingAttr::get(blocks.getContext(), qt::ScaleRule::Norm, -127,
                            127),
      TypeAttr::get(blocks), /*layout=*/nullptr, /*halo=*/nullptr);
  return SmallVector<Value>(quantize.getResults());
}

/// The left operands that a pooled row is the sum of: its upper and its lower 7
/// bits, which blocks of 8 bits hold exactly.
static SmallVector<SmallVector<Value>>
splitPooled(IntegerBuilder &b, ValueRange row, qt::BlockType blocks) {
  constexpr int64_t half = qt::pooledBits / 2;
  Value m = b.cast(row[0], 32);
  Value upper = b.shift(b.shift(m, half), -half);
  SmallVector<SmallVector<Value>> terms;
  for (Value part : {upper, b.sub(m, upper)})
    terms.push_back(encodeBlocks(b, {b.cast(part, 16), row[1]}, blocks));
  return terms;
}

/// The elements of \p x from \p start to \p end along the last dimension.
static Value sliceLast(IntegerBuilder &b, Value x, int64_t start, int64_t end) {
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = end - start;
  return nn::SliceOp::create(builder, loc, type.clone(shape), x,
                             nn::makeIntegers(builder, loc, start),
                             nn::makeIntegers(builder, loc, end),
                             nn::makeIntegers(builder, loc, type.getRank() - 1),
                             nn::makeIntegers(builder, loc, 1));
}

/// The channels of weights from \p start to \p end, whole blocks. Where several
/// codes are in a byte, or many have a multiplier, the parts have a last size
/// of their own.
static SmallVector<Value> sliceWeights(IntegerBuilder &b, Operation *op,
                                       ValueRange parts, int64_t start,
                                       int64_t end) {
  auto type = cast<RankedTensorType>(op->getOperand(1).getType());
  qt::BlockType format = qt::getBlockFormat(type);
  auto getTypes = [&](int64_t size) {
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = size;
    return format.getPartTypes(shape);
  };
  SmallVector<RankedTensorType> before = getTypes(start),
                                behind = getTypes(end);
  SmallVector<Value> sliced;
  for (auto [part, from, to] :
       llvm::zip_equal(parts.drop_back(), ArrayRef(before).drop_back(),
                       ArrayRef(behind).drop_back()))
    sliced.push_back(
        sliceLast(b, part, from.getShape().back(), to.getShape().back()));
  // The scale of an output is that of all parts.
  sliced.push_back(parts.back());
  return sliced;
}

/// Adds \p term, below 2^30, to \p sum; \p terms are in it.
static Scaled addTerm(IntegerBuilder &b, Scaled sum, unsigned terms,
                      Scaled term) {
  if (terms > 1)
    sum = b.halve(sum);
  b.align(sum, term);
  return {b.add(sum.m, term.m), sum.e};
}

/// The sum of sums below 2^31.
static Scaled addInPairs(IntegerBuilder &b, SmallVector<Scaled> sums) {
  while (sums.size() > 1) {
    SmallVector<Scaled> next;
    for (size_t i = 0; i + 1 < sums.size(); i += 2) {
      Scaled x = b.halve(sums[i]), y = b.halve(sums[i + 1]);
      b.align(x, y);
      next.push_back({b.add(x.m, y.m), x.e});
    }
    if (sums.size() % 2 != 0)
      next.push_back(sums.back());
    sums = std::move(next);
  }
  return sums.front();
}

static LogicalResult lowerContraction(Operation *op, Parts parts,
                                      OpBuilder &builder, Lowered &results) {
  IntegerBuilder b(builder, op->getLoc());
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  qt::BlockType format = qt::getBlockFormat(type);
  bool isEncoded = format.getOuter() != nullptr;
  FailureOr<SumParts> cut =
      cutSums(op, op->getOperand(1), mayCutSums(op, type));
  if (failed(cut))
    return failure();
  qt::BlockType blocks =
      isEncoded ? format
                : qt::getShiftedFormat(op->getContext(), format.getShape());
  qt::BlockType weightFormat = qt::getBlockFormat(op->getOperand(1).getType());
  // Every term takes a bit from those before it, so that many are added in
  // groups, and these in pairs.
  constexpr unsigned groupSize = 8;
  SmallVector<Scaled> sums;
  unsigned count = 0;
  auto addProduct = [&](ValueRange codes, ValueRange weights) {
    Value acc = contractWeights(b, op, codes, blocks, weights, weightFormat);
    Scaled own{b.apply(cut->multipliers, acc),
               b.add(b.cast(codes.back(), 32), cut->multipliers.exponent)};
    unsigned terms = count++ % groupSize;
    if (terms == 0)
      sums.push_back(own);
    else
      sums.back() = addTerm(b, sums.back(), terms, own);
  };
  if (isEncoded)
    addProduct(parts[0], parts[1]);
  int64_t start = 0;
  for (int64_t end : isEncoded ? ArrayRef<int64_t>() : ArrayRef(cut->ends)) {
    bool isWhole = cut->ends.size() == 1;
    SmallVector<Value> weights(parts[1]), row(parts[0]);
    if (!isWhole) {
      weights = sliceWeights(b, op, parts[1], start, end);
      row[0] = sliceLast(b, row[0], start, end);
    }
    if (format.getElement().getBitWidth() == qt::pooledBits)
      for (ValueRange codes : splitPooled(b, row, blocks))
        addProduct(codes, weights);
    else
      addProduct(encodeBlocks(b, row, blocks), weights);
    start = end;
  }
  results.push_back(b.store(addInPairs(b, std::move(sums)),
                            qt::getBlockFormat(op->getResult(0).getType())));
  return success();
}

bool quantc::hasWeights(nn::MatmulOp op) {
  return op.getRhs().getType().getRank() == 2 && isConstantSlice(op.getRhs());
}

/// The bits of both sides of a product of rows of \p k elements: as many as
/// leave room for the sum, from 12 on the same for both.
static std::pair<unsigned, unsigned> chooseBits(int64_t k) {
  constexpr int64_t most = INT32_MAX, twelve = 2047, eight = 127;
  for (unsigned bits = qt::rowBits; bits >= 12; --bits) {
    int64_t largest = (int64_t(1) << (bits - 1)) - 1;
    if (k <= most / (largest * largest))
      return {bits, bits};
  }
  if (k <= most / (twelve * eight))
    return {12, 8};
  return {8, 8};
}

namespace {
struct MatmulIntegers
    : IntegerLoweringInterface::ExternalModel<MatmulIntegers, nn::MatmulOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto matmul = cast<nn::MatmulOp>(op);
    if (!hasWeights(matmul))
      return inferProduct(matmul, available, operands, results);
    if (failed(inferContraction(
            op, available,
            qt::getRowBlocks(matmul.getLhs().getType().getRank()),
            qt::getRowBlocks(matmul.getType().getRank()), operands, results)))
      return failure();
    return verifySums(op, operands[0], operands[1]);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto matmul = cast<nn::MatmulOp>(op);
    if (!hasWeights(matmul))
      return lowerProduct(matmul, builder, parts, results);
    return lowerContraction(op, parts, builder, results);
  }

private:
  /// Of two values that are computed: rows of both sides have an exponent each.
  static LogicalResult inferProduct(nn::MatmulOp op, TypeRange available,
                                    Types &operands, Types &results) {
    auto lhs = cast<RankedTensorType>(op.getLhs().getType());
    auto rhs = cast<RankedTensorType>(op.getRhs().getType());
    if (lhs.getRank() < 2 || rhs.getRank() < 2)
      return op.emitOpError("of ")
             << lhs << " and " << rhs
             << " has no integer-only form; supported: two sides of rank 2 or "
                "more, and weights of rank 2 on the right";
    for (Type type : available)
      if (failed(requireInteger(op, type)))
        return failure();
    int64_t k = lhs.getShape().back();
    if (ShapedType::isDynamic(k))
      k = rhs.getShape().back();
    constexpr int64_t most = INT32_MAX / (127 * 127);
    if (!ShapedType::isDynamic(k) && k > most)
      return op.emitOpError("over ")
             << k << " elements has no integer-only form; supported: up to "
             << most;
    // Kernels check a number of run time.
    int64_t bound = getMostElements(op);
    auto [left, right] =
        chooseBits(ShapedType::isDynamic(bound) ? most : bound);
    for (auto [operand, bits] :
         {std::pair(op.getLhs(), left), std::pair(op.getRhs(), right)})
      operands.push_back(withFormat(
          operand, qt::getIntegerFormat(
                       op.getContext(),
                       qt::getRowBlocks(
                           cast<RankedTensorType>(operand.getType()).getRank()),
                       bits)));
    results.push_back(withFormat(
        op.getResult(), getWide(op, qt::getRowBlocks(op.getType().getRank()),
                                qt::summandBits)));
    return success();
  }

  static LogicalResult lowerProduct(nn::MatmulOp op, OpBuilder &builder,
                                    Parts parts, Lowered &results) {
    IntegerBuilder b(builder, op.getLoc());
    int64_t rank = cast<RankedTensorType>(op.getRhs().getType()).getRank();
    auto geometry = qt::MatmulAttr::get(op.getContext(), /*batched=*/rank != 2,
                                        /*k=*/std::nullopt);
    auto type = cast<RankedTensorType>(op.getType());
    Value acc =
        contract(b, type, parts[0], qt::getBlockFormat(op.getLhs().getType()),
                 parts[1], qt::getBlockFormat(op.getRhs().getType()), geometry);
    // A column of exponents, of the rows on the right, as a row.
    Value columns = parts[1][1];
    auto shape =
        llvm::to_vector(cast<RankedTensorType>(columns.getType()).getShape());
    auto perm = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(shape[rank - 1], shape[rank - 2]);
    std::swap(perm[rank - 1], perm[rank - 2]);
    columns = nn::TransposeOp::create(
        builder, op.getLoc(),
        cast<RankedTensorType>(columns.getType()).clone(shape), columns,
        builder.getDenseI64ArrayAttr(perm));
    Scaled y{acc, b.add(b.cast(parts[0][1], 32), b.cast(columns, 32))};
    qt::BlockType format = qt::getBlockFormat(type);
    results.push_back(b.store(joinExponents(b, y, format.getShape()), format));
    return success();
  }
};

struct ConvIntegers
    : IntegerLoweringInterface::ExternalModel<ConvIntegers, nn::ConvOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto conv = cast<nn::ConvOp>(op);
    int64_t rank = conv.getInput().getType().getRank();
    if (failed(inferContraction(op, available, qt::getImageBlocks(rank),
                                qt::getImageBlocks(conv.getType().getRank()),
                                operands, results)))
      return failure();
    if (isDepthwise(conv)) {
      operands[0] = withFormat(
          conv.getInput(),
          qt::getIntegerFormat(op->getContext(), getChannelBlocks(rank), 8));
      results[0] =
          withFormat(conv.getResult(),
                     getWide(op, qt::getImageBlocks(rank), qt::summandBits));
    }
    return verifySums(op, operands[0], operands[1]);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto conv = cast<nn::ConvOp>(op);
    if (isDepthwise(conv))
      return lowerDepthwise(conv, parts, builder, results);
    return lowerContraction(op, parts, builder, results);
  }

private:
  /// Whether each output has one channel: nothing is summed over them.
  static bool isDepthwise(nn::ConvOp op) {
    auto groups = static_cast<int64_t>(op.getGroups());
    return groups > 1 && op.getInput().getType().getShape().back() == groups &&
           op.getType().getShape().back() == groups;
  }

  /// An exponent for each channel of an image.
  static SmallVector<int64_t> getChannelBlocks(int64_t rank) {
    SmallVector<int64_t> blocks = qt::getImageBlocks(rank);
    blocks.back() = 1;
    return blocks;
  }

  /// Codes of 8 bits as blocks that hold them exactly, then each channel's own
  /// exponent.
  static LogicalResult lowerDepthwise(nn::ConvOp op, Parts parts,
                                      OpBuilder &builder, Lowered &results) {
    FailureOr<SumParts> sums = cutSums(op, op.getWeights(), /*mayCut=*/false);
    if (failed(sums))
      return failure();
    MLIRContext *context = op.getContext();
    IntegerBuilder b(builder, op.getLoc());
    SmallVector<int64_t> image =
        qt::getImageBlocks(op.getInput().getType().getRank());
    Scaled x = b.load(parts[0]);
    // At the least exponent, where the lowest shift is that of 15 bits,
    // whatever the largest of an image is.
    constexpr int64_t places = 8;
    Value m = b.cast(b.shift(x.m, -places), qt::rowBits);
    Value least = b.spread(b.number(fixed::leastExponent, 8), m,
                           qt::getIntegerFormat(context, image, qt::rowBits));
    qt::BlockType blocks = qt::getShiftedFormat(context, image);
    SmallVector<Value> codes = encodeBlocks(b, {m, least}, blocks);
    Value acc = contractWeights(b, op, codes, blocks, parts[1],
                                qt::getBlockFormat(op.getWeights().getType()));
    // The largest exponent of a channel is the image's: they have as many bits
    // as their sums may take, so that nothing has to be known of these.
    fixed::OwnMultipliers own = fixed::makeOwnMultipliers(
        sums->scales.data(), sums->bounds.data(), sums->scales.size());
    SmallVector<int64_t> shape(image.size(), 1);
    shape.back() = sums->scales.size();
    Value e = b.add(b.add(x.e, b.numbers(own.exponents, shape)),
                    fixed::leastBlockExponent - fixed::leastExponent - places);
    Value common = b.reduce(nn::ReduceKind::Max, e,
                            static_cast<int64_t>(image.size()) - 1);
    // Of the multipliers, which are fewer than the products.
    Value multipliers = b.shift(b.numbers(own.values, shape), b.sub(common, e));
    Value y = b.multiplyHigh(b.shift(acc, -own.preShift), multipliers);
    results.push_back(b.store({y, common}, qt::getBlockFormat(op.getType())));
    return success();
  }
};
} // namespace

void quantc::attachContractionIntegers(MLIRContext *context) {
  nn::MatmulOp::attachInterface<MatmulIntegers>(*context);
  nn::ConvOp::attachInterface<ConvIntegers>(*context);
}
