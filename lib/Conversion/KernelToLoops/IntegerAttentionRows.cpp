//===- IntegerAttentionRows.cpp - Rows of integer attention -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The product that makes scores finds the largest of each row on the way. One
// pass makes powers, their sum and the least shift among them; a second one
// shifts them to weights of 8 bits. A shift that is rounded half up is
// ((2 x >> n) + 1) >> 1, which no x below 2^30 overflows and which needs no
// case for n = 0 nor, with n limited to 31, for what is beyond.
//
//===----------------------------------------------------------------------===//

#include "IntegerAttention.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// Sums over \p steps of products of the rows that begin at \p lhsAt and the
/// panels at \p rhsAt: 16 lanes by rows, then by panels. Beyond the first \p
/// parts registers of a panel, which have \p dotLanes, they are zero.
SmallVector<Value> IntegerAttention::multiply(OpBuilder &b, Value steps,
                                              int64_t ways, qt::BoundAttr bound,
                                              Value lhs, ArrayRef<Value> lhsAt,
                                              Value rhs, ArrayRef<Value> rhsAt,
                                              int64_t parts, int64_t dotLanes) {
  Type element = cast<MemRefType>(rhs.getType()).getElementType();
  auto type = VectorType::get(dotLanes * ways, element);
  auto sum = VectorType::get(dotLanes, b.getI32Type());
  size_t registers = rhsAt.size() * parts;
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(sum));
  size_t count = lhsAt.size() * registers;
  std::optional<int64_t> known = getConstantIndex(steps);
  // Few sums would wait for one another.
  bool isFew = count <= 4;
  // Of two steps that follow one another LLVM takes apart what multiplies and
  // adds in one.
  bool isFused = target.has("avx512vnni") || target.has("avxvnni");
  int64_t atOnce = known && *known % 2 == 0 && (isFew || !isFused) ? 2 : 1;
  int64_t chains = isFew ? atOnce : 1;
  SmallVector<Value> initial(chains * count, zero);
  auto addStep = [&](OpBuilder &inner, Value step,
                     MutableArrayRef<Value> sums) {
    SmallVector<Value> now;
    Value place = mul(inner, step, index(lanes * ways));
    for (size_t i = 0; i < registers; ++i)
      now.push_back(vector::LoadOp::create(
          inner, loc, type, rhs,
          add(inner, add(inner, rhsAt[i / parts], place),
              index(static_cast<int64_t>(i % parts) * dotLanes * ways))));
    for (auto [r, at] : llvm::enumerate(lhsAt)) {
      Value x = broadcastWord(inner, loc, lhs,
                              add(inner, at, mul(inner, step, index(ways))),
                              ways, dotLanes);
      for (size_t i = 0; i < registers; ++i) {
        Value &own = sums[r * registers + i];
        own = qt::DotOp::create(inner, loc, sum, ways, x, now[i], own, bound);
      }
    }
  };
  auto loop = scf::ForOp::create(
      b, loc, index(0), steps, index(atOnce), initial,
      [&](OpBuilder &inner, Location, Value step, ValueRange carried) {
        SmallVector<Value> sums(carried);
        for (int64_t i = 0; i < atOnce; ++i)
          addStep(inner, add(inner, step, index(i)),
                  MutableArrayRef(sums).slice(i % chains * count, count));
        scf::YieldOp::create(inner, loc, sums);
      });
  SmallVector<Value> joined, sums(loop.getResults());
  for (size_t i = count; i < sums.size(); ++i)
    sums[i - count] = arith::AddIOp::create(b, loc, sums[i - count], sums[i]);
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  for (size_t i = 0; i < count; i += parts)
    joined.push_back(
        dotLanes == lanes
            ? sums[i]
            : vector::ShuffleOp::create(
                  b, loc, sums[i], parts == 1 ? zero : sums[i + 1], order));
  return joined;
}

