//===- ExpandElementwise.cpp - Elementwise ops as arithmetic -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansions.h"
#include "IntegerMath.h"
#include "VectorMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Conversion/ExpandElementwise/JoinedShift.h"
#include "quantc/Conversion/ExpandElementwise/Passes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantc {
#define GEN_PASS_DEF_EXPANDELEMENTWISE
#include "quantc/Conversion/ExpandElementwise/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

static bool isReal(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

static Value expandUnary(OpBuilder &b, Location loc, nn::UnaryKind kind,
                         Value x) {
  VectorMath m(b, loc, x.getType());
  if (!isReal(x)) {
    Value zero = integerLike(b, loc, x.getType(), 0);
    Value one = integerLike(b, loc, x.getType(), 1);
    auto compare = [&](arith::CmpIPredicate predicate) -> Value {
      return arith::CmpIOp::create(b, loc, predicate, x, zero);
    };
    Value negative = arith::SubIOp::create(b, loc, zero, x);
    switch (kind) {
    case nn::UnaryKind::Not:
      return arith::XOrIOp::create(b, loc, x, one);
    case nn::UnaryKind::Neg:
      return negative;
    case nn::UnaryKind::Abs:
      return m.select(compare(arith::CmpIPredicate::slt), negative, x);
    case nn::UnaryKind::Relu:
      return arith::MaxSIOp::create(b, loc, x, zero);
    case nn::UnaryKind::Clz:
      return math::CountLeadingZerosOp::create(b, loc, x);
    case nn::UnaryKind::Isqrt:
      return expandIntegerSqrt(b, loc, x);
    case nn::UnaryKind::Recip61:
      return expandReciprocal61(b, loc, x);
    default: { // sign: the verifier admits no other on integers
      Value minus = arith::SubIOp::create(b, loc, zero, one);
      Value low = m.select(compare(arith::CmpIPredicate::slt), minus, zero);
      return m.select(compare(arith::CmpIPredicate::sgt), one, low);
    }
    }
  }
  switch (kind) {
  case nn::UnaryKind::Neg:
    return m.neg(x);
  case nn::UnaryKind::Abs:
    return m.abs(x);
  case nn::UnaryKind::Sqrt:
    return math::SqrtOp::create(b, loc, x);
  case nn::UnaryKind::Rsqrt:
    return m.div(m.number(1), math::SqrtOp::create(b, loc, x));
  case nn::UnaryKind::Exp:
    return m.exp(x);
  case nn::UnaryKind::Log:
    return m.log(x);
  case nn::UnaryKind::Tanh:
    return m.tanh(x);
  case nn::UnaryKind::Erf:
    return m.erf(x);
  case nn::UnaryKind::Sigmoid:
    return m.sigmoid(x);
  case nn::UnaryKind::Relu:
    return m.max(x, m.number(0));
  case nn::UnaryKind::Reciprocal:
    return m.div(m.number(1), x);
  case nn::UnaryKind::Floor:
    return math::FloorOp::create(b, loc, x);
  case nn::UnaryKind::Ceil:
    return math::CeilOp::create(b, loc, x);
  case nn::UnaryKind::Round:
    return math::RoundEvenOp::create(b, loc, x);
  case nn::UnaryKind::Sign:
    return m.select(m.less(m.number(0), x), m.number(1),
                    m.select(m.less(x, m.number(0)), m.number(-1), x));
  case nn::UnaryKind::Sin:
    return m.sin(x);
  case nn::UnaryKind::Cos:
    return m.cos(x);
  case nn::UnaryKind::Tan:
    return m.tan(x);
  case nn::UnaryKind::Asin:
    return m.asin(x);
  case nn::UnaryKind::Acos:
    return m.acos(x);
  case nn::UnaryKind::Atan:
    return m.atan(x);
  case nn::UnaryKind::Expm1:
    return m.expm1(x);
  case nn::UnaryKind::Log1p:
    return m.log1p(x);
  case nn::UnaryKind::Sinh:
    return m.sinh(x);
  case nn::UnaryKind::Cosh:
    return m.cosh(x);
  case nn::UnaryKind::Asinh:
    return m.asinh(x);
  case nn::UnaryKind::Acosh:
    return m.acosh(x);
  case nn::UnaryKind::Atanh:
    return m.atanh(x);
  case nn::UnaryKind::Softplus:
    return m.add(m.max(x, m.number(0)), m.log1p(m.exp(m.neg(m.abs(x)))));
  case nn::UnaryKind::Not:
  case nn::UnaryKind::Clz:
  case nn::UnaryKind::Isqrt:
  case nn::UnaryKind::Recip61:
    break;
  }
  llvm_unreachable("the verifier admits these kinds on integers only");
}

static Value expandIntegers(OpBuilder &b, Location loc, nn::BinaryKind kind,
                            Value x, Value y, const CpuTarget &target) {
  VectorMath m(b, loc, x.getType());
  Value zero = integerLike(b, loc, x.getType(), 0);
  Value one = integerLike(b, loc, x.getType(), 1);
  auto compare = [&](arith::CmpIPredicate predicate, Value u,
                     Value v) -> Value {
    return arith::CmpIOp::create(b, loc, predicate, u, v);
  };
  switch (kind) {
  case nn::BinaryKind::Add:
    return arith::AddIOp::create(b, loc, x, y);
  case nn::BinaryKind::Sub:
    return arith::SubIOp::create(b, loc, x, y);
  case nn::BinaryKind::Mul:
    return arith::MulIOp::create(b, loc, x, y);
  case nn::BinaryKind::Min:
    return arith::MinSIOp::create(b, loc, x, y);
  case nn::BinaryKind::Max:
    return arith::MaxSIOp::create(b, loc, x, y);
  case nn::BinaryKind::And:
    return arith::AndIOp::create(b, loc, x, y);
  case nn::BinaryKind::Or:
    return arith::OrIOp::create(b, loc, x, y);
  case nn::BinaryKind::Xor:
    return arith::XOrIOp::create(b, loc, x, y);
  case nn::BinaryKind::RShift:
    return expandRoundedShift(b, loc, x, y, target);
  case nn::BinaryKind::MulHigh31:
    return expandMulHigh31(b, loc, x, y, target);
  case nn::BinaryKind::Shr: {
    unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
    Value isWithin =
        compare(arith::CmpIPredicate::ult, y,
                integerLike(b, loc, x.getType(), static_cast<int64_t>(width)));
    Value safe = m.select(isWithin, y, zero);
    return m.select(isWithin, arith::ShRUIOp::create(b, loc, x, safe), zero);
  }
  case nn::BinaryKind::Pow: {
    // Square and multiply over all bits; a negative exponent leaves 1, -1, 0.
    unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
    Value result = one, factor = x, rest = y;
    for (unsigned bit = 0; bit < width; ++bit) {
      Value odd = compare(arith::CmpIPredicate::ne,
                          arith::AndIOp::create(b, loc, rest, one), zero);
      result =
          m.select(odd, arith::MulIOp::create(b, loc, result, factor), result);
      factor = arith::MulIOp::create(b, loc, factor, factor);
      rest = arith::ShRUIOp::create(b, loc, rest, one);
    }
    Value minus = arith::SubIOp::create(b, loc, zero, one);
    Value odd = compare(arith::CmpIPredicate::ne,
                        arith::AndIOp::create(b, loc, y, one), zero);
    Value inverse = m.select(compare(arith::CmpIPredicate::eq, x, minus),
                             m.select(odd, minus, one), zero);
    inverse = m.select(compare(arith::CmpIPredicate::eq, x, one), one, inverse);
    return m.select(compare(arith::CmpIPredicate::slt, y, zero), inverse,
                    result);
  }
  default:
    break;
  }
  // Division: a divisor of 0 or -1 traps or overflows, so 1 stands in.
  Value minus = arith::SubIOp::create(b, loc, zero, one);
  Value isZero = compare(arith::CmpIPredicate::eq, y, zero);
  Value isMinus = compare(arith::CmpIPredicate::eq, y, minus);
  Value safe = m.select(arith::OrIOp::create(b, loc, isZero, isMinus), one, y);
  if (kind == nn::BinaryKind::Div) {
    Value q = arith::DivSIOp::create(b, loc, x, safe);
    q = m.select(isMinus, arith::SubIOp::create(b, loc, zero, x), q);
    return m.select(isZero, zero, q);
  }
  Value r = arith::RemSIOp::create(b, loc, x, safe); // 0 where 1 stands in
  if (kind == nn::BinaryKind::Fmod)
    return r;
  Value differs = compare(arith::CmpIPredicate::slt,
                          arith::XOrIOp::create(b, loc, r, y), zero);
  Value adjust = arith::AndIOp::create(
      b, loc, differs, compare(arith::CmpIPredicate::ne, r, zero));
  return m.select(adjust, arith::AddIOp::create(b, loc, r, y), r);
}

static Value expandBinary(OpBuilder &b, Location loc, nn::BinaryKind kind,
                          Value x, Value y, const CpuTarget &target) {
  if (!isReal(x))
    return expandIntegers(b, loc, kind, x, y, target);
  VectorMath m(b, loc, x.getType());
  switch (kind) {
  case nn::BinaryKind::Add:
    return m.add(x, y);
  case nn::BinaryKind::Sub:
    return m.sub(x, y);
  case nn::BinaryKind::Mul:
    return m.mul(x, y);
  case nn::BinaryKind::Div:
    return m.div(x, y);
  case nn::BinaryKind::Pow:
    return m.pow(x, y);
  case nn::BinaryKind::Min:
    return m.select(m.isNaN(y), y, m.min(x, y));
  case nn::BinaryKind::Max:
    return m.select(m.isNaN(y), y, m.max(x, y));
  case nn::BinaryKind::Fmod:
    return expandRemainder(b, loc, x, y);
  case nn::BinaryKind::Mod: {
    Value r = expandRemainder(b, loc, x, y);
    Value zero = m.number(0);
    Value differs =
        arith::XOrIOp::create(b, loc, m.less(r, zero), m.less(y, zero));
    Value nonzero =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ONE, r, zero);
    return m.select(arith::AndIOp::create(b, loc, differs, nonzero),
                    m.add(r, y), r);
  }
  default:
    llvm_unreachable("the verifier admits logical kinds on i1 only");
  }
}

