//===- Blob.cpp - Bytes behind weight attributes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/Blob.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

#include <cassert>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

std::shared_ptr<const Blob::Data> Blob::getData() const {
  std::lock_guard<std::mutex> lock(manager.mutex);
  return data;
}

std::string Blob::getHash() const {
  std::shared_ptr<const Data> held;
  {
    std::lock_guard<std::mutex> lock(manager.mutex);
    if (!hash.empty())
      return hash;
    held = data;
  }
  if (!held)
    return "";
  std::string result = llvm::utohexstr(llvm::xxh3_64bits(held->bytes),
                                       /*LowerCase=*/true, /*Width=*/16);
  std::lock_guard<std::mutex> lock(manager.mutex);
  hash = result;
  return result;
}

Blob *BlobManager::create(std::string key, uint64_t size) {
  std::string stem = key;
  for (unsigned i = 1; !keys.insert(key).second; ++i)
    key = stem + "_" + std::to_string(i);
  blobs.push_back(std::make_unique<Blob>(*this, std::move(key), size));
  return blobs.back().get();
}

Blob *BlobManager::getMapped(std::shared_ptr<const MappedFile> file,
                             uint64_t offset, uint64_t size) {
  assert(offset <= file->size() && size <= file->size() - offset &&
         "the span lies within the file");
  std::lock_guard<std::mutex> lock(mutex);
  Blob *&blob = mapped[{file.get(), offset, size}];
  if (blob)
    return blob;
  auto data = std::make_shared<Blob::Data>();
  data->bytes = {file->data() + offset, static_cast<size_t>(size)};
  data->file = std::move(file);
  data->offset = offset;
  blob = create("m" + std::to_string(blobs.size()), size);
  blob->data = std::move(data);
  return blob;
}

Blob *BlobManager::getOwned(llvm::ArrayRef<uint8_t> bytes,
                            std::shared_ptr<const void> owner) {
  llvm::XXH128_hash_t content = llvm::xxh3_128bits(bytes);
  std::string key =
      "b" + llvm::utohexstr(content.high64, /*LowerCase=*/true, /*Width=*/16) +
      llvm::utohexstr(content.low64, /*LowerCase=*/true, /*Width=*/16);
  auto data = std::make_shared<Blob::Data>();
  data->bytes = bytes;
  data->owner = std::move(owner);

  std::lock_guard<std::mutex> lock(mutex);
  // Two contents of one hash are no reason for wrong weights: the later one
  // gets another key.
  for (;; key += "x") {
    Blob *&blob = owned[key];
    if (!blob)
      blob = create(key, bytes.size());
    else if (blob->size != bytes.size() ||
             (blob->data && blob->data->bytes != bytes))
      continue;
    if (!blob->data)
      blob->data = std::move(data);
    return blob;
  }
}

Blob *BlobManager::getOwned(std::vector<uint8_t> bytes) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  return getOwned(llvm::ArrayRef<uint8_t>(*owner), owner);
}

std::shared_ptr<const MappedFile> BlobManager::open(const std::string &path,
                                                    std::string &error) {
  std::lock_guard<std::mutex> lock(mutex);
  std::weak_ptr<const MappedFile> &known = files[path];
  if (std::shared_ptr<const MappedFile> file = known.lock())
    return file;
  std::shared_ptr<const MappedFile> file = MappedFile::open(path, error);
  known = file;
  return file;
}

Blob *BlobManager::declare(llvm::StringRef key) {
  std::lock_guard<std::mutex> lock(mutex);
  Blob *blob = create(key.str(), unknownSize);
  declared[blob->getKey()] = blob;
  return blob;
}

bool BlobManager::define(llvm::StringRef key, llvm::ArrayRef<uint8_t> bytes,
                         std::shared_ptr<const void> owner) {
  auto data = std::make_shared<Blob::Data>();
  data->bytes = bytes;
  data->owner = std::move(owner);
  std::lock_guard<std::mutex> lock(mutex);
  auto it = declared.find(key);
  if (it == declared.end())
    return false;
  it->second->size = bytes.size();
  it->second->data = std::move(data);
  declared.erase(it);
  return true;
}

void BlobManager::releaseUnreferenced(llvm::ArrayRef<Operation *> roots) {
  llvm::DenseSet<const Blob *> used;
  AttrTypeWalker walker;
  walker.addWalk(
      [&](qt::BlobAttr attr) { used.insert(attr.getHandle().getResource()); });
  for (Operation *root : roots)
    root->walk([&](Operation *op) {
      walker.walk(op->getAttrDictionary());
      // Properties are not part of the discardable dictionary.
      if (Attribute properties = op->getPropertiesAsAttribute())
        walker.walk(properties);
    });

  // Destroyed after the lock: unmapping a large file takes time.
  std::vector<std::shared_ptr<const Blob::Data>> released;
  std::lock_guard<std::mutex> lock(mutex);
  for (auto it = mapped.begin(); it != mapped.end();) {
    if (used.contains(it->second)) {
      ++it;
      continue;
    }
    released.push_back(std::move(it->second->data));
    // The file may go, and another be mapped at its address.
    it = mapped.erase(it);
  }
  for (const std::unique_ptr<Blob> &blob : blobs)
    if (blob->data && !used.contains(blob.get()))
      released.push_back(std::move(blob->data));
}

uint64_t BlobManager::getOwnedBytes() const {
  std::lock_guard<std::mutex> lock(mutex);
  uint64_t sum = 0;
  for (const std::unique_ptr<Blob> &blob : blobs)
    if (blob->data && !blob->data->file)
      sum += blob->size;
  return sum;
}
