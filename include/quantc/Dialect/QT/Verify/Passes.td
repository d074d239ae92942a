//===- Passes.td - Checks between the stages -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_VERIFY_PASSES_TD
#define QUANTC_DIALECT_QT_VERIFY_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyTypes : Pass<"qt-verify-types", "::mlir::ModuleOp"> {
  let summary = "Check every use of a quantised type against its tensor";
  let description = [{
    A type cannot see the tensor it is the element of. This pass, which runs
    after parsing and behind every stage, reports, each with the value's place:

    - a block whose rank is not its tensor's, or that cuts a dynamic dimension,
      also in the arguments and results of functions;
    - a `!qt.block` that is not the element of a ranked tensor;
    - a joint value in the hands of an op that is neither of `nn` nor of `qt`
      and does not just pass it on (calls, returns, control flow);
    - any `!qt` type in the signature of a public function.
  }];
}

def VerifySplit : Pass<"qt-verify-split", "::mlir::ModuleOp"> {
  let summary = "Check that no value is in joint form any more";
  let description = [{
    Behind the stage `split` codes and scales are builtin tensors; block types
    are attributes only.
  }];
}

def VerifyIntegerOnly : Pass<"qt-verify-integer-only", "::mlir::func::FuncOp"> {
  let summary = "Check that a network computes on integers alone";
  let description = [{
    In split form the only floats are inputs, what moves, casts, limits, scales or
    compares them up to `qt.quantize`, constants, and the results of `qt.dequantize`, which are
    returned. Every other op with a float is an error, in epilogues as well.
  }];
}

def VerifyRanges : Pass<"qt-verify-ranges", "::mlir::func::FuncOp"> {
  let summary = "Prove that no integer of a network overflows";
  let description = [{
    In split form every integer that depends on a quantised value is shown to
    fit its type for any input, from the ranges of codes and exponents up. An op
    whose result may leave its type is an error that names it, its node, what the
    result may reach and what may make it less; all of a function at once.

    Exponents are stored in 8 bits: what is above them saturates, and rows below
    have been given fewer bits. Where the ranges do not exclude the one, it is
    counted.

    Rounded shifts that never go to the left, and have room for half a unit
    beside what they shift, are marked (`qt.right`): they take two instructions.
    Those that may go either way are marked, too, where they have such room
    (`qt.roomy`): by the same places for a whole row they take three.
  }];
  let options = [
    Option<"print", "print", "bool", "false",
           "Print the range of every result">,
    Option<"report", "report", "bool", "false",
           "Say how many exponents may saturate">
  ];
  let statistics = [
    Statistic<"numSaturating", "saturating", "Exponents that may saturate">
  ];
}

#endif // QUANTC_DIALECT_QT_VERIFY_PASSES_TD
