//===- Run.cpp - quantc run -------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "Options.h"
#include "quantc/Support/Npz.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec RunOptions[] = {
    {"--inputs", OptionSpec::Value, "IN.npz",
     "arrays by the names of the model's inputs; several files are run one "
     "after the other in one context",
     /*isRepeatable=*/true},
    {"--outputs", OptionSpec::Value, "OUT.npz",
     "where to write the outputs: a file for every --inputs, or a folder, "
     "which gets files of the inputs' names; without it their shapes are "
     "printed",
     /*isRepeatable=*/true},
    {"--threads", OptionSpec::Value, "N",
     "threads that take part; default: one per CPU"},
    {"--repeat", OptionSpec::Value, "N",
     "run every input N times and keep the last outputs"},
};

static constexpr CommandSpec RunCommand = {
    "run", "ARTEFACT",
    "Loads a compiled model (.so), runs it on arrays from .npz files, and "
    "writes its outputs to .npz files.",
    "", RunOptions};

namespace {

/// An input file and where its outputs go (empty: nowhere).
struct Job {
  std::string inputs;
  std::string outputs;
};

/// A tensor of the runtime's that refers to an array.
class Feed {
public:
  bool fill(const quantc_program *program, std::vector<NamedArray> &arrays,
            StringRef path, std::string &error);
  std::vector<quantc_tensor> tensors;
};

} // namespace

static std::string listInputs(const quantc_program *program) {
  std::string text;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i) {
    const quantc_value_info *info = quantc_input(program, i);
    text += (i ? ", '" : "'") + std::string(info->name) + "' (" +
            quantc_dtype_name(info->dtype) + " " + formatDims(program, *info) +
            ")";
  }
  return text.empty() ? "none" : text;
}

bool Feed::fill(const quantc_program *program, std::vector<NamedArray> &arrays,
                StringRef path, std::string &error) {
  // Every problem with the names at once.
  for (const NamedArray &array : arrays) {
    bool isKnown = false;
    for (int32_t i = 0; i < quantc_num_inputs(program); ++i)
      isKnown |= array.name == quantc_input(program, i)->name;
    if (!isKnown)
      error += ("array '" + array.name + "' of '" + path +
                "' is no input of the model\n")
                   .str();
  }
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i) {
    const quantc_value_info *info = quantc_input(program, i);
    auto array = find_if(arrays, [&](const NamedArray &candidate) {
      return candidate.name == info->name;
    });
    quantc_tensor tensor = {};
    if (array == arrays.end()) {
      error += ("'" + path + "' has no array '" + info->name + "'\n").str();
    } else if (array->dims.size() > QUANTC_MAX_RANK) {
      error += ("array '" + array->name + "' of '" + path + "' has rank " +
                Twine(array->dims.size()) + "\n")
                   .str();
    } else {
      tensor.data = array->bytes.data();
      tensor.dtype = array->dtype;
      tensor.rank = static_cast<int32_t>(array->dims.size());
      copy(array->dims, tensor.dims);
    }
    tensors.push_back(tensor);
  }
  if (error.empty())
    return true;
  error += "the model's inputs are " + listInputs(program);
  return false;
}

static NamedArray copyOutput(const quantc_value_info &info,
                             const quantc_tensor &tensor) {
  NamedArray array;
  array.name = info.name;
  array.dtype = tensor.dtype;
  array.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  size_t bytes = quantc_dtype_bytes(tensor.dtype);
  for (int64_t dim : array.dims)
    bytes *= static_cast<size_t>(dim);
  array.bytes.resize(bytes);
  if (bytes > 0)
    std::memcpy(array.bytes.data(), tensor.data, bytes);
  return array;
}

static void printOutput(const NamedArray &array) {
  outs() << array.name << ": " << quantc_dtype_name(array.dtype) << " [";
  interleaveComma(array.dims, outs());
  outs() << "]\n";
}

