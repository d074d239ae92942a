//===- IntegerMath.cpp - Steps of integer-only networks ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The definitions are those of Numerics/Fixed, bit for bit.
//
//===----------------------------------------------------------------------===//

#include "IntegerMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Conversion/ExpandElementwise/JoinedShift.h"

using namespace mlir;
using namespace quantc;

using P = arith::CmpIPredicate;

Value quantc::integerLike(OpBuilder &builder, Location loc, Type type,
                          int64_t value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr number = builder.getIntegerAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(vector, Attribute(number)));
  return arith::ConstantOp::create(builder, loc, number);
}

/// The shift that x86 has of words, and with AVX-512 of lanes of 64 bits: by as
/// many places as a lane has or more, places being numbers without a sign, what
/// is left is nothing or the sign. Null where there is none.
static Value shiftWords(OpBuilder &b, Location loc, bool isLeft, Value x,
                        Value places, const CpuTarget &target) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type || !target.has("avx2"))
    return {};
  unsigned bits = type.getElementTypeBitWidth();
  int64_t lanes = type.getNumElements(), wide = 512 / bits;
  bool isWide = lanes % wide == 0 && target.has("avx512f");
  if (bits != 32 && (bits != 64 || !isWide))
    return {};
  int64_t size = isWide ? wide : 8;
  if (lanes % size != 0)
    return {};
  StringRef suffix = bits == 64 ? ".q.512" : isWide ? ".d.512" : ".d.256";
  std::string name = ("llvm.x86." + Twine(isWide ? "avx512" : "avx2") +
                      (isLeft ? ".psllv" : ".psrav") + suffix)
                         .str();
  auto part = VectorType::get(size, type.getElementType());
  auto make = [&](Value own, Value by) -> Value {
    return LLVM::CallIntrinsicOp::create(b, loc, part, b.getStringAttr(name),
                                         ValueRange{own, by})
        .getResult(0);
  };
  if (lanes == size)
    return make(x, places);
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t i = 0; i < lanes; i += size) {
    auto take = [&](Value whole) -> Value {
      return vector::ExtractStridedSliceOp::create(b, loc, whole, i, size, 1);
    };
    result = vector::InsertStridedSliceOp::create(
        b, loc, make(take(x), take(places)), result, i, 1);
  }
  return result;
}

Value quantc::expandRoundedShift(OpBuilder &b, Location loc, Value x,
                                 Value places, const CpuTarget &target) {
  IntegerMath m(b, loc, x.getType());
  int64_t bits = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  Value zero = m.number(0), one = m.number(1);
  APInt known;
  if (matchPattern(places, m_ConstantInt(&known)) && known.isNonPositive() &&
      known.getSExtValue() > -bits)
    return m.left(x, m.number(-known.getSExtValue()));
  // To the right but for one place, and then: a half more, rounded down, is
  // what half is less, and a sign alone leaves nothing.
  Value back = m.sub(zero, places), almost = m.sub(places, one);
  if (Value left = shiftWords(b, loc, /*isLeft=*/true, x, back, target)) {
    // One of the two is nothing.
    Value right = shiftWords(b, loc, /*isLeft=*/false, x, almost, target);
    return m.add(left, m.sub(right, m.right(right, one)));
  }
  auto clamp = [&](Value value) {
    return m.min(m.max(value, zero), m.number(bits - 1));
  };
  auto mask = [&](Value bound) -> Value {
    return arith::ExtSIOp::create(b, loc, x.getType(),
                                  m.compare(P::sgt, places, bound));
  };
  Value y = m.left(m.bitAnd(x, mask(m.number(-bits))), clamp(back));
  y = m.right(y, clamp(almost));
  return m.sub(y, m.bitAnd(m.right(y, one), mask(zero)));
}

/// The number that \p places are in every lane, if it is known to be the same.
static Value getSameInAll(Value places) {
  auto broadcast = places.getDefiningOp<vector::BroadcastOp>();
  return broadcast && broadcast.getSource().getType().isInteger(32)
             ? broadcast.getSource()
             : Value();
}

