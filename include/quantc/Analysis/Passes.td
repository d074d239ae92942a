//===- Passes.td - Passes that show analyses ---------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_PASSES_TD
#define QUANTC_ANALYSIS_PASSES_TD

include "mlir/Pass/PassBase.td"

def TestPrintSymbolicShapes
    : Pass<"test-print-symbolic-shapes", "::mlir::func::FuncOp"> {
  let summary = "Print the symbolic sizes of a function's values";
  let description = [{
    One remark for every tensor: its sizes in terms of the function's symbols,
    and its elements where they follow from sizes.
  }];
}

#endif // QUANTC_ANALYSIS_PASSES_TD
