//===- Blob.h - Bytes behind weight attributes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_BLOB_H
#define QUANTC_DIALECT_QT_IR_BLOB_H

#include "quantc/Support/MappedFile.h"

#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace quantc {
namespace qt {

class BlobManager;
class QTDialect;

/// The bytes of one constant: a span of a mapped file, or owned memory. An
/// entry lives as long as its context, for attributes point at it; its bytes
/// may be released before.
class Blob {
public:
  /// Everything that keeps the bytes where they are.
  struct Data {
    llvm::ArrayRef<uint8_t> bytes;
    std::shared_ptr<const void> owner;
    /// Null for owned memory.
    std::shared_ptr<const MappedFile> file;
    uint64_t offset = 0;
  };

  Blob(BlobManager &manager, std::string key, uint64_t size)
      : manager(manager), key(std::move(key)), size(size) {}

  /// A name that no other blob of the context has.
  const std::string &getKey() const { return key; }
  uint64_t getSize() const { return size; }
  /// The bytes, kept while the result lives. Null if they were released, or
  /// were never given by the file that refers to them.
  std::shared_ptr<const Data> getData() const;
  /// 16 hexadecimal digits that depend on the content.
  std::string getHash() const;

private:
  friend class BlobManager;

  BlobManager &manager;
  const std::string key;
  /// Set once more where a key is declared before its bytes are seen.
  uint64_t size;
  std::shared_ptr<const Data> data;
  mutable std::string hash;
};

/// A blob as MLIR's resources know it.
struct BlobHandle
    : public mlir::AsmDialectResourceHandleBase<BlobHandle, Blob, QTDialect> {
  using AsmDialectResourceHandleBase<BlobHandle, Blob,
                                     QTDialect>::AsmDialectResourceHandleBase;
};

/// All blobs of a context. Every member may be called by any thread.
class BlobManager {
public:
  /// The size of a blob that was declared and not yet given.
  static constexpr uint64_t unknownSize = ~uint64_t(0);

  /// A span of a mapped file; one blob per span. The span must lie within the
  /// file.
  Blob *getMapped(std::shared_ptr<const MappedFile> file, uint64_t offset,
                  uint64_t size);
  /// Bytes kept by `owner`. Equal bytes share one blob.
  Blob *getOwned(llvm::ArrayRef<uint8_t> bytes,
                 std::shared_ptr<const void> owner);
  Blob *getOwned(std::vector<uint8_t> bytes);

  /// Opens `path`, or returns the mapping that a blob still uses.
  std::shared_ptr<const MappedFile> open(const std::string &path,
                                         std::string &error);

  /// The blob that a file being parsed calls `key`: its bytes follow in the
  /// file's resources, so it never is one that was there before, and has
  /// another key if this one is taken.
  Blob *declare(llvm::StringRef key);
  /// Gives the bytes of the declared blob whose key is `key`. False if there is
  /// none.
  bool define(llvm::StringRef key, llvm::ArrayRef<uint8_t> bytes,
              std::shared_ptr<const void> owner);

  /// Frees the bytes of all blobs that no attribute below `roots` refers to.
  void releaseUnreferenced(llvm::ArrayRef<mlir::Operation *> roots);

  /// Bytes of owned memory held at the moment.
  uint64_t getOwnedBytes() const;

private:
  friend class Blob;
  Blob *create(std::string key, uint64_t size);

  mutable std::mutex mutex;
  std::vector<std::unique_ptr<Blob>> blobs;
  std::map<std::tuple<const MappedFile *, uint64_t, uint64_t>, Blob *> mapped;
  llvm::StringSet<> keys;
  llvm::StringMap<Blob *> owned;
  llvm::StringMap<Blob *> declared;
  llvm::StringMap<std::weak_ptr<const MappedFile>> files;
};

} // namespace qt
} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_BLOB_H
