//===- QuantizableOpInterface.td - Quantisable operands ----*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_TD
#define QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    A contraction, or an op made of contractions, that computes on quantised
    operands as well as on floats.
  }];
  let methods = [
    InterfaceMethod<"The operands that can be quantised, with their roles.",
      "::llvm::SmallVector<::quantc::ContractionOperand>",
      "getContractionOperands", (ins)>,
    InterfaceMethod<[{
        Whether the op can compute on operands of these element types, one for
        each of `getContractionOperands`; a failure has emitted what is wrong
        and what is supported.
      }],
      "::llvm::LogicalResult", "verifyFormats",
      (ins "::mlir::TypeRange":$formats)>
  ];
  let verify = [{ return ::quantc::verifyQuantizable($_op); }];
}

#endif // QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_TD
