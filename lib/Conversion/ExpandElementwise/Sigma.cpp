//===- Sigma.cpp - Sigmoid-like functions of integers ------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operations of numerics::fixed::sigma, one by one.
//
//===----------------------------------------------------------------------===//

#include "Expansions.h"
#include "IntegerMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using P = arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Tables of 64 words
//===----------------------------------------------------------------------===//

namespace {
/// A table in memory, or in registers where there is an instruction for that.
class WordTable {
public:
  WordTable(OpBuilder &b, Location loc, StringRef name, ArrayRef<int32_t> words,
            const CpuTarget &target)
      : b(b), loc(loc), name(name), words(words), target(target) {}

  /// The entries at \p index, all within the table.
  Value lookUp(Value index);

private:
  Value getAddress();
  Value load(Value index);
  Value permute(Value index, int64_t first);
  Value gather(Value index);

  OpBuilder &b;
  Location loc;
  StringRef name;
  ArrayRef<int32_t> words;
  const CpuTarget &target;
};
} // namespace

Value WordTable::getAddress() {
  auto module =
      b.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto global = module.lookupSymbol<LLVM::GlobalOp>(name);
  if (!global) {
    OpBuilder outside = OpBuilder::atBlockBegin(module.getBody());
    auto type = RankedTensorType::get(words.size(), b.getI32Type());
    global = LLVM::GlobalOp::create(
        outside, loc, LLVM::LLVMArrayType::get(b.getI32Type(), words.size()),
        /*isConstant=*/true, LLVM::Linkage::Internal, name,
        DenseElementsAttr::get(type, words), /*alignment=*/64);
  }
  return LLVM::AddressOfOp::create(b, loc, global);
}

Value WordTable::load(Value index) {
  Value address = getAddress();
  address = LLVM::GEPOp::create(b, loc, address.getType(), b.getI32Type(),
                                address, ArrayRef<LLVM::GEPArg>{index});
  return LLVM::LoadOp::create(b, loc, b.getI32Type(), address);
}

/// vpermi2d: entries first .. first + 31, by the low five bits.
Value WordTable::permute(Value index, int64_t first) {
  auto type = cast<VectorType>(index.getType());
  Value halves[2];
  for (auto [i, half] : llvm::enumerate(halves))
    half = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(
            type, words.slice(first + static_cast<int64_t>(i) * 16, 16)));
  return LLVM::CallIntrinsicOp::create(
             b, loc, type, b.getStringAttr("llvm.x86.avx512.vpermi2var.d.512"),
             ValueRange{halves[0], index, halves[1]})
      .getResult(0);
}

/// vpgatherdd, eight lanes each.
Value WordTable::gather(Value index) {
  auto type = cast<VectorType>(index.getType());
  auto eight = VectorType::get(8, b.getI32Type());
  IntegerMath m(b, loc, eight);
  Value address = getAddress();
  Value scale = arith::ConstantIntOp::create(b, loc, 4, 8);
  Value zero = m.number(0), all = m.number(-1), result;
  for (int64_t from = 0; from < type.getNumElements(); from += 8) {
    SmallVector<int64_t> lanes =
        llvm::to_vector(llvm::seq<int64_t>(from, from + 8));
    Value part = vector::ShuffleOp::create(b, loc, index, index, lanes);
    Value words =
        LLVM::CallIntrinsicOp::create(
            b, loc, eight, b.getStringAttr("llvm.x86.avx2.gather.d.d.256"),
            ValueRange{zero, address, part, all, scale})
            .getResult(0);
    lanes = llvm::to_vector(llvm::seq<int64_t>(0, from + 8));
    result = result ? vector::ShuffleOp::create(b, loc, result, words, lanes)
                          .getResult()
                    : words;
  }
  return result;
}

