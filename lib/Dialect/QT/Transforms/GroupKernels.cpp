//===- GroupKernels.cpp - Ops become outlined, merged kernels ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op of the entry ends in a kernel. Ops that work on the rows of one
// tensor join their producers; everything else is a kernel of its own.
// Reshapes become aliases. Equal kernels (the same layer, twelve times) are
// one function.
//
//===----------------------------------------------------------------------===//

#include "Grouping.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Fingerprint.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace quantc::qt {
#define GEN_PASS_DEF_GROUPKERNELS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {

struct GroupKernels : quantc::qt::impl::GroupKernelsBase<GroupKernels> {
  using GroupKernelsBase::GroupKernelsBase;

  void runOnOperation() override;

private:
  void outline(func::FuncOp entry, ArrayRef<Operation *> group,
               SymbolicShapes &shapes);
  StringAttr insert(func::FuncOp kernel, ArrayRef<Operation *> group);

  llvm::StringMap<StringAttr> known;
  std::optional<SymbolTable> symbols;
  unsigned count = 0;
};

} // namespace

static void collectSymbols(ArrayRef<AffineExpr> sizes,
                           llvm::SetVector<AffineExpr> &symbols) {
  for (AffineExpr size : sizes)
    size.walk([&](AffineExpr part) {
      if (isa<AffineSymbolExpr>(part))
        symbols.insert(part);
    });
}

/// Operands that only state sizes, all of which follow from those of the
/// inputs, give way to poison.
static void dropSizeOperands(func::FuncOp entry, SymbolicShapes &shapes) {
  llvm::SetVector<AffineExpr> known;
  for (BlockArgument argument : entry.getArguments())
    collectSymbols(SmallVector<AffineExpr>(shapes.getSizes(argument)), known);
  entry.walk([&](ShapeInterface op) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!op.isSizeOperand(operand.getOperandNumber()) ||
          matchPattern(operand.get(), m_Constant()))
        continue;
      llvm::SetVector<AffineExpr> own;
      collectSymbols(SmallVector<AffineExpr>(shapes.getSizes(op->getResult(0))),
                     own);
      if (llvm::any_of(
              own, [&](AffineExpr symbol) { return !known.contains(symbol); }))
        return; // something depends on data
      OpBuilder builder(op);
      operand.set(
          ub::PoisonOp::create(builder, op.getLoc(), operand.get().getType()));
    }
  });
}

/// A reshape moves nothing: its result is its input under other sizes.
static void replaceByAlias(nn::ReshapeOp reshape, SymbolicShapes &shapes) {
  SmallVector<AffineExpr> sizes(shapes.getSizes(reshape.getResult()));
  if (reshape.getType() == reshape.getInput().getType() &&
      llvm::equal(shapes.getSizes(reshape.getInput()), sizes)) {
    reshape.getResult().replaceAllUsesWith(reshape.getInput());
    reshape.erase();
    return;
  }
  OpBuilder builder(reshape);
  AffineMapAttr stated;
  if (reshape.getType().getNumDynamicDims() > 1)
    stated = AffineMapAttr::get(
        AffineMap::get(0, shapes.getNumSymbols(), sizes, builder.getContext()));
  auto alias = qt::AliasOp::create(builder, reshape.getLoc(), reshape.getType(),
                                   reshape.getInput(), stated);
  shapes.setSizes(alias, sizes);
  reshape.getResult().replaceAllUsesWith(alias);
  reshape.erase();
}

static void eraseDeadOps(Block &body) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(body.getOperations())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Sizes of the entry's results, which launches do not tell any more.
static void stateResultShapes(func::FuncOp entry, SymbolicShapes &shapes) {
  Builder builder(entry.getContext());
  SmallVector<SmallVector<AffineExpr>> lists;
  for (Value value : entry.getBody().front().getTerminator()->getOperands())
    lists.emplace_back(shapes.getSizes(value));
  SmallVector<Attribute> maps;
  for (const SmallVector<AffineExpr> &sizes : lists)
    maps.push_back(AffineMapAttr::get(
        AffineMap::get(0, shapes.getNumSymbols(), sizes, entry.getContext())));
  entry->setAttr(resultShapesAttrName, builder.getArrayAttr(maps));
}

