//===- Locations.cpp - Names of the user's nodes ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Locations.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

llvm::StringRef quantc::getValueName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = getValueName(part); !name.empty())
        return name;
  return "";
}

llvm::StringRef quantc::getNodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    if (auto node = dyn_cast<NameLoc>(name.getChildLoc()))
      return node.getName();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (!getValueName(part).empty())
        return getNodeName(part);
  return "";
}

static void collectNames(Location loc,
                         llvm::SmallSetVector<StringRef, 4> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    names.insert(name.getName());
  else if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

llvm::SmallVector<llvm::StringRef> quantc::getValueNames(Location loc) {
  llvm::SmallSetVector<StringRef, 4> names;
  collectNames(loc, names);
  return llvm::SmallVector<StringRef>(names.getArrayRef());
}
