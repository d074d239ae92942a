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

#include "Fingerprint.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/ImageOpInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include <queue>

namespace quantc::qt {
#define GEN_PASS_DEF_GROUPKERNELS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {

/// Longer chains gain nothing and make kernels that compile slowly.
constexpr size_t maxOpsOfKernel = 96;

/// Which kernel every op of the entry goes to.
class Grouping {
public:
  Grouping(func::FuncOp func, SymbolicShapes &shapes);

  void fuseImages();
  void fusePartners();
  void fuseRows();

  /// The groups in an order in which each follows what it uses.
  std::vector<std::vector<Operation *>> getOrderedGroups();

private:
  static bool isGrouped(Operation &op);
  unsigned find(unsigned index) const;
  using ProducerBody = function_ref<void(unsigned, bool isAliased)>;
  void forEachProducer(Operation *op, ProducerBody call);
  bool reaches(unsigned from, unsigned to);
  std::optional<SmallVector<AffineExpr>> joinRows(unsigned from, unsigned to);
  void join(unsigned from, unsigned to);
  bool isOfImage(Operation *op, qt::QuantizeOp quantize);
  bool mayJoin(unsigned from, unsigned to) const;

  SymbolicShapes &shapes;
  /// Of a network of integers: floats are in kernels of their own, outside.
  bool isIntegerOnly;
  std::vector<Operation *> ops;
  llvm::DenseMap<Operation *, unsigned> indices;
  mutable std::vector<unsigned> parents;
  std::vector<std::vector<unsigned>> members;
  /// Of the tensor whose rows the group goes over; none where it goes over no
  /// rows.
  std::vector<std::optional<SmallVector<AffineExpr>>> rows;
};

struct GroupKernels : quantc::qt::impl::GroupKernelsBase<GroupKernels> {
  using GroupKernelsBase::GroupKernelsBase;

  void runOnOperation() override;

private:
  void outline(func::FuncOp entry, ArrayRef<Operation *> group,
               SymbolicShapes &shapes);

  llvm::StringMap<StringAttr> known;
  std::optional<SymbolTable> symbols;
  unsigned count = 0;
};

} // namespace

/// Held by the entry itself: constants, addresses, views.
bool Grouping::isGrouped(Operation &op) {
  return !op.hasTrait<OpTrait::ConstantLike>() &&
         !op.hasTrait<OpTrait::IsTerminator>() &&
         !isa<qt::GlobalRefOp, qt::AliasOp, qt::LaunchOp>(op);
}

Grouping::Grouping(func::FuncOp func, SymbolicShapes &shapes)
    : shapes(shapes), isIntegerOnly(func->hasAttr(integerOnlyAttrName)) {
  for (Operation &op : func.getBody().front()) {
    if (!isGrouped(op))
      continue;
    indices[&op] = ops.size();
    members.push_back({static_cast<unsigned>(ops.size())});
    parents.push_back(ops.size());
    ops.push_back(&op);
    auto rowOp = dyn_cast<RowOpInterface>(op);
    rows.emplace_back();
    if (rowOp && rowOp.isRowwise())
      rows.back().emplace(shapes.getSizes(rowOp.getRowTensor()));
  }
}

unsigned Grouping::find(unsigned index) const {
  while (parents[index] != index)
    index = parents[index] = parents[parents[index]];
  return index;
}

/// Groups whose results \p op uses, also from inside its regions and through
/// aliases.
void Grouping::forEachProducer(Operation *op, ProducerBody call) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *definition = operand.getDefiningOp();
      bool isAliased = isa_and_present<qt::AliasOp>(definition);
      while (auto alias = dyn_cast_or_null<qt::AliasOp>(definition))
        definition = alias.getInput().getDefiningOp();
      if (auto it = indices.find(definition); it != indices.end())
        call(find(it->second), isAliased);
    }
  });
}

/// True if group \p to uses a result of group \p from through a third one, or
/// through an alias, which names what a kernel has made.
bool Grouping::reaches(unsigned from, unsigned to) {
  llvm::SmallDenseSet<unsigned> seen;
  SmallVector<unsigned> worklist;
  auto push = [&](unsigned group, bool direct) {
    for (unsigned member : members[group])
      forEachProducer(ops[member], [&](unsigned producer, bool isAliased) {
        if (producer == group || (direct && producer == from && !isAliased))
          return;
        if (seen.insert(producer).second)
          worklist.push_back(producer);
      });
  };
  push(to, /*direct=*/true);
  while (!worklist.empty()) {
    unsigned group = worklist.pop_back_val();
    if (group == from)
      return true;
    push(group, /*direct=*/false);
  }
  return false;
}

static bool hasFloats(Operation *op) {
  auto isFloat = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  return llvm::any_of(op->getOperandTypes(), isFloat) ||
         llvm::any_of(op->getResultTypes(), isFloat);
}

