//===- Commands.h - The driver's commands -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_COMMANDS_H
#define QUANTC_TOOLS_QUANTC_COMMANDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace quantc {

/// What the driver's processes end with.
enum ExitCode {
  Done = 0,
  CannotHandle = 1,  ///< the model or the input; every problem was reported
  WrongUse = 2,      ///< of the command, or what it asks for is not built yet
  InternalError = 3, ///< a fault of quantc's
};

/// One function a command, each in the file of its name. They get what follows
/// the command's word, report to standard error, and return an ExitCode.
int runBench(llvm::ArrayRef<llvm::StringRef> arguments);
int runCompare(llvm::ArrayRef<llvm::StringRef> arguments);
int runCompile(llvm::ArrayRef<llvm::StringRef> arguments);
int runInspect(llvm::ArrayRef<llvm::StringRef> arguments);
int runRun(llvm::ArrayRef<llvm::StringRef> arguments);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_COMMANDS_H
