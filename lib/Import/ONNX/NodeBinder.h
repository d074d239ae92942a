//===- NodeBinder.h - Typed access to one ONNX node -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_NODEBINDER_H
#define QUANTC_LIB_IMPORT_ONNX_NODEBINDER_H

#include "Emitter.h"
#include "ImportState.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include "llvm/ADT/StringSet.h"

namespace quantc::onnx {

/// The kinds of elements an input may have, after the edges' casts.
enum Elements : unsigned {
  Float = 1,   // f32
  Integer = 2, // i32, i64
  Boolean = 4,
  Number = Float | Integer,
  Any = Number | Boolean,
};

using nn::MaxRank;

/// One ONNX node while it is imported: its attributes with the defaults that
/// hold in its opset, its inputs as MLIR values of a known kind, and the place
/// for its results. Whatever does not fit is reported, all of it: an import
/// function reads its attributes, then its inputs, and asks failed() once
/// before it builds anything.
class NodeBinder {
public:
  NodeBinder(const quantc_onnx::NodeProto &node, unsigned opset,
             ImportState &state);

  const quantc_onnx::NodeProto &proto() const { return node; }
  unsigned opset() const { return version; }
  /// Builds ops, located at the node's first output.
  Emitter &emit() { return emitter; }
  /// The same, located at another output.
  Emitter emitFor(unsigned output);
  ImportState &importState() { return state; }

  /// Whether something was reported, or an input comes from a node for which
  /// something was.
  bool failed() const { return anyProblem || poisoned; }
  void problem(const llvm::Twine &text);
  /// "attribute A = V is not supported; supported: ..."
  void unsupported(llvm::StringRef attribute, const llvm::Twine &value,
                   const llvm::Twine &supported);

  // Attributes.
  bool hasAttribute(llvm::StringRef name);
  int64_t integer(llvm::StringRef name, int64_t fallback);
  std::optional<int64_t> integer(llvm::StringRef name);
  bool flag(llvm::StringRef name, bool fallback);
  float real(llvm::StringRef name, float fallback);
  std::optional<float> real(llvm::StringRef name);
  llvm::StringRef choice(llvm::StringRef name, llvm::StringRef fallback,
                         llvm::ArrayRef<llvm::StringRef> supported);
  /// A required attribute; empty where it is missing, which is reported.
  llvm::StringRef text(llvm::StringRef name);
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef name);
  std::optional<llvm::SmallVector<float>> reals(llvm::StringRef name);
  const quantc_onnx::TensorProto *tensor(llvm::StringRef name);
  /// An attribute that has no influence on the result here.
  void ignore(llvm::StringRef name) { known.insert(name); }
  /// Reports the attributes that nobody asked for.
  void checkAllAttributesKnown();

  // Inputs.
  unsigned inputCount() const { return node.input_size(); }
  bool hasInput(unsigned index) const;
  /// A required input. Null when it is missing, failed or of the wrong kind.
  mlir::Value input(unsigned index, unsigned elements = Any);
  /// An optional input. Null when it is absent, too.
  mlir::Value optionalInput(unsigned index, unsigned elements = Any);
  /// All inputs from `first` on, which are alike in type.
  llvm::SmallVector<mlir::Value> inputs(unsigned first, unsigned elements);
  /// An input that is a shape: a vector of as many integers as a rank can be.
  mlir::Value shapeInput(unsigned index);
  /// Reports inputs whose element types differ.
  void requireSameElements(mlir::ValueRange values);
  /// Whether `dim` of one and `other` of the other are of the same size
  /// whatever the model's inputs are.
  bool haveEqualSizes(mlir::Value a, int64_t dim, mlir::Value b, int64_t other);
  /// The elements of an integer input that must be a constant; `what` says what
  /// it is.
  std::optional<llvm::SmallVector<int64_t>>
  constantIntegers(unsigned index, llvm::StringRef what);

  /// The element type of an input in the file, 0 where it is not known.
  int32_t dataType(unsigned index) const;

  // Results.
  unsigned outputCount() const { return node.output_size(); }
  bool wantsOutput(unsigned index) const;
  /// A result, whose elements are in the file of the type of the first input
  /// that is computed with alike, wherever the operator does not say.
  void output(unsigned index, mlir::Value value);
  void output(unsigned index, mlir::Value value, int32_t dataType);
  /// A result of arithmetic on such elements: narrow and unsigned integers are
  /// computed with in wider ones, and wrap here.
  void outputWrapped(unsigned index, mlir::Value value);
  /// The constant of a tensor attribute, as a value or a result.
  mlir::Value constant(const quantc_onnx::TensorProto &tensor);
  void outputConstant(unsigned index, const quantc_onnx::TensorProto &tensor) {
    output(index, constant(tensor), tensor.data_type());
  }

  /// `axis` counted from the front, of `rank` dims; reports one out of range.
  int64_t normalizeAxis(int64_t axis, int64_t rank, llvm::StringRef what);
  /// The same for a list, in which no axis may occur twice.
  llvm::SmallVector<int64_t> normalizeAxes(llvm::ArrayRef<int64_t> axes,
                                           int64_t rank);

private:
  int32_t resultType(mlir::Value value) const;
  const quantc_onnx::AttributeProto *
  find(llvm::StringRef name, quantc_onnx::AttributeProto::AttributeType type);

  const quantc_onnx::NodeProto &node;
  unsigned version;
  ImportState &state;
  Emitter emitter;
  llvm::StringSet<> known;
  bool anyProblem = false;
  bool poisoned = false;
};

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_NODEBINDER_H
