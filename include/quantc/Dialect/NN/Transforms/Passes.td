//===- Passes.td - Passes on networks -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_NN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def NNBindDims : Pass<"nn-bind-dims"> {
  let summary = "Fix or bound named dims";
  let description = [{
    `dims=batch=8` makes 8 of the dim wherever it occurs: it is no symbol any
    more, and types and constants take what follows from it; sizes that have to
    be equal (`qt.equal_sizes`) and cannot be any more are an error.
    `dims=n=1..128` keeps the symbol and records its bounds in `qt.dim_bounds`.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x3xf32>) ... attributes {qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 3)>]}
    ```
    After, with `dims=batch=8`:
    ```mlir
    func.func @f(%x: tensor<8x3xf32>) ... attributes {qt.dim_names = [], qt.arg_shapes = [affine_map<() -> (8, 3)>]}
    ```
  }];
  let options = [ListOption<"dims", "dims", "std::string", "NAME=N or NAME=MIN..MAX">];
}

def NNUnifyDims : Pass<"nn-unify-dims", "::mlir::func::FuncOp"> {
  let summary = "One dim of those that only fit if they are equal";
  let description = [{
    Some exporters name every dim of every input differently. Where two named
    dims are added to each other or joined in another dim, the model is right
    only if they are equal, or if one of them is 1 and broadcast; the first name
    then stands for both, and messages still call each what the model does
    (`qt.arg_dim_names`). A name for what is the sum of others, as the length of
    a mask over past and new keys, stands for that sum, with which it is compared
    when the model runs. Inputs whose sizes differ are refused when the model
    runs, also where one of them is 1; but a dim in front of the last that meets
    another one in elementwise ops alone, and behind views with more dims of 1,
    may be 1: its tensors are repeated then (tables of positions for a batch of
    texts, masks for all heads). Of two, the one with the smaller arguments may.

    A view by the size of another input whose quotient is no expression is taken
    to mean the batch: [n, l, 8] as [b, -1, 8] makes n and b one.

    A dim that a product sums over is a number where the other side has one, as
    weights do (positions that a constant mixes, channels of a first layer): the
    function then takes that size only, as if it had been bound, and its bounds
    are gone. A number that is not within them is an error.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x4xf32>) ... attributes {qt.dim_names = ["n", "m"],
        qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 8)>, affine_map<()[s0, s1] -> (s1, 4)>]} {
      %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x8xf32>, tensor<?x4xf32> -> tensor<?x12xf32>
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x4xf32>) ... attributes {qt.dim_names = ["n"],
        qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>, affine_map<()[s0] -> (s0, 4)>], ...} {
      %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x8xf32>, tensor<?x4xf32> -> tensor<?x12xf32>
    ```
  }];
}

