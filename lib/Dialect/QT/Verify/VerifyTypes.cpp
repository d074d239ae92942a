//===- VerifyTypes.cpp - Quantised types against their tensors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Dialect/QT/Verify/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace quantc::qt {
#define GEN_PASS_DEF_VERIFYTYPES
#include "quantc/Dialect/QT/Verify/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

/// Whether any !qt type is part of `type`.
static bool mentionsQT(Type type) {
  return type
      .walk([](Type inner) {
        return isa<QTDialect>(inner.getDialect()) ? WalkResult::interrupt()
                                                  : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Checks one type of a value that `emitError` names.
static LogicalResult verifyType(function_ref<InFlightDiagnostic()> emitError,
                                Type type) {
  if (!mentionsQT(type))
    return success();
  if (BlockType format = getBlockFormat(type))
    return format.verifyShape(emitError,
                              cast<RankedTensorType>(type).getShape());
  return emitError() << "type " << type
                     << " uses a quantised type other than as the element of "
                        "a ranked tensor";
}

/// Whether the op hands values on and looks into none.
static bool passesValuesOn(Operation *op) {
  return isa<FunctionOpInterface, CallOpInterface, RegionBranchOpInterface,
             RegionBranchTerminatorOpInterface, BranchOpInterface,
             UnrealizedConversionCastOp>(op);
}

static LogicalResult verifyOp(Operation *op) {
  bool ok = true;
  auto check = [&](StringRef what, unsigned index, Type type) {
    auto emitError = [&] {
      return op->emitError() << what << " #" << index << ": ";
    };
    ok &= succeeded(verifyType(emitError, type));
  };
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    check("result", index, result.getType());
  if (auto func = dyn_cast<FunctionOpInterface>(op)) {
    for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
      check("argument", index, type);
    for (auto [index, type] : llvm::enumerate(func.getResultTypes()))
      check("result", index, type);
    if (func.isPublic())
      for (Type type : llvm::concat<const Type>(func.getArgumentTypes(),
                                                func.getResultTypes()))
        if (mentionsQT(type)) {
          op->emitError() << "public function '" << func.getName()
                          << "' has the type " << type
                          << " in its signature; quantised types are internal";
          ok = false;
          break;
        }
  } else {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          check("block argument", argument.getArgNumber(), argument.getType());
  }
  StringRef dialect = op->getName().getDialectNamespace();
  if (dialect == "nn" || dialect == "qt" || passesValuesOn(op))
    return success(ok);
  for (Type type :
       llvm::concat<const Type>(SmallVector<Type>(op->getOperandTypes()),
                                SmallVector<Type>(op->getResultTypes())))
    if (getBlockFormat(type))
      return op->emitError() << "'" << op->getName()
                             << "' takes or gives the joint value of type "
                             << type << "; only nn and qt ops may use one";
  return success(ok);
}

namespace {
struct VerifyTypes : quantc::qt::impl::VerifyTypesBase<VerifyTypes> {
  void runOnOperation() override {
    bool ok = true;
    getOperation()->walk([&](Operation *op) { ok &= succeeded(verifyOp(op)); });
    if (!ok)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
