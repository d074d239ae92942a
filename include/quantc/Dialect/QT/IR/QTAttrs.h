//===- QTAttrs.h - Attributes of the qt dialect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTATTRS_H
#define QUANTC_DIALECT_QT_IR_QTATTRS_H

#include "quantc/Dialect/QT/IR/Blob.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Interfaces/ImagePart.h"
#include "quantc/Numerics/Format.h"
#include "quantc/Numerics/Packing.h"

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

#include "quantc/Dialect/QT/IR/QTEnums.h.inc"

namespace quantc {
namespace qt {

/// The form of a layout: which one, its name and what it takes are Numerics'.
using LayoutForm = numerics::PackedForm;
inline llvm::StringRef stringifyLayoutForm(LayoutForm form) {
  return numerics::getTraits(form).name;
}
llvm::FailureOr<LayoutForm> parseLayoutForm(mlir::AsmParser &parser);

} // namespace qt
} // namespace quantc

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/QT/IR/QTAttrs.h.inc"

namespace quantc {
namespace qt {

/// Bytes of a constant attribute, valid as long as this lives.
struct ConstantBytes {
  llvm::ArrayRef<uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

/// The bytes of a `#qt.blob`, dense elements or dense resource, dense and
/// row-major with `i1` as one byte. None for any other attribute, and where
/// the bytes are not there.
std::optional<ConstantBytes> getConstantBytes(mlir::Attribute attribute);

/// Bytes that one element takes in a constant, an input or an arena; 0 for a
/// type that has no such form.
unsigned getStoredBytes(mlir::Type element);

/// Bytes of a static tensor in that form, or none if it has no such form, is
/// not static or overflows 63 bits.
std::optional<int64_t> getTensorBytes(mlir::RankedTensorType type);

/// `#qt.blob` of a span of a file. The span must lie within the file.
BlobAttr getMappedBlob(mlir::RankedTensorType type,
                       std::shared_ptr<const MappedFile> file, uint64_t offset);
/// `#qt.blob` of memory: `bytes` has the size of `type`.
BlobAttr getOwnedBlob(mlir::RankedTensorType type, std::vector<uint8_t> bytes);

} // namespace qt
} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_QTATTRS_H
