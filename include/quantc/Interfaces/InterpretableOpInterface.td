//===- InterpretableOpInterface.td - Evaluation ------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_INTERPRETABLEOPINTERFACE_TD
#define QUANTC_INTERFACES_INTERPRETABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def InterpretableOpInterface : OpInterface<"InterpretableOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op's definition as a computation on host tensors. Float ops compute in
    double and round to the result's type; integer and format ops are exact.
  }];
  let methods = [
    InterfaceMethod<[{
        Computes `results` from `operands`, which have the types of the op's
        operands with every dimension known. A failure has emitted its reason.
      }],
      "::llvm::LogicalResult", "interpret",
      (ins "::llvm::ArrayRef<::quantc::HostValue>":$operands,
           "::llvm::SmallVectorImpl<::quantc::HostValue> &":$results,
           "::quantc::InterpreterContext &":$context)>
  ];
}

#endif // QUANTC_INTERFACES_INTERPRETABLEOPINTERFACE_TD