/// Pairs input and output files.
static std::optional<int> makeJobs(const Options &options,
                                   std::vector<Job> &jobs) {
  SmallVector<StringRef> inputs = options.all("--inputs");
  SmallVector<StringRef> outputs = options.all("--outputs");
  for (StringRef input : inputs) {
    if (sys::fs::is_directory(input))
      return wrongUse("run", "'" + input +
                                 "' is a folder: reading ONNX tensors (.pb) is "
                                 "not built yet, .npz files are");
    jobs.push_back({input.str(), ""});
  }
  if (outputs.empty())
    return std::nullopt;
  bool isFolder = outputs.size() == 1 && (outputs[0].ends_with("/") ||
                                          sys::fs::is_directory(outputs[0]));
  if (!isFolder && outputs.size() != inputs.size())
    return wrongUse("run", Twine(inputs.size()) + " --inputs but " +
                               Twine(outputs.size()) +
                               " --outputs: give as many, or one folder");
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!isFolder) {
      jobs[i].outputs = outputs[i].str();
      continue;
    }
    SmallString<128> path(outputs[0]);
    sys::path::append(path, sys::path::stem(inputs[i]) + ".npz");
    jobs[i].outputs = path.str().str();
  }
  StringSet<> seen;
  for (const Job &job : jobs)
    if (!seen.insert(job.outputs).second)
      return wrongUse("run", "'" + job.outputs + "' would be written twice");
  if (isFolder)
    if (std::error_code code = sys::fs::create_directories(outputs[0]))
      return cannotHandle("run", "cannot make the folder '" + outputs[0] +
                                     "': " + code.message());
  return std::nullopt;
}

static int runJob(const quantc_program *program, quantc_context *context,
                  const Job &job, int64_t repeat) {
  std::vector<NamedArray> arrays;
  std::string error;
  Feed feed;
  if (!readNpz(job.inputs, arrays, error) ||
      !feed.fill(program, arrays, job.inputs, error))
    return cannotHandle("run", error);
  std::vector<quantc_tensor> outputs(quantc_num_outputs(program));
  for (int64_t i = 0; i < repeat; ++i)
    if (quantc_run(context, feed.tensors.data(),
                   static_cast<int32_t>(feed.tensors.size()), outputs.data(),
                   static_cast<int32_t>(outputs.size())))
      return cannotHandle("run", "'" + job.inputs + "': " +
                                     quantc_last_error(context)->message);
  std::vector<NamedArray> results;
  results.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    results.push_back(copyOutput(
        *quantc_output(program, static_cast<int32_t>(i)), outputs[i]));
  if (job.outputs.empty()) {
    for_each(results, printOutput);
    return Done;
  }
  if (!writeNpz(job.outputs, results, error))
    return cannotHandle("run", error);
  return Done;
}

int quantc::runRun(ArrayRef<StringRef> arguments) {
  Options options;
  if (std::optional<int> code = parseOptions(RunCommand, arguments, options))
    return *code;
  int64_t threads = 0, repeat = 1;
  if (std::optional<StringRef> text = options.get("--threads"))
    if (!parseCount("run", "--threads", *text, 1, 1024, threads))
      return WrongUse;
  if (std::optional<StringRef> text = options.get("--repeat"))
    if (!parseCount("run", "--repeat", *text, 1, INT64_MAX, repeat))
      return WrongUse;
  std::vector<Job> jobs;
  if (std::optional<int> code = makeJobs(options, jobs))
    return *code;

  std::string error;
  std::unique_ptr<Artifact> artifact =
      Artifact::load(options.operands()[0], error);
  if (!artifact)
    return cannotHandle("run", error);
  if (jobs.empty()) {
    if (quantc_num_inputs(artifact->program()) > 0)
      return wrongUse("run", "--inputs is missing: the model's inputs are " +
                                 listInputs(artifact->program()));
    return wrongUse("run", "--inputs is missing: give an empty .npz file to a "
                           "model without inputs");
  }
  ContextPtr context(
      artifact->makeContext(static_cast<int32_t>(threads), error));
  if (!context)
    return cannotHandle("run", error);
  for (const Job &job : jobs)
    if (int code = runJob(artifact->program(), context.get(), job, repeat))
      return code;
  return Done;
}
