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
#include "llvm/ADT/SetVector.h"

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

/// Whether \p op computes an element of \p sizes from elements at its place.
static bool keepsPlaces(Operation *op, ArrayRef<AffineExpr> sizes,
                        SymbolicShapes &shapes) {
  if (!isa<ElementwiseOpInterface>(op) || op->getNumResults() != 1)
    return false;
  Type element = getElementTypeOrSelf(op->getResult(0));
  return (element.isF32() || element.isInteger(32) || element.isInteger(1)) &&
         llvm::equal(shapes.getSizes(op->getResult(0)), sizes);
}

/// The elementwise ops behind \p contract that keep its shape and end in one
/// value: nobody else uses what lies between, though an activation may use the
/// sum several times.
static SmallVector<Operation *> collectChain(qt::ContractOp contract,
                                             SymbolicShapes &shapes) {
  // An activation has a dozen ops at most, and they stand together.
  constexpr unsigned most = 32, farthest = 256;
  SmallVector<AffineExpr> sizes(shapes.getSizes(contract.getResult()));
  llvm::SmallSetVector<Operation *, 8> members;
  members.insert(contract);
  size_t best = 1;
  auto isInside = [&](Operation *op) { return members.contains(op); };
  unsigned seen = 0;
  for (Operation *op = contract->getNextNode();
       op && ++seen < farthest && members.size() < most;
       op = op->getNextNode()) {
    if (llvm::none_of(op->getOperands(), [&](Value operand) {
          return operand.getDefiningOp() && isInside(operand.getDefiningOp());
        }))
      continue;
    // What another op uses is the end: nothing behind it can be inside.
    if (!keepsPlaces(op, sizes, shapes))
      break;
    members.insert(op);
    bool isClosed =
        llvm::all_of(members.getArrayRef().drop_back(), [&](Operation *member) {
          return llvm::all_of(member->getUsers(), isInside);
        });
    // The contraction's result takes the place of the last one. Equal sizes may
    // be spelt differently in their types, on which its users rely.
    if (isClosed && op->getResult(0).getType() == contract.getType())
      best = members.size();
  }
  return SmallVector<Operation *>(
      members.getArrayRef().take_front(best).drop_front());
}

/// Whether \p value only spreads smaller operands over the places of \p sizes,
/// for one user: cheaper to compute there than to keep.
static bool isSpread(Value value, ArrayRef<AffineExpr> sizes,
                     SymbolicShapes &shapes) {
  Operation *op = value.getDefiningOp();
  return op && value.hasOneUse() && keepsPlaces(op, sizes, shapes) &&
         llvm::none_of(op->getOperands(), [&](Value operand) {
           return llvm::equal(shapes.getSizes(operand), sizes);
         });
}

/// Whether \p value is one integer at the same place, shifted or scaled by
/// smaller operands, for one user: what it is made of is read there.
static bool isStep(Value value, ArrayRef<AffineExpr> sizes,
                   SymbolicShapes &shapes) {
  Operation *op = value.getDefiningOp();
  return op && value.hasOneUse() && keepsPlaces(op, sizes, shapes) &&
         llvm::count_if(op->getOperands(),
                        [&](Value operand) {
                          return llvm::equal(shapes.getSizes(operand), sizes);
                        }) == 1 &&
         llvm::all_of(op->getOperandTypes(), [](Type type) {
           return getElementTypeOrSelf(type).isInteger();
         });
}

/// Clones \p user onto scalars at the end of \p body, which holds \p region
/// values; operands from outside become arguments of the region.
static void moveIntoRegion(Operation *user, Block *body, IRMapping &scalars,
                           SmallVectorImpl<Value> &operands,
                           ArrayRef<AffineExpr> sizes, SymbolicShapes &shapes) {
  for (Value operand : user->getOperands())
    if (!scalars.contains(operand) &&
        (isSpread(operand, sizes, shapes) || isStep(operand, sizes, shapes)))
      moveIntoRegion(operand.getDefiningOp(), body, scalars, operands, sizes,
                     shapes);
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

static void fuse(qt::ContractOp contract, ArrayRef<Operation *> chain,
                 SymbolicShapes &shapes) {
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
  SmallVector<AffineExpr> sizes(shapes.getSizes(contract.getResult()));
  for (Operation *user : chain)
    moveIntoRegion(user, body, scalars, operands, sizes, shapes);
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
      fuse(contract, chain, shapes);
}
