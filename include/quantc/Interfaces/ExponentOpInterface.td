//===- ExponentOpInterface.td - Elements far apart ---------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_EXPONENTOPINTERFACE_TD
#define QUANTC_INTERFACES_EXPONENTOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def ExponentOpInterface : OpInterface<"ExponentOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op can tell what becomes of floats that are far apart, which integers
    have only with an exponent for each element. Without methods of its own its
    result has elements of its operands. Of an op without this interface
    elements are close together, and nothing small is shown.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether elements of the result may be far apart; `isSpread` says so of
        what the op reads, and `isConstant` what of it is known.
      }],
      "bool", "isResultSpread",
      (ins "::quantc::ValueQuery":$isConstant, "::quantc::ValueQuery":$isSpread),
      [{}], [{ return ::llvm::any_of($_op->getOperands(), isSpread); }]>,
    InterfaceMethod<[{
        Whether the integer-only form computes an exponent for each element of
        the result where small ones of it are shown.
      }],
      "bool", "canKeepExponents",
      (ins "::quantc::ValueQuery":$isConstant, "::quantc::ValueQuery":$isSpread),
      [{}], [{ return false; }]>,
    InterfaceMethod<"Where the result shows small elements of operands.",
      "::quantc::SmallOperands", "getSmallOperands", (ins), [{}],
      [{ return ::quantc::SmallOperands::Passed; }]>,
    InterfaceMethod<[{
        Whether a row of the result may be made of small elements alone where
        those of an operand are far apart: a choice may leave out all that is
        large, and quotients of what is far apart may be close together.
      }],
      "bool", "mayLeaveSmall",
      (ins "::quantc::ValueQuery":$isConstant), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Whether the op computes each element of the result of those at its
        place, on exponents that each has for itself.
      }],
      "bool", "keepsUnits",
      (ins "::quantc::ValueQuery":$isConstant), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Whether the result shows inputs in the unit that each of their elements
        has: scales each by its own constant, divides by another one, compares
        them, or shows how large an element is.
      }],
      "bool", "showsUnits",
      (ins "const ::quantc::UnitQueries &":$queries), [{}],
      [{ return false; }]>,
    InterfaceMethod<[{
        Whether small elements of operands beside constants are small ones of
        the result.
      }],
      "bool", "passesMagnitudes",
      (ins "::quantc::ValueQuery":$isConstant), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Whether what operands beside constants are off by is found in the result
        again: what an argument is off by, an exponential is off by of itself.
      }],
      "bool", "passesErrors",
      (ins "::quantc::ValueQuery":$isConstant), [{}], [{ return true; }]>,
    InterfaceMethod<"Whether rows of the result are no rows of the operand.",
      "bool", "turnsRows", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<"Whether rows of operands are summed as a whole.",
      "bool", "sumsRows", (ins), [{}], [{ return false; }]>
  ];
}

#endif // QUANTC_INTERFACES_EXPONENTOPINTERFACE_TD
