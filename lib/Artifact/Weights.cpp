//===- Weights.cpp - Evaluates the constants of a program -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Fingerprint.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Support/Threads.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include <condition_variable>
#include <mutex>

using namespace mlir;
using namespace quantc;

namespace {
/// Encodings that several globals are computed from, as the parts of weights
/// whose sums would be too long are: each is evaluated once, and kept until the
/// last of them has been.
class SharedEncodings {
public:
  explicit SharedEncodings(ArrayRef<qt::GlobalOp> globals);

  /// The results of those in \p global; fails where one cannot be evaluated.
  FailureOr<InterpreterContext::KnownResults> get(qt::GlobalOp global);

private:
  struct Encoding {
    std::mutex mutex;
    SmallVector<HostValue> results;
    unsigned uses = 0; ///< those that are still to come
  };
  static std::string getKey(qt::QuantizeOp op) {
    return qt::getFingerprint(getConstantSlice(op.getResult(0)).getArrayRef(),
                              op.getResult(0));
  }

  llvm::StringMap<Encoding> encodings;
};

/// Evaluates globals on several threads and writes each when those before it
/// have been written: the file is the same for every number of threads, and a
/// thread that is ahead holds one value only.
class WeightsJob {
public:
  WeightsJob(ModuleOp module, WeightsObjectWriter &writer,
             WeightsFileWriter *file)
      : globals(module.getOps<qt::GlobalOp>().begin(),
                module.getOps<qt::GlobalOp>().end()),
        shared(globals), writer(writer), file(file) {}

  bool run(unsigned threads);

private:
  void work();
  void write(qt::GlobalOp global, const HostValue &value);

  SmallVector<qt::GlobalOp> globals;
  SharedEncodings shared;
  WeightsObjectWriter &writer;
  WeightsFileWriter *file; ///< null where the object holds the data
  std::mutex mutex;
  std::condition_variable wakeUp;
  size_t next = 0; ///< the first global that nobody has taken
  size_t turn = 0; ///< the one to be written
  bool failed = false;
  llvm::StringMap<uint64_t> known; ///< where the bytes of a digest lie
};
} // namespace

SharedEncodings::SharedEncodings(ArrayRef<qt::GlobalOp> globals) {
  for (qt::GlobalOp global : globals)
    for (auto op : global.getBody().front().getOps<qt::QuantizeOp>())
      ++encodings[getKey(op)].uses;
}

FailureOr<InterpreterContext::KnownResults>
SharedEncodings::get(qt::GlobalOp global) {
  InterpreterContext::KnownResults known;
  for (auto op : global.getBody().front().getOps<qt::QuantizeOp>()) {
    Encoding &encoding = encodings.find(getKey(op))->second;
    std::lock_guard<std::mutex> lock(encoding.mutex);
    if (encoding.results.empty()) {
      if (encoding.uses == 1)
        continue;
      FailureOr<SmallVector<HostValue>> results = interpretConstantOp(op);
      if (failed(results))
        return failure();
      encoding.results = *results;
    }
    known[op] = encoding.results;
    if (--encoding.uses == 0)
      encoding.results.clear();
  }
  return known;
}

void WeightsJob::write(qt::GlobalOp global, const HostValue &value) {
  llvm::ArrayRef<uint8_t> bytes = value.getBytes();
  // A cryptographic hash: equal digests are equal bytes.
  auto digest = llvm::BLAKE3::hash(bytes);
  llvm::StringRef key(reinterpret_cast<const char *>(digest.data()),
                      digest.size());
  auto [entry, isNew] = known.try_emplace(key, 0);
  if (isNew && !file) {
    entry->second = writer.append(bytes);
  } else if (isNew) {
    uint8_t offset[8];
    llvm::support::endian::write64le(offset, file->append(bytes));
    entry->second = writer.append(offset);
  }
  writer.define(global.getSymName(), entry->second,
                file ? sizeof(uint64_t) : bytes.size());
}

void WeightsJob::work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (next < globals.size()) {
    size_t mine = next++;
    lock.unlock();
    SmallVector<HostValue> results;
    InterpreterContext context;
    FailureOr<InterpreterContext::KnownResults> known =
        shared.get(globals[mine]);
    bool done = succeeded(known);
    if (done) {
      context.setKnownResults(std::move(*known));
      done = succeeded(
          context.interpretBlock(globals[mine].getBody().front(), {}, results));
    }
    lock.lock();
    wakeUp.wait(lock, [&] { return turn == mine; });
    // After a failure the rest is evaluated for its problems only.
    failed |= !done;
    if (!failed)
      write(globals[mine], results.front());
    ++turn;
    wakeUp.notify_all();
  }
}

bool WeightsJob::run(unsigned threads) {
  runOnThreads(std::min<size_t>(threads, globals.size()), [this] { work(); });
  return !failed;
}

uint64_t quantc::countWeightBytes(ModuleOp module) {
  uint64_t sum = 0;
  for (auto global : module.getOps<qt::GlobalOp>()) {
    auto type = cast<RankedTensorType>(global.getType());
    sum += type.getNumElements() * getElementBytes(type.getElementType());
  }
  return sum;
}

/// Closes \p out, or says what went wrong with it.
static llvm::Error close(llvm::raw_fd_ostream &out, llvm::StringRef path) {
  out.close();
  if (!out.has_error())
    return llvm::Error::success();
  std::error_code error = out.error();
  out.clear_error();
  return llvm::createFileError(path, error);
}

llvm::Error quantc::writeWeights(ModuleOp module, const ObjectTarget &target,
                                 unsigned threads, const WeightsPaths &paths) {
  std::error_code error;
  auto open = [&](std::optional<llvm::raw_fd_ostream> &out,
                  const std::string &path) {
    out.emplace(path, error);
    return error ? llvm::createFileError(path, error) : llvm::Error::success();
  };
  std::optional<llvm::raw_fd_ostream> object, data, beside;
  std::optional<WeightsFileWriter> fileWriter;
  if (llvm::Error problem = open(object, paths.object))
    return problem;
  if (llvm::Error problem = open(data, paths.data))
    return problem;
  WeightsObjectWriter writer(*data);
  if (!paths.file.path.empty()) {
    if (llvm::Error problem = open(beside, paths.file.path))
      return problem;
    fileWriter.emplace(*beside);
  }
  bool done = WeightsJob(module, writer, fileWriter ? &*fileWriter : nullptr)
                  .run(threads);
  llvm::Error problem = llvm::Error::success();
  if (fileWriter) {
    std::vector<uint8_t> record = fileWriter->finish(paths.file.name);
    writer.define(weightsFileSymbol, writer.append(record), record.size());
    problem = close(*beside, paths.file.path);
  }
  problem = llvm::joinErrors(std::move(problem), close(*data, paths.data));
  if (!paths.isStatic) {
    writer.writeObject(*object, target);
  } else if (auto contents = llvm::MemoryBuffer::getFile(
                 paths.data, /*IsText=*/false,
                 /*RequiresNullTerminator=*/false)) {
    writer.writeObjectWithData(*object, target, (*contents)->getBuffer());
  } else {
    problem = llvm::joinErrors(
        std::move(problem),
        llvm::createFileError(paths.data, contents.getError()));
  }
  problem = llvm::joinErrors(std::move(problem), close(*object, paths.object));
  if (problem || done)
    return problem;
  return llvm::createStringError("a constant cannot be evaluated");
}