/// Where the rows of queries begin: in scratch, where they end on a whole
/// vector, if they do not do so by themselves.
void IntegerAttention::loadQueries(OpBuilder &b, Tile &tile) {
  for (int64_t r = 0; r < tile.count; ++r) {
    Value row = add(b, tile.row, index(r));
    if (rowCodes) {
      for (int64_t v = 0; v < featureVectors; ++v)
        vector::StoreOp::create(b, loc, loadRow(b, query, row, v * lanes),
                                rowCodes,
                                index((r * featureVectors + v) * lanes));
      tile.codesAt.push_back(index(r * featureVectors * lanes));
    } else {
      tile.codesAt.push_back(mul(b, rowOf(b, query, row), index(query.size)));
    }
    Value exponent = loadExponent(b, query, row);
    tile.exponents.push_back(splat(b, loc, exponent));
    tile.isRare.push_back(arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::slt, leastPlaces, exponent));
  }
}

Value IntegerAttention::loadMask(OpBuilder &b, Value row, Place place) {
  Value at =
      add(b, add(b, maskBase, mul(b, row, maskSteps[2])), place.position);
  Value exists;
  if (isRagged && place.mayHide)
    exists = vector::CreateMaskOp::create(
        b, loc, VectorType::get(lanes, b.getI1Type()),
        ValueRange{arith::SubIOp::create(b, loc, keys, place.position)});
  return loadVector(b, loc, maskBuffer, at, exists);
}

/// The \p score of row \p r and 16 keys where the row sees them.
Value IntegerAttention::hide(OpBuilder &b, const Tile &tile, int64_t r,
                             Value position, Value score) {
  Words v(b, loc, /*isVector=*/true);
  if (!op.getCausal())
    return isRagged
               ? v.min(score,
                       vector::LoadOp::create(b, loc, cast<VectorType>(v.type),
                                              keyLimits, position))
               : score;
  Value bound = countVisible(b, add(b, tile.row, index(r)));
  Value left = arith::IndexCastOp::create(
      b, loc, b.getI32Type(), arith::SubIOp::create(b, loc, bound, position));
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
  Value steps = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(cast<VectorType>(v.type), ArrayRef(numbers)));
  Value isSeen = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, steps,
                                       splat(b, loc, left));
  return v.select(isSeen, score, v.number(hiddenScore));
}

/// \p x by 0 or more \p places to the right, also by more than it has.
Value IntegerAttention::shiftFar(OpBuilder &b, Value x, Value places) {
  Words v(b, loc, /*isVector=*/true);
  if (!target.has("avx2"))
    return v.right(x, v.min(places, v.number(31)));
  StringRef name = registerLanes == lanes ? "llvm.x86.avx512.psrav.d.512"
                                          : "llvm.x86.avx2.psrav.d.256";
  auto type = VectorType::get(registerLanes, b.getI32Type());
  Value result = x;
  for (int64_t from = 0; from < lanes; from += registerLanes) {
    Value parts[2];
    for (auto [part, whole] : llvm::zip(parts, std::array{x, places}))
      part = vector::ExtractStridedSliceOp::create(b, loc, whole, from,
                                                   registerLanes, 1);
    Value shifted =
        LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                      ValueRange{parts[0], parts[1]})
            .getResult(0);
    result = vector::InsertStridedSliceOp::create(b, loc, shifted, result, from,
                                                  /*stride=*/1);
  }
  return result;
}

