//===- ArenaPlan.cpp - Where every tensor of a program lies -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/ArenaPlan.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Interpreter/HostValue.h"
#include <map>

using namespace mlir;
using namespace quantc;

Value ArenaPlan::getRoot(Value tensor) {
  while (auto alias = tensor.getDefiningOp<qt::AliasOp>())
    tensor = alias.getInput();
  return tensor;
}

/// What a size is likely to be like, for choosing only.
static double estimate(AffineExpr expression) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return static_cast<double>(constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  if (!binary)
    return 16;
  double lhs = estimate(binary.getLHS()), rhs = estimate(binary.getRHS());
  switch (expression.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::Mod:
    return rhs;
  default:
    return rhs == 0 ? lhs : lhs / rhs;
  }
}

ArenaPlan::ArenaPlan(func::FuncOp entry, ModuleOp kernels,
                     const PartOf &getPart) {
  collectLaunches(entry, kernels);
  // By parts; within each as before.
  std::map<unsigned, std::vector<Launch>> sorted;
  for (Launch &launch : launches)
    sorted[getPart(launch.op)].push_back(std::move(launch));
  launches.clear();
  for (auto &[part, own] : sorted)
    for (Launch &launch : own)
      launches.push_back(std::move(launch));
  placeResults(entry);
  placeCrossings(getPart);
  assignSlots();
}

void ArenaPlan::placeCrossings(const PartOf &getPart) {
  auto read = [&](Value value, unsigned part) {
    value = getRoot(value);
    auto owner = value.getDefiningOp<qt::LaunchOp>();
    if (!owner || getPart(owner) == part || places.count(value))
      return;
    places[value] = {
        Place::Crossing, static_cast<unsigned>(crossings.size()), {}};
    crossings.push_back(value);
  };
  for (const Launch &launch : launches)
    for (Value operand : launch.op.getOperands())
      read(operand, getPart(launch.op));
}

void ArenaPlan::collectLaunches(func::FuncOp entry, ModuleOp kernels) {
  MLIRContext *context = entry.getContext();
  for (auto op : entry.getOps<qt::LaunchOp>()) {
    auto kernel =
        kernels.lookupSymbol<ModuleOp>(op.getKernel().getLeafReference());
    Launch launch;
    launch.op = op;
    launch.symbols.append(op.getSizes().getResults().begin(),
                          op.getSizes().getResults().end());
    // A kernel's symbols stand for the launch's sizes.
    auto translate = [&](AffineExpr expression) {
      return expression.replaceDimsAndSymbols({}, launch.symbols);
    };
    auto single = [&](StringRef name) {
      auto map = kernel->getAttrOfType<AffineMapAttr>(name);
      return map ? translate(map.getValue().getResult(0))
                 : getAffineConstantExpr(0, context);
    };
    launch.iterations = single(iterationsAttrName);
    launch.scratch = single(scratchAttrName);
    launch.operations = single(operationsAttrName);
    launch.kernelBytes = single(bytesAttrName);
    if (auto arithmetic = kernel->getAttrOfType<StringAttr>(arithmeticAttrName))
      launch.arithmetic = arithmetic.getValue();
    launch.grain = kernel->getAttrOfType<IntegerAttr>(grainAttrName).getInt();
    auto shapes = kernel->getAttrOfType<ArrayAttr>(resultShapesAttrName);
    for (auto [result, map] :
         llvm::zip_equal(op.getResults(), shapes.getAsRange<AffineMapAttr>())) {
      Type element = cast<RankedTensorType>(result.getType()).getElementType();
      AffineExpr size =
          getAffineConstantExpr(getElementBytes(element), context);
      launch.resultSizes.emplace_back();
      for (AffineExpr extent : map.getValue().getResults()) {
        launch.resultSizes.back().push_back(translate(extent));
        size = size * translate(extent);
      }
      bytes[result] = size;
    }
    launches.push_back(launch);
  }
}

void ArenaPlan::placeResults(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments())
    places[argument] = {Place::Input, argument.getArgNumber(), {}};
  for (auto global : entry.getOps<qt::GlobalRefOp>())
    places[global.getResult()] = {Place::Global, 0, global.getGlobal()};
  Operation *terminator = entry.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
    Value root = getRoot(value);
    // The first result that a tensor is becomes its memory.
    if (root.getDefiningOp<qt::LaunchOp>() && !places.count(root))
      places[root] = {Place::Output, static_cast<unsigned>(index), {}};
    else
      copies.push_back({index, value});
  }
}

void ArenaPlan::assignSlots() {
  llvm::DenseMap<Value, size_t> lastUse;
  for (auto [time, launch] : llvm::enumerate(launches))
    for (Value operand : launch.op.getOperands())
      lastUse[getRoot(operand)] = time;
  for (auto &[index, value] : copies)
    lastUse[getRoot(value)] = launches.size();
  // Interval colouring: launches are in order, so a free slot is one whose
  // last tensor died earlier. The one that wastes least is taken; where all
  // are too small, the largest.
  std::vector<size_t> freeFrom;
  std::vector<double> estimates;
  for (auto [time, launch] : llvm::enumerate(launches))
    for (Value result : launch.op.getResults()) {
      if (places.count(result))
        continue;
      AffineExpr size = bytes[result];
      double likely = estimate(size);
      auto waste = [&](double other) {
        return other >= likely ? other - likely : 1e30 - other;
      };
      std::optional<size_t> chosen;
      for (size_t slot = 0; slot < slots.size(); ++slot) {
        if (freeFrom[slot] > time)
          continue;
        if (!chosen || waste(estimates[slot]) < waste(estimates[*chosen]))
          chosen = slot;
      }
      if (!chosen) {
        chosen = slots.size();
        slots.emplace_back();
        freeFrom.push_back(0);
        estimates.push_back(0);
      }
      estimates[*chosen] = std::max(estimates[*chosen], likely);
      if (!llvm::is_contained(slots[*chosen].sizes, size))
        slots[*chosen].sizes.push_back(size);
      auto it = lastUse.find(result);
      freeFrom[*chosen] = (it == lastUse.end() ? time : it->second) + 1;
      places[result] = {Place::Slot, static_cast<unsigned>(*chosen), {}};
    }
}

ArenaPlan::Place ArenaPlan::getPlace(Value tensor) const {
  return places.lookup(getRoot(tensor));
}
