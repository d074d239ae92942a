//===- CheckProgram.cpp - What the program's emitter relies on -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckProgram.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Runtime/Program.h"

using namespace mlir;
using namespace quantc;

static_assert(nn::MaxRank == QUANTC_MAX_RANK);

namespace {
class Checker {
public:
  Checker(func::FuncOp entry, ModuleOp kernels)
      : entry(entry), kernels(kernels) {
    if (auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName))
      numDims = names.size();
  }

  LogicalResult run();

private:
  LogicalResult checkBody();
  LogicalResult checkEqualSizes();
  LogicalResult checkLaunch(qt::LaunchOp launch);
  LogicalResult checkMap(Operation *op, Attribute attribute, unsigned symbols,
                         unsigned results, StringRef what);
  LogicalResult checkInterface(TypeRange types, StringRef shapesName,
                               StringRef what);
  LogicalResult checkDimNames();

  func::FuncOp entry;
  ModuleOp kernels;
  unsigned numDims = 0;
};
} // namespace

LogicalResult Checker::checkMap(Operation *op, Attribute attribute,
                                unsigned symbols, unsigned results,
                                StringRef what) {
  auto map = dyn_cast_or_null<AffineMapAttr>(attribute);
  if (!map)
    return op->emitError() << what << " is missing";
  AffineMap value = map.getValue();
  if (value.getNumDims() != 0 || value.getNumSymbols() > symbols ||
      value.getNumResults() != results)
    return op->emitError() << what << " is " << attribute << ", expected "
                           << results << " results of " << symbols
                           << " symbols";
  return success();
}

LogicalResult Checker::checkLaunch(qt::LaunchOp launch) {
  StringAttr name = launch.getKernel().getLeafReference();
  auto kernel = kernels.lookupSymbol<ModuleOp>(name);
  if (!kernel)
    return launch.emitError() << "kernel " << name << " is not lowered";
  for (AffineExpr size : launch.getSizes().getResults())
    if (!usesSymbolsBelow(size, numDims))
      return launch.emitError("a size is known only when the model runs; "
                              "compiled models need sizes that "
                              "follow from those of their inputs");
  unsigned symbols = launch.getSizes().getNumResults();
  if (!kernel->hasAttrOfType<IntegerAttr>(grainAttrName))
    return launch.emitError() << "kernel " << name << " has no qt.grain";
  if (failed(checkMap(launch, kernel->getAttr(iterationsAttrName), symbols, 1,
                      iterationsAttrName)) ||
      failed(checkMap(launch, kernel->getAttr(scratchAttrName), symbols, 1,
                      scratchAttrName)))
    return failure();
  for (StringRef count : {operationsAttrName, bytesAttrName})
    if (Attribute map = kernel->getAttr(count);
        map && failed(checkMap(launch, map, symbols, 1, count)))
      return failure();
  auto shapes = kernel->getAttrOfType<ArrayAttr>(resultShapesAttrName);
  if (!shapes || shapes.size() != launch.getNumResults())
    return launch.emitError()
           << "kernel " << name << " does not state the sizes of its results";
  for (auto [result, map] : llvm::zip_equal(launch.getResults(), shapes))
    if (failed(checkMap(launch, map, symbols,
                        cast<RankedTensorType>(result.getType()).getRank(),
                        resultShapesAttrName)))
      return failure();
  return success();
}

LogicalResult Checker::checkBody() {
  if (entry.isExternal())
    return entry.emitError("the entry is declared and has no body");
  if (!llvm::hasSingleElement(entry.getBody()))
    return entry.emitError("control flow in the entry is not supported");
  LogicalResult result = success();
  for (Operation &op : entry.getBody().front()) {
    if (auto launch = dyn_cast<qt::LaunchOp>(op)) {
      if (failed(checkLaunch(launch)))
        result = failure();
    } else if (!isa<qt::GlobalRefOp, qt::AliasOp, func::ReturnOp>(op)) {
      op.emitError() << "'" << op.getName() << "' is outside of all kernels";
      result = failure();
    }
  }
  return result;
}

