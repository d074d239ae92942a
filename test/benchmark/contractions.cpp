//===- contractions.cpp - Contraction kernels against loops -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Ratios to loops that run beside the kernels, in one run: products with many
// rows against the arithmetic of their form, one row against the best read
// loop over the same memory.
//
//   bench-contractions [--cpu=NAME] [--form=NAME] [--m=ROWS] [--n=N] [--k=K]
//                      [--rounds=R] [--threads=MOST]
//                      [--range=CODES]
//
//===----------------------------------------------------------------------===//

#include "ContractionCase.h"
#include "Loops.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <atomic>
#include <functional>
#include <sys/mman.h>
#include <thread>

using namespace quantc;
using namespace quantc::bench;
using namespace quantc::test;
using numerics::PackedForm;

// Not llvm::cl: LLVM's own options have taken the short names.
static std::string cpuName = "native";
static llvm::SmallVector<std::string> formNames;
static llvm::SmallVector<int64_t> rowCounts;
static int64_t columns = 4096, depth = 4096, rounds = 5, maxThreads = 2,
               range = 90;

static bool parseArgument(llvm::StringRef argument) {
  if (!argument.consume_front("--"))
    return false;
  auto [key, value] = argument.split('=');
  if (key == "cpu") {
    cpuName = value.str();
    return true;
  }
  for (llvm::StringRef part : llvm::split(value, ',')) {
    int64_t number = 0;
    if (key == "form") {
      formNames.push_back(part.str());
      continue;
    }
    if (part.getAsInteger(10, number))
      return false;
    if (key == "m")
      rowCounts.push_back(number);
    else if (key == "n")
      columns = number;
    else if (key == "k")
      depth = number;
    else if (key == "rounds")
      rounds = number;
    else if (key == "threads")
      maxThreads = number;
    else if (key == "range")
      range = number;
    else
      return false;
  }
  return true;
}

