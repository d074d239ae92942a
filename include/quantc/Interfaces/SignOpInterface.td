//===- SignOpInterface.td - Ops whose results may have no sign -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_SIGNOPINTERFACE_TD
#define QUANTC_INTERFACES_SIGNOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def SignOpInterface : OpInterface<"SignOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op can tell whether its result has elements below zero. Without methods
    of its own it moves or repeats the elements of its first operand.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether no element of the result is below 0; `isNonNegative` says so of
        what the op reads. Elements may be NaN.
      }],
      "bool", "isResultNonNegative",
      (ins "::llvm::function_ref<bool(::mlir::Value)>":$isNonNegative), [{}],
      [{ return isNonNegative($_op->getOperand(0)); }]>,
    InterfaceMethod<[{
        The operand that an argument of the op's region stands for; null where
        it is one that the op computes.
      }],
      "::mlir::Value", "getOperandOfArgument", (ins "unsigned":$number), [{}],
      [{ return {}; }]>
  ];
}

#endif // QUANTC_INTERFACES_SIGNOPINTERFACE_TD