Value WordTable::lookUp(Value index) {
  auto type = dyn_cast<VectorType>(index.getType());
  if (!type)
    return load(index);
  int64_t lanes = type.getNumElements();
  if (lanes == 16 && target.has("avx512f")) {
    IntegerMath m(b, loc, type);
    Value isHigh = m.compare(P::sge, index, m.number(32));
    return m.select(isHigh, permute(index, 32), permute(index, 0));
  }
  if (lanes % 8 == 0 && lanes <= 16 && target.has("avx2"))
    return gather(index);
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    Value entry = load(vector::ExtractOp::create(b, loc, index, lane));
    result = vector::InsertOp::create(b, loc, entry, result, lane);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Lanes of 16 bits
//===----------------------------------------------------------------------===//

namespace {
/// Where tables of 64 halves are one instruction, or bytes of tables of 16 are,
/// everything fits 16 bits: products by a position within a segment, 12 bits,
/// are rounded high halves, and of a value in units of 2^-18 only the last
/// three bits are in the way.
class HalfSigma {
public:
  HalfSigma(OpBuilder &b, Location loc,
            const numerics::fixed::SigmaTable &table, int64_t lanes,
            const CpuTarget &target)
      : b(b), loc(loc), table(table),
        type(VectorType::get(lanes, b.getI16Type())), m(b, loc, type),
        hasWords(target.has("avx512bw") && target.has("avx512vl")) {}

  static bool isFor(Type type, const CpuTarget &target) {
    auto vector = dyn_cast<VectorType>(type);
    int64_t lanes = vector ? vector.getNumElements() : 0;
    if (target.has("avx512bw") && target.has("avx512vl"))
      return lanes == 16 || lanes == 32;
    return lanes == 32 && target.has("avx2");
  }

  Value evaluate(Value mantissa, Value exponent);

private:
  Value intrinsic(StringRef name, Type result, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  }
  Value getHalf(Value whole, int64_t half) {
    return vector::ExtractStridedSliceOp::create(b, loc, whole, half * 16, 16,
                                                 1);
  }
  Value joinHalves(Value low, Value high) {
    SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, 32));
    return vector::ShuffleOp::create(b, loc, low, high, all);
  }
  /// (x y + 2^14) >> 15.
  Value multiplyHigh(Value x, Value y) {
    StringRef narrow = "llvm.x86.avx2.pmul.hr.sw";
    if (type.getNumElements() == 16)
      return intrinsic(narrow, type, {x, y});
    if (hasWords)
      return intrinsic("llvm.x86.avx512.pmul.hr.sw.512", type, {x, y});
    Value halves[2];
    for (int64_t i : {0, 1}) {
      Value u = getHalf(x, i), v = getHalf(y, i);
      halves[i] = intrinsic(narrow, u.getType(), {u, v});
    }
    return joinHalves(halves[0], halves[1]);
  }
  using Entry = function_ref<int32_t(int64_t)>;
  void setIndex(Value index);
  Value lookUp(Entry entry);
  Value lookUpWords(Entry entry);
  Value lookUpBytes(Entry entry, int64_t shift);

  OpBuilder &b;
  Location loc;
  const numerics::fixed::SigmaTable &table;
  VectorType type;
  IntegerMath m;
  bool hasWords;
  Value index;     ///< of 16 bits
  Value places[4]; ///< of bytes in each quarter of a table, above 127 elsewhere
};
} // namespace

void HalfSigma::setIndex(Value value) {
  index = value;
  if (hasWords)
    return;
  // Both halves of a register keep to themselves here and in `lookUp`.
  auto bytes = VectorType::get(32, b.getI8Type());
  Value packed = intrinsic("llvm.x86.avx2.packuswb", bytes,
                           {getHalf(index, 0), getHalf(index, 1)});
  IntegerMath narrow(b, loc, bytes);
  for (int64_t quarter = 0; quarter < 4; ++quarter) {
    Value own = narrow.sub(packed, narrow.number(quarter * 16));
    places[quarter] =
        intrinsic("llvm.uadd.sat", bytes, {own, narrow.number(0x70)});
  }
}

Value HalfSigma::lookUp(Entry entry) {
  if (hasWords)
    return lookUpWords(entry);
  Value low = lookUpBytes(entry, 0), high = lookUpBytes(entry, 8);
  auto part = VectorType::get(16, b.getI16Type());
  Value halves[2];
  for (int64_t half : {0, 1}) {
    SmallVector<int64_t> order;
    for (int64_t i = 0; i < 16; ++i) {
      int64_t at = i / 8 * 16 + half * 8 + i % 8;
      order.append({at, at + 32});
    }
    halves[half] = vector::BitCastOp::create(
        b, loc, part, vector::ShuffleOp::create(b, loc, low, high, order));
  }
  return joinHalves(halves[0], halves[1]);
}

