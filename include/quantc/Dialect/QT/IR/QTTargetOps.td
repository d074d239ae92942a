//===- QTTargetOps.td - Ops that targets implement -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTTARGETOPS_TD
#define QUANTC_DIALECT_QT_IR_QTTARGETOPS_TD

include "quantc/Dialect/QT/IR/QTOpBase.td"

def QT_DotOp : QT_Op<"dot", [
    Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "dot products of neighbouring elements, added to lanes";
  let description = [{
    `result[i] = acc[i] + sum_j lhs[ways*i + j] * rhs[ways*i + j]`, exactly:
    the bound proves that no lane overflows or saturates, whatever instruction
    does it. Which one is the lowering's choice by the target's features.
    Operands have 8 bits (ways 2 with i16 lanes, ways 4 with i32 lanes, or
    ways 2 with i32 lanes) or 16 bits (ways 2, i32 lanes).

    ```mlir
    %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 96>}
      : vector<32xi8>, vector<32xi8>, vector<8xi32>
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntIsOneOf<[2, 4]>]>:$ways,
                       FixedVectorOfRankAndType<[1], [I8, I16]>:$lhs,
                       FixedVectorOfRankAndType<[1], [I8, I16]>:$rhs,
                       FixedVectorOfRankAndType<[1], [I16, I32]>:$acc,
                       QT_BoundAttr:$bound);
  let results = (outs FixedVectorOfRankAndType<[1], [I16, I32]>:$result);
  let assemblyFormat = [{
    $ways `,` $lhs `,` $rhs `,` $acc attr-dict
    `:` type($lhs) `,` type($rhs) `,` type($acc)
  }];
  let hasVerifier = 1;
}

def QT_LookupOp : QT_Op<"lookup", [
    Pure, AllTypesMatch<["indices", "result"]>]> {
  let summary = "look bytes up in a table of at most 16";
  let description = [{
    Every byte is replaced by the table's entry of that number. Indices lie
    within the table; what any other gives is not specified.

    `%v = qt.lookup %nibbles in [-8, -7, -6, -5] : vector<32xi8>`
  }];
  let arguments = (ins FixedVectorOfRankAndType<[1], [I8]>:$indices,
                       DenseI8ArrayAttr:$table);
  let results = (outs FixedVectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = "$indices `in` $table attr-dict `:` type($indices)";
  let hasVerifier = 1;
}

def QT_PickOp : QT_Op<"pick", [Pure, AllTypesMatch<["low", "high"]>,
                               AllTypesMatch<["places", "result"]>]> {
  let summary = "bytes of 32 in any order";
  let description = [{
    `result[i]` is `low[places[i]]`, or `high[places[i] - 16]` where the place is
    16 and more. Places are 0 to 31; what any other gives is not specified. The
    bytes are two vectors because that is how shuffles of 16 bytes want them.

    `%v = qt.pick %low, %high at %places : vector<16xi8>, vector<32xi8>`
  }];
  let arguments = (ins VectorOfLengthAndType<[16], [I8]>:$low,
                       VectorOfLengthAndType<[16], [I8]>:$high,
                       FixedVectorOfRankAndType<[1], [I8]>:$places);
  let results = (outs FixedVectorOfRankAndType<[1], [I8]>:$result);
  let assemblyFormat = [{
    $low `,` $high `at` $places attr-dict `:` type($low) `,` type($places)
  }];
  let hasVerifier = 1;
}

def QT_MulShiftOp : QT_Op<"mul_shift", [
    Pure, AllTypesMatch<["lhs", "rhs", "result"]>]> {
  let summary = "products shifted to the right";
  let description = [{
    `result[i]` is the lower half of `(lhs[i] * rhs[i] + addend) >> places`, all
    of 64 bits. The addend is what rounds, and whatever else all lanes have
    added; both numbers are made ready where they are known, a row's once for
    its elements. Places are 0 to 63; what any other gives is not specified.

    `%y = qt.mul_shift %x, %scale plus %half by %places : vector<16xi32>`
  }];
  let arguments = (ins FixedVectorOfRankAndType<[1], [I32]>:$lhs,
                       FixedVectorOfRankAndType<[1], [I32]>:$rhs,
                       I64:$addend, I64:$places);
  let results = (outs FixedVectorOfRankAndType<[1], [I32]>:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `plus` $addend `by` $places attr-dict `:` type($lhs)
  }];
}

#endif // QUANTC_DIALECT_QT_IR_QTTARGETOPS_TD