namespace {

/// Threads that start together, as a context's do.
class Team {
public:
  explicit Team(int count) {
    for (int i = 1; i < count; ++i)
      workers.emplace_back([this, i] {
        for (int job = 1;; ++job) {
          while (number.load(std::memory_order_acquire) < job)
            __builtin_ia32_pause();
          if (!work)
            return;
          work(i);
          left.fetch_sub(1, std::memory_order_release);
        }
      });
  }
  ~Team() {
    work = nullptr;
    number.fetch_add(1, std::memory_order_release);
    for (std::thread &worker : workers)
      worker.join();
  }
  int size() const { return static_cast<int>(workers.size()) + 1; }
  double run(const std::function<void(int)> &job) {
    bool isAlone = workers.empty();
    double begin = isAlone ? threadTime() : now();
    work = job;
    left = static_cast<int>(workers.size());
    number.fetch_add(1, std::memory_order_release);
    job(0);
    while (left.load(std::memory_order_acquire) > 0)
      __builtin_ia32_pause();
    return (isAlone ? threadTime() : now()) - begin;
  }

private:
  std::vector<std::thread> workers;
  std::function<void(int)> work;
  std::atomic<int> number = 0, left = 0;
};

struct Memory {
  explicit Memory(size_t bytes) : bytes(bytes) {
    data = static_cast<uint8_t *>(mmap(nullptr, bytes + 8192,
                                       PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (data == MAP_FAILED)
      abort();
    madvise(data, bytes, MADV_HUGEPAGE);
  }
  ~Memory() { munmap(data, bytes + 8192); }
  uint8_t *data;
  size_t bytes;
};

} // namespace

static double median(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

/// Whatever else runs on the machine only makes it slower.
static double best(const std::vector<double> &times) {
  return *std::min_element(times.begin(), times.end());
}

static double loopRate(Team &team, llvm::ArrayRef<Loop> loops) {
  double fastest = 0;
  for (Loop loop : loops)
    for (int attempt = 0; attempt < 10; ++attempt) {
      std::vector<double> rates(team.size());
      team.run([&](int i) { rates[i] = measureLoop(loop, 0.005); });
      double sum = 0;
      for (double rate : rates)
        sum += rate;
      fastest = std::max(fastest, sum);
    }
  return fastest;
}

static double readRate(Team &team, const Memory &memory) {
  // Pieces of a layer's size, as the kernels read them.
  double fastest = 0;
  size_t part = std::min<size_t>(memory.bytes / team.size(), size_t(16) << 20) /
                4096 * 4096;
  for (size_t at = 0; at + part * team.size() <= memory.bytes;
       at += part * team.size()) {
    bool prefetch = at / (part * team.size()) % 2;
    double time = team.run([&](int i) {
      readMemory(memory.data + at + i * part, part, prefetch);
    });
    fastest = std::max(fastest, part * team.size() / time * 1e-9);
  }
  return fastest;
}

static llvm::SmallVector<Loop> getLoops(PackedForm form, bool vnni,
                                        bool avx512) {
  if (numerics::hasFloatRows(form))
    return {avx512 ? Loop::Fma512 : Loop::Fma256};
  if (vnni)
    return {Loop::Vnni512};
  if (form == PackedForm::W4I)
    return {Loop::Narrow256};
  return {Loop::Sign256, Loop::Widened256};
}

static void measure(llvm::StringRef name, PackedForm form) {
  CpuTarget target = llvm::cantFail(CpuTarget::resolve("", cpuName));
  bool vnni = target.getLayoutClass() == LayoutClass::AVX512VNNI;
  ContractionCase product(form, columns, depth, cpuName, Fill::Bell,
                          Epilogue::None, range);
  CompiledKernel kernel =
      llvm::cantFail(CompiledKernel::compile(product.getKernelText(), cpuName));
  size_t each = (product.packed.size() + 4095) / 4096 * 4096;
  size_t copies = std::max<size_t>(1, ((size_t(512) << 20) + each - 1) / each);
  Memory memory(each * copies);
  for (size_t i = 0; i < copies; ++i)
    std::copy(product.packed.begin(), product.packed.end(),
              memory.data + i * each);
  std::vector<int64_t> counts(rowCounts.begin(), rowCounts.end());
  if (counts.empty())
    counts = {1, 4, 16, 512};
  for (int64_t m : counts) {
    product.drawActivations(m, Fill::Bell);
    std::vector<float> result(m * columns);
    for (int threads = 1; threads <= maxThreads; ++threads) {
      Team team(threads);
      size_t scratchBytes =
          (kernel.getScratchBytes(m) + 4095) / 4096 * 4096 + 4096;
      Memory scratch(scratchBytes * threads);
      int64_t units = kernel.getUnits(m), grain = kernel.getGrain(m);
      auto once = [&](size_t copy) {
        std::vector<void *> slots =
            product.getSlots(memory.data + copy * each, result.data());
        std::atomic<int64_t> next = 0;
        return team.run([&](int i) {
          for (int64_t begin = next.fetch_add(grain); begin < units;
               begin = next.fetch_add(grain))
            kernel.run(begin, std::min(begin + grain, units), slots.data(),
                       scratch.data + i * scratchBytes);
        });
      };
      std::vector<double> rates, limits, ratios;
      double operations = 2e-9 * static_cast<double>(m * columns * depth),
             bytes = 1e-9 * product.packed.size();
      bool isDecode = m <= 4;
      for (int round = 0; round < rounds; ++round) {
        double limit =
            isDecode
                ? readRate(team, memory)
                : loopRate(team, getLoops(form, vnni, target.has("avx512f")));
        std::vector<double> times;
        double begin = now();
        size_t copy = 0;
        if (isDecode)
          for (; copy < copies; ++copy)
            times.push_back(once(copy));
        else
          do
            times.push_back(once(copy++ % copies));
          while (now() - begin < 0.3);
        double rate = (isDecode ? bytes : operations) / best(times);
        rates.push_back(rate);
        limits.push_back(limit);
        ratios.push_back(rate / limit);
      }
      llvm::outs() << llvm::format(
          "%-8s m=%-4d %dT  %7.1f %s  loop %7.1f  ratio %.2f (best %.2f)\n",
          name.str().c_str(), static_cast<int>(m), threads, median(rates),
          isDecode ? "GB/s " : "GOP/s", median(limits), median(ratios),
          *std::max_element(ratios.begin(), ratios.end()));
      llvm::outs().flush();
    }
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (!parseArgument(argv[i])) {
      llvm::errs() << "bench-contractions: not understood: " << argv[i] << "\n";
      return 2;
    }
  std::pair<llvm::StringRef, PackedForm> forms[] = {
      {"f32", PackedForm::F32},         {"s8", PackedForm::S8},
      {"matched", PackedForm::Matched}, {"w4i", PackedForm::W4I},
      {"w4s", PackedForm::W4S},         {"b32", PackedForm::B32},
      {"b32n", PackedForm::B32N},       {"s8f", PackedForm::S8F},
      {"b32f", PackedForm::B32F},       {"w4f", PackedForm::W4F}};
  for (auto [name, form] : forms)
    if (formNames.empty() || llvm::is_contained(formNames, name))
      measure(name, form);
  return 0;
}
