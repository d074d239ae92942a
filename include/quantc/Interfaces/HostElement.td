//===- HostElement.td - What tensors in memory hold --------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_HOSTELEMENT_TD
#define QUANTC_INTERFACES_HOSTELEMENT_TD

include "mlir/IR/CommonTypeConstraints.td"

/// The elements of HostValue: those that constants, inputs and arenas hold.
def HostElements {
  list<Type> types = [F16, BF16, F32, F64, I1, I8, I16, I32, I64, UI8, UI16,
                      UI32, UI64];
}

#endif // QUANTC_INTERFACES_HOSTELEMENT_TD
