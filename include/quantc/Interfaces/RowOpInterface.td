//===- RowOpInterface.td - Ops on the rows of a tensor -----*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_ROWOPINTERFACE_TD
#define QUANTC_INTERFACES_ROWOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def RowOpInterface : OpInterface<"RowOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op can be computed row by row, a row being the last dimension of one
    of its tensors: elementwise ops, normalisations, softmax, run-time
    quantisation. Such ops share a kernel when their rows are the same.
  }];
  let methods = [
    InterfaceMethod<"Whether this op, with its attributes, works on rows.",
      "bool", "isRowwise", (ins), [{}], [{ return true; }]>,
    InterfaceMethod<"The tensor whose rows are meant.",
      "::mlir::Value", "getRowTensor", (ins), [{}],
      [{ return $_op->getOperand(0); }]>
  ];
}

#endif // QUANTC_INTERFACES_ROWOPINTERFACE_TD
