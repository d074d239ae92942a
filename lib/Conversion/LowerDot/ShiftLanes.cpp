//===- ShiftLanes.cpp - Shifts by one amount, lane by lane ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Conversion/LowerDot/Passes.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/Support/FormatVariadic.h"

namespace quantc {
#define GEN_PASS_DEF_SHIFTLANES
#include "quantc/Conversion/LowerDot/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

/// Whether code generation sees that all lanes of \p amounts hold one number;
/// it looks through as much arithmetic.
static bool isOneNumber(Value amounts, unsigned depth = 6) {
  if (matchPattern(amounts, m_Constant())) {
    DenseElementsAttr numbers;
    return matchPattern(amounts, m_Constant(&numbers)) && numbers.isSplat();
  }
  Operation *op = amounts.getDefiningOp();
  if (auto broadcast = dyn_cast_or_null<vector::BroadcastOp>(op))
    return !isa<VectorType>(broadcast.getSource().getType());
  return op && depth && op->hasTrait<OpTrait::Elementwise>() &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isOneNumber(operand, depth - 1);
         });
}

/// The instruction for shifts like \p shift of \p type; empty if there is none.
static std::string getIntrinsic(Operation *shift, VectorType type,
                                const CpuTarget &target) {
  unsigned bits = type.getElementTypeBitWidth();
  int64_t width = type.getNumElements() * bits;
  const char *lane = bits == 16   ? "w"
                     : bits == 32 ? "d"
                     : bits == 64 ? "q"
                                  : nullptr;
  if (!lane || (width != 512 && width != 256))
    return {};
  bool isSigned = isa<arith::ShRSIOp>(shift);
  // Those that AVX2 does not have.
  bool isNew = width == 512 || bits == 16 || (isSigned && bits == 64);
  if ((bits == 16 && !target.has("avx512bw")) ||
      (isNew && width == 256 && !target.has("avx512vl")))
    return {};
  StringRef kind = isa<arith::ShLIOp>(shift) ? "psllv"
                   : isSigned                ? "psrav"
                                             : "psrlv";
  return llvm::formatv("llvm.x86.avx{0}.{1}.{2}.{3}", isNew ? "512" : "2", kind,
                       lane, width);
}

/// The amounts of \p shift, a shift with signs, without a limit that leaves
/// nothing but signs, as the instruction does by itself. LLVM would take
/// the instruction for a plain shift if it knew of the limit.
static Value dropLimit(OpBuilder &b, Operation *shift) {
  Value amounts = shift->getOperand(1), number = amounts;
  auto broadcast = amounts.getDefiningOp<vector::BroadcastOp>();
  if (broadcast)
    number = broadcast.getSource();
  auto limited = number.getDefiningOp<arith::MinSIOp>();
  APInt most;
  if (!isa<arith::ShRSIOp>(shift) || !limited ||
      !matchPattern(limited.getRhs(), m_ConstantInt(&most)) ||
      most.slt(most.getBitWidth() - 1))
    return amounts;
  return broadcast
             ? Value(vector::BroadcastOp::create(
                   b, shift->getLoc(), amounts.getType(), limited.getLhs()))
             : limited.getLhs();
}

/// \p shift in registers of the target; null if it has no instruction.
static Value shiftByLanes(Operation *shift, const CpuTarget &target) {
  auto type = cast<VectorType>(shift->getResult(0).getType());
  if (type.getRank() != 1 || type.isScalable() || !target.has("avx512f"))
    return {};
  int64_t lanes = type.getNumElements(),
          most = 512 / type.getElementTypeBitWidth();
  auto part = VectorType::get(std::min(lanes, most), type.getElementType());
  std::string name = getIntrinsic(shift, part, target);
  if (name.empty() || lanes % part.getNumElements())
    return {};
  OpBuilder b(shift);
  Location loc = shift->getLoc();
  auto call = [&](ValueRange operands) -> Value {
    return LLVM::CallIntrinsicOp::create(b, loc, part, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  };
  Value amounts = dropLimit(b, shift);
  if (part == type)
    return call({shift->getOperand(0), amounts});
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t at = 0; at < lanes; at += most) {
    auto slice = [&](Value whole) -> Value {
      return vector::ExtractStridedSliceOp::create(b, loc, whole, at, most, 1);
    };
    Value made = call({slice(shift->getOperand(0)), slice(amounts)});
    result = vector::InsertStridedSliceOp::create(b, loc, made, result, at, 1);
  }
  return result;
}

namespace {
struct ShiftLanes : quantc::impl::ShiftLanesBase<ShiftLanes> {
  using ShiftLanesBase::ShiftLanesBase;

  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      if (!isa<arith::ShLIOp, arith::ShRSIOp, arith::ShRUIOp>(op) ||
          !isa<VectorType>(op->getResult(0).getType()) ||
          matchPattern(op->getOperand(1), m_Constant()) ||
          !isOneNumber(op->getOperand(1)))
        return;
      if (Value made = shiftByLanes(op, CpuTarget::around(op))) {
        op->getResult(0).replaceAllUsesWith(made);
        op->erase();
      }
    });
  }
};
} // namespace
