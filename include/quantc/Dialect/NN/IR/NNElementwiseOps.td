//===- NNElementwiseOps.td - Ops on elements ---------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNELEMENTWISEOPS_TD
#define QUANTC_DIALECT_NN_IR_NNELEMENTWISEOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

/// \p methods are those of ElementwiseOpInterface that the op has its own of.
class NN_ElementwiseOp<string mnemonic, list<Trait> traits = [],
                       list<string> methods = []>
    : NN_Op<mnemonic, !listconcat([
        DeclareOpInterfaceMethods<ElementwiseOpInterface, methods>,
        DeclareOpInterfaceMethods<RowOpInterface, ["getRowTensor"]>], traits)> {
  // The result has the shape that everything broadcasts to.
  let extraClassDefinition = [{
    ::mlir::Value $cppClass::getRowTensor() { return getResult(); }

    void $cppClass::inferSymbolic(::quantc::SymbolicShapes &shapes) {
      ::quantc::nn::inferBroadcastSizes(*this, shapes);
      inferElements(shapes);
    }
  }];
}

class NN_SameTypeOp<string mnemonic, list<Trait> traits = [],
                    list<string> methods = []>
    : NN_ElementwiseOp<mnemonic,
        !listconcat([AllTypesMatch<["input", "result"]>], traits), methods>;

