//===- FuseEpilogues.cpp - Elementwise users join contractions --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"

namespace quantc::qt {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {
struct FuseEpilogues : quantc::qt::impl::FuseEpiloguesBase<FuseEpilogues> {
  using FuseEpiloguesBase::FuseEpiloguesBase;
  void runOnOperation() override;
};
} // namespace

/// The elementwise ops that follow \p contract one after the other and keep
/// its shape.
static SmallVector<Operation *> collectChain(qt::ContractOp contract,
                                             SymbolicShapes &shapes) {
  SmallVector<Operation *> chain;
  Value value = contract.getResult();
  SmallVector<AffineExpr> sizes(shapes.getSizes(value));
  while (value.hasOneUse()) {
    Operation *user = *value.getUsers().begin();
    if (user->getBlock() != contract->getBlock() ||
        !isa<ElementwiseOpInterface>(user) || user->getNumResults() != 1 ||
        !llvm::equal(shapes.getSizes(user->getResult(0)), sizes))
      break;
    // The region computes in the accumulator's type.
    if (getElementTypeOrSelf(user->getResult(0)) !=
        getElementTypeOrSelf(contract.getResult()))
      break;
    chain.push_back(user);
    value = user->getResult(0);
  }
  return chain;
}

/// Clones \p user onto scalars at the end of \p body, which holds \p region
/// values; operands from outside become arguments of the region.
static void moveIntoRegion(Operation *user, Block *body, IRMapping &scalars,
                           SmallVectorImpl<Value> &operands) {
  OpBuilder builder = OpBuilder::atBlockTerminator(body);
  SmallVector<Value> inner;
  for (Value operand : user->getOperands()) {
    if (Value known = scalars.lookupOrNull(operand)) {
      inner.push_back(known);
      continue;
    }
    Type element = getElementTypeOrSelf(operand);
    DenseElementsAttr splat;
    if (matchPattern(operand, m_Constant(&splat)) && splat.isSplat()) {
      auto constant = arith::ConstantOp::create(
          builder, operand.getLoc(),
          cast<TypedAttr>(splat.getSplatValue<Attribute>()));
      scalars.map(operand, constant);
    } else {
      scalars.map(operand, body->addArgument(element, operand.getLoc()));
      operands.push_back(operand);
    }
    inner.push_back(scalars.lookup(operand));
  }
  Operation *clone =
      cast<ElementwiseOpInterface>(user).cloneOnto(builder, inner);
  scalars.map(user->getResult(0), clone->getResult(0));
}

static void fuse(qt::ContractOp contract, ArrayRef<Operation *> chain) {
  // The chain's end sees all that its members use.
  contract->moveBefore(chain.back());
  if (!contract.hasEpilogue()) {
    OpBuilder builder(contract.getContext());
    Type type = getElementTypeOrSelf(contract.getResult());
    Block *created = builder.createBlock(&contract.getEpilogue(), {}, type,
                                         contract.getLoc());
    qt::YieldOp::create(builder, contract.getLoc(), created->getArguments());
  }
  Block *body = &contract.getEpilogue().front();
  IRMapping scalars;
  scalars.map(contract.getResult(), body->getTerminator()->getOperand(0));
  SmallVector<Value> operands(contract.getEpilogueOperands());
  for (Operation *user : chain)
    moveIntoRegion(user, body, scalars, operands);
  Value last = chain.back()->getResult(0);
  body->getTerminator()->setOperand(0, scalars.lookup(last));
  contract.getEpilogueOperandsMutable().assign(operands);
  contract->setLoc(FusedLoc::get(contract->getContext(),
                                 {chain.back()->getLoc(), contract.getLoc()}));
  last.replaceAllUsesWith(contract.getResult());
  for (Operation *user : llvm::reverse(chain))
    user->erase();
}

void FuseEpilogues::runOnOperation() {
  SymbolicShapes shapes(getOperation());
  SmallVector<qt::ContractOp> contracts;
  getOperation().walk([&](qt::ContractOp op) { contracts.push_back(op); });
  // Late ones first: a residual then stays outside as an operand, instead of
  // being swallowed by the contraction that made it.
  for (qt::ContractOp contract : llvm::reverse(contracts))
    if (SmallVector<Operation *> chain = collectChain(contract, shapes);
        !chain.empty())
      fuse(contract, chain);
}
