//===- Weights.cpp - Evaluates the constants of a program -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/BLAKE3.h"
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace mlir;
using namespace quantc;

namespace {
/// Evaluates globals on several threads and writes each when those before it
/// have been written: the file is the same for every number of threads, and a
/// thread that is ahead holds one value only.
class WeightsJob {
public:
  WeightsJob(ModuleOp module, WeightsObjectWriter &writer)
      : globals(module.getOps<qt::GlobalOp>().begin(),
                module.getOps<qt::GlobalOp>().end()),
        writer(writer) {}

  bool run(unsigned threads);

private:
  void work();
  void write(qt::GlobalOp global, const HostValue &value);

  SmallVector<qt::GlobalOp> globals;
  WeightsObjectWriter &writer;
  std::mutex mutex;
  std::condition_variable wakeUp;
  size_t next = 0; ///< the first global that nobody has taken
  size_t turn = 0; ///< the one to be written
  bool failed = false;
  llvm::StringMap<uint64_t> known; ///< where the bytes of a digest lie
};
} // namespace

void WeightsJob::write(qt::GlobalOp global, const HostValue &value) {
  llvm::ArrayRef<uint8_t> bytes = value.getBytes();
  // A cryptographic hash: equal digests are equal bytes.
  auto digest = llvm::BLAKE3::hash(bytes);
  llvm::StringRef key(reinterpret_cast<const char *>(digest.data()),
                      digest.size());
  auto [entry, isNew] = known.try_emplace(key, 0);
  if (isNew)
    entry->second = writer.append(bytes);
  writer.define(global.getSymName(), entry->second, bytes.size());
}

void WeightsJob::work() {
  std::unique_lock<std::mutex> lock(mutex);
  while (next < globals.size()) {
    size_t mine = next++;
    lock.unlock();
    SmallVector<HostValue> results;
    bool done = succeeded(InterpreterContext().interpretBlock(
        globals[mine].getBody().front(), {}, results));
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
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads && i < globals.size(); ++i)
    pool.emplace_back([this] { work(); });
  work();
  for (std::thread &thread : pool)
    thread.join();
  return !failed;
}

llvm::Error quantc::writeWeights(ModuleOp module, const llvm::Triple &triple,
                                 unsigned threads, llvm::StringRef path) {
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error)
    return llvm::createStringError("'" + path + "': " + error.message());
  WeightsObjectWriter writer(out, triple);
  bool done = WeightsJob(module, writer).run(threads);
  writer.finish();
  out.close();
  if (out.has_error()) {
    error = out.error();
    out.clear_error();
    return llvm::createStringError("'" + path + "': " + error.message());
  }
  if (!done)
    return llvm::createStringError("a constant cannot be evaluated");
  return llvm::Error::success();
}
