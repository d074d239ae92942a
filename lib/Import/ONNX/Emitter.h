//===- Emitter.h - Build nn ops with checked types --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_EMITTER_H
#define QUANTC_LIB_IMPORT_ONNX_EMITTER_H

#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/Window.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <functional>

namespace quantc::onnx {

/// One size of a shape under construction: a number, or a dim of a tensor.
struct Size {
  Size(int64_t number) : number(number) {}
  Size(mlir::Value tensor, int64_t dim) : number(0), tensor(tensor), dim(dim) {}

  int64_t number;
  mlir::Value tensor;
  int64_t dim = 0;
};

/// What nn.attention does with its scores.
struct AttentionForm {
  mlir::Value mask, lengths, offset; ///< null where there is none
  float scale = 1;
  float softcap = 0; ///< none
  bool causal = false;
  std::optional<int64_t> left, right;
};

/// Builds ops of the nn dialect at one location. Types are inferred by the ops
/// and checked by their verifiers; sizes and elements of shapes that follow
/// from the model's inputs are put into types and constants at once. An op that
/// does not accept its operands is reported in the words of its verifier and
/// gives a null value, and so does every op on a null operand: a model's
/// mistakes never reach an assertion. What folds is folded at once.
class Emitter {
public:
  using Report = std::function<void(const llvm::Twine &)>;

  Emitter(mlir::OpBuilder &builder, mlir::Location loc, SymbolicShapes &shapes,
          Report report)
      : builder(builder), loc(loc), shapes(shapes), report(std::move(report)) {}

  mlir::Location location() const { return loc; }
  mlir::Type f32() { return builder.getF32Type(); }
  mlir::Type i32() { return builder.getI32Type(); }
  mlir::Type i64() { return builder.getI64Type(); }
  mlir::Type i1() { return builder.getI1Type(); }

  // Constants of rank 0 and 1.
  mlir::Value scalar(mlir::Type element, double value);
  mlir::Value integer(int64_t value);
  mlir::Value integers(llvm::ArrayRef<int64_t> values);
  mlir::Value reals(llvm::ArrayRef<float> values);
  mlir::Value vector(mlir::Type element, llvm::ArrayRef<double> values);

  mlir::Value unary(llvm::StringRef kind, mlir::Value x);
  mlir::Value binary(llvm::StringRef kind, mlir::Value a, mlir::Value b);
  mlir::Value compare(llvm::StringRef predicate, mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  /// `x` itself when it has that element type already.
  mlir::Value cast(mlir::Value x, mlir::Type element);
  mlir::Value clip(mlir::Value x, double min, double max);
  mlir::Value gelu(llvm::StringRef kind, mlir::Value x);

  /// `rhs` is [..., N, K].
  mlir::Value matmul(mlir::Value lhs, mlir::Value rhs);
  /// `x` is channels-last, the weights are [O, taps, C / groups].
  mlir::Value conv(mlir::Value x, mlir::Value weights, const nn::Window &window,
                   int64_t groups);
  /// `kind` is max, average or lp, of order `p`.
  mlir::Value pool(llvm::StringRef kind, mlir::Value x,
                   const nn::Window &window, bool countPads, int64_t p);
  mlir::Value pad(llvm::StringRef mode, mlir::Value x,
                  llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                  double value);
  mlir::Value layerNorm(mlir::Value x, mlir::Value scale, mlir::Value bias,
                        int64_t axis, float epsilon);
  mlir::Value rmsNorm(mlir::Value x, mlir::Value scale, int64_t axis,
                      float epsilon);
  mlir::Value softmax(mlir::Value x, int64_t axis);
  mlir::Value cumsum(mlir::Value x, int64_t axis, bool exclusive, bool reverse);
  mlir::Value attention(mlir::Value q, mlir::Value k, mlir::Value v,
                        const AttentionForm &form);
  mlir::Value rotary(mlir::Value x, mlir::Value cos, mlir::Value sin,
                     bool interleaved);
  mlir::Value reduce(llvm::StringRef kind, mlir::Value x,
                     llvm::ArrayRef<int64_t> axes, bool keepDims);

  mlir::Value topK(mlir::Value x, int64_t axis, int64_t k, bool largest);

  mlir::Value reshape(mlir::Value x, mlir::Value shape);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Size> sizes);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value transposeLastTwo(mlir::Value x);
  /// From [B, C, spatial...] to [B, spatial..., C], and back.
  mlir::Value channelsLast(mlir::Value x);
  mlir::Value channelsFirst(mlir::Value x);
  mlir::Value expand(mlir::Value x, mlir::Value shape);
  mlir::Value concat(mlir::ValueRange parts, int64_t axis);
  mlir::Value gather(mlir::Value x, mlir::Value indices, int64_t axis);
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<int64_t> starts,
                    llvm::ArrayRef<int64_t> ends, llvm::ArrayRef<int64_t> axes,
                    llvm::ArrayRef<int64_t> steps);
  mlir::Value slice(mlir::Value x, mlir::Value starts, mlir::Value ends,
                    llvm::ArrayRef<int64_t> axes, mlir::Value steps);
  /// The sizes of dims `start` to before `end`, as a rank-1 tensor of int64.
  mlir::Value shapeOf(mlir::Value x, int64_t start, int64_t end);
  mlir::Value shapeOf(mlir::Value x);
  /// 0 to before `count`, a tensor of one int64.
  mlir::Value iota(mlir::Value count);
  /// The position along `dim` in a tensor of x's rank that broadcasts to x.
  mlir::Value positions(mlir::Value x, int64_t dim);
  /// The sizes as a rank-1 tensor of int64.
  mlir::Value sizes(llvm::ArrayRef<Size> sizes);

private:
  /// Creates an op with one result whose type the op infers.
  mlir::Value build(llvm::StringRef name, mlir::ValueRange operands,
                    llvm::ArrayRef<mlir::NamedAttribute> attributes = {});
  /// The same for an op that leaves its result's type to its creator.
  mlir::Value build(llvm::StringRef name, mlir::ValueRange operands,
                    llvm::ArrayRef<mlir::NamedAttribute> attributes,
                    mlir::Type type);
  mlir::NamedAttribute attribute(llvm::StringRef name, mlir::Attribute value);
  mlir::NamedAttribute list(llvm::StringRef name,
                            llvm::ArrayRef<int64_t> values);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  SymbolicShapes &shapes;
  Report report;
};

/// The type of a tensor value, and its rank.
inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}
inline int64_t rankOf(mlir::Value value) { return typeOf(value).getRank(); }

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_EMITTER_H
