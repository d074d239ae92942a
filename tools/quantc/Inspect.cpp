//===- Inspect.cpp - quantc inspect -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

int quantc::runInspect(llvm::ArrayRef<llvm::StringRef> arguments) {
  return wrongUse("inspect", "this command is not built yet");
}