namespace {
/// A factor that is shifted to the left, which fits: by a constant or, with
/// it, by the same places in every lane.
struct ShiftedFactor {
  Value x;
  int64_t known = 0;
  Value same = Value();
};
} // namespace

static ShiftedFactor stripShift(Value x) {
  auto shift = x.getDefiningOp<arith::ShLIOp>();
  if (!shift)
    return {x};
  APInt places;
  if (matchPattern(shift.getRhs(), m_ConstantInt(&places)))
    return places.ugt(30)
               ? ShiftedFactor{x}
               : ShiftedFactor{shift.getLhs(), places.getSExtValue()};
  Value same = getSameInAll(shift.getRhs());
  bool fits = bitEnumContainsAny(shift.getOverflowFlags(),
                                 arith::IntegerOverflowFlags::nsw);
  return same && fits ? ShiftedFactor{shift.getLhs(), 0, same}
                      : ShiftedFactor{x};
}

/// The odd lanes of \p x in the place of the even ones.
static Value takeOddLanes(OpBuilder &b, Location loc, Value x) {
  SmallVector<int64_t> order;
  for (int64_t lane = 0, e = cast<VectorType>(x.getType()).getNumElements();
       lane < e; ++lane)
    order.push_back(lane | 1);
  return vector::ShuffleOp::create(b, loc, x, x, order);
}

/// The even and the odd lanes that `joinLanes` has put between one another, in
/// the low words of lanes of 64 bits.
static std::optional<std::pair<Value, Value>>
matchJoined(OpBuilder &b, Location loc, Value x) {
  auto shuffle = x.getDefiningOp<vector::ShuffleOp>();
  if (!shuffle)
    return std::nullopt;
  ArrayRef<int64_t> order = shuffle.getMask();
  auto lanes = static_cast<int64_t>(order.size());
  bool isHigh = lanes > 1 && order[1] == lanes + 1;
  for (auto [lane, from] : llvm::enumerate(order)) {
    auto own = static_cast<int64_t>(lane);
    if (from != (own % 2 ? lanes + own - (isHigh ? 0 : 1) : own))
      return std::nullopt;
  }
  auto even = shuffle.getV1().getDefiningOp<vector::BitCastOp>(),
       odd = shuffle.getV2().getDefiningOp<vector::BitCastOp>();
  auto wide = VectorType::get(lanes / 2, b.getI64Type());
  if (!even || !odd || even.getSource().getType() != wide ||
      odd.getSource().getType() != wide)
    return std::nullopt;
  Value high = odd.getSource();
  if (isHigh) {
    IntegerMath m(b, loc, wide);
    high = m.right(high, m.number(32));
  }
  return std::pair(even.getSource(), high);
}

/// Products of the even lanes and of the odd lanes, as x86 and AArch64 have
/// them.
static std::pair<Value, Value> multiplyLanes(OpBuilder &b, Location loc,
                                             Value x, Value y,
                                             const CpuTarget &target) {
  auto type = cast<VectorType>(x.getType());
  auto wide = VectorType::get(type.getNumElements() / 2, b.getI64Type());
  IntegerMath m(b, loc, wide);
  Value word = m.number(32), products[2];
  // AVX2 shifts no signs into 64 bits, and where AVX-512 does, shifts are what
  // rows have most of. What is extended where it is multiplied is one product
  // all the same; behind a loop's border LLVM would not know it for a word any
  // more, and takes three.
  bool moves = target.has("avx2");
  std::optional<std::pair<Value, Value>> apart = matchJoined(b, loc, x);
  for (bool odd : {false, true}) {
    Value words[] = {x, y}, factors[2];
    for (auto [factor, own] : llvm::zip_equal(factors, words)) {
      if (auto joined = own == x ? apart : std::nullopt) {
        factor = odd ? joined->second : joined->first;
        factor = m.right(m.left(factor, word), word);
        continue;
      }
      if (odd && moves)
        own = takeOddLanes(b, loc, own);
      factor = vector::BitCastOp::create(b, loc, wide, own);
      factor = m.right(odd && !moves ? factor : m.left(factor, word), word);
    }
    products[odd] = m.mul(factors[0], factors[1]);
  }
  return {products[0], products[1]};
}

