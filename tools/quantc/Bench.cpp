//===- Bench.cpp - quantc bench ---------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "Options.h"
#include "Profile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <cstring>
#include <random>

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

/// Inputs of the model's types and of given dims.
class RandomInputs {
public:
  /// Returns false if one is too large for memory.
  bool make(const quantc_program *program, ArrayRef<int64_t> dims,
            std::string &error);
  /// Draws the values, integers from 0 to below `limit`.
  void draw(const quantc_program *program, int64_t limit);

  std::vector<quantc_tensor> tensors;

private:
  std::vector<std::vector<uint64_t>> memory; ///< 8 bytes: aligned for all
  std::vector<size_t> sizes;
};

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

bool RandomInputs::make(const quantc_program *program, ArrayRef<int64_t> dims,
                        std::string &error) {
  constexpr uint64_t Most = uint64_t(1) << 40;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i) {
    const quantc_value_info *info = quantc_input(program, i);
    quantc_tensor tensor = {};
    tensor.dtype = info->dtype;
    tensor.rank = info->rank;
    uint64_t elements = 1;
    for (int32_t k = 0; k < info->rank; ++k) {
      int64_t dim = info->dims[k];
      tensor.dims[k] = dim >= 0 ? dim : dims[-(dim + 1)];
      if (__builtin_mul_overflow(elements, uint64_t(tensor.dims[k]),
                                 &elements) ||
          elements > Most) {
        error = ("input '" + Twine(info->name) + "' is too large").str();
        return false;
      }
    }
    size_t bytes = elements * quantc_dtype_bytes(info->dtype);
    memory.emplace_back(bytes / 8 + 1);
    sizes.push_back(elements);
    tensor.data = memory.back().data();
    tensors.push_back(tensor);
  }
  return true;
}

template <typename T> static void fill(void *data, size_t size, T value) {
  std::fill_n(static_cast<T *>(data), size, value);
}

template <typename T, typename Draw>
static void fillWith(void *data, size_t size, Draw draw) {
  std::generate_n(static_cast<T *>(data), size, [&] { return T(draw()); });
}

/// The half and brain floats nearest to a small number.
static uint16_t toHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  // 2^-14 is the smallest normal half; what is below becomes zero.
  if (magnitude < 0x38800000)
    return uint16_t(sign);
  return uint16_t(sign |
                  std::min<uint32_t>((magnitude - 0x38000000) >> 13, 0x7bff));
}

static uint16_t toBrainFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return uint16_t(bits >> 16);
}

void RandomInputs::draw(const quantc_program *program, int64_t limit) {
  // The same inputs every time, so that times can be compared.
  std::mt19937 engine(42); // NOLINT(bugprone-random-generator-seed)
  std::normal_distribution<float> normal;
  std::uniform_int_distribution<int64_t> integers(0, limit - 1);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const quantc_value_info *info =
        quantc_input(program, static_cast<int32_t>(i));
    bool isMask = StringRef(info->name).contains_insensitive("mask");
    auto real = [&] { return isMask ? 1.0f : normal(engine); };
    auto integer = [&] { return isMask ? 1 : integers(engine); };
    void *data = tensors[i].data;
    size_t size = sizes[i];
    switch (info->dtype) {
    case QUANTC_F32:
      fillWith<float>(data, size, real);
      break;
    case QUANTC_F64:
      fillWith<double>(data, size, real);
      break;
    case QUANTC_F16:
      fillWith<uint16_t>(data, size, [&] { return toHalf(real()); });
      break;
    case QUANTC_BF16:
      fillWith<uint16_t>(data, size, [&] { return toBrainFloat(real()); });
      break;
    case QUANTC_BOOL:
      fill<uint8_t>(data, size, 1);
      break;
    default:
      switch (quantc_dtype_bytes(info->dtype)) {
      case 1:
        fillWith<uint8_t>(data, size, [&] { return integer() & 127; });
        break;
      case 2:
        fillWith<uint16_t>(data, size, integer);
        break;
      case 4:
        fillWith<uint32_t>(data, size, integer);
        break;
      default:
        fillWith<uint64_t>(data, size, integer);
        break;
      }
    }
  }
}

/// The sizes of the run-time dimensions from --dim.
static std::optional<int> readDims(const quantc_program *program,
                                   const Options &options,
                                   std::vector<int64_t> &dims) {
  SmallVector<StringRef> names;
  for (int32_t i = 0; i < quantc_num_dims(program); ++i)
    names.push_back(quantc_dim(program, i)->name);
  dims.assign(names.size(), -1);
  for (StringRef text : options.all("--dim")) {
    auto [name, size] = text.rsplit('=');
    auto *found = find(names, name);
    if (!text.contains('='))
      return wrongUse("bench", "--dim takes NAME=SIZE, not '" + text + "'");
    if (found == names.end())
      return wrongUse("bench", "the artefact has no run-time dimension '" +
                                   name + "'" + didYouMean(name, names));
    if (!parseCount("bench", "--dim " + name.str(), size, 0, INT64_MAX,
                    dims[found - names.begin()]))
      return WrongUse;
  }
  std::string missing;
  for (auto [name, size] : zip(names, dims))
    if (size < 0)
      missing += (" --dim " + name + "=SIZE").str();
  if (!missing.empty())
    return wrongUse("bench", "the model has dimensions that are known at run "
                             "time only; give" +
                                 missing);
  return std::nullopt;
}

namespace {

class Bench {
public:
  Bench(const quantc_program *program, quantc_context *context)
      : program(program), context(context),
        outputs(quantc_num_outputs(program)) {}

  quantc_status runOnce() {
    return quantc_run(context, inputs.tensors.data(),
                      int32_t(inputs.tensors.size()), outputs.data(),
                      int32_t(outputs.size()));
  }

  /// Runs once, with integers as large as the model's indices allow.
  quantc_status start() {
    quantc_status status = QUANTC_OK;
    for (int64_t limit : {1000, 100, 10, 2, 1}) {
      inputs.draw(program, limit);
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
  if (std::optional<int> code = readDims(artifact->program(), options, dims))
    return *code;
  ContextPtr context(
      artifact->makeContext(static_cast<int32_t>(threads), error));
  if (!context)
    return cannotHandle("bench", error);
  Bench bench(artifact->program(), context.get());
  if (!bench.inputs.make(artifact->program(), dims, error))
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