/// vpshufb: 0 where a place is above 127. Quarters without anything else are
/// left out.
Value HalfSigma::lookUpBytes(Entry entry, int64_t shift) {
  auto bytes = VectorType::get(32, b.getI8Type());
  Value found;
  for (int64_t quarter = 0; quarter < 4; ++quarter) {
    SmallVector<int8_t> entries;
    for (int64_t i = 0; i < 32; ++i)
      entries.push_back(
          static_cast<int8_t>(entry(quarter * 16 + i % 16) >> shift));
    if (llvm::all_of(entries, [](int8_t value) { return value == 0; }))
      continue;
    Value own = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(bytes, ArrayRef(entries)));
    own = intrinsic("llvm.x86.avx2.pshuf.b", bytes, {own, places[quarter]});
    found = found ? arith::OrIOp::create(b, loc, found, own).getResult() : own;
  }
  if (!found)
    found = arith::ConstantOp::create(b, loc, b.getZeroAttr(bytes));
  return found;
}

/// vpermi2w, by the low six bits.
Value HalfSigma::lookUpWords(Entry entry) {
  auto wide = VectorType::get(32, b.getI16Type());
  Value halves[2];
  for (int64_t half = 0; half < 2; ++half) {
    SmallVector<int16_t> entries;
    for (int64_t i = 0; i < 32; ++i)
      entries.push_back(static_cast<int16_t>(entry(half * 32 + i)));
    halves[half] = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(wide, ArrayRef(entries)));
  }
  int64_t width = type.getNumElements();
  Value at = index;
  if (width < 32) {
    SmallVector<int64_t> lanes;
    for (int64_t i = 0; i < 32; ++i)
      lanes.push_back(i % width);
    at = vector::ShuffleOp::create(b, loc, at, at, lanes);
  }
  Value found = intrinsic("llvm.x86.avx512.vpermi2var.hi.512", wide,
                          {halves[0], at, halves[1]});
  return width == 32
             ? found
             : vector::ExtractStridedSliceOp::create(b, loc, found, 0, width, 1)
                   .getResult();
}

Value HalfSigma::evaluate(Value mantissa, Value exponent) {
  Value zero = m.number(0), three = m.number(3), full = m.number(-32768);
  Value x = arith::TruncIOp::create(b, loc, type, mantissa);
  // One exponent for all is computed with as a number: shifts by one number of
  // places are instructions everywhere.
  if (auto spread = exponent.getDefiningOp<vector::BroadcastOp>())
    if (!isa<VectorType>(spread.getSource().getType()))
      exponent = spread.getSource();
  IntegerMath w(b, loc, exponent.getType());
  auto narrow = [&](Value words) -> Value {
    auto vector = dyn_cast<VectorType>(words.getType());
    Type half = b.getI16Type();
    Value result = arith::TruncIOp::create(
        b, loc, vector ? Type(vector.clone(half)) : half, words);
    return vector
               ? result
               : vector::BroadcastOp::create(b, loc, type, result).getResult();
  };
  auto limit = [&](Value number, int64_t low, int64_t high) {
    return w.min(w.max(number, w.number(low)), w.number(high));
  };
  // Exponents from here on make no difference.
  constexpr int64_t far = 200;
  Value shift =
      w.sub(w.number(-(table.log2PerUnit + 12)), limit(exponent, -far, far));
  Value by = limit(w.sub(w.number(0), shift), 0, 15);
  Value before = w.max(w.sub(by, w.number(3)), w.number(0)),
        within = w.min(by, w.number(3));
  Value a = math::AbsIOp::create(b, loc, x);
  auto move = [&]() -> Value {
    // The end of the table is as good as what is beyond. Negatives, because one
    // of the factors that shift to the right is -1.
    Value most = narrow(w.rightUnsigned(w.number(32767), before));
    Value moved = m.sub(zero, arith::MinUIOp::create(b, loc, a, most));
    moved = m.left(moved, narrow(before));
    Value isNothing = w.isLess(w.number(15), shift);
    Value factor = w.select(isNothing, w.number(0),
                            w.right(w.number(-32768), limit(shift, 0, 15)));
    return multiplyHigh(moved, narrow(factor));
  };
  if (isa<VectorType>(exponent.getType())) {
    a = move();
  } else {
    // Most rows are up to the table's end, and their bits are all in it.
    Value isMoved = w.compare(P::ugt, w.sub(w.number(0), shift), w.number(3));
    auto branch =
        scf::IfOp::create(b, loc, type, isMoved, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, loc, move());
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, loc, a);
    a = branch.getResult(0);
  }
  // Of the position the segment, and 15 bits of where within.
  setIndex(m.rightUnsigned(a, narrow(w.sub(w.number(12), within))));
  Value r =
      m.bitAnd(m.left(a, narrow(w.add(within, w.number(3)))), m.number(0x7ff8));
  // What is missing to one, since that ends in zeros. Curvature shares a word
  // with the last bits of the base, rounding included, which do not matter
  // where nothing is added to them.
  Value base =
      lookUp([&](int64_t i) { return 32768 - ((table.c0[i] + 4) >> 3); });
  Value slope = lookUp([&](int64_t i) { return table.c1[i]; });
  Value packed = lookUp([&](int64_t i) {
    bool isFlat = table.c1[i] == 0 && table.c2[i] == 0;
    return table.c2[i] * 16 + (isFlat ? 0 : (table.c0[i] + 4) & 7);
  });
  Value curve = m.right(packed, m.number(4));
  slope = m.add(slope, multiplyHigh(curve, r));
  Value last = m.add(multiplyHigh(slope, r), m.bitAnd(packed, m.number(15)));
  // No table has more than one anywhere.
  Value rest = m.sub(base, m.right(last, three));
  Value g = m.select(m.isLess(x, zero), rest, m.sub(full, rest));
  return arith::ExtUIOp::create(b, loc, mantissa.getType(), g);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

