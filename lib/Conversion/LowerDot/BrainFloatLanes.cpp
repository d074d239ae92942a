//===- BrainFloatLanes.cpp - Lanes of bf16 as integers ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM takes one bf16 out of a vector by way of f32, for which it calls a
// function of the compiler's runtime that artefacts do not have; so it does
// where a target has no masks for such lanes. Bits are taken out as they are.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "quantc/Conversion/LowerDot/Passes.h"

namespace quantc {
#define GEN_PASS_DEF_BRAINFLOATLANES
#include "quantc/Conversion/LowerDot/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

/// The integers that lie in the places of bf16; null for other types.
static VectorType getIntegers(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || !vector.getElementType().isBF16())
    return {};
  return vector.clone(IntegerType::get(type.getContext(), 16));
}

static Value castBits(OpBuilder &b, Location loc, Type type, Value value) {
  return LLVM::BitcastOp::create(b, loc, type, value);
}

/// What stands for the result of \p op, if it has one, in lanes of integers.
static Value rewriteLanes(OpBuilder &b, Operation *op) {
  Location loc = op->getLoc();
  Type half = b.getI16Type();
  if (auto extract = dyn_cast<LLVM::ExtractElementOp>(op))
    if (VectorType type = getIntegers(extract.getVector().getType()))
      return LLVM::ExtractElementOp::create(
          b, loc, castBits(b, loc, type, extract.getVector()),
          extract.getPosition());
  if (auto insert = dyn_cast<LLVM::InsertElementOp>(op))
    if (VectorType type = getIntegers(insert.getType()))
      return LLVM::InsertElementOp::create(
          b, loc, castBits(b, loc, type, insert.getVector()),
          castBits(b, loc, half, insert.getValue()), insert.getPosition());
  if (auto store = dyn_cast<LLVM::MaskedStoreOp>(op))
    if (VectorType type = getIntegers(store.getValue().getType()))
      store.getValueMutable().assign(castBits(b, loc, type, store.getValue()));
  if (auto load = dyn_cast<LLVM::MaskedLoadOp>(op))
    if (VectorType type = getIntegers(load.getType())) {
      Value neutral = castBits(b, loc, type, load.getPassThru());
      auto made = cast<LLVM::MaskedLoadOp>(b.clone(*op));
      made.getPassThruMutable().assign(neutral);
      made.getResult().setType(type);
      return made;
    }
  return {};
}

namespace {
struct BrainFloatLanes : quantc::impl::BrainFloatLanesBase<BrainFloatLanes> {
  using BrainFloatLanesBase::BrainFloatLanesBase;

  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      OpBuilder b(op);
      Value made = rewriteLanes(b, op);
      if (!made)
        return;
      op->getResult(0).replaceAllUsesWith(
          castBits(b, op->getLoc(), op->getResult(0).getType(), made));
      op->erase();
    });
  }
};
} // namespace