def NNResolveShapes : Pass<"nn-resolve-shapes"> {
  let summary = "Put into types and constants what is known of sizes";
  let description = [{
    Sizes that follow from the function's symbols are computed once for all ops:
    those that are numbers become part of the types, integer tensors all of whose
    elements are numbers become constants, and a reshape with one size of run
    time takes it as what is left over (-1). Shape arithmetic that nothing needs
    any more is removed. What windows do not fit into is stated of the function
    (`qt.equal_sizes`, zero beside a size that is below it then), also where the
    windows were counted only. The import ends with it.

    A public function's type changes with what it takes and returns. Private
    functions, those that are called, and those of several blocks are left as
    they are, and so are the types of what calls and control flow use.

    Before:
    ```mlir
    %n = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x8xf32> -> tensor<1xi64>
    %s = nn.concat %n, %c24 {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64> -> tensor<3xi64>
    %y = nn.reshape %x, %s : tensor<?x8xf32>, tensor<3xi64> -> tensor<?x?x?xf32>
    ```
    After:
    ```mlir
    %s = arith.constant dense<[-1, 2, 4]> : tensor<3xi64>
    %y = nn.reshape %x, %s : tensor<?x8xf32>, tensor<3xi64> -> tensor<?x2x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def NNRecompose : Pass<"nn-recompose"> {
  let summary = "Recognise whole ops in the chains that exporters spell";
  let description = [{
    GELU (with erf, tanh or a sigmoid), SiLU, LayerNorm, RMSNorm, rotary
    embeddings and attention arrive as chains of primitives from many exporters.
    They become the whole ops that recipes, kernels and reports know. Constants
    must agree to seven digits: a chain that computes something else stays what
    it is.

    Of attention: the scale may be a factor or a divisor of the scores or of
    either operand, scores may be capped by a tanh, a mask is added to them or
    chosen by a condition, a triangle in it becomes `causal`, keys that it hides
    for being too far before or behind the query a `left_window` and a
    `right_window`, keys and values that were repeated for several query heads,
    or are one head for all, are taken once. What a mask hides has
    at most -1e9 added, of which float32 shows nothing but the mask; so where
    every key of a row is hidden by such numbers the row is the mean of what
    `causal` and the window let it see, and zero where all keys are hidden by
    -inf. No such row is NaN.

    The logarithm of a softmax is computed without the softmax, as LogSoftmax is:
    what is too small for a probability's format has a logarithm.

    Before:
    ```mlir
    %0 = nn.unary sigmoid %x : tensor<?x8xf32>
    %1 = nn.binary mul %x, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %1 = nn.silu %x : tensor<?x8xf32>
    ```
  }];
  let options = [
    Option<"report", "report", "bool", "false",
           "Emit a remark for each chain that was found">,
    Option<"explain", "explain", "bool", "false",
           "Emit remarks also for chains that are nearly one, with the reason">
  ];
  let dependentDialects = ["::quantc::nn::NNDialect"];
}

def NNFoldScales : Pass<"nn-fold-scales", "::mlir::func::FuncOp"> {
  let summary = "Fold batch normalisations into the contractions before them";
  let description = [{
    A constant factor of each channel behind a convolution or a matrix product
    becomes part of its weights, also through a bias, unless these overflow or
    underflow by it; constant summands become one. A divisor is such a factor,
    where its reciprocal is a normal number and the quotient is not rounded to
    codes, and what is taken off a summand. What normalises anything else stays
    what it is.

    Before:
    ```mlir
    %0 = nn.matmul %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %1 = nn.binary mul %0, %scale : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
    ```
    After, with the scale as a column:
    ```mlir
    %2 = nn.binary mul %w, %column : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
    %1 = nn.matmul %x, %2 : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def NNPrepareIntegers : Pass<"nn-prepare-integers", "::mlir::func::FuncOp"> {
  let summary = "Write ops as others that have an integer-only form";
  let description = [{
    Of an integer-only network, before recipes choose formats: softmax moves to
    the last axis; a matrix of constants on the left of a product becomes the
    weights of the transposed one; normalisations over sizes of run time or more
    than 32,768 elements become means, squares and a root, and scales that are
    not one for each element a product behind them; shapes to expand to have a
    size for each dimension; pads are zeros, and sums over
    open windows those of padded ones; powers with exponents that are
    computed are exponentials of logarithms, and so are hyperbolic functions;
    what is taken off one, or one off it, is not where it may leave little:
    exp(x) - 1 is `expm1`, log(1 + x) is `log1p` and c sigmoid(x) - c / 2 a tanh;
    the squares of a row less its product with up to 4096 weights are those of
    differences from constants;
    tangents are quotients, inverse ones polynomials; products along axes are those of slices, of which each
    element has an exponent (`qt.element_exponents`), norms of windows sums of
    powers; inputs are normalised less their mean; scales of scores are
    positive; scalars are rows of one element. A product that gives multiples of
    one input each picks these, or scales them in place; whole sums of
    conditions are compared halfway between two. Gates of three straight pieces,
    and what is multiplied by one of itself, are `nn.hard_sigmoid` and
    `nn.hard_swish`, unless they are of inputs and constants alone; a factor
    behind one, or behind a `relu`, is one of the sums before it, and what is
    added behind an activation is added to the sums of a convolution without
    pads that it is for.

    A pair of quantising ops of the model becomes a clip between its limits with
    `qt.result_scale`. It no longer rounds: codes are the integers' own, unless a
    method takes that scale.

    ```mlir
    // Before.
    %s = nn.softmax %x {axis = 1 : i64} : tensor<?x8x?xf32>
    %y = nn.unary tanh %z : tensor<?x8xf32>
    // After: along the last axis, and by an exponential.
    %t = nn.transpose %x perm [0, 2, 1] : tensor<?x8x?xf32> -> tensor<?x?x8xf32>
    %u = nn.softmax %t {axis = 2 : i64} : tensor<?x?x8xf32>
    %s = nn.transpose %u perm [0, 2, 1] : tensor<?x?x8xf32> -> tensor<?x8x?xf32>
    ```

    Masks of attention are limited to 2^16: constants and inputs that they are
    computed from, as far as that changes only by how much a key is hidden. So
    integers on one exponent keep the biases beside it. What hides elements from a
    maximum, a minimum, the maxima of windows or `nn.topk` is limited for these
    alone. Results that a sigmoid, a tanh or an erf is of are limited to 31, those
    of an exponential to -127, by clips with `qt.own_exponent`, and masks that are
    added to them to 2^16 or the next power of two that is beyond what they are
    added to. Functions of a choice, also sums, products, powers and extremes with
    a constant or with what is made of the same choice, comparisons, and choices
    that it decides itself, as an ELU is one, are computed before it where one of
    its sides is a constant beyond 128, of up to 65,536 elements behind them.
    Whether a quotient, a power, a root or a logarithm is infinite or no number
    is asked of its operands, since integers are neither; also of their negation,
    magnitude, and products and sums with one constant, but of no other sums or
    products, nor whether an exponential leaves the range of floats.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def NNSeparateUnits : Pass<"nn-separate-units", "::mlir::func::FuncOp"> {
  let summary = "Take units of inputs and outputs out of weights";
  let description = [{
    Of an integer-only network: where the weights of a contraction, whose results
    come to outputs element by element, differ from output to output by more
    than 2^12, each output has a power of two behind it instead. Results share an
    exponent for a row, products with factors that are far apart do not. Where
    weights of inputs, also scaled ones, differ from one input to the next by
    more than 2^8, each input is multiplied by a power of two first: weights of 8
    bits leave nothing of the smaller ones.

    Before:
    ```mlir
    %w = arith.constant dense<[[0.001, 0.002], [1000.0, 3000.0]]> : tensor<2x2xf32>
    %y = nn.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
    return %y
    ```
    After, with what becomes of the weights as a constant:
    ```mlir
    %u = arith.constant dense<[9.765625e-04, 2048.0]> : tensor<2xf32>
    %0 = nn.matmul %x, %v : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
    %y = nn.binary mul %0, %u : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
    return %y
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def NNVerifyNetwork : Pass<"nn-verify-network", "::mlir::func::FuncOp"> {
  let summary = "Refuse weights and sizes that no network has";
  let description = [{
    In a function with contractions these are errors: a NaN, an infinity or a
    number beyond float32 among the constants that an operand of a contraction is
    computed from; such an operand without elements; a contraction over no elements;
    an argument with a static size of 0. Other constants may hold infinities, as masks
    do; sizes of run time may be 0; and functions without contractions may take
    and give empty tensors. The stage quantize begins with it; of an integer-only
    network `qt-integerize` tells the same with all that it refuses itself.
  }];
}

def NNVerifySizes : Pass<"nn-verify-sizes", "::mlir::func::FuncOp"> {
  let summary = "Refuse sizes that only data decide";
  let description = [{
    A compiled model plans its memory and its kernels from the sizes of its
    inputs. An op whose result has a size that follows from none of them, but
    from elements of an operand (a shape, a start, a count that is computed from
    data), is an error that names the operand and the value it comes from. The
    interpreter evaluates such ops, so the stage quantize runs this pass only
    where code is to be made.

    ```mlir
    // error: size of dim 0 depends on the data of operand #1, which comes from 's'
    %y = nn.reshape %x, %s : tensor<?x4xf32>, tensor<2xi64> -> tensor<?x?xf32>
    ```
  }];
}

#endif // QUANTC_DIALECT_NN_TRANSFORMS_PASSES_TD