/// The low words of \p even, and between them words of \p odd: the low ones, or
/// the high ones.
static Value joinLanes(OpBuilder &b, Location loc, Value even, Value odd,
                       bool isHigh) {
  int64_t lanes = 2 * cast<VectorType>(even.getType()).getNumElements();
  auto type = VectorType::get(lanes, b.getI32Type());
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    order.push_back(lane % 2 ? lanes + lane - (isHigh ? 0 : 1) : lane);
  return vector::ShuffleOp::create(
      b, loc, vector::BitCastOp::create(b, loc, type, even),
      vector::BitCastOp::create(b, loc, type, odd), order);
}

/// 2^places / 2, rounded down, for up to 31 places.
static Value getHalf(OpBuilder &b, Location loc, Value places) {
  IntegerMath m(b, loc, places.getType());
  return m.rightUnsigned(m.left(m.number(1), places), m.number(1));
}

Value quantc::expandRightShift(OpBuilder &b, Location loc, Value x,
                               Value places) {
  IntegerMath m(b, loc, x.getType());
  Value same = getSameInAll(places);
  if (!same) {
    places = m.min(places, m.number(31));
    return m.right(m.add(x, getHalf(b, loc, places)), places);
  }
  IntegerMath scalar(b, loc, same.getType());
  auto spread = [&](Value number) {
    return vector::BroadcastOp::create(b, loc, x.getType(), number);
  };
  same = scalar.min(same, scalar.number(31));
  Value half = getHalf(b, loc, same);
  // What a row is the same in is one number.
  if (auto less = x.getDefiningOp<arith::SubIOp>())
    if (Value all = getSameInAll(less.getRhs())) {
      half = scalar.sub(half, all);
      x = less.getLhs();
    }
  return m.right(m.add(x, spread(half)), spread(same));
}

Value quantc::expandRoomyShift(OpBuilder &b, Location loc, Value x,
                               Value places, const CpuTarget &target) {
  Value same = getSameInAll(places);
  if (!same)
    return expandRoundedShift(b, loc, x, places, target);
  // One of the two is by no place.
  IntegerMath scalar(b, loc, same.getType());
  auto spread = [&](Value number) -> Value {
    return vector::BroadcastOp::create(b, loc, x.getType(), number);
  };
  Value zero = scalar.number(0);
  Value y = expandRightShift(b, loc, x, spread(scalar.max(same, zero)));
  Value left = scalar.max(scalar.sub(zero, same), zero);
  return arith::ShLIOp::create(b, loc, y, spread(left),
                               arith::IntegerOverflowFlags::nsw);
}

/// One place is a bit more of the product that is left out.
static bool isOnePlace(Value places) { return matchPattern(places, m_One()); }

bool quantc::canShiftProduct(Value x, Value places, const CpuTarget &target) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type)
    return false;
  if (isOnePlace(places))
    return type.getNumElements() % 4 == 0 && !stripShift(x).same;
  return type.getNumElements() % 16 == 0 && target.has("avx512f") &&
         getSameInAll(places);
}

/// What is left of both products by \p y without their lowest \p bits, half up,
/// and then, half up again, without \p more: 32 at most.
static Value takeHigh(OpBuilder &b, Location loc, Value even, Value odd,
                      Value y, int64_t bits, int64_t more) {
  IntegerMath m(b, loc, even.getType());
  int64_t halves = int64_t(1) << (bits - 1);
  if (more > 0)
    halves += int64_t(1) << (bits + more - 1);
  Value half = m.number(halves), down = m.number(bits + more);
  // LLVM would multiply by a constant that is shifted, which is longer than a
  // word.
  bool isConstant = matchPattern(y, m_Constant());
  Value high = m.add(odd, half);
  high = isConstant ? m.rightUnsigned(high, down)
                    : m.left(high, m.number(32 - bits - more));
  return joinLanes(b, loc, m.rightUnsigned(m.add(even, half), down), high,
                   /*isHigh=*/!isConstant);
}