/// The scores of row \p r and 16 keys, from the sums of their products.
Value IntegerAttention::finishScore(OpBuilder &b, const Tile &tile, int64_t r,
                                    Place place, Value acc) {
  Words v(b, loc, /*isVector=*/true);
  Value y = nn::BinaryOp::create(b, loc, v.type, nn::BinaryKind::MulHigh31,
                                 v.left(acc, v.number(multiplier.preShift)),
                                 v.number(multiplier.values[0]));
  Value places = v.sub(vector::LoadOp::create(b, loc, cast<VectorType>(v.type),
                                              keyPlaces, place.position),
                       tile.exponents[r]);
  // To the right by one place less, and half up by one more. To the left what
  // does not fit saturates. Scores beyond 2^15 are rare.
  auto branch = scf::IfOp::create(
      b, loc, tile.isRare[r],
      [&](OpBuilder &rare, Location) {
        Words w(rare, loc, /*isVector=*/true);
        Value right = w.add(places, w.number(1));
        Value by = w.clamp(w.sub(w.number(0), right), 0, 30);
        Value limit = w.right(w.number(int64_t(1) << 30), by);
        Value fitting = w.max(w.min(y, limit), w.sub(w.number(0), limit));
        Value moved = w.clamp(w.left(fitting, by), -fixed::largestScore,
                              fixed::largestScore);
        scf::YieldOp::create(
            rare, loc,
            ValueRange{w.add(moved, moved), w.max(right, w.number(0))});
      },
      [&](OpBuilder &usual, Location) {
        scf::YieldOp::create(usual, loc, ValueRange{y, places});
      });
  Value score = branch.getResult(0), one = v.number(1);
  score = shiftFar(b, score, branch.getResult(1));
  score = v.right(v.add(score, one), one);
  if (op.getMask()) {
    Value mask = loadMask(b, add(b, tile.row, index(r)), place);
    score =
        v.clamp(v.add(score, mask), -fixed::largestScore, fixed::largestScore);
    Value isSeen = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                         mask, v.number(-fixed::largestScore));
    score = v.select(isSeen, score, v.number(hiddenScore));
  }
  return place.mayHide ? hide(b, tile, r, place.position, score) : score;
}

void IntegerAttention::scoreRows(OpBuilder &b, const Tile &tile) {
  int64_t padded = featureVectors * lanes;
  int64_t steps = llvm::divideCeil(features, 2);
  auto bound =
      qt::BoundAttr::get(b.getContext(), -2047, 2047, -2047, 2047,
                         std::max<int64_t>(steps, 1), false, 0, 0, 0, 0);
  SmallVector<Value> initial(
      tile.count, splatConstant(b, loc, b.getI32Type(), hiddenScore));
  Value codes = rowCodes ? rowCodes : query.codes;
  auto scorePanels = [&](OpBuilder &inner, Value panel, int64_t count,
                         ArrayRef<Value> carried, bool mayHide, int64_t parts,
                         int64_t dotLanes) {
    SmallVector<Value> rhsAt, next(carried);
    for (int64_t p = 0; p < count; ++p)
      rhsAt.push_back(
          mul(inner, add(inner, panel, index(p)), index(padded * lanes)));
    SmallVector<Value> sums =
        multiply(inner, index(steps), 2, bound, codes, tile.codesAt, packedKeys,
                 rhsAt, parts, dotLanes);
    Words v(inner, loc, /*isVector=*/true);
    for (int64_t r = 0; r < tile.count; ++r)
      for (int64_t p = 0; p < count; ++p) {
        Value position = mul(inner, add(inner, panel, index(p)), index(lanes));
        Value score = finishScore(inner, tile, r, {position, mayHide},
                                  sums[r * count + p]);
        vector::StoreOp::create(
            inner, loc, score, scores,
            add(inner, mul(inner, index(r), paddedKeys), position));
        next[r] = v.max(next[r], score);
      }
    return next;
  };
  // Without an order among rows and keys only the last panel hides some.
  bool isWhole = !op.getCausal();
  Value whole = tile.panels;
  if (isWhole && isRagged)
    whole = arith::DivUIOp::create(b, loc, keys, index(lanes));
  SmallVector<Value> tops = forPanels(
      b, index(0), whole, panelsAtOnce, initial,
      [&](OpBuilder &inner, Value panel, int64_t count,
          ArrayRef<Value> carried) {
        return scorePanels(inner, panel, count, carried, /*mayHide=*/!isWhole,
                           registersOfPanel, registerLanes);
      });
  if (isWhole && isRagged) {
    // Of which half a register may do.
    std::optional<int64_t> known = getConstantIndex(keys);
    bool isHalf = known && *known % lanes <= lanes / 2 && target.has("avx2");
    tops =
        forPanels(b, whole, tile.panels, 1, tops,
                  [&](OpBuilder &inner, Value panel, int64_t count,
                      ArrayRef<Value> carried) {
                    return isHalf
                               ? scorePanels(inner, panel, count, carried,
                                             /*mayHide=*/true, 1, lanes / 2)
                               : scorePanels(inner, panel, count, carried,
                                             /*mayHide=*/true, registersOfPanel,
                                             registerLanes);
                  });
  }
  tops.resize(rowsOfTile, tops.back());
  Value top = foldRows(b, tops, [&](OpBuilder &inner, Value x, Value y) {
    return Words::of(inner, loc, x).max(x, y);
  });
  // A row without a key has any other: nothing is left of its powers then.
  Words w = Words::of(b, loc, top);
  Value isEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, top,
                                        w.number(hiddenScore));
  vector::StoreOp::create(b, loc, w.select(isEmpty, w.number(0), top), rowTops,
                          index(0));
}