/// The symbols of the entry that occur in \p lists, in order of appearance.
static llvm::SetVector<AffineExpr>
collectSymbols(ArrayRef<SmallVector<AffineExpr>> lists) {
  llvm::SetVector<AffineExpr> symbols;
  for (const SmallVector<AffineExpr> &sizes : lists)
    collectSymbols(sizes, symbols);
  return symbols;
}

static ArrayAttr makeShapeMaps(Builder &builder,
                               ArrayRef<SmallVector<AffineExpr>> lists,
                               const llvm::SetVector<AffineExpr> &symbols) {
  llvm::DenseMap<AffineExpr, AffineExpr> renumbered;
  for (auto [index, symbol] : llvm::enumerate(symbols))
    renumbered[symbol] = builder.getAffineSymbolExpr(index);
  SmallVector<Attribute> maps;
  for (const SmallVector<AffineExpr> &sizes : lists) {
    SmallVector<AffineExpr> own;
    for (AffineExpr size : sizes)
      own.push_back(size.replace(renumbered));
    maps.push_back(AffineMapAttr::get(
        AffineMap::get(0, symbols.size(), own, builder.getContext())));
  }
  return builder.getArrayAttr(maps);
}

/// A kernel is named for what takes its time.
static std::string nameKernel(ArrayRef<Operation *> group) {
  Operation *root = group.back();
  for (Operation *op : group)
    if (!isa<ElementwiseOpInterface, qt::QuantizeOp, qt::MagnitudesOp>(op))
      root = op;
  return root->getName().stripDialect().str();
}

namespace {
/// What a group reads of the entry and what of it the entry reads.
struct Boundary {
  Boundary(func::FuncOp entry, ArrayRef<Operation *> group);
  /// Whether \p op is one of the group's, or stands in a region of one.
  bool isInside(Operation *op) const;

  llvm::SmallPtrSet<Operation *, 16> inside;
  /// Constants are no operands: they are cloned into the kernel.
  llvm::SetVector<Value> operands, immediates;
  SmallVector<Value> results;
};
} // namespace

bool Boundary::isInside(Operation *op) const {
  for (; op; op = op->getParentOp())
    if (inside.contains(op))
      return true;
  return false;
}

Boundary::Boundary(func::FuncOp entry, ArrayRef<Operation *> group)
    : inside(group.begin(), group.end()) {
  for (Operation *op : group) {
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *owner = operand.getDefiningOp();
        if (!owner)
          owner = operand.getParentBlock()->getParentOp();
        if (isInside(owner) && owner != entry)
          continue;
        if (matchPattern(operand, m_Constant()))
          immediates.insert(operand);
        else
          operands.insert(operand);
      }
    });
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return !isInside(user); }))
        results.push_back(result);
  }
}

/// The function of a group, without names and locations: equal ones are then
/// one. \p sizes are those of its operands and results, in which \p symbols
/// occur.
static func::FuncOp makeKernel(MLIRContext *context,
                               ArrayRef<Operation *> group,
                               const Boundary &boundary,
                               ArrayRef<SmallVector<AffineExpr>> sizes,
                               const llvm::SetVector<AffineExpr> &symbols) {
  OpBuilder builder(context);
  ValueRange operands = boundary.operands.getArrayRef();
  auto type = builder.getFunctionType(TypeRange(operands),
                                      TypeRange(ValueRange(boundary.results)));
  auto kernel = func::FuncOp::create(builder.getUnknownLoc(), "kernel", type);
  kernel.setPrivate();
  kernel->setAttr(kernelAttrName, builder.getUnitAttr());
  kernel->setAttr(
      argShapesAttrName,
      makeShapeMaps(builder, sizes.take_front(operands.size()), symbols));
  kernel->setAttr(
      resultShapesAttrName,
      makeShapeMaps(builder, sizes.drop_front(operands.size()), symbols));
  Block *body = kernel.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(operands, body->getArguments());
  for (Value value : boundary.immediates)
    builder.clone(*value.getDefiningOp(), mapping);
  for (Operation *op : group)
    builder.clone(*op, mapping);
  auto returned = llvm::map_to_vector(
      boundary.results, [&](Value value) { return mapping.lookup(value); });
  func::ReturnOp::create(builder, builder.getUnknownLoc(), returned);
  kernel.walk([&](Operation *op) { op->setLoc(builder.getUnknownLoc()); });
  return kernel;
}