JoinedShift quantc::joinShifts(OpBuilder &b, Location loc, Value places,
                               int64_t left) {
  Type wide = b.getI64Type();
  if (auto type = dyn_cast<VectorType>(places.getType()))
    wide = type.clone(wide);
  IntegerMath m(b, loc, wide);
  int64_t bits = 31 - left;
  places = arith::ExtUIOp::create(b, loc, wide, places);
  Value own = m.number(int64_t(1) << (bits - 1));
  // Of no place there is no half.
  Value half = m.bitAnd(m.left(own, places), m.number(-(int64_t(1) << bits)));
  return {m.add(half, own), m.add(places, m.number(bits))};
}

/// Both products with \p addend, without their lowest \p places.
static Value shiftProducts(OpBuilder &b, Location loc,
                           std::pair<Value, Value> products, Value addend,
                           Value places) {
  IntegerMath m(b, loc, products.first.getType());
  auto spread = [&](Value number) {
    return vector::BroadcastOp::create(b, loc, products.first.getType(),
                                       number);
  };
  auto shift = [&](Value product) {
    return m.right(m.add(product, spread(addend)), spread(places));
  };
  return joinLanes(b, loc, shift(products.first), shift(products.second),
                   /*isHigh=*/false);
}

Value quantc::expandShiftedProduct(OpBuilder &b, Location loc, Value x, Value y,
                                   Value places, const CpuTarget &target) {
  ShiftedFactor factor = stripShift(x);
  if (factor.same)
    factor = {x};
  int64_t before = factor.known;
  std::pair<Value, Value> products = multiplyLanes(b, loc, factor.x, y, target);
  if (isOnePlace(places))
    return takeHigh(b, loc, products.first, products.second, y, 31 - before, 1);
  Value same = getSameInAll(places);
  IntegerMath word(b, loc, same.getType());
  JoinedShift shift =
      joinShifts(b, loc, word.min(same, word.number(31)), before);
  return shiftProducts(b, loc, products, shift.addend, shift.places);
}

/// (2^left p + 2^30) >> 31 of both products, which fits a word.
static Value shiftLess(OpBuilder &b, Location loc, Value even, Value odd,
                       Value left) {
  IntegerMath scalar(b, loc, b.getI64Type()), m(b, loc, even.getType());
  Value places = arith::ExtUIOp::create(b, loc, b.getI64Type(), left);
  auto spread = [&](Value number) -> Value {
    return vector::BroadcastOp::create(b, loc, even.getType(), number);
  };
  Value half =
      spread(scalar.rightUnsigned(scalar.number(int64_t(1) << 30), places));
  Value down = spread(scalar.sub(scalar.number(31), places));
  auto finish = [&](Value product) {
    return m.rightUnsigned(m.add(product, half), down);
  };
  return joinLanes(b, loc, finish(even), finish(odd), /*isHigh=*/false);
}

Value quantc::expandMulShift(OpBuilder &b, qt::MulShiftOp op,
                             const CpuTarget &target) {
  Location loc = op.getLoc();
  VectorType type = op.getType();
  if (type.getNumElements() % 4 == 0)
    return shiftProducts(
        b, loc, multiplyLanes(b, loc, op.getLhs(), op.getRhs(), target),
        op.getAddend(), op.getPlaces());
  VectorType wide = type.clone(b.getI64Type());
  IntegerMath m(b, loc, wide);
  auto extend = [&](Value value) -> Value {
    return arith::ExtSIOp::create(b, loc, wide, value);
  };
  auto spread = [&](Value number) -> Value {
    return vector::BroadcastOp::create(b, loc, wide, number);
  };
  Value product = m.mul(extend(op.getLhs()), extend(op.getRhs()));
  product =
      m.right(m.add(product, spread(op.getAddend())), spread(op.getPlaces()));
  return arith::TruncIOp::create(b, loc, type, product);
}

