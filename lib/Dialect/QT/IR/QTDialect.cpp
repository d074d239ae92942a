//===- QTDialect.cpp - How numbers are represented -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "Bytecode.h"
#include "quantc/Dialect/QT/IR/ChainPlans.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

#include "quantc/Dialect/QT/IR/QTDialect.cpp.inc"

namespace {

/// Carries the bytes of owned blobs in a file's resources.
struct QTAsmInterface : OpAsmDialectInterface {
  QTAsmInterface(Dialect *dialect, BlobManager &blobs)
      : OpAsmDialectInterface(dialect), blobs(blobs) {}

  FailureOr<AsmDialectResourceHandle>
  declareResource(StringRef key) const override {
    return AsmDialectResourceHandle(
        BlobHandle(blobs.declare(key), cast<QTDialect>(getDialect())));
  }

  std::string
  getResourceKey(const AsmDialectResourceHandle &handle) const override {
    return cast<BlobHandle>(handle).getResource()->getKey();
  }

  LogicalResult parseResource(AsmParsedResourceEntry &entry) const override {
    FailureOr<AsmResourceBlob> parsed = entry.parseAsBlob();
    if (failed(parsed))
      return failure();
    auto owner = std::make_shared<AsmResourceBlob>(std::move(*parsed));
    ArrayRef<char> data = owner->getData();
    ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(data.data()),
                            data.size());
    // An entry that nothing refers to is no error.
    blobs.define(entry.getKey(), bytes, owner);
    return success();
  }

  void buildResources(Operation *op,
                      const SetVector<AsmDialectResourceHandle> &referenced,
                      AsmResourceBuilder &builder) const override {
    for (const AsmDialectResourceHandle &handle : referenced) {
      const auto *blob = dyn_cast<BlobHandle>(&handle);
      if (!blob)
        continue;
      std::shared_ptr<const Blob::Data> data = blob->getResource()->getData();
      if (!data)
        continue;
      ArrayRef<char> bytes(reinterpret_cast<const char *>(data->bytes.data()),
                           data->bytes.size());
      builder.buildBlob(blob->getResource()->getKey(), bytes, /*align=*/64);
    }
  }

  BlobManager &blobs;
};

/// Everything may be inlined: no op depends on the function it is in.
struct QTInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final {
    return true;
  }
};

} // namespace

void QTDialect::initialize() {
  blobs = std::make_shared<BlobManager>();
  registerAttributes();
  registerTypes();
  registerOperations();
  addInterface<QTAsmInterface>(*blobs);
  addInterfaces<QTInlinerInterface, ChainPlans>();
  addBytecodeInterface(*this);
}

void QTDialect::registerOperations() {
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/QT/IR/QTOps.cpp.inc"
      >();
}

Operation *QTDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  if (auto blob = dyn_cast<qt::BlobAttr>(value))
    return blob.getType() == type ? WeightOp::create(builder, loc, blob)
                                  : nullptr;
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

// A blob with its type, which is also the op's.
static ParseResult parseBlob(OpAsmParser &parser, qt::BlobAttr &value) {
  return parser.parseAttribute(value);
}
static void printBlob(OpAsmPrinter &printer, Operation *, qt::BlobAttr value) {
  printer.printAttribute(value);
}

#define GET_OP_CLASSES
#include "quantc/Dialect/QT/IR/QTOps.cpp.inc"
