//===- Crossings.cpp - What parts of a program hand over --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Crossings.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;

using Place = ArenaPlan::Place;

/// Whether \p value may have an exponent for each of the codes or for those of
/// whole dimensions. Codes with exponents have 16 or 32 bits.
static bool mayBeExponentsOf(Value value, Value codes,
                             const Crossings::Sizes &sizes) {
  Type element = getElementTypeOrSelf(value.getType());
  Type codeElement = getElementTypeOrSelf(codes.getType());
  auto own = sizes.lookup(value), rows = sizes.lookup(codes);
  return (element.isInteger(8) || element.isInteger(32)) &&
         (codeElement.isInteger(16) || codeElement.isInteger(32)) &&
         own.size() == rows.size() &&
         llvm::all_of(llvm::zip_equal(own, rows), [](auto pair) {
           auto [size, row] = pair;
           return size == row || size == 1;
         });
}

/// What has exponents is quantised and decoded with these right behind the
/// codes; several codes may have the same ones.
void Crossings::findExponents(ValueRange values, const Sizes &sizes) {
  Value codes;
  for (Value value : values) {
    value = ArenaPlan::getRoot(value);
    Place place = plan.getPlace(value);
    if (place.kind != Place::Crossing) {
      codes = {};
    } else if (codes && mayBeExponentsOf(value, codes, sizes)) {
      SmallVector<unsigned> &known = crossings[place.index].codes;
      unsigned number = plan.getPlace(codes).index;
      if (!llvm::is_contained(known, number))
        known.push_back(number);
      codes = {};
    } else {
      codes = value;
    }
  }
}

Crossings::Crossings(func::FuncOp entry, const ArenaPlan &plan, Launches first,
                     Launches last, const Sizes &sizes)
    : plan(plan) {
  llvm::DenseMap<Value, llvm::SetVector<unsigned>> from, to;
  for (BlockArgument input : entry.getArguments())
    from[input].insert(input.getArgNumber());
  for (const ArenaPlan::Launch *launch : first)
    for (Value value : launch->op.getResults())
      for (Value operand : launch->op.getOperands()) {
        auto sources = from.lookup(ArenaPlan::getRoot(operand));
        from[value].insert_range(sources);
      }
  for (const ArenaPlan::Launch *launch : llvm::reverse(last))
    for (Value value : launch->op.getResults()) {
      if (Place place = plan.getPlace(value); place.kind == Place::Output)
        to[value].insert(place.index);
      auto targets = to.lookup(value);
      for (Value operand : launch->op.getOperands())
        to[ArenaPlan::getRoot(operand)].insert_range(targets);
    }
  for (Value value : plan.getCrossings()) {
    bool isOfInputs = llvm::any_of(first, [&](const auto *launch) {
      return launch->op == value.getDefiningOp();
    });
    Crossing own{isOfInputs, {}, {}};
    llvm::append_range(own.ends, (isOfInputs ? from : to).lookup(value));
    llvm::sort(own.ends);
    crossings.push_back(std::move(own));
  }
  for (const ArenaPlan::Launch *launch : first)
    findExponents(launch->op.getResults(), sizes);
  for (const ArenaPlan::Launch *launch : last)
    findExponents(launch->op.getOperands(), sizes);
}

SmallVector<Crossings::Key> Crossings::sort(ArrayRef<Key> keys) const {
  auto getPosition = [&](Key key) {
    auto [kind, index] = key;
    if (kind != Place::Crossing)
      return std::tuple(kind == Place::Output, index, false, kind, index);
    const Crossing &own = crossings[index];
    unsigned end = own.ends.empty() ? UINT_MAX : own.ends.front();
    return std::tuple(!own.isOfInputs, end, !own.codes.empty(), kind, index);
  };
  SmallVector<Key> sorted(keys);
  llvm::sort(sorted,
             [&](Key a, Key b) { return getPosition(a) < getPosition(b); });
  return sorted;
}