/// Folds the lanes of each row of a tile into one of as many lanes.
Value IntegerAttention::foldRows(OpBuilder &b, ArrayRef<Value> rows,
                                 Combine combine) {
  Value all = foldEach(b, loc, SmallVector<Value>(rows), combine);
  return vector::ExtractStridedSliceOp::create(b, loc, all, 0, rowsOfTile, 1);
}

/// 32640 2^-fraction, as fixed::exp2Fraction has it, of the lower 15 bits:
/// every step fits 16 bits.
Value IntegerAttention::emitPower(OpBuilder &b, Value below) {
  Words v = Words::of(b, loc, below);
  int64_t width = cast<VectorType>(below.getType()).getNumElements();
  auto number = [&](int64_t value) {
    return splatConstant(b, loc, b.getI16Type(), static_cast<double>(value),
                         width);
  };
  Value f = v.bitAnd(v.truncate(below, 16), number(32767)), r = number(-1289);
  for (int64_t c : {7533, -22564, 32640})
    r = v.add(multiplyHalves(b, loc, HalfProduct::Rounded15, r, f, target),
              number(c));
  return r;
}

/// Powers of two in the place of the scores of row \p r, each with the places
/// that it is to be shifted by in its upper half.
void IntegerAttention::emitPowers(OpBuilder &b, const Tile &tile, Value r) {
  Words outer(b, loc, /*isVector=*/true);
  auto words = cast<VectorType>(outer.type);
  Value base = mul(b, r, paddedKeys);
  Value top = splat(b, loc, memref::LoadOp::create(b, loc, rowTops, r));
  SmallVector<Value> initial{outer.number(0), outer.number(2 * farPlaces)};
  if (op.getMask())
    initial.push_back(outer.number(0));
  Value end = mul(b, tile.panels, index(lanes));
  auto loop = scf::ForOp::create(
      b, loc, index(0), end, index(lanes), initial,
      [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
        Words v(inner, loc, /*isVector=*/true);
        Value at = add(inner, base, t), one = v.number(1);
        Value score = vector::LoadOp::create(inner, loc, words, scores, at);
        Value below = v.sub(top, score);
        Value places = v.rightUnsigned(below, v.number(15));
        Value power =
            arith::ExtUIOp::create(inner, loc, v.type, emitPower(inner, below));
        Value share =
            v.rightUnsigned(v.add(power, power), v.min(places, v.number(31)));
        share = v.rightUnsigned(v.add(share, one), one);
        Value own =
            v.add(v.min(places, v.number(farPlaces)),
                  vector::LoadOp::create(inner, loc, words, valuePlaces, t));
        vector::StoreOp::create(
            inner, loc, v.add(power, v.left(own, v.number(16))), scores, at);
        SmallVector<Value> next{v.add(carried[0], share),
                                v.min(carried[1], own)};
        if (op.getMask()) {
          Value isSeen =
              arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ne, score,
                                    v.number(hiddenScore));
          next.push_back(v.add(
              carried[2], arith::ExtUIOp::create(inner, loc, v.type, isSeen)));
        }
        scf::YieldOp::create(inner, loc, next);
      });
  storeOfRow(b, r, SmallVector<Value>(loop.getResults()));
}