static bool canPass(Type element) {
  if (element.isF16() || element.isBF16() || element.isF32() || element.isF64())
    return true;
  auto integer = dyn_cast<IntegerType>(element);
  return integer &&
         llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
}

LogicalResult Checker::checkInterface(TypeRange types, StringRef shapesName,
                                      StringRef what) {
  auto shapes = entry->getAttrOfType<ArrayAttr>(shapesName);
  LogicalResult result = success();
  for (auto [i, type] : llvm::enumerate(types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !canPass(tensor.getElementType()) ||
        tensor.getRank() > QUANTC_MAX_RANK) {
      result =
          entry.emitError()
          << what << " " << i << " is of type " << type
          << "; supported are tensors of up to " << QUANTC_MAX_RANK
          << " dimensions of f16, bf16, f32, f64, i1, i8, i16, i32 and i64";
      continue;
    }
    if (!shapes) {
      if (tensor.hasStaticShape() && shapesName == argShapesAttrName)
        continue;
      return entry.emitError() << "attribute '" << shapesName << "' is missing";
    }
    if (shapes.size() != types.size() ||
        failed(
            checkMap(entry, shapes[i], UINT_MAX, tensor.getRank(), shapesName)))
      return entry.emitError() << "attribute '" << shapesName
                               << "' does not fit the function's type";
    ArrayRef<AffineExpr> sizes =
        cast<AffineMapAttr>(shapes[i]).getValue().getResults();
    if (!llvm::all_of(sizes, [&](AffineExpr size) {
          return usesSymbolsBelow(size, numDims);
        }))
      result = entry.emitError()
               << "a size of " << what << " " << i
               << " does not follow from the sizes of the model's inputs";
    else if (shapesName == argShapesAttrName &&
             !llvm::all_of(sizes, [&](AffineExpr size) {
               return getDeclaredSize(entry, size) != nullptr;
             }))
      result = entry.emitError()
               << "a size of " << what << " " << i
               << " is neither a number nor a name, and no name is equal to it";
  }
  return result;
}

/// Names of dims are found by the number of dims in front of them, those of all
/// arguments.
LogicalResult Checker::checkDimNames() {
  auto lists = entry->getAttrOfType<ArrayAttr>(argDimNamesAttrName);
  if (!lists)
    return success();
  if (lists.size() != entry.getNumArguments())
    return entry.emitError()
           << "attribute '" << argDimNamesAttrName << "' names the dims of "
           << lists.size() << " inputs, expected " << entry.getNumArguments();
  LogicalResult result = success();
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    size_t number = cast<ArrayAttr>(lists[i]).size();
    if (tensor && number != static_cast<size_t>(tensor.getRank()))
      result = entry.emitError()
               << "attribute '" << argDimNamesAttrName << "' has " << number
               << " names for input " << i << ", which is of type " << type;
  }
  return result;
}

LogicalResult Checker::checkEqualSizes() {
  auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName);
  return success(!pairs || llvm::all_of(pairs, [&](Attribute pair) {
    return succeeded(checkMap(entry, pair, numDims, 2, equalSizesAttrName));
  }));
}

LogicalResult Checker::run() {
  LogicalResult results[] = {
      checkBody(), checkEqualSizes(), checkDimNames(),
      checkInterface(entry.getArgumentTypes(), argShapesAttrName, "input"),
      checkInterface(entry.getResultTypes(), resultShapesAttrName, "output")};
  return failure(llvm::any_of(
      results, [](LogicalResult result) { return failed(result); }));
}

llvm::Expected<func::FuncOp> quantc::getCheckedEntry(ModuleOp module) {
  auto entry = module.lookupSymbol<func::FuncOp>("main");
  if (!entry)
    return llvm::createStringError("the module has no function 'main'");
  if (failed(Checker(entry, module).run()))
    return llvm::createStringError("");
  return entry;
}
