//===- Compare.cpp - quantc compare -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

int quantc::runCompare(llvm::ArrayRef<llvm::StringRef> arguments) {
  return wrongUse("compare", "this command is not built yet");
}
