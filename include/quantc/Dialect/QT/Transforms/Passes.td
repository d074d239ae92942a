//===- Passes.td - Passes from integerize to group ---------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ReadRanges : Pass<"qt-read-ranges", "::mlir::func::FuncOp"> {
  let summary = "Ranges of values from a file";
  let description = [{
    Reads a JSON object of names of values, each with `[lowest, highest]` or the
    largest magnitude, and puts it on the function as `qt.ranges`, by the first
    name of the value that is meant: a view of a value, and what folds to it,
    mean that value. What is said of a value itself goes before what is said of
    its views, of which the largest range counts. Names that the function has no
    value of, and what is no range, are errors, all at once.

    Before, with a file of `{"hidden": [-1, 2.5], "x": 6.5}`:
    ```mlir
    func.func @f(%x: tensor<2x4xf32> loc("x")) -> tensor<2x4xf32>
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<2x4xf32> loc("x")) -> tensor<2x4xf32>
        attributes {qt.ranges = {hidden = array<f64: -1.0, 2.5>, x = array<f64: -6.5, 6.5>}}
    ```
  }];
  let options = [Option<"file", "file", "std::string", "\"\"",
                        "Path of the JSON file">];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def Integerize : Pass<"qt-integerize", "::mlir::func::FuncOp"> {
  let summary = "Compute on integers between the inputs and the outputs";
  let description = [{
    Puts integers with exponents in the place of floats: inputs are quantised
    (`qt.quantize` by the rule `norm`), outputs decoded, and every op between
    them takes and gives the types of `IntegerLoweringInterface`: stored rows of
    16 bits, results of 32, and shifted blocks of 8 as left operands of
    contractions, whose weights are 8 bits with a scale for each output or 4
    bits in blocks with integer multipliers. `qt.rescale` stands where an op
    takes another type than one gives. Inputs have 31 bits where small elements
    show in what reads them, so do sums and means of them (`qt.all_bits`), and
    elements of quotients, roots, exponentials, powers and softmaxes keep an
    exponent each, through sums, products and choices (`qt.element_exponents`).
    What sums over sizes of run time says how many there are at most, where
    bounds do (`qt.most_elements`). Constants stay floats, and inputs stay what
    they are while they are moved, cast, limited and, by the method fixed, scaled
    by constants, compared and imputed. Ops without such a form, and
    constants that are no finite numbers where there are none for others, are
    errors, all of a function at once with what `nn-verify-network` refuses. With
    `partial` they stay floats between `qt.dequantize` and `qt.quantize`, and
    remarks name them. With another `method` than fixed, ops that it defines have
    the attribute `qt.method`, and where `qt.ranges` or the model give scales,
    values are builtin integers that multipliers and shifts bring from one scale
    to the next.

    Before:
    ```mlir
    %0 = nn.matmul %xq, %wq : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>, ... -> tensor<?x8xf32>
    %1 = nn.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>} : ... -> tensor<?x64x!qt.block<[1, ?], s16, scale = exp<8>>>
    %3 = qt.quantize %2 {encoding = #qt.encoding<norm, -127..127>} : ... -> tensor<?x64x!qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>>
    %0 = nn.matmul %3, %wq : ... -> tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
    %1 = nn.binary add %0, %bias : ..., tensor<8xf32> -> tensor<?x8x!qt.block<[1, ?], s32, scale = exp<32>>>
    %4 = qt.dequantize %1 : ... -> tensor<?x8xf32>
    ```
  }];
  let options = [Option<"partial", "partial", "bool", "false",
                        "Leave ops without an integer-only form in float">,
                 Option<"method", "method", "std::string", "\"fixed\"",
                        "How softmax, GELU, LayerNorm and attention are "
                        "computed: fixed, ibert or ivit">];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def Split : Pass<"qt-split", "::mlir::func::FuncOp"> {
  let summary = "Separate codes from scales; contractions become qt.contract";
  let description = [{
    The border between the joint form, where one value is codes and scales,
    and the split form, where builtin tensors hold the parts. Every matrix
    product, quantised or float, becomes `qt.contract` with an epilogue region
    that returns its accumulator, but for one of constants, which is evaluated;
    attention becomes `qt.attention`. No value of a `!qt.block` element type
    survives.

    Before:
    ```mlir
    %0 = nn.matmul %xq, %wq : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>, ...
    ```
    After:
    ```mlir
    %0 = qt.contract lhs(%xc, %xs : tensor<?x64xi8>, tensor<?x1xf32>) rhs(...) ...
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def FoldHeads : Pass<"qt-fold-heads", "::mlir::func::FuncOp"> {
  let summary = "Read and write heads where projections have them";
  let description = [{
    What exporters put around attention to split a projection into heads and
    to join the result again moves data and computes nothing. Transposes
    between `[B, S, H, D]` and `[B, H, S, D]` become the order of an operand or
    of the result; a slice of the columns, or of the heads, that one projection
    made for several operands becomes a range of heads. `[B, S, 3, H, D]` and
    `[B, S, H, 3, D]` with the 3 brought to the front and sliced are known,
    too. Rotary embedding moves behind the transpose that it follows. What has
    other users stays for those.

    Before:
    ```mlir
    %1 = nn.reshape %x, ... : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x99x4x16xf32>
    %2 = nn.transpose %1 perm [0, 2, 1, 3] : tensor<?x99x4x16xf32> -> tensor<?x4x99x16xf32>
    %3 = qt.attention q(%2 : ...) ...
    ```
    After:
    ```mlir
    %3 = qt.attention q(%1 : tensor<?x99x4x16xf32>) ... {q_order = #qt.order<bshd>}
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::quantc::nn::NNDialect",
                           "::mlir::arith::ArithDialect"];
}

def MergeProjections : Pass<"qt-merge-projections", "::mlir::func::FuncOp"> {
  let summary = "One product for the projections of an attention";
  let description = [{
    Contractions of one activation with constant weights that make operands of
    one attention become one contraction, whose columns are the heads of all:
    a third of the launches, and the activation is read once. Exact: a column
    of a product knows of no other. Formats must be equal and of one scale per
    column or finer, and epilogues equal up to vectors of one constant per
    column (a bias), which are joined like the weights.

    Before:
    ```mlir
    %q = qt.contract lhs(%x...) rhs(%wq...) ... -> tensor<?x99x64xf32>
    %k = qt.contract lhs(%x...) rhs(%wk...) ... -> tensor<?x99x64xf32>
    ```
    After:
    ```mlir
    %w = nn.concat %wq, %wk {axis = 0 : i64} : ...
    %qk = qt.contract lhs(%x...) rhs(%w...) ... -> tensor<?x99x128xf32>
    // split into heads once, then read by
    qt.attention q(%h : tensor<?x99x8x16xf32>) k(%h : tensor<?x99x8x16xf32>) ...
      {q_heads = #qt.heads<first = 0, count = 4>, k_heads = #qt.heads<first = 4, count = 4>, ...}
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::quantc::nn::NNDialect",
                           "::mlir::arith::ArithDialect"];
}

def FuseEpilogues : Pass<"qt-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "Move elementwise users of a contraction into its region";
  let description = [{
    Elementwise ops that start at a contraction's result and end in one value,
    nobody else using what lies between, are computed in registers while the
    accumulator is there. Operands that broadcast to the result (a bias, a
    residual, a scalar) become operands of the region. What is used elsewhere
    is the end, and a user that changes the shape stays.

    Before:
    ```mlir
    %0 = qt.contract ... { ^bb0(%acc: f32): qt.yield %acc : f32 }
    %1 = nn.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %1 = qt.contract ... epilogue(%bias : tensor<8xf32>) {
    ^bb0(%acc: f32, %b: f32):
      %2 = nn.binary add %acc, %b : f32, f32 -> f32
      qt.yield %2 : f32
    }
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::mlir::arith::ArithDialect"];
}

def FindMagnitudes : Pass<"qt-find-magnitudes", "::mlir::func::FuncOp"> {
  let summary = "Find the largest magnitudes of images where they are made";
  let description = [{
    Gives every `qt.quantize` of images with one scale for each their
    `qt.magnitudes`: of the parts that the producer makes, if it implements
    `ImageOpInterface`, whose kernel then leaves them behind; else of whole
    lines, in a kernel of their own. Where every channel has its scale (grid
    `channel`, in front of depthwise contractions) parts are of one channel
    (`channels = 1`), provided that the only reader of the codes makes them
    itself, line by line (`encodesImage`). Codes are found in one pass then, and lines
    of one image independently of each other. Images of sizes that only run time
    knows stay as they are. Where integers are brought to 16 bits by the largest
    one of their image (`qt.normalised`), that is the largest of such parts, if
    the producer makes them.

    Before:
    ```mlir
    %c, %s = qt.quantize %x {...} : tensor<?x8x8x16xf32> -> ...
    ```
    After:
    ```mlir
    %m = qt.magnitudes %x {part = #qt.part<line = 8, lines = 8, run = 8, channels = 16>}
      : tensor<?x8x8x16xf32> -> tensor<?x1xf32>
    %c, %s = qt.quantize %x largest %m : tensor<?x1xf32> {...} : tensor<?x8x8x16xf32> -> ...
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def DescribeLayers : Pass<"qt-describe-layers", "::mlir::ModuleOp"> {
  let summary = "Record the shape, formats, layout and bytes of every layer";
  let description = [{
    Sets the module's attribute `qt.layers`, a list of dictionaries: for every
    contraction and attention of public functions, and for every op that reads
    4 KiB of constants or more, its name in the model, what it computes on and
    how large its packed constants are. Constants that several ops share count
    for the first. Behind grouping nothing of it could be told any more.

    Before:
    ```mlir
    module {
    ```
    After:
    ```mlir
    module attributes {qt.layers = [{bytes = 4096 : i64, formats = {lhs = "f32", rhs = "f32"}, name = "y",
        nodes = ["y", "fc.bias"], op = "contract", shape = [32, 32]}, ...]} {
    ```
  }];
}

def OutlineGlobals : Pass<"qt-outline-globals", "::mlir::ModuleOp"> {
  let summary = "Make constants that reach computations lazy globals";
  let description = [{
    What is computed from constants alone (a weight, its transposition,
    encoding and packing) moves into the region of a `qt.global`, evaluated
    when the artefact is written. Equal computations are one global. Splats
    stay where they are if their users hold them as immediates.

    Before:
    ```mlir
    %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %0 = nn.unary sqrt %w : tensor<4xf32>
    %1 = nn.binary add %x, %0 : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
    ```
    After:
    ```mlir
    qt.global @w0 : tensor<4xf32> {
      %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      %0 = nn.unary sqrt %w : tensor<4xf32>
      qt.yield %0 : tensor<4xf32>
    }
    // In the function.
    %0 = qt.global_ref @w0 : tensor<4xf32>
    %1 = nn.binary add %x, %0 : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def GroupKernels : Pass<"qt-group-kernels", "::mlir::ModuleOp"> {
  let summary = "Outline ops into kernels and merge equal ones";
  let description = [{
    Each op of the entry ends in a function with the attribute `qt.kernel`,
    launched by `qt.launch`. Ops on the rows of one tensor (elementwise,
    normalisation, softmax, run-time quantisation) join their producers as
    long as no third kernel stands between. `qt.magnitudes` joins the producer
    of its image, and a quantisation that a depthwise contraction makes line by
    line joins that. Reshapes become `qt.alias`. Equal
    kernels are one function.

    Before:
    ```mlir
    %1 = qt.contract lhs(%x : tensor<?x8xf32>) rhs(%a : tensor<8x8xf32>) ... -> tensor<?x8xf32>
    %2 = qt.contract lhs(%1 : tensor<?x8xf32>) rhs(%b : tensor<8x8xf32>) ... -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %1 = qt.launch @contract_0(%x, %a) sizes affine_map<()[s0] -> (s0)> : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    %2 = qt.launch @contract_0(%1, %b) sizes affine_map<()[s0] -> (s0)> : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
    // In the module.
    func.func private @contract_0(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> attributes {qt.kernel, ...} {
      %0 = qt.contract lhs(%x : tensor<?x8xf32>) rhs(%w : tensor<8x8xf32>) ... -> tensor<?x8xf32>
      return %0 : tensor<?x8xf32>
    }
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::mlir::ub::UBDialect"];
}

#endif // QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD
