//===- OutlineGlobals.cpp - Constants become named, lazy globals *- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps that make a weight ready (transpose, encode, pack) move into the
// region of a qt.global, which is evaluated when the artefact is written,
// several on several threads. Equal ones are one global.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Fingerprint.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "quantc/Interfaces/ShapeInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace quantc::qt {
#define GEN_PASS_DEF_OUTLINEGLOBALS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {
struct OutlineGlobals : quantc::qt::impl::OutlineGlobalsBase<OutlineGlobals> {
  using OutlineGlobalsBase::OutlineGlobalsBase;

  void runOnOperation() override;

private:
  StringAttr makeGlobal(Value value, const llvm::SetVector<Operation *> &slice);

  llvm::StringMap<StringAttr> known;
  std::optional<SymbolTable> symbols;
  unsigned count = 0;
};
} // namespace

/// A constant that this user holds as an immediate: the splat operand of an op
/// on rows, or sizes and positions that are read when code is made. No memory
/// needed.
static bool isImmediate(OpOperand &use, SymbolicShapes &shapes) {
  DenseElementsAttr attribute;
  if (!matchPattern(use.get(), m_Constant(&attribute)))
    return false;
  auto shaped = dyn_cast<ShapeInterface>(use.getOwner());
  if ((attribute.isSplat() && isa<RowOpInterface>(use.getOwner())) ||
      (shaped && shaped.isShapeOperand(use.getOperandNumber())))
    return true;
  // A computation of sizes, which becomes part of the entry's own.
  return use.getOwner()->getNumResults() == 1 &&
         shapes.getElements(use.getOwner()->getResult(0));
}

StringAttr
OutlineGlobals::makeGlobal(Value value,
                           const llvm::SetVector<Operation *> &slice) {
  auto [entry, isNew] =
      known.try_emplace(qt::getFingerprint(slice.getArrayRef(), value));
  if (!isNew)
    return entry->second;
  OpBuilder builder(&getContext());
  auto global =
      qt::GlobalOp::create(builder, value.getLoc(),
                           builder.getStringAttr("w" + std::to_string(count++)),
                           TypeAttr::get(value.getType()));
  entry->second = symbols->insert(global, getOperation().getBody()->begin());
  builder.createBlock(&global.getBody());
  IRMapping mapping;
  for (Operation *op : slice)
    builder.clone(*op, mapping);
  qt::YieldOp::create(builder, value.getLoc(), mapping.lookup(value));
  return entry->second;
}

void OutlineGlobals::runOnOperation() {
  known.clear();
  symbols.emplace(getOperation());
  count = 0;
  for (auto func : getOperation().getOps<func::FuncOp>()) {
    if (func.isExternal())
      continue;
    Block &body = func.getBody().front();
    llvm::DenseSet<Value> varying = getVaryingValues(body);
    llvm::SmallPtrSet<Operation *, 32> constant;
    for (Operation &op : body)
      if (op.getNumResults() && !varying.contains(op.getResult(0)) &&
          llvm::all_of(op.getResultTypes(), llvm::IsaPred<RankedTensorType>))
        constant.insert(&op);

    SymbolicShapes shapes(func);
    // Where a constant meets a computation on run-time values, or is returned.
    func.walk([&](Operation *user) {
      if (constant.contains(user))
        return;
      for (OpOperand &operand : user->getOpOperands()) {
        Operation *definition = operand.get().getDefiningOp();
        if (!definition || !constant.contains(definition))
          continue;
        if (isImmediate(operand, shapes) && !isa<func::ReturnOp>(user))
          continue;
        StringAttr name =
            makeGlobal(operand.get(), getConstantSlice(operand.get()));
        OpBuilder builder(definition);
        operand.set(qt::GlobalRefOp::create(builder, operand.get().getLoc(),
                                            operand.get().getType(), name));
      }
    });
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(body.getOperations())))
      if (constant.contains(&op) && op.use_empty())
        op.erase();
  }
}
