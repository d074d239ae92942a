//===- QTProgramOps.td - Globals, launches, aliases --------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTPROGRAMOPS_TD
#define QUANTC_DIALECT_QT_IR_QTPROGRAMOPS_TD

include "quantc/Dialect/QT/IR/QTOpBase.td"

def QT_GlobalOp : QT_Op<"global", [
    Symbol, IsolatedFromAbove, SingleBlock, NoRegionArguments]> {
  let summary = "constant data of a program, computed lazily";
  let description = [{
    The region computes the bytes from constants by interpretable ops; it is
    evaluated when the artefact is written, in parallel with others.

    ```mlir
    qt.global @w0 : tensor<18432xi8> {
      %w = qt.weight #qt.blob<...> : tensor<256x64xf32>
      %c, %s = qt.quantize %w {...} : ...
      %p = qt.pack %c, %s {...} : ... -> tensor<18432xi8>
      qt.yield %p : tensor<18432xi8>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<QT_PlainTensor>:$type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `:` $type attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def QT_GlobalRefOp : QT_TensorOp<"global_ref", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a global";
  let arguments = (ins FlatSymbolRefAttr:$global);
  let results = (outs QT_PlainTensor:$result);
  let assemblyFormat = "$global attr-dict `:` type($result)";
}

def QT_LaunchOp : QT_TensorOp<"launch", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel";
  let description = [{
    Calls a private function with the attribute `qt.kernel`. `sizes` gives the
    values of the kernel's symbols in terms of the caller's.

    ```mlir
    %y = qt.launch @k0(%x, %w) sizes affine_map<()[s0] -> (s0)>
      : (tensor<?x64xf32>, tensor<18432xi8>) -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, Variadic<QT_PlainTensor>:$operands,
                       AffineMapAttr:$sizes);
  let results = (outs Variadic<QT_PlainTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $operands `)` `sizes` $sizes attr-dict
    `:` functional-type($operands, $results)
  }];
  let hasVerifier = 1;
}

def QT_AliasOp : QT_TensorOp<"alias", [Pure]> {
  let summary = "the same memory under another shape";
  let description = [{
    As many elements in the same order. A single dynamic size of the result
    follows from the others; where there are more, `sizes` gives all of the
    result's, in terms of the function's symbols.

    ```mlir
    %2 = qt.alias %0 : tensor<?x99x64xf32> to tensor<?x99x1x64xf32>
    %3 = qt.alias %1 sizes affine_map<()[s0, s1] -> (s0, s1, 4, 16)>
      : tensor<?x?x64xf32> to tensor<?x?x4x16xf32>
    ```
  }];
  let arguments = (ins QT_PlainTensor:$input,
                       OptionalAttr<AffineMapAttr>:$sizes);
  let results = (outs QT_PlainTensor:$result);
  let assemblyFormat = [{
    $input (`sizes` $sizes^)? attr-dict `:` type($input) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // QUANTC_DIALECT_QT_IR_QTPROGRAMOPS_TD