static Value expandCompare(OpBuilder &b, Location loc, nn::Predicate predicate,
                           Value x, Value y) {
  bool real = isReal(x);
  // Of i1, true is the larger one.
  bool isLogical = getElementTypeOrSelf(x.getType()).isInteger(1);
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  auto make = [&](F f, I i, I u) -> Value {
    if (real)
      return arith::CmpFOp::create(b, loc, f, x, y);
    return arith::CmpIOp::create(b, loc, isLogical ? u : i, x, y);
  };
  switch (predicate) {
  case nn::Predicate::Eq:
    return make(F::OEQ, I::eq, I::eq);
  case nn::Predicate::Ne:
    return make(F::UNE, I::ne, I::ne);
  case nn::Predicate::Lt:
    return make(F::OLT, I::slt, I::ult);
  case nn::Predicate::Le:
    return make(F::OLE, I::sle, I::ule);
  case nn::Predicate::Gt:
    return make(F::OGT, I::sgt, I::ugt);
  case nn::Predicate::Ge:
    return make(F::OGE, I::sge, I::uge);
  }
  llvm_unreachable("all predicates are covered");
}

static Value expandClip(OpBuilder &b, nn::ClipOp op) {
  Location loc = op.getLoc();
  Value x = op.getInput();
  double low = op.getMin().convertToDouble(),
         high = op.getMax().convertToDouble();
  if (isReal(x)) {
    VectorMath m(b, loc, x.getType());
    return m.min(m.max(x, m.number(low)), m.number(high));
  }
  unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  // The integers between the bounds; beyond the type's range its ends.
  auto bound = [&](double value) {
    APSInt integer(width, /*isUnsigned=*/false);
    bool exact;
    APFloat(value).convertToInteger(integer, APFloat::rmTowardZero, &exact);
    return integerLike(b, loc, x.getType(), integer.getSExtValue());
  };
  x = arith::MaxSIOp::create(b, loc, x, bound(std::ceil(low)));
  return arith::MinSIOp::create(b, loc, x, bound(std::floor(high)));
}