Value quantc::expandSigma(OpBuilder &b, qt::SigmaOp op,
                          const CpuTarget &target) {
  Location loc = op.getLoc();
  const numerics::fixed::SigmaTable &table =
      numerics::fixed::getSigmaTable(qt::getSigma(op.getKind()));
  if (HalfSigma::isFor(op.getType(), target))
    return HalfSigma(b, loc, table,
                     cast<VectorType>(op.getType()).getNumElements(), target)
        .evaluate(op.getMantissa(), op.getExponent());
  std::string name = ("sigma." + qt::stringifySigmaKind(op.getKind())).str();
  // Slope and curvature share a word.
  SmallVector<int32_t> slopes;
  for (auto [c1, c2] : llvm::zip_equal(table.c1, table.c2)) {
    assert(llvm::isInt<16>(c1) && llvm::isInt<16>(c2));
    slopes.push_back(
        static_cast<int32_t>(static_cast<uint32_t>(c1) << 16 |
                             (static_cast<uint32_t>(c2) & 0xffff)));
  }
  IntegerMath m(b, loc, op.getType());
  Value zero = m.number(0), one = m.number(1);
  Value x = op.getMantissa();
  Value isNegative = m.isLess(x, zero);
  Value a = m.select(isNegative, m.sub(zero, x), x);
  Value shift = m.sub(m.number(-(table.log2PerUnit + 12)), op.getExponent());
  Value almost =
      m.rightUnsigned(a, m.min(m.sub(m.max(shift, one), one), m.number(31)));
  Value right = m.rightUnsigned(m.add(almost, one), one);
  // 15 bits more than a mantissa has lie beyond the table in any case.
  Value left = m.left(a, m.min(m.max(m.sub(zero, shift), zero), m.number(15)));
  Value t = m.select(m.isLess(zero, shift), right, left);
  Value index = m.min(m.rightUnsigned(t, m.number(12)), m.number(63));
  Value r = m.bitAnd(t, m.number(4095));
  Value base =
      WordTable(b, loc, name + ".base", table.c0, target).lookUp(index);
  Value packed =
      WordTable(b, loc, name + ".slope", slopes, target).lookUp(index);
  Value sixteen = m.number(16);
  Value slope = m.right(packed, sixteen),
        curve = m.right(m.left(packed, sixteen), sixteen);
  slope = m.add(slope, m.rightRounded(m.mul(curve, r), 12));
  Value g = m.add(base, m.rightRounded(m.mul(slope, r), 12));
  Value full = m.number(32768);
  g = m.min(m.rightRounded(g, 3), full);
  g = m.select(m.isLess(t, m.number(64 << 12)), g, full);
  return m.select(isNegative, m.sub(full, g), g);
}
