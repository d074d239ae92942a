//===- KernelCost.cpp - What a kernel does and moves ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelCost.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/HostValue.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

static AffineExpr countElements(Value value, SymbolicShapes &shapes) {
  AffineExpr product = getAffineConstantExpr(1, value.getContext());
  for (AffineExpr size : shapes.getSizes(value))
    product = product * size;
  return product;
}

static AffineExpr countBytes(Value value, SymbolicShapes &shapes) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  return countElements(value, shapes) * getElementBytes(element);
}

static AffineExpr countOperations(qt::ContractOp op, SymbolicShapes &shapes) {
  AffineExpr steps;
  int64_t size = op.getContractionSize();
  if (!ShapedType::isDynamic(size))
    steps = getAffineConstantExpr(size, op.getContext());
  else
    steps = SmallVector<AffineExpr>(shapes.getSizes(op.getLhs()[0])).back();
  if (auto conv = dyn_cast<qt::ConvAttr>(op.getGeometry()))
    steps = steps * conv.getNumTaps();
  return countElements(op.getResult(), shapes) * steps * 2;
}

static AffineExpr countOperations(qt::AttentionOp op, SymbolicShapes &shapes) {
  SmallVector<AffineExpr> keys(shapes.getSizes(op.getK()[0]));
  AffineExpr length = keys[op.getKOrder() == qt::HeadOrder::BHSD ? 2 : 1];
  AffineExpr perKey = countElements(op.getQ()[0], shapes) +
                      countElements(op.getResult(), shapes);
  return perKey * length * 2;
}

static AffineExpr countOperations(qt::IntegerAttentionOp op,
                                  SymbolicShapes &shapes) {
  SmallVector<AffineExpr> keys(shapes.getSizes(op.getK()));
  AffineExpr length = keys[op.getKOrder() == qt::HeadOrder::BHSD ? 2 : 1];
  AffineExpr perKey =
      countElements(op.getQ(), shapes) + countElements(op.getResult(), shapes);
  return perKey * length * 2;
}

/// The element of a format, a block type or a plain one.
static std::string spell(Type format) {
  if (auto block = dyn_cast<qt::BlockType>(format))
    return block.getElement().getSpelling().str();
  std::string text;
  llvm::raw_string_ostream(text) << format;
  return text;
}

static std::string spellArithmetic(qt::ContractOp op) {
  return spell(op.getLhsFormat()) + " x " + spell(op.getRhsFormat());
}

static std::string spellArithmetic(qt::AttentionOp op) {
  auto spellHeads = [](std::optional<qt::BlockType> format) {
    return format ? spell(*format) : std::string("f32");
  };
  return spellHeads(op.getQFormat()) + " x " + spellHeads(op.getKFormat());
}

static std::string spellArithmetic(qt::IntegerAttentionOp) {
  return "s12 x s12";
}

static AffineExpr countBytesRead(BlockArgument argument,
                                 SymbolicShapes &shapes) {
  AffineExpr taken = getAffineConstantExpr(0, argument.getContext());
  for (OpOperand &use : argument.getUses()) {
    if (auto gather = dyn_cast<qt::GatherOp>(use.getOwner());
        gather && use.get() != gather.getIndices()) {
      // A code of one byte an element, a scale a row.
      bool isCodes = use.get() == gather.getCodes();
      taken =
          taken + (isCodes ? countElements(gather.getResult(), shapes)
                           : countElements(gather.getIndices(), shapes) * 4);
      continue;
    }
    auto gather = dyn_cast<nn::GatherOp>(use.getOwner());
    if (!gather || &use != &gather.getInputMutable())
      return countBytes(argument, shapes);
    taken = taken + countBytes(gather.getResult(), shapes);
  }
  return taken;
}

KernelCost quantc::getKernelCost(func::FuncOp kernel, SymbolicShapes &shapes) {
  AffineExpr zero = getAffineConstantExpr(0, kernel.getContext());
  KernelCost cost{zero, zero, ""};
  Block &body = kernel.getBody().front();
  for (Operation &op : body)
    llvm::TypeSwitch<Operation *>(&op)
        .Case<qt::ContractOp, qt::AttentionOp, qt::IntegerAttentionOp>(
            [&](auto typed) {
              cost.operations =
                  cost.operations + countOperations(typed, shapes);
              cost.arithmetic = spellArithmetic(typed);
            });
  for (BlockArgument argument : body.getArguments())
    cost.bytes = cost.bytes + countBytesRead(argument, shapes);
  for (Value result : body.getTerminator()->getOperands())
    cost.bytes = cost.bytes + countBytes(result, shapes);
  return cost;
}
