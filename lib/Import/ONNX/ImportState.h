//===- ImportState.h - What the import of one model shares ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_IMPORTSTATE_H
#define QUANTC_LIB_IMPORT_ONNX_IMPORTSTATE_H

#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Import/ONNX/ModelFile.h"
#include "quantc/Import/ONNX/TensorData.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/StringMap.h"

namespace quantc_onnx {
class NodeProto;
}

namespace quantc::onnx {

/// The element types of ONNX that computations know, and the MLIR type that
/// stands for each in them: f32, i32, i64 or i1. Null for the others.
mlir::Type computationType(int32_t dataType, mlir::MLIRContext *context);

/// The MLIR type that is just the ONNX type, in the signature of the entry.
mlir::Type signatureType(int32_t dataType, mlir::MLIRContext *context);

/// The names of the types that computationType knows, for messages.
llvm::StringRef supportedDataTypes();

/// The import of one model: the values that are known by name so far, and the
/// problems that were found.
class ImportState {
public:
  ImportState(const ModelFile &file, mlir::MLIRContext *context,
              std::vector<std::string> &problems)
      : file(file), builder(context), problems(problems) {}

  mlir::MLIRContext *context() { return builder.getContext(); }

  /// The value of that name; an initialiser becomes a constant on its first
  /// use. Null when the node that makes it could not be imported.
  mlir::Value lookup(llvm::StringRef name);
  void define(llvm::StringRef name, mlir::Value value) { values[name] = value; }

  /// The element type that a value has in the file: several of them are
  /// computed with as one. 0 where it is not known.
  int32_t dataTypeOf(llvm::StringRef name) const;
  void setDataType(llvm::StringRef name, int32_t dataType) {
    dataTypes[name] = dataType;
  }

  /// The constant of a tensor's elements. Null, with the reason in `error`,
  /// when they cannot be read or have an unsupported type.
  mlir::Value constant(const quantc_onnx::TensorProto &tensor,
                       mlir::Location loc, std::string &error);

  mlir::Location locationOf(llvm::StringRef valueName);
  mlir::Location locationOf(const quantc_onnx::NodeProto &node);

  const ModelFile &file;
  mlir::OpBuilder builder;
  std::vector<std::string> &problems;
  llvm::StringMap<const quantc_onnx::TensorProto *> initializers;
  /// Of the function under construction; exists as soon as that does.
  std::optional<SymbolicShapes> shapes;

private:
  llvm::StringMap<mlir::Value> values;
  llvm::StringMap<int32_t> dataTypes;
  /// Single numbers, which have the names of all initialisers with that number.
  llvm::DenseMap<std::pair<mlir::Block *, mlir::Attribute>, mlir::Value>
      numbers;
};

/// The elements of a constant integer or boolean tensor.
std::optional<llvm::SmallVector<int64_t>> constantElements(mlir::Value value);

/// The element of a constant tensor of just one, of any supported type.
std::optional<double> constantScalar(mlir::Value value);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_IMPORTSTATE_H