static Value expandGelu(OpBuilder &b, Location loc, nn::GeluKind kind,
                        Value x) {
  VectorMath m(b, loc, x.getType());
  switch (kind) {
  case nn::GeluKind::Erf:
    return m.geluErf(x);
  case nn::GeluKind::Sigmoid:
    return m.timesSigmoid(x, m.mul(x, m.number(1.702)), /*isFast=*/true);
  case nn::GeluKind::Tanh: {
    // (1 + tanh u) / 2 = sigmoid(2u), which does not cancel.
    Value factor = m.fma(m.mul(x, x), m.number(0.07135481627159816),
                         m.number(1.5957691216057308));
    return m.timesSigmoid(x, m.mul(x, factor), /*isFast=*/true);
  }
  }
  llvm_unreachable("all kinds are covered");
}

static bool isRightShift(nn::BinaryOp op) {
  return op.getKind() == nn::BinaryKind::RShift &&
         op->hasAttr(rightShiftAttrName);
}

nn::BinaryOp quantc::getShiftedProduct(nn::BinaryOp shift) {
  auto product = shift.getLhs().getDefiningOp<nn::BinaryOp>();
  return isRightShift(shift) && product && product->hasOneUse() &&
                 product.getKind() == nn::BinaryKind::MulHigh31
             ? product
             : nn::BinaryOp();
}

static Value expandRightShift(OpBuilder &b, nn::BinaryOp op,
                              const CpuTarget &target) {
  Location loc = op.getLoc();
  nn::BinaryOp product = getShiftedProduct(op);
  if (!product)
    return expandRightShift(b, loc, op.getLhs(), op.getRhs());
  Value x = product.getLhs(), y = product.getRhs();
  if (canShiftProduct(x, op.getRhs(), target))
    return expandShiftedProduct(b, loc, x, y, op.getRhs(), target);
  return expandRightShift(b, loc, expandMulHigh31(b, loc, x, y, target),
                          op.getRhs());
}