def NN_UnaryKind : I32EnumAttr<"UnaryKind", "function of one element", [
    I32EnumAttrCase<"Neg", 0, "neg">, I32EnumAttrCase<"Abs", 1, "abs">,
    I32EnumAttrCase<"Sqrt", 2, "sqrt">, I32EnumAttrCase<"Rsqrt", 3, "rsqrt">,
    I32EnumAttrCase<"Exp", 4, "exp">, I32EnumAttrCase<"Log", 5, "log">,
    I32EnumAttrCase<"Tanh", 6, "tanh">, I32EnumAttrCase<"Erf", 7, "erf">,
    I32EnumAttrCase<"Sigmoid", 8, "sigmoid">,
    I32EnumAttrCase<"Relu", 9, "relu">,
    I32EnumAttrCase<"Reciprocal", 10, "reciprocal">,
    I32EnumAttrCase<"Floor", 11, "floor">, I32EnumAttrCase<"Ceil", 12, "ceil">,
    I32EnumAttrCase<"Round", 13, "round">, I32EnumAttrCase<"Sign", 14, "sign">,
    I32EnumAttrCase<"Not", 15, "not">, I32EnumAttrCase<"Sin", 16, "sin">,
    I32EnumAttrCase<"Cos", 17, "cos">,
    I32EnumAttrCase<"Softplus", 18, "softplus">,
    I32EnumAttrCase<"Clz", 19, "clz">, I32EnumAttrCase<"Isqrt", 20, "isqrt">,
    I32EnumAttrCase<"Recip61", 21, "recip61">,
    I32EnumAttrCase<"Tan", 22, "tan">, I32EnumAttrCase<"Asin", 23, "asin">,
    I32EnumAttrCase<"Acos", 24, "acos">, I32EnumAttrCase<"Atan", 25, "atan">,
    I32EnumAttrCase<"Sinh", 26, "sinh">, I32EnumAttrCase<"Cosh", 27, "cosh">,
    I32EnumAttrCase<"Asinh", 28, "asinh">,
    I32EnumAttrCase<"Acosh", 29, "acosh">,
    I32EnumAttrCase<"Atanh", 30, "atanh">,
    I32EnumAttrCase<"Expm1", 31, "expm1">,
    I32EnumAttrCase<"Log1p", 32, "log1p">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_UnaryKindAttr : EnumAttr<NN_Dialect, NN_UnaryKind, "unary_kind">;

def NN_UnaryOp : NN_SameTypeOp<"unary", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "canKeepExponents", "getSmallOperands", "keepsUnits",
        "showsUnits", "passesMagnitudes", "passesErrors"]>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>], ["isLong"]> {
  let summary = "a function of every element";
  let description = [{
    `round` is to nearest, ties to even. `neg`, `abs`, `relu` and `sign` take
    integers as well, `not` takes i1, the others f32. Outside of its domain a
    function gives NaN. `expm1` is exp(x) - 1 and `log1p` log(1 + x).

    Steps of integer-only networks: `clz` counts leading zeros of i32 or i64,
    `isqrt` is the integer part of the root of an i64 below 2^62 and `recip61`
    the multiplier min(2^61 / x, 2^31 - 1), rounded down, of an i64 above 0;
    both give 0 beyond that.

    ```mlir
    %y = nn.unary tanh %x : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins NN_UnaryKindAttr:$kind,
                       NN_Elements:$input);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = "`` $kind $input attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_GeluKind : I32EnumAttr<"GeluKind", "form of GELU", [
    I32EnumAttrCase<"Erf", 0, "erf">, I32EnumAttrCase<"Tanh", 1, "tanh">,
    I32EnumAttrCase<"Sigmoid", 2, "sigmoid">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_GeluKindAttr : EnumAttr<NN_Dialect, NN_GeluKind, "gelu_kind">;

def NN_GeluOp : NN_SameTypeOp<"gelu", [], ["isLong"]> {
  let summary = "Gaussian error linear unit";
  let description = [{
    `erf`: x/2 (1 + erf(x/√2)); `tanh`: x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)));
    `sigmoid`: x sigmoid(1.702 x).
  }];
  let arguments = (ins NN_GeluKindAttr:$kind,
                       NN_Elements:$input);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = "`` $kind $input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def NN_SiluOp : NN_SameTypeOp<"silu", [], ["isLong"]> {
  let summary = "x sigmoid(x)";
  let arguments = (ins NN_Elements:$input);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

class NN_HardOp<string mnemonic, list<Trait> traits = []>
    : NN_SameTypeOp<mnemonic, traits> {
  let arguments = (ins NN_Elements:$input, F64Attr:$slope, F64Attr:$shift);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = [{
    $input `slope` custom<Double>($slope) `shift` custom<Double>($shift)
    attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
}

def NN_HardSigmoidOp : NN_HardOp<"hard_sigmoid", [
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "a sigmoid of three straight pieces";
  let description = [{
    min(max(slope x + shift, 0), 1), for a shift from 0 to 1; a NaN stays one.

    ```mlir
    %y = nn.hard_sigmoid %x slope 0.2 shift 0.5 : tensor<?xf32>
    ```
  }];
}

def NN_HardSwishOp : NN_HardOp<"hard_swish"> {
  let summary = "x times a hard sigmoid of x";
  let description = "x min(max(slope x + shift, 0), 1), for a shift from 0 to 1.";
}

def NN_ClipOp : NN_SameTypeOp<"clip", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "mayLeaveSmall", "keepsUnits", "passesMagnitudes"]>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "limit to a range";
  let description = [{
    min(max(x, min), max); a NaN stays one. `nn.clip %x min 0.0 max 6.0 : tensor<?xf32>`
  }];
  let arguments = (ins NN_Elements:$input, F64Attr:$min, F64Attr:$max);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = [{
    $input `min` custom<Double>($min) `max` custom<Double>($max)
    attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
}

def NN_BinaryKind : I32EnumAttr<"BinaryKind", "function of two elements", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">,
    I32EnumAttrCase<"Mul", 2, "mul">, I32EnumAttrCase<"Div", 3, "div">,
    I32EnumAttrCase<"Pow", 4, "pow">, I32EnumAttrCase<"Min", 5, "min">,
    I32EnumAttrCase<"Max", 6, "max">, I32EnumAttrCase<"Mod", 7, "mod">,
    I32EnumAttrCase<"Fmod", 8, "fmod">,
    I32EnumAttrCase<"And", 9, "and">, I32EnumAttrCase<"Or", 10, "or">,
    I32EnumAttrCase<"Xor", 11, "xor">, I32EnumAttrCase<"RShift", 12, "rshift">,
    I32EnumAttrCase<"MulHigh31", 13, "mulh31">,
    I32EnumAttrCase<"Shr", 14, "shr">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_BinaryKindAttr : EnumAttr<NN_Dialect, NN_BinaryKind, "binary_kind">;

def NN_BinaryOp : NN_ElementwiseOp<"binary", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "canKeepExponents", "getSmallOperands",
        "mayLeaveSmall", "keepsUnits", "showsUnits", "passesMagnitudes",
        "passesErrors"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>],
    ["inferElements", "isLong"]> {
  let summary = "a function of the elements of two operands";
  let description = [{
    Tensors broadcast as in numpy. Integer `div` truncates, `mod` takes the
    sign of the divisor, `fmod` that of the dividend; by zero both give zero.
    `min` and `max` hand NaN on. `and`, `or`, `xor` take i1 and integers. `shr`
    shifts the bits of an integer to the right and fills up with zeros; by as
    many places as it has bits, or by less than none, it gives 0.

    Steps of integer-only networks, rounded half up: `rshift` is lhs shifted to
    the right by rhs places, to the left by those below zero, where bits are
    dropped; `mulh31` of i32 is the exact product shifted by 31. What `mulh31`
    takes from a shift to the left must not have lost bits there:
    `qt-verify-ranges` proves that of networks.

    ```mlir
    %y = nn.binary add %a, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
    ```
  }];
  let arguments = (ins NN_BinaryKindAttr:$kind,
                       NN_Elements:$lhs, NN_Elements:$rhs);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = [{
    `` $kind $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_Predicate : I32EnumAttr<"Predicate", "comparison", [
    I32EnumAttrCase<"Eq", 0, "eq">, I32EnumAttrCase<"Ne", 1, "ne">,
    I32EnumAttrCase<"Lt", 2, "lt">, I32EnumAttrCase<"Le", 3, "le">,
    I32EnumAttrCase<"Gt", 4, "gt">, I32EnumAttrCase<"Ge", 5, "ge">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_PredicateAttr : EnumAttr<NN_Dialect, NN_Predicate, "predicate">;

def NN_CompareOp : NN_ElementwiseOp<"compare", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "getSmallOperands", "showsUnits"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>], ["inferElements"]> {
  let summary = "compare elements";
  let description = [{
    With a NaN every comparison but `ne` is false.
    `nn.compare lt %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>`
  }];
  let arguments = (ins NN_PredicateAttr:$predicate,
                       NN_Elements:$lhs, NN_Elements:$rhs);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = [{
    `` $predicate $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def NN_SelectOp : NN_ElementwiseOp<"select", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "mayLeaveSmall", "keepsUnits"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>], ["inferElements"]> {
  let summary = "choose elements by a condition";
  let arguments = (ins NN_Elements:$condition, NN_Elements:$on_true,
                       NN_Elements:$on_false);
  let results = (outs NN_Elements:$result);
  let assemblyFormat = [{
    $condition `,` $on_true `,` $on_false attr-dict
    `:` type($condition) `,` type($on_true) `,` type($on_false) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_CastOp : NN_ElementwiseOp<"cast", [
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>], ["inferElements"]> {
  let summary = "convert elements to another type";
  let description = [{
    To an integer: towards zero; what does not fit, and NaN, gives the nearest
    end of the range, 0 for NaN. To i1: whether the element differs from zero.
    Between integers: the low bits.

    Models whose inputs or outputs are of other types than the dialect computes
    on (f16, bf16, f64, integers of 8 and 16 bits, unsigned ones) are cast from
    and to them at these edges; no other op takes such types.

    `nn.cast %x : tensor<4xi64> to tensor<4xf32>`
  }];
  let arguments = (ins NN_CastElements:$input);
  let results = (outs NN_CastElements:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNELEMENTWISEOPS_TD
