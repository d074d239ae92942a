//===- VerifySizes.cpp - Sizes that only data decide ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Support/Locations.h"
#include <set>

namespace quantc::nn {
#define GEN_PASS_DEF_NNVERIFYSIZES
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

namespace {
struct NNVerifySizes : public nn::impl::NNVerifySizesBase<NNVerifySizes> {
  void runOnOperation() override;

private:
  bool isKnown(AffineExpr size) const;
  LogicalResult verify(ShapeInterface op, SymbolicShapes &shapes);

  /// The symbols of the arguments' sizes.
  llvm::DenseSet<AffineExpr> symbols;
  /// Names of what was reported, and of what it was made from.
  std::set<std::pair<std::string, std::string>> told;
};
} // namespace

bool NNVerifySizes::isKnown(AffineExpr size) const {
  return !size.walk([&](AffineExpr part) {
                return isa<AffineSymbolExpr>(part) && !symbols.contains(part)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

/// The value of another node that an operand of this one was made from: an
/// importer writes several ops for a node, all under its name. Of what depends
/// on data, sizes are not the cause.
static StringRef nameSource(Operation *op, Value operand, bool isOfSizes) {
  StringRef own = getValueName(op->getLoc());
  SmallVector<Value> worklist{operand};
  llvm::DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    StringRef name = getValueName(value.getLoc());
    if (!seen.insert(value).second)
      continue;
    Operation *source = value.getDefiningOp();
    if (source && (source->hasTrait<OpTrait::ConstantLike>() ||
                   (!isOfSizes && isa<nn::ShapeOp>(source))))
      continue;
    if (!name.empty() && name != own)
      return name;
    if (source)
      llvm::append_range(worklist, source->getOperands());
  }
  return "";
}

/// What \p value is computed from, down to tensors whose sizes are asked for.
/// Nothing where it depends on data.
static std::optional<SmallVector<Value>> findMeasured(Value value) {
  SmallVector<Value> worklist{value}, measured;
  llvm::DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    Operation *source = next.getDefiningOp();
    if (!source)
      return std::nullopt;
    if (auto shape = dyn_cast<nn::ShapeOp>(source))
      measured.push_back(shape.getInput());
    else if (seen.insert(next).second)
      llvm::append_range(worklist, source->getOperands());
  }
  return measured;
}

LogicalResult NNVerifySizes::verify(ShapeInterface op, SymbolicShapes &shapes) {
  for (OpOperand &operand : op->getOpOperands()) {
    unsigned index = operand.getOperandNumber();
    if (!op.isShapeOperand(index))
      continue;
    auto elements = shapes.getElements(operand.get());
    if (elements &&
        llvm::all_of(*elements, [&](AffineExpr e) { return isKnown(e); }))
      continue;
    for (Value result : op->getResults())
      for (auto [dim, size] : llvm::enumerate(shapes.getSizes(result))) {
        if (isKnown(size))
          continue;
        auto measured = findMeasured(operand.get());
        // What a size that is not known is used for was told of that size.
        if (measured && !told.empty() &&
            llvm::any_of(*measured, [&](Value tensor) {
              return !llvm::all_of(
                  shapes.getSizes(tensor),
                  [&](AffineExpr own) { return isKnown(own); });
            }))
          return failure();
        bool isOfSizes = measured.has_value();
        StringRef source = nameSource(op, operand.get(), isOfSizes);
        // An importer writes several ops for a node: one of them is enough.
        if (!told.insert({getValueName(op->getLoc()).str(), source.str()})
                 .second)
          return failure();
        InFlightDiagnostic diagnostic =
            op->emitOpError("size of dim ")
            << dim << (isOfSizes ? " is" : " depends on the data of")
            << " operand #" << index;
        if (!source.empty())
          diagnostic << ", which comes from '" << source << "'";
        if (isOfSizes)
          return diagnostic
                 << " and follows from sizes by too long an expression; "
                    "supported: sums, products and quotients by numbers, the "
                    "larger or smaller of three sizes, or --dim NAME=N";
        return diagnostic << "; supported: sizes that follow from the sizes "
                             "of the model's inputs";
      }
  }
  return success();
}

void NNVerifySizes::runOnOperation() {
  func::FuncOp func = getOperation();
  SymbolicShapes shapes(func);
  symbols.clear();
  told.clear();
  for (BlockArgument argument : func.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      for (AffineExpr size : shapes.getSizes(argument))
        size.walk([&](AffineExpr part) {
          if (isa<AffineSymbolExpr>(part))
            symbols.insert(part);
        });
  bool isRight = true;
  func.walk(
      [&](ShapeInterface op) { isRight &= succeeded(verify(op, shapes)); });
  if (!isRight)
    signalPassFailure();
  markAllAnalysesPreserved();
}
