//===- NNPositionOps.td - Positions in a sequence ----------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNPOSITIONOPS_TD
#define QUANTC_DIALECT_NN_IR_NNPOSITIONOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

def NN_IotaOp : NN_Op<"iota"> {
  let summary = "0, 1, 2, ...";
  let description = [{
    As many numbers as the one element of `size` says. Ranges with another
    start or step, triangles and position ids are arithmetic on it, in which
    the sizes of the result are known before it is computed.

    ```mlir
    %p = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
    ```
  }];
  let arguments = (ins NN_IndexList:$size);
  let results = (outs NN_IndexList:$result);
  let assemblyFormat = "$size attr-dict `:` type($size) `->` type($result)";
  let extraClassDeclaration = [{
    /// Of ShapeInterface.
    bool isShapeOperand(unsigned index) { return true; }
    bool isSizeOperand(unsigned index) { return true; }
  }];
  let hasVerifier = 1;
}

def NN_RotaryOp : NN_Op<"rotary"> {
  let summary = "rotate pairs of features by angles";
  let description = [{
    `x * cos + rotate(x) * sin`, where `rotate` turns the pair (a, b) into
    (-b, a). Of D features the pairs are j and j + D/2, or 2j and 2j + 1 with
    `interleaved`. cos and sin broadcast to the input and have all D features,
    so that what exporters write is taken as it is, whether or not both members
    of a pair have the same angle. Features that are not rotated are sliced off
    before. Of mantissas of 16 bits the result has 32.

    ```mlir
    %y = nn.rotary %x, %cos, %sin : tensor<?x4x?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x4x?x16xf32>
    ```
  }];
  let arguments = (ins NN_MantissaTensor:$input, NN_MantissaTensor:$cos,
                       NN_MantissaTensor:$sin, UnitAttr:$interleaved);
  let results = (outs NN_MantissaTensor:$result);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin attr-dict
    `:` type($input) `,` type($cos) `,` type($sin) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNPOSITIONOPS_TD