/// The root of which \p reciprocal is one, and which nothing else has.
static nn::UnaryOp getInvertedRoot(nn::UnaryOp reciprocal) {
  auto root = reciprocal.getInput().getDefiningOp<nn::UnaryOp>();
  return reciprocal.getKind() == nn::UnaryKind::Recip61 && root &&
                 root.getKind() == nn::UnaryKind::Isqrt && root->hasOneUse() &&
                 isa<VectorType>(root.getType())
             ? root
             : nn::UnaryOp();
}

/// min(max(slope x + shift, 0), 1).
template <typename OpT> static Value expandGate(OpBuilder &b, OpT op) {
  VectorMath m(b, op.getLoc(), op.getInput().getType());
  Value line =
      m.add(m.mul(op.getInput(), m.number(op.getSlope().convertToDouble())),
            m.number(op.getShift().convertToDouble()));
  return m.min(m.max(line, m.number(0)), m.number(1));
}

/// Whether \p op is expanded with its only user.
static bool isLeftToUser(Operation *op) {
  if (!op->hasOneUse())
    return false;
  Operation *user = *op->user_begin(), *joined = nullptr;
  if (auto shift = dyn_cast<nn::BinaryOp>(user))
    joined = getShiftedProduct(shift);
  else if (auto reciprocal = dyn_cast<nn::UnaryOp>(user))
    joined = getInvertedRoot(reciprocal);
  return joined == op;
}

/// What \p op computes; null where there is no such expansion.
static Value expand(OpBuilder &b, Operation *op, const CpuTarget &target) {
  Location loc = op->getLoc();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](nn::UnaryOp unary) {
        if (nn::UnaryOp root = getInvertedRoot(unary))
          return expandReciprocalOfRoot(b, loc, root.getInput());
        return expandUnary(b, loc, unary.getKind(), unary.getInput());
      })
      .Case([&](nn::BinaryOp binary) {
        if (isRightShift(binary))
          return expandRightShift(b, binary, target);
        if (binary->hasAttr(roomyShiftAttrName))
          return expandRoomyShift(b, loc, binary.getLhs(), binary.getRhs(),
                                  target);
        return expandBinary(b, loc, binary.getKind(), binary.getLhs(),
                            binary.getRhs(), target);
      })
      .Case([&](nn::CompareOp compare) {
        return expandCompare(b, loc, compare.getPredicate(), compare.getLhs(),
                             compare.getRhs());
      })
      .Case([&](nn::SelectOp select) {
        return arith::SelectOp::create(b, loc, select.getCondition(),
                                       select.getOnTrue(), select.getOnFalse());
      })
      .Case([&](nn::CastOp cast) {
        return expandCast(b, loc, cast.getInput(), cast.getType());
      })
      .Case([&](nn::ClipOp clip) { return expandClip(b, clip); })
      .Case([&](nn::HardSigmoidOp gate) { return expandGate(b, gate); })
      .Case([&](nn::HardSwishOp swish) {
        return VectorMath(b, loc, swish.getType())
            .mul(swish.getInput(), expandGate(b, swish));
      })
      .Case([&](nn::SiluOp silu) {
        Value x = silu.getInput();
        return VectorMath(b, loc, x.getType()).timesSigmoid(x, x);
      })
      .Case([&](nn::GeluOp gelu) {
        return expandGelu(b, loc, gelu.getKind(), gelu.getInput());
      })
      .Case([&](qt::SigmaOp sigma) { return expandSigma(b, sigma, target); })
      .Case([&](qt::MulShiftOp shift) {
        return expandMulShift(b, shift, target);
      })
      .Default([](Operation *) { return Value(); });
}

namespace {
struct ExpandElementwise
    : quantc::impl::ExpandElementwiseBase<ExpandElementwise> {
  using ExpandElementwiseBase::ExpandElementwiseBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<qt::MulShiftOp>(op) ||
          (isa<ElementwiseOpInterface>(op) &&
           !isa<RankedTensorType>(op->getResult(0).getType())))
        ops.push_back(op);
    });
    auto module = dyn_cast<ModuleOp>(getOperation());
    if (!module)
      module = getOperation()->getParentOfType<ModuleOp>();
    CpuTarget target = CpuTarget::get(module);
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> leftToUsers;
    for (Operation *op : ops) {
      if (isLeftToUser(op)) {
        leftToUsers.push_back(op);
        continue;
      }
      rewriter.setInsertionPoint(op);
      Value expansion = expand(rewriter, op, target);
      if (!expansion) {
        op->emitOpError("has no expansion into arithmetic");
        return signalPassFailure();
      }
      rewriter.replaceOp(op, expansion);
    }
    for (Operation *op : leftToUsers)
      rewriter.eraseOp(op);
    expandForTarget(getOperation(), target);
  }
};
} // namespace