/// The name of the kernel of a group: of an equal one, if there is one.
StringAttr GroupKernels::insert(func::FuncOp kernel,
                                ArrayRef<Operation *> group) {
  auto [place, isNew] = known.try_emplace(qt::getFingerprint(kernel));
  if (isNew) {
    kernel.setName(nameKernel(group) + "_" + std::to_string(count++));
    place->second = symbols->insert(kernel);
  } else {
    kernel->destroy();
  }
  return place->second;
}

void GroupKernels::outline(func::FuncOp entry, ArrayRef<Operation *> group,
                           SymbolicShapes &shapes) {
  Boundary boundary(entry, group);
  SmallVector<SmallVector<AffineExpr>> sizes;
  for (Value value :
       llvm::concat<const Value>(boundary.operands, boundary.results))
    sizes.emplace_back(shapes.getSizes(value));
  llvm::SetVector<AffineExpr> own = collectSymbols(sizes);
  StringAttr name =
      insert(makeKernel(&getContext(), group, boundary, sizes, own), group);
  auto locations =
      llvm::map_to_vector(group, [](Operation *op) { return op->getLoc(); });
  OpBuilder builder(entry.getBody().front().getTerminator());
  auto launch = qt::LaunchOp::create(
      builder, builder.getFusedLoc(locations),
      TypeRange(ValueRange(boundary.results)), FlatSymbolRefAttr::get(name),
      boundary.operands.getArrayRef(),
      AffineMapAttr::get(AffineMap::get(0, shapes.getNumSymbols(),
                                        own.takeVector(), &getContext())));
  for (auto [value, result] :
       llvm::zip_equal(boundary.results, launch.getResults())) {
    shapes.setSizes(result, SmallVector<AffineExpr>(shapes.getSizes(value)));
    value.replaceUsesWithIf(result, [&](OpOperand &use) {
      return !boundary.isInside(use.getOwner());
    });
  }
}

/// What kernels are handed lies in memory.
static LogicalResult verifyTensors(func::FuncOp entry) {
  for (Operation &op : entry.getBody().front().without_terminator())
    for (TypeRange types :
         {TypeRange(op.getOperandTypes()), TypeRange(op.getResultTypes())})
      for (Type type : types)
        if (!isa<RankedTensorType>(type))
          return op.emitOpError("has a value of type ")
                 << type << "; supported in kernels: ranked tensors";
  return success();
}

/// Of an op of which only the size was asked, whose weights nobody reads now.
static void eraseUnusedGlobals(ModuleOp module) {
  llvm::StringSet<> used;
  module.walk(
      [&](qt::GlobalRefOp reference) { used.insert(reference.getGlobal()); });
  for (auto global : llvm::make_early_inc_range(module.getOps<qt::GlobalOp>()))
    if (!used.contains(global.getSymName()))
      global.erase();
}

void GroupKernels::runOnOperation() {
  known.clear();
  symbols.emplace(getOperation());
  count = 0;
  SmallVector<func::FuncOp> entries;
  for (auto func : getOperation().getOps<func::FuncOp>())
    if (!func.isExternal() && !func->hasAttr(kernelAttrName)) {
      if (failed(verifyTensors(func)))
        return signalPassFailure();
      entries.push_back(func);
    }
  for (func::FuncOp entry : entries) {
    SymbolicShapes shapes(entry);
    stateEqualSizes(entry, shapes);
    dropSizeOperands(entry, shapes);
    stateResultShapes(entry, shapes);
    for (auto reshape :
         llvm::make_early_inc_range(entry.getOps<nn::ReshapeOp>()))
      replaceByAlias(reshape, shapes);
    // What computed sizes only.
    eraseDeadOps(entry.getBody().front());
    Grouping grouping(entry, shapes);
    grouping.fuseImages();
    grouping.fusePartners();
    grouping.fuseReductions();
    grouping.fuseRows();
    Block &body = entry.getBody().front();
    std::vector<std::vector<Operation *>> groups = grouping.getOrderedGroups();
    for (ArrayRef<Operation *> group : groups)
      outline(entry, group, shapes);
    for (const std::vector<Operation *> &group : llvm::reverse(groups))
      for (Operation *op : llvm::reverse(group))
        op->erase();
    // Launches were appended; aliases still stand where the reshapes stood.
    sortTopologically(&body);
    eraseDeadOps(body);
  }
  eraseUnusedGlobals(getOperation());
}
