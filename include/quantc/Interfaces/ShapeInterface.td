//===- ShapeInterface.td - Symbolic sizes ------------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_SHAPEINTERFACE_TD
#define QUANTC_INTERFACES_SHAPEINTERFACE_TD

include "mlir/IR/OpBase.td"

def ShapeInterface : OpInterface<"ShapeInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    Sizes of results as expressions of the enclosing function's symbols, and
    the elements of small integer tensors that are computed from sizes.
  }];
  let methods = [
    InterfaceMethod<[{
        Sets the sizes of every result, and the elements of those whose values
        follow from sizes. What stays unset becomes fresh symbols.
      }],
      "void", "inferSymbolic", (ins "::quantc::SymbolicShapes &":$shapes)>,
    InterfaceMethod<[{
        Whether the op reads the operand as sizes or positions when code is
        made for it, so that a constant there needs no memory.
      }],
      "bool", "isShapeOperand", (ins "unsigned":$index), [{}],
      [{ return false; }]>,
    InterfaceMethod<[{
        Whether the operand states nothing but the sizes of the result: where
        those are known otherwise it need not be computed.
      }],
      "bool", "isSizeOperand", (ins "unsigned":$index), [{}],
      [{ return false; }]>
  ];
}

#endif // QUANTC_INTERFACES_SHAPEINTERFACE_TD
