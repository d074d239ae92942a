//===- NonNegative.cpp - Which floats have no sign --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/NonNegative.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

namespace {
/// What of an op's operands has to have no sign so that its result has none.
struct Demand {
  bool isMet = false;        ///< nothing
  SmallVector<Value, 2> all; ///< each of these
  SmallVector<Value, 2> any; ///< or one of these

  static Demand nothing() { return {true, {}, {}}; }
  static Demand of(ValueRange values) {
    return {false, SmallVector<Value, 2>(values), {}};
  }
};
} // namespace

static Demand getDemand(nn::UnaryOp op) {
  switch (op.getKind()) {
  case nn::UnaryKind::Relu:
  case nn::UnaryKind::Abs:
  case nn::UnaryKind::Sqrt:
  case nn::UnaryKind::Exp:
  case nn::UnaryKind::Sigmoid:
  case nn::UnaryKind::Softplus:
    return Demand::nothing();
  default:
    return {};
  }
}

static Demand getDemand(nn::BinaryOp op) {
  switch (op.getKind()) {
  case nn::BinaryKind::Max:
    return {false, {}, {op.getLhs(), op.getRhs()}};
  case nn::BinaryKind::Mul:
    if (op.getLhs() == op.getRhs())
      return Demand::nothing();
    [[fallthrough]];
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Min:
    return Demand::of({op.getLhs(), op.getRhs()});
  default:
    return {};
  }
}

static Demand getDemand(nn::ReduceOp op) {
  switch (op.getKind()) {
  case nn::ReduceKind::SumSq:
  case nn::ReduceKind::L1:
  case nn::ReduceKind::L2:
    return Demand::nothing();
  default:
    return Demand::of(op.getInput());
  }
}

static Demand getDemand(Operation *op) {
  Attribute constant;
  if (matchPattern(op, m_Constant(&constant))) {
    auto number = dyn_cast<FloatAttr>(constant);
    if (auto splat = dyn_cast<SplatElementsAttr>(constant);
        splat && isa<FloatType>(splat.getElementType()))
      number = splat.getSplatValue<FloatAttr>();
    return {number && number.getValueAsDouble() >= 0, {}, {}};
  }
  return llvm::TypeSwitch<Operation *, Demand>(op)
      .Case<nn::UnaryOp, nn::BinaryOp, nn::ReduceOp>(
          [](auto own) { return getDemand(own); })
      .Case([](nn::ClipOp clip) {
        if (clip.getMax().convertToDouble() < 0)
          return Demand();
        return clip.getMin().convertToDouble() >= 0
                   ? Demand::nothing()
                   : Demand::of(clip.getInput());
      })
      .Case([](nn::SelectOp select) {
        return Demand::of({select.getOnTrue(), select.getOnFalse()});
      })
      .Case([](nn::PadOp pad) {
        bool isNegative = pad.getMode() == nn::PadMode::Constant &&
                          pad.getValue().isNegative();
        return isNegative ? Demand() : Demand::of(pad.getInput());
      })
      .Case([](nn::SoftmaxOp) { return Demand::nothing(); })
      .Case([](nn::ConcatOp concat) { return Demand::of(concat.getInputs()); })
      .Case<nn::PoolOp, nn::ReshapeOp, nn::TransposeOp, nn::SliceOp,
            nn::ExpandOp, nn::GatherOp>(
          [](auto moved) { return Demand::of(moved.getInput()); })
      .Case([](qt::ContractOp contract) {
        if (!contract.hasEpilogue())
          return Demand();
        return Demand::of(
            contract.getEpilogue().front().getTerminator()->getOperand(0));
      })
      .Default([](Operation *) { return Demand(); });
}

/// \p left bounds how many ops are looked at.
static bool check(Value value, unsigned &left) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    // The sum of an epilogue, or what is read beside it.
    auto contract =
        dyn_cast<qt::ContractOp>(argument.getOwner()->getParentOp());
    return contract && argument.getArgNumber() > 0 &&
           check(contract.getEpilogueOperands()[argument.getArgNumber() - 1],
                 left);
  }
  if (left == 0)
    return false;
  --left;
  Demand demand = getDemand(value.getDefiningOp());
  auto isMet = [&](Value operand) { return check(operand, left); };
  return demand.isMet ||
         (!demand.all.empty() && llvm::all_of(demand.all, isMet)) ||
         llvm::any_of(demand.any, isMet);
}

bool quantc::isNonNegative(Value value) {
  unsigned left = 64;
  return check(value, left);
}
