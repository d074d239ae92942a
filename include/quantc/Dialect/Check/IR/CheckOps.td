//===- CheckOps.td - Expectations of test programs ---------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CHECK_IR_CHECKOPS_TD
#define QUANTC_DIALECT_CHECK_IR_CHECKOPS_TD

include "mlir/IR/OpBase.td"
include "quantc/Interfaces/HostElement.td"
include "quantc/Interfaces/InterpretableOpInterface.td"
include "quantc/Interfaces/QuantizedElementTypeInterface.td"

def Check_Dialect : Dialect {
  let name = "check";
  let cppNamespace = "::quantc::check";
  let summary = "expectations of test programs";
  let description = [{
    A test of an op is a function without arguments that computes something of
    constants and states what is to come out. The pass `interpret` evaluates
    it; an expectation that does not hold is an error at its location, with the
    first element that differs.
  }];
}

/// What HostValue holds: plain tensors, or joint values by their parts.
def Check_Tensor
    : RankedTensorOf<!listconcat(HostElements.types,
                                 [QuantizedElementTypeInterface]<Type>), [],
                     "a ranked tensor of f16, bf16, f32, f64, i1, integers of 8, "
                     "16, 32 or 64 bits, or quantised elements">;

class Check_ExpectOp<string mnemonic> : Op<Check_Dialect, mnemonic, [
    DeclareOpInterfaceMethods<InterpretableOpInterface>]> {
  let hasVerifier = 1;
}

def Check_ExpectEqOp : Check_ExpectOp<"expect_eq"> {
  let summary = "equal bit for bit";
  let description = [{
    A NaN equals every NaN; 0 and -0 differ.

    ```mlir
    check.expect_eq %y, %expected : tensor<2xf32>, tensor<2xf32>
    ```
  }];
  let arguments = (ins Check_Tensor:$got, Check_Tensor:$expected);
  let assemblyFormat = [{
    $got `,` $expected attr-dict `:` type($got) `,` type($expected)
  }];
}

def Check_ExpectCloseOp : Check_ExpectOp<"expect_close"> {
  let summary = "equal but for a tolerance";
  let description = [{
    |got - expected| <= absolute + relative * |expected|. NaN and infinities
    are close to their like alone.

    ```mlir
    check.expect_close %y, %expected {absolute = 1.0e-6 : f64} : tensor<2xf32>, tensor<2xf32>
    ```
  }];
  let arguments = (ins Check_Tensor:$got, Check_Tensor:$expected,
                       DefaultValuedAttr<F64Attr, "0.0">:$absolute,
                       DefaultValuedAttr<F64Attr, "0.0">:$relative);
  let assemblyFormat = [{
    $got `,` $expected attr-dict `:` type($got) `,` type($expected)
  }];
}

def Check_ExpectAlmostOp : Check_ExpectOp<"expect_almost"> {
  let summary = "equal but for units in the last place";
  let description = [{
    f32 values that lie at most `ulps` steps of the format apart. NaN is close
    to NaN alone.

    ```mlir
    check.expect_almost %y, %expected {ulps = 2 : i64} : tensor<2xf32>, tensor<2xf32>
    ```
  }];
  let arguments = (ins Check_Tensor:$got, Check_Tensor:$expected,
                       DefaultValuedAttr<I64Attr, "1">:$ulps);
  let assemblyFormat = [{
    $got `,` $expected attr-dict `:` type($got) `,` type($expected)
  }];
}

#endif // QUANTC_DIALECT_CHECK_IR_CHECKOPS_TD
