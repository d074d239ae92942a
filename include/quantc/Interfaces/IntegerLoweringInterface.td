//===- IntegerLoweringInterface.td - Integer-only ops *- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_TD
#define QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_TD

include "mlir/IR/OpBase.td"

def IntegerLoweringInterface : OpInterface<"IntegerLoweringInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op computes on integers alone: on values in joint form whose scales are
    exponents. Constants stay floats in that form and become integers when it
    is lowered.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether elements are moved and not computed on: at the border of a
        network that needs no integers.
      }],
      "bool", "isMovement", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Whether I-BERT and I-ViT have forms of their own, which `qt.method` on
        the op asks for.
      }],
      "bool", "hasPublishedForms", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        An integer-only value for the result that is computed from other
        integers than those of the operands, such as positions; null where
        there is none.
      }],
      "::mlir::Value", "buildDirectly", (ins "::mlir::OpBuilder &":$builder),
      [{}], [{ return {}; }]>,
    InterfaceMethod<[{
        The integer-only types that the op takes and gives where its operands
        can be had as `available`: a float tensor there is a constant, any
        other operand is in an integer-only type already. What the op computes
        on as it is (indices, constants, sizes) keeps its type. Types that come
        out, put in again, come out again. A failure has emitted its reason.
      }],
      "::llvm::LogicalResult", "inferIntegerTypes",
      (ins "::mlir::TypeRange":$available,
           "::llvm::SmallVectorImpl<::mlir::Type> &":$operands,
           "::llvm::SmallVectorImpl<::mlir::Type> &":$results)>,
    InterfaceMethod<[{
        How many of their bits elements of the result have given up at most,
        with operands in types that come out above, each of which has given up
        as many as `before` says: bringing numbers to one exponent takes a bit
        of some, and what leaves elements all bits that they have gives the
        others back.
      }],
      "unsigned", "countLostBits",
      (ins "::mlir::TypeRange":$operands, "::llvm::ArrayRef<unsigned>":$before),
      [{}], [{ return *llvm::max_element(before); }]>,
    InterfaceMethod<[{
        Builds the op from integer ops on `parts`, those of every operand, and
        sets those of every result. The types of the parts may say more than
        the op's own. A failure has emitted its reason.
      }],
      "::llvm::LogicalResult", "lowerToIntegers",
      (ins "::mlir::OpBuilder &":$builder,
           "::llvm::ArrayRef<::mlir::ValueRange>":$parts,
           "::llvm::SmallVectorImpl<::llvm::SmallVector<::mlir::Value>> &":$results)>
  ];
}

#endif // QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_TD