/// The sums of powers, least places and numbers of keys of row \p r, by lanes.
void IntegerAttention::storeOfRow(OpBuilder &b, Value r,
                                  ArrayRef<Value> values) {
  Value buffers[] = {rowSums, rowLeasts, rowCounts};
  for (auto [buffer, value] : llvm::zip(buffers, values))
    vector::StoreOp::create(b, loc, value, buffer, mul(b, r, index(lanes)));
}

/// What the sums of weighted values are multiplied by, and the exponents of
/// results, from the sums of powers and their numbers: all rows at once.
void IntegerAttention::finishRows(OpBuilder &b, const Tile &tile) {
  auto words = VectorType::get(lanes, b.getI32Type());
  auto fold = [&](Value buffer, Combine combine) {
    SmallVector<Value> rows;
    for (int64_t r = 0; r < rowsOfTile; ++r)
      rows.push_back(
          vector::LoadOp::create(b, loc, words, buffer, index(r * lanes)));
    return foldRows(b, rows, combine);
  };
  auto addUp = [&](OpBuilder &inner, Value x, Value y) {
    return Words::of(inner, loc, x).add(x, y);
  };
  Value sum = fold(rowSums, addUp),
        least = fold(rowLeasts, [&](OpBuilder &inner, Value x, Value y) {
          return Words::of(inner, loc, x).min(x, y);
        });
  Words w = Words::of(b, loc, sum);
  Value count;
  if (op.getMask()) {
    count = fold(rowCounts, addUp);
  } else {
    count = w.number(0);
    for (int64_t r = 0; r < tile.count; ++r) {
      Value own = arith::IndexCastOp::create(
          b, loc, b.getI32Type(), countVisible(b, add(b, tile.row, index(r))));
      count = vector::InsertOp::create(b, loc, own, count, r);
    }
  }
  vector::StoreOp::create(b, loc, least, rowLeasts, index(0));
  Value length = w.bitLength(sum);
  auto wide = VectorType::get(rowsOfTile, b.getI64Type());
  Value left = arith::ExtUIOp::create(
      b, loc, wide, w.sub(w.number(31), w.min(length, w.number(31))));
  Value divisor = arith::ShLIOp::create(
      b, loc, arith::ExtUIOp::create(b, loc, wide, sum), left);
  // Divisions one by one are there sooner than those of lanes.
  Words scalar(b, loc, /*isVector=*/false);
  for (int64_t r = 0; r < tile.count; ++r) {
    Value reciprocal =
        nn::UnaryOp::create(b, loc, b.getI64Type(), nn::UnaryKind::Recip61,
                            vector::ExtractOp::create(b, loc, divisor, r));
    memref::StoreOp::create(b, loc, scalar.truncate(reciprocal, 32),
                            rowReciprocals, index(r));
  }
  // As many bits as there is room for.
  Value room = w.sub(w.number(16), w.bitLength(count));
  vector::StoreOp::create(b, loc, w.sub(w.number(0), room), rowRooms, index(0));
  // A bit less, so that heads can be put on one exponent.
  Value exponent = w.sub(w.sub(w.number(128 + 9), least), w.add(room, length));
  exponent = w.select(w.isZero(sum), w.number(fixed::zeroExponent), exponent);
  for (int64_t r = 0; r < tile.count; ++r)
    memref::StoreOp::create(
        b, loc, vector::ExtractOp::create(b, loc, exponent, r),
        result.exponents, rowOf(b, result, add(b, tile.row, index(r))));
}