Value quantc::expandMulHigh31(OpBuilder &b, Location loc, Value x, Value y,
                              const CpuTarget &target) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (type && type.getNumElements() % 4 == 0) {
    ShiftedFactor factor = stripShift(x);
    auto [even, odd] = multiplyLanes(b, loc, factor.x, y, target);
    if (factor.same)
      return shiftLess(b, loc, even, odd, factor.same);
    return takeHigh(b, loc, even, odd, y, 31 - factor.known, 0);
  }
  Type narrow = x.getType(), wide = b.getI64Type();
  if (type)
    wide = type.clone(wide);
  auto extend = [&](Value value) -> Value {
    return arith::ExtSIOp::create(b, loc, wide, value);
  };
  IntegerMath m(b, loc, wide);
  Value product = m.rightRounded(m.mul(extend(x), extend(y)), 31);
  return arith::TruncIOp::create(b, loc, narrow, product);
}

/// Newton's steps from above on the leading bits, each of which doubles how
/// many are right: the root of a number of 63 or 64 bits, or one more. As
/// CPython's math.isqrt has them, with the proof.
static Value approximateRoot(OpBuilder &b, Location loc, Value x) {
  IntegerMath m(b, loc, x.getType());
  auto step = [&](Value root, int64_t up, int64_t down) {
    Value quotient = arith::DivUIOp::create(
        b, loc, m.rightUnsigned(x, m.number(down)), root);
    return m.add(m.left(root, m.number(up)), quotient);
  };
  Value root = m.add(m.rightUnsigned(x, m.number(62)), m.number(1));
  for (auto [up, down] : {std::pair(1, 59), {3, 53}, {7, 41}, {15, 17}})
    root = step(root, up, down);
  return root;
}

Value quantc::expandIntegerSqrt(OpBuilder &b, Location loc, Value x) {
  IntegerMath m(b, loc, x.getType());
  Value root;
  if (isa<VectorType>(x.getType())) {
    root = expandRootOfLanes(b, loc, x);
  } else {
    // An even number of places to the left; those of 0 do not matter.
    Value places = m.min(
        m.bitAnd(math::CountLeadingZerosOp::create(b, loc, x), m.number(-2)),
        m.number(62));
    root = approximateRoot(b, loc, m.left(x, places));
    root = m.rightUnsigned(root, m.rightUnsigned(places, m.number(1)));
    Value isAbove = arith::CmpIOp::create(b, loc, P::ugt, m.mul(root, root), x);
    root = m.sub(root, arith::ExtUIOp::create(b, loc, x.getType(), isAbove));
  }
  Value inside =
      arith::CmpIOp::create(b, loc, P::ult, x, m.number(int64_t(1) << 62));
  return arith::SelectOp::create(b, loc, inside, root, m.number(0));
}

Value quantc::expandReciprocal61(OpBuilder &b, Location loc, Value x) {
  auto number = [&](int64_t value) {
    return integerLike(b, loc, x.getType(), value);
  };
  Value quotient;
  if (isa<VectorType>(x.getType())) {
    quotient = expandReciprocalOfLanes(b, loc, x);
  } else {
    Value safe = arith::MaxSIOp::create(b, loc, x, number(1));
    quotient = arith::DivUIOp::create(b, loc, number(int64_t(1) << 61), safe);
    quotient = arith::MinSIOp::create(b, loc, quotient, number(INT32_MAX));
  }
  Value inside = arith::CmpIOp::create(b, loc, P::sgt, x, number(0));
  return arith::SelectOp::create(b, loc, inside, quotient, number(0));
}
