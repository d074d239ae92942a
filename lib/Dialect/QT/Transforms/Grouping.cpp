//===- Grouping.cpp - Which ops are one kernel ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Grouping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/ImageOpInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "llvm/ADT/SetVector.h"
#include <queue>

using namespace mlir;
using namespace quantc;

/// Longer chains gain nothing and make kernels that compile slowly.
static constexpr size_t maxOpsOfKernel = 96;

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
  for (Operation *op : ops)
    producers.push_back(findProducers(op));
}

unsigned Grouping::find(unsigned index) const {
  while (parents[index] != index)
    index = parents[index] = parents[parents[index]];
  return index;
}

/// Ops whose results \p op uses, also from inside its regions and through
/// aliases.
SmallVector<Grouping::Producer> Grouping::findProducers(Operation *op) const {
  SmallVector<Producer> found;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *definition = operand.getDefiningOp();
      bool isAliased = isa_and_present<qt::AliasOp>(definition);
      while (auto alias = dyn_cast_or_null<qt::AliasOp>(definition))
        definition = alias.getInput().getDefiningOp();
      if (auto it = indices.find(definition); it != indices.end())
        found.push_back({it->second, isAliased});
    }
  });
  return found;
}

/// True if group \p to uses a result of group \p from through a third one, or
/// through an alias, which names what a kernel has made.
bool Grouping::reaches(unsigned from, unsigned to) {
  llvm::SmallDenseSet<unsigned> seen;
  SmallVector<unsigned> worklist;
  auto push = [&](unsigned group, bool direct) {
    for (unsigned member : members[group])
      for (auto [index, isAliased] : producers[member]) {
        unsigned producer = find(index);
        if (producer == group || (direct && producer == from && !isAliased))
          continue;
        if (seen.insert(producer).second)
          worklist.push_back(producer);
      }
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
/// of which there is one for each image, from others like them, or from one for
/// each of its channels.
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
  // What channels with an exponent each are shifted by: of as many as a vector
  // has.
  SmallVector<AffineExpr> ofChannels(single);
  ofChannels.back() = whole.back();
  auto count = dyn_cast<AffineConstantExpr>(whole.back());
  bool readsChannels = quantize->hasAttr(leastExponentAttrName) && count &&
                       count.getValue() >= 16;
  return isa<ElementwiseOpInterface>(op) && op->getNumResults() == 1 &&
         isKnown(op->getResult(0)) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isKnown(operand) ||
                  (readsChannels && SmallVector<AffineExpr>(shapes.getSizes(
                                        operand)) == ofChannels);
         });
}

/// What brings an image to 16 bits joins its quantisation.
void Grouping::fuseImages() {
  for (unsigned index = 0; index < ops.size(); ++index) {
    auto quantize = dyn_cast<qt::QuantizeOp>(ops[index]);
    if (!quantize || (!quantize->hasAttr(normalisedAttrName) &&
                      !quantize->hasAttr(leastExponentAttrName)))
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

void Grouping::fuseReductions() {
  for (unsigned index = 0; index < ops.size(); ++index) {
    auto reduce = dyn_cast<nn::ReduceOp>(ops[index]);
    if (!reduce || rows[index])
      continue;
    Operation *producer = reduce.getInput().getDefiningOp();
    auto it = indices.find(producer);
    if (it == indices.end() || !isa<ElementwiseOpInterface>(producer) ||
        producer->getNumOperands() != 1 || !producer->hasOneUse())
      continue;
    unsigned from = find(it->second), to = find(index);
    if (members[from].size() > 1 || members[to].size() > 1 ||
        !mayJoin(from, to))
      continue;
    join(from, to);
    rows[from] = std::nullopt;
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
    for (auto [producer, isAliased] : producers[index]) {
      unsigned from = find(producer), group = find(index);
      if (from != group && users[from].insert(group).second)
        ++waiting[group];
    }
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
