//===- Boundary.cpp - Floats around an integer-only program -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Boundary.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Target/CPU/Codegen.h"

using namespace mlir;
using namespace quantc;

/// The launches whose results \p launch reads.
static SmallVector<qt::LaunchOp> getProducers(qt::LaunchOp launch) {
  SmallVector<qt::LaunchOp> producers;
  for (Value operand : launch.getOperands()) {
    while (auto alias = operand.getDefiningOp<qt::AliasOp>())
      operand = alias.getInput();
    if (auto producer = operand.getDefiningOp<qt::LaunchOp>())
      producers.push_back(producer);
  }
  return producers;
}

Boundary::Boundary(func::FuncOp entry, ModuleOp kernels)
    : isIntegerOnly(entry->hasAttr(integerOnlyAttrName)) {
  llvm::DenseMap<Operation *, ModuleOp> floats;
  SmallVector<qt::LaunchOp> launches(entry.getOps<qt::LaunchOp>());
  for (qt::LaunchOp launch : launches) {
    parts[launch] = ProgramPart::Inside;
    auto kernel =
        kernels.lookupSymbol<ModuleOp>(launch.getKernel().getLeafReference());
    if (isIntegerOnly && kernel && computesOnFloats(kernel))
      floats[launch] = kernel;
  }
  // What decodes is followed by floats alone.
  llvm::DenseSet<Operation *> beforeIntegers;
  for (qt::LaunchOp launch : llvm::reverse(launches))
    if (!floats.contains(launch) || beforeIntegers.contains(launch))
      for (qt::LaunchOp producer : getProducers(launch))
        beforeIntegers.insert(producer);
  for (qt::LaunchOp launch : launches) {
    auto it = floats.find(launch);
    if (it == floats.end())
      continue;
    bool isInput = beforeIntegers.contains(launch);
    parts[launch] =
        isInput ? ProgramPart::BoundaryIn : ProgramPart::BoundaryOut;
    (isInput ? inputs : outputs).insert(it->second);
  }
  // The parts run in their order.
  for (qt::LaunchOp launch : launches)
    for (qt::LaunchOp producer : getProducers(launch))
      separable &= parts.lookup(producer) <= parts.lookup(launch);
}

llvm::StringRef quantc::getBoundarySuffix(ProgramPart part) {
  return part == ProgramPart::BoundaryIn ? "_boundary_in" : "_boundary_out";
}