/// Weights of 8 bits from the powers of row \p r.
void IntegerAttention::emitWeights(OpBuilder &b, const Tile &tile, Value r) {
  Words scalar(b, loc, /*isVector=*/false);
  Value least = memref::LoadOp::create(b, loc, rowLeasts, r);
  Value base = mul(b, r, paddedKeys);
  // 7 places more than the least, and one less before the rounding.
  Value start = splat(b, loc, scalar.sub(least, scalar.number(6)));
  Value end = mul(b, tile.panels, index(lanes));
  forRange(b, index(0), end, lanes, [&](OpBuilder &inner, Value t) {
    Words v(inner, loc, /*isVector=*/true);
    Value at = add(inner, base, t), one = v.number(1);
    Value both = vector::LoadOp::create(inner, loc, cast<VectorType>(v.type),
                                        scores, at);
    Value places = v.rightUnsigned(both, v.number(16));
    places = v.min(v.sub(places, start), v.number(31));
    Value weight = v.rightUnsigned(v.bitAnd(both, v.number(65535)), places);
    weight = v.rightUnsigned(v.add(weight, one), one);
    vector::StoreOp::create(
        inner, loc, v.truncate(weight, valueWays == 2 ? 16 : 8), weights, at);
  });
}

void IntegerAttention::weighValues(OpBuilder &b, const Tile &tile) {
  auto bound = qt::BoundAttr::get(b.getContext(), 0, 255, -127, 127,
                                  qt::IntegerAttentionOp::mostKeys / valueWays,
                                  false, 0, 0, 0, 0);
  Value steps =
      arith::CeilDivUIOp::create(b, loc, tile.visible, index(valueWays));
  // Rows that see all keys have room that is known here.
  std::optional<int64_t> known = getConstantIndex(keys);
  if (op.getMask() || op.getCausal())
    known = std::nullopt;
  SmallVector<Value> lhsAt, places, factors;
  Words v(b, loc, /*isVector=*/true);
  for (int64_t r = 0; r < tile.count; ++r) {
    lhsAt.push_back(mul(b, index(r), paddedKeys));
    auto load = [&](Value buffer) {
      return splat(b, loc, memref::LoadOp::create(b, loc, buffer, index(r)));
    };
    places.push_back(
        known ? v.number(llvm::bit_width(static_cast<uint64_t>(*known)) - 16)
              : load(rowRooms));
    factors.push_back(load(rowReciprocals));
  }
  auto binary = [&](nn::BinaryKind kind, Value x, Value y) -> Value {
    return nn::BinaryOp::create(b, loc, v.type, kind, x, y);
  };
  for (int64_t first = 0; first < widthVectors; first += panelsAtOnce) {
    int64_t count = std::min(panelsAtOnce, widthVectors - first);
    SmallVector<Value> rhsAt;
    for (int64_t i = 0; i < count; ++i)
      rhsAt.push_back(mul(b, index((first + i) * lanes), paddedKeys));
    // And so may the last columns.
    int64_t left = std::min(lanes, width - first * lanes);
    int64_t parts =
        count == 1 ? llvm::divideCeil(left, registerLanes) : registersOfPanel;
    SmallVector<Value> sums =
        multiply(b, steps, valueWays, bound, weights, lhsAt, packedValues,
                 rhsAt, parts, registerLanes);
    for (int64_t r = 0; r < tile.count; ++r)
      for (int64_t i = 0; i < count; ++i) {
        Value y =
            binary(nn::BinaryKind::RShift, sums[r * count + i], places[r]);
        y = binary(nn::BinaryKind::MulHigh31, y, factors[r]);
        y = binary(nn::BinaryKind::RShift, y, v.number(1));
        y.getDefiningOp()->setAttr(rightShiftAttrName, b.getUnitAttr());
        int64_t at = (first + i) * lanes;
        Value mask;
        if (width - at < lanes)
          mask = vector::CreateMaskOp::create(
              b, loc, VectorType::get(lanes, b.getI1Type()), index(width - at));
        Value row = rowOf(b, result, add(b, tile.row, index(r)));
        storeVector(b, loc, y, result.codes,
                    add(b, mul(b, row, index(width)), index(at)), mask);
      }
  }
}

