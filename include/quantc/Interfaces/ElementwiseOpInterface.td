//===- ElementwiseOpInterface.td - Ops on elements ---------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_TD
#define QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op computes every element of its one result from the elements at the
    same place of its operands. It takes scalars, vectors of one shape, and
    tensors; only tensors broadcast. So the op that stands in a network is also
    the one that stands in an epilogue region and in a kernel's loop.
  }];
  let methods = [
    InterfaceMethod<[{
        Creates the same op on other operands: all scalars, or all vectors of
        one shape. The element type of the result stays.
      }],
      "::mlir::Operation *", "cloneOnto",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands), [{}],
      [{ return ::quantc::cloneElementwise(builder, $_op, operands); }]>,
    InterfaceMethod<[{
        Whether its code is worth a loop of its own: copies of a polynomial for
        every register of a tile would fill the instruction cache.
      }],
      "bool", "isLong", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Sets the elements of the result where they follow from sizes; the sizes
        themselves are those that the operands broadcast to.
      }],
      "void", "inferElements", (ins "::quantc::SymbolicShapes &":$shapes), [{}],
      [{ return; }]>
  ];
}

#endif // QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_TD
