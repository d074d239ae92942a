//===- Bench.cpp - quantc bench ---------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "Feed.h"
#include "Options.h"
#include "Profile.h"
#include "RandomInputs.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec BenchOptions[] = {
    {"--dim", OptionSpec::Value, "NAME=SIZE",
     "the size of a dimension that is known at run time only; every one has to "
     "be given",
     /*isRepeatable=*/true},
    {"--threads", OptionSpec::Value, "N",
     "threads that take part; default: one per CPU"},
    {"--seconds", OptionSpec::Value, "S",
     "how long to measure after warming up; default: 1"},
    {"--profile", OptionSpec::Flag, "",
     "also the time of every kernel, with the nodes it computes and its rates "
     "beside what this machine reaches"},
    {"--json", OptionSpec::Flag, "",
     "print one JSON object, with times in seconds"},
};

static constexpr CommandSpec BenchCommand = {
    "bench", "ARTEFACT",
    "Measures how long one run of a compiled model (.so) takes, on random "
    "inputs: floats are normally distributed, integers small, masks ones.",
    "", BenchOptions};

namespace {

using Clock = std::chrono::steady_clock;

struct Measurement {
  std::vector<double> samples; ///< in order of time
  std::vector<double> sorted;

  double quantile(double q) const {
    double position = q * double(sorted.size() - 1);
    size_t low = size_t(position);
    size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
  }
};

} // namespace

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

namespace {

class Bench {
public:
  Bench(const quantc_program *program, quantc_context *context)
      : program(program), context(context),
        outputs(quantc_num_outputs(program)) {}

  quantc_status runOnce() {
    return quantc_run(context, feed.tensors.data(),
                      int32_t(feed.tensors.size()), outputs.data(),
                      int32_t(outputs.size()));
  }

  /// Runs once, with integers as large as the model's indices allow.
  quantc_status start() {
    quantc_status status = QUANTC_OK;
    for (int64_t limit : indexLimits) {
      inputs.draw(limit);
      status = runOnce();
      if (status != QUANTC_ERROR_INDEX)
        break;
    }
    return status;
  }

  quantc_status measure(double seconds, Measurement &result) {
    Clock::time_point start = Clock::now();
    for (int i = 0; i < 2 || secondsSince(start) < seconds / 4; ++i)
      if (quantc_status status = runOnce())
        return status;
    start = Clock::now();
    while (result.samples.size() < 5 || secondsSince(start) < seconds) {
      Clock::time_point before = Clock::now();
      if (quantc_status status = runOnce())
        return status;
      result.samples.push_back(secondsSince(before));
    }
    result.sorted = result.samples;
    sort(result.sorted);
    return QUANTC_OK;
  }

  const quantc_program *program;
  quantc_context *context;
  RandomInputs inputs;
  Feed feed;
  std::vector<quantc_tensor> outputs;
};

} // namespace

static void printJson(const Bench &bench, ArrayRef<int64_t> dims,
                      const Measurement &result, const Profile *profile) {
  // As many samples as anybody looks at.
  size_t step = result.samples.size() / 10000 + 1;
  json::OStream out(outs());
  out.object([&] {
    out.attribute("median", result.quantile(0.5));
    out.attribute("min", result.sorted.front());
    out.attribute("p10", result.quantile(0.1));
    out.attribute("p90", result.quantile(0.9));
    out.attribute("p99", result.quantile(0.99));
    out.attribute("runs", int64_t(result.samples.size()));
    out.attribute("threads", quantc_num_threads(bench.context));
    out.attribute("cpu", quantc_cpu(bench.program));
    out.attributeObject("dims", [&] {
      for (size_t i = 0; i < dims.size(); ++i)
        out.attribute(quantc_dim(bench.program, int32_t(i))->name, dims[i]);
    });
    out.attributeArray("samples", [&] {
      for (size_t i = 0; i < result.samples.size(); i += step)
        out.value(result.samples[i]);
    });
    if (profile)
      profile->writeJson(out);
  });
  outs() << "\n";
}

static void printForPeople(const Bench &bench, const Measurement &result) {
  auto line = [](StringRef name, double seconds) {
    outs() << left_justify(name, 8) << format("%12.3f ms\n", seconds * 1e3);
  };
  line("median", result.quantile(0.5));
  line("min", result.sorted.front());
  line("p10", result.quantile(0.1));
  line("p90", result.quantile(0.9));
  line("p99", result.quantile(0.99));
  outs() << result.samples.size() << " runs, "
         << quantc_num_threads(bench.context) << " threads, code for "
         << quantc_cpu(bench.program) << "\n";
}

int quantc::runBench(ArrayRef<StringRef> arguments) {
  Options options;
  if (std::optional<int> code = parseOptions(BenchCommand, arguments, options))
    return *code;
  int64_t threads = 0;
  double seconds = 1;
  if (std::optional<StringRef> text = options.get("--threads"))
    if (!parseCount("bench", "--threads", *text, 1, 1024, threads))
      return WrongUse;
  if (std::optional<StringRef> text = options.get("--seconds"))
    if (text->getAsDouble(seconds) || !(seconds > 0 && seconds <= 3600))
      return wrongUse("bench", "--seconds takes a number up to 3600, not '" +
                                   *text + "'");
  std::string error;
  std::unique_ptr<Artifact> artifact =
      Artifact::load(options.operands()[0], error);
  if (!artifact)
    return cannotHandle("bench", error);
  std::vector<int64_t> dims;
  if (std::optional<int> code =
          readDims("bench", options, getDimNames(artifact->program()), dims))
    return *code;
  ContextPtr context(
      artifact->makeContext(static_cast<int32_t>(threads), error));
  if (!context)
    return cannotHandle("bench", error);
  Bench bench(artifact->program(), context.get());
  if (!bench.inputs.make(getInputInfos(artifact->program()), dims, error) ||
      !bench.feed.fill(artifact->program(), bench.inputs.arrays, "", error))
    return cannotHandle("bench", error);
  Measurement result;
  if (bench.start() || bench.measure(seconds, result))
    return cannotHandle("bench", quantc_last_error(context.get())->message);
  std::optional<Profile> profile;
  if (options.has("--profile")) {
    profile.emplace();
    if (profile->take(artifact->program(), context.get(), seconds,
                      [&] { return bench.runOnce(); }))
      return cannotHandle("bench", quantc_last_error(context.get())->message);
  }
  if (options.has("--json")) {
    printJson(bench, dims, result, profile ? &*profile : nullptr);
    return Done;
  }
  printForPeople(bench, result);
  if (profile)
    profile->print(outs());
  return Done;
}
