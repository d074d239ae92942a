//===- Bytecode.cpp - Blobs in bytecode -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bytecode.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"

#include "mlir/Bytecode/BytecodeImplementation.h"

using namespace mlir;
using namespace quantc;

bool qt::isWrittenApart(const Blob &blob) {
  std::shared_ptr<const Blob::Data> data = blob.getData();
  if (!data)
    return true;
  bool isNamed = data->file && data->file->isNamed();
  return data->bytes.size() >= inlineLimit && !isNamed;
}

namespace {
/// Refers to resources by their handles: a key in text would be parsed on its
/// own, as that of another blob. Everything else is text.
struct QTBytecodeInterface : BytecodeDialectInterface {
  explicit QTBytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  LogicalResult writeAttribute(Attribute attribute,
                               DialectBytecodeWriter &writer) const override {
    auto blob = dyn_cast<qt::BlobAttr>(attribute);
    if (!blob || !qt::isWrittenApart(*blob.getHandle().getResource()))
      return failure();
    writer.writeType(blob.getType());
    writer.writeResourceHandle(blob.getHandle());
    return success();
  }

  Attribute readAttribute(DialectBytecodeReader &reader) const override {
    RankedTensorType type;
    if (failed(reader.readType(type)))
      return {};
    FailureOr<qt::BlobHandle> handle =
        reader.readResourceHandle<qt::BlobHandle>();
    if (failed(handle))
      return {};
    return qt::BlobAttr::getChecked([&] { return reader.emitError(); }, type,
                                    *handle);
  }
};
} // namespace

void qt::addBytecodeInterface(QTDialect &dialect) {
  dialect.addInterface(std::make_unique<QTBytecodeInterface>(&dialect));
}