bool Grouping::mayJoin(unsigned from, unsigned to) const {
  return members[from].size() + members[to].size() <= maxOpsOfKernel &&
         (!isIntegerOnly || hasFloats(ops[from]) == hasFloats(ops[to]));
}

/// The rows of both groups together: the same, or of one of them single
/// elements, which are numbers that belong to the other's rows.
std::optional<SmallVector<AffineExpr>> Grouping::joinRows(unsigned from,
                                                          unsigned to) {
  if (!rows[from] || !rows[to])
    return std::nullopt;
  ArrayRef<AffineExpr> a(*rows[from]), b(*rows[to]);
  auto isElementwise = [&](unsigned group) {
    return llvm::all_of(members[group], [&](unsigned member) {
      return isa<ElementwiseOpInterface>(ops[member]);
    });
  };
  auto hasSingles = [&](unsigned group) {
    return !rows[group]->empty() &&
           rows[group]->back() == shapes.getConstant(1);
  };
  // In rows of one element an element is not told from a number of the row,
  // which an exponent is.
  if (a == b)
    return hasSingles(from) && !(isElementwise(from) && isElementwise(to))
               ? std::nullopt
               : rows[from];
  if (a.empty() || b.empty() || a.drop_back() != b.drop_back())
    return std::nullopt;
  auto hasNumbers = [&](unsigned group) {
    return hasSingles(group) && isElementwise(group);
  };
  if (hasNumbers(from))
    return rows[to];
  return hasNumbers(to) ? rows[from] : std::nullopt;
}

/// Group \p from takes in group \p to.
void Grouping::join(unsigned from, unsigned to) {
  parents[to] = from;
  llvm::append_range(members[from], members[to]);
  members[to].clear();
}

/// Whether \p op computes elements of the image that is quantised, or numbers
/// of which there is one for each image, from others like them.
bool Grouping::isOfImage(Operation *op, qt::QuantizeOp quantize) {
  SmallVector<AffineExpr> whole(shapes.getSizes(quantize.getInput())),
      single(whole.size(), shapes.getConstant(1));
  single.front() = whole.front();
  auto isKnown = [&](Value value) {
    DenseElementsAttr constant;
    if (matchPattern(value, m_Constant(&constant)))
      return constant.isSplat();
    SmallVector<AffineExpr> sizes(shapes.getSizes(value));
    return sizes == whole || sizes == single;
  };
  return isa<ElementwiseOpInterface>(op) && op->getNumResults() == 1 &&
         isKnown(op->getResult(0)) && llvm::all_of(op->getOperands(), isKnown);
}

/// What brings an image to 16 bits joins its quantisation.
void Grouping::fuseImages() {
  for (unsigned index = 0; index < ops.size(); ++index) {
    auto quantize = dyn_cast<qt::QuantizeOp>(ops[index]);
    if (!quantize || !quantize->hasAttr(normalisedAttrName))
      continue;
    llvm::SetVector<unsigned> worklist;
    auto addProducers = [&](Operation *op) {
      for (Value operand : op->getOperands()) {
        auto it = indices.find(operand.getDefiningOp());
        if (it != indices.end() && isOfImage(ops[it->second], quantize))
          worklist.insert(it->second);
      }
    };
    addProducers(quantize);
    for (size_t i = 0; i < worklist.size(); ++i)
      addProducers(ops[worklist[i]]);
    // Late ones first: what lies between is inside already.
    SmallVector<unsigned> sources(worklist.begin(), worklist.end());
    llvm::sort(sources, std::greater<>());
    for (unsigned source : sources) {
      unsigned from = find(source), to = find(index);
      if (from == to || members[from].size() > 1 || !mayJoin(from, to) ||
          reaches(from, to))
        continue;
      join(from, to);
      rows[from] = std::nullopt;
    }
  }
}

/// Of magnitudes of parts the op that makes the parts, of an op that encodes an
/// image as it reads it the quantisation: what has one kernel with \p op.
static Operation *findPartner(Operation *op) {
  if (auto magnitudes = dyn_cast<qt::MagnitudesOp>(op)) {
    auto producer = magnitudes.getInput().getDefiningOp<ImageOpInterface>();
    ImagePart part = magnitudes.getPart().getPart();
    if (producer && magnitudes.getInput() == producer->getResult(0) &&
        producer.getImagePart(/*byChannel=*/part.channels == 1) == part)
      return producer;
  }
  auto reader = dyn_cast<ImageOpInterface>(op);
  auto quantize = reader ? op->getOperand(0).getDefiningOp<qt::QuantizeOp>()
                         : qt::QuantizeOp();
  if (quantize && quantize.getLargest() && reader.encodesImage(quantize))
    return quantize;
  return nullptr;
}

/// Late ones first: a partner is alone then.
void Grouping::fusePartners() {
  for (unsigned index = ops.size(); index-- > 0;) {
    if (Operation *partner = findPartner(ops[index]))
      if (unsigned from = find(indices.lookup(partner));
          from != find(index) && members[from].size() == 1)
        join(from, find(index));
  }
}