IntegerAttention::Tile IntegerAttention::makeTile(OpBuilder &b, Value row,
                                                  int64_t count) {
  Tile tile;
  tile.row = row;
  tile.count = count;
  tile.visible = countVisible(b, add(b, row, index(count - 1)));
  tile.panels = arith::CeilDivUIOp::create(b, loc, tile.visible, index(lanes));
  return tile;
}

/// The scores of the rows of a tile and the largest of each.
void IntegerAttention::emitScores(OpBuilder &b, Value row, int64_t count) {
  Tile tile = makeTile(b, row, count);
  loadQueries(b, tile);
  scoreRows(b, tile);
}

/// Their powers, and what these say of the rows.
void IntegerAttention::emitSums(OpBuilder &b, Value row, int64_t count) {
  Tile tile = makeTile(b, row, count);
  // Two loops: in one, the weights of a row would wait for its least places.
  forRange(b, index(0), index(count), 1, [&](OpBuilder &inner, Value r) {
    hasHalves ? emitPowersOfHalves(inner, tile, r) : emitPowers(inner, tile, r);
  });
  finishRows(b, tile);
}

/// The sums of weighted values.
void IntegerAttention::emitResults(OpBuilder &b, Value row, int64_t count) {
  Tile tile = makeTile(b, row, count);
  forRange(b, index(0), index(count), 1, [&](OpBuilder &inner, Value r) {
    hasHalves ? emitWeightsOfHalves(inner, tile, r)
              : emitWeights(inner, tile, r);
  });
  weighValues(b, tile);
}

/// Tile by tile: what becomes of a row is a chain of steps, each of which waits
/// for what the one before says of all its keys. The scores of the next tile
/// are in between, where powers do not lie in their place.
void IntegerAttention::emitTiles(OpBuilder &b, Value first, Value last) {
  Value rows = arith::SubIOp::create(b, loc, last, first);
  Value tiles = arith::CeilDivUIOp::create(b, loc, rows, index(rowsOfTile));
  Value latest = arith::SubIOp::create(b, loc, last, index(rowsOfTile));
  auto emitIf = [&](OpBuilder &at, Value tile, Value none, RowBody body,
                    Value row) {
    auto branch = scf::IfOp::create(
        at, loc,
        arith::CmpIOp::create(at, loc, arith::CmpIPredicate::ne, tile, none));
    OpBuilder then = branch.getThenBodyBuilder();
    (this->*body)(then, arith::MinUIOp::create(then, loc, row, latest),
                  rowsOfTile);
  };
  forRange(b, index(0), add(b, tiles, index(1)), 1,
           [&](OpBuilder &inner, Value tile) {
             Value next =
                 add(inner, first, mul(inner, tile, index(rowsOfTile)));
             Value own =
                 arith::SubIOp::create(inner, loc, next, index(rowsOfTile));
             auto emitOwn = [&](RowBody body) {
               emitIf(inner, tile, index(0), body, own);
             };
             emitOwn(&IntegerAttention::emitSums);
             if (!hasHalves)
               emitOwn(&IntegerAttention::emitResults);
             emitIf(inner, tile, tiles, &IntegerAttention::emitScores, next);
             if (hasHalves)
               emitOwn(&IntegerAttention::emitResults);
           });
}

void IntegerAttention::emitRows(OpBuilder &b, Value first, Value last) {
  Value count = arith::SubIOp::create(b, loc, last, first);
  Value isTile = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, count,
                                       index(rowsOfTile));
  auto branch = scf::IfOp::create(b, loc, isTile, /*withElseRegion=*/true);
  OpBuilder many = branch.getThenBodyBuilder(),
            few = branch.getElseBodyBuilder();
  emitTiles(many, first, last);
  forRange(few, first, last, 1, [&](OpBuilder &inner, Value row) {
    emitScores(inner, row, 1);
    emitSums(inner, row, 1);
    emitResults(inner, row, 1);
  });
}
