//===- Passes.td - Evaluate functions ----------------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_PASSES_TD
#define QUANTC_INTERPRETER_PASSES_TD

include "mlir/Pass/PassBase.td"

def Interpret : Pass<"interpret", "::mlir::ModuleOp"> {
  let summary = "Evaluate every function that takes no arguments";
  let description = [{
    The reference interpreter runs the functions one after the other; the IR
    stays as it is. An op that fails, as an expectation of the check dialect
    that does not hold, is an error at its location.
  }];
  let options = [
    Option<"printResults", "print", "bool", "false",
           "Print the name and the results of every function">,
    Option<"threads", "threads", "unsigned", "1", "Threads to compute on">
  ];
}

#endif // QUANTC_INTERPRETER_PASSES_TD