void Grouping::fuseRows() {
  for (unsigned index = 0; index < ops.size(); ++index) {
    for (Value operand : ops[index]->getOperands()) {
      auto it = indices.find(operand.getDefiningOp());
      if (it == indices.end())
        continue;
      unsigned from = find(it->second), to = find(index);
      std::optional<SmallVector<AffineExpr>> joined = joinRows(from, to);
      if (from == to || !joined || !mayJoin(from, to) || reaches(from, to))
        continue;
      join(from, to);
      rows[from] = joined;
    }
  }
}

std::vector<std::vector<Operation *>> Grouping::getOrderedGroups() {
  // Kahn's algorithm; the smallest index first keeps the model's own order.
  std::vector<llvm::SmallDenseSet<unsigned>> users(ops.size());
  std::vector<unsigned> waiting(ops.size(), 0);
  for (unsigned index = 0; index < ops.size(); ++index)
    forEachProducer(ops[index], [&](unsigned producer, bool) {
      unsigned group = find(index);
      if (producer != group && users[producer].insert(group).second)
        ++waiting[group];
    });
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> ready;
  for (unsigned index = 0; index < ops.size(); ++index)
    if (find(index) == index && waiting[index] == 0)
      ready.push(index);
  std::vector<std::vector<Operation *>> result;
  while (!ready.empty()) {
    unsigned group = ready.top();
    ready.pop();
    llvm::sort(members[group]);
    result.emplace_back();
    for (unsigned member : members[group])
      result.back().push_back(ops[member]);
    for (unsigned user : users[group])
      if (--waiting[user] == 0)
        ready.push(user);
  }
  return result;
}

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

void GroupKernels::outline(func::FuncOp entry, ArrayRef<Operation *> group,
                           SymbolicShapes &shapes) {
  llvm::SmallPtrSet<Operation *, 16> inside(group.begin(), group.end());
  llvm::SetVector<Value> operands, immediates;
  SmallVector<Value> results;
  auto isInside = [&](Operation *op) {
    for (; op; op = op->getParentOp())
      if (inside.contains(op))
        return true;
    return false;
  };
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

  SmallVector<SmallVector<AffineExpr>> lists;
  for (Value value : llvm::concat<const Value>(operands, results))
    lists.emplace_back(shapes.getSizes(value));
  llvm::SetVector<AffineExpr> sizes = collectSymbols(lists);

  // The kernel, without names and locations: equal ones are then one.
  OpBuilder builder(&getContext());
  SmallVector<Location> noLocations(operands.size(), builder.getUnknownLoc());
  auto type =
      builder.getFunctionType(TypeRange(ValueRange(operands.getArrayRef())),
                              TypeRange(ValueRange(results)));
  auto kernel = func::FuncOp::create(builder.getUnknownLoc(), "kernel", type);
  kernel.setPrivate();
  kernel->setAttr(kernelAttrName, builder.getUnitAttr());
  ArrayRef<SmallVector<AffineExpr>> all(lists);
  kernel->setAttr(
      argShapesAttrName,
      makeShapeMaps(builder, all.take_front(operands.size()), sizes));
  kernel->setAttr(
      resultShapesAttrName,
      makeShapeMaps(builder, all.drop_front(operands.size()), sizes));
  Block *body = kernel.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(operands.getArrayRef(), body->getArguments());
  for (Value value : immediates)
    builder.clone(*value.getDefiningOp(), mapping);
  for (Operation *op : group)
    builder.clone(*op, mapping);
  auto returned = llvm::map_to_vector(
      results, [&](Value value) { return mapping.lookup(value); });
  func::ReturnOp::create(builder, builder.getUnknownLoc(), returned);
  kernel.walk([&](Operation *op) { op->setLoc(builder.getUnknownLoc()); });

  auto [known, isNew] = this->known.try_emplace(qt::getFingerprint(kernel));
  if (isNew) {
    kernel.setName(nameKernel(group) + "_" + std::to_string(count++));
    known->second = symbols->insert(kernel);
  } else {
    kernel->destroy();
  }

  auto locations =
      llvm::map_to_vector(group, [](Operation *op) { return op->getLoc(); });
  builder.setInsertionPoint(entry.getBody().front().getTerminator());
  auto launch = qt::LaunchOp::create(
      builder, builder.getFusedLoc(locations), type.getResults(),
      FlatSymbolRefAttr::get(known->second), operands.getArrayRef(),
      AffineMapAttr::get(AffineMap::get(0, shapes.getNumSymbols(),
                                        sizes.takeVector(), &getContext())));
  for (auto [value, result] : llvm::zip_equal(results, launch.getResults())) {
    shapes.setSizes(result, SmallVector<AffineExpr>(shapes.getSizes(value)));
    value.replaceUsesWithIf(
        result, [&](OpOperand &use) { return !isInside(use.getOwner()); });
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
