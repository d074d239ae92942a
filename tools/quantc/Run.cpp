//===- Run.cpp - quantc run -------------------------------------*- C++ -*-===//
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

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec RunOptions[] = {
    {"--inputs", OptionSpec::Value, "IN.npz|DIR",
     "arrays by the names of the model's inputs, or a folder with ONNX tensors "
     "by their numbers: input_0.pb, input_1.pb, ...; several are run one after "
     "the other in one context",
     /*isRepeatable=*/true},
    {"--outputs", OptionSpec::Value, "OUT.npz|DIR/",
     "where to write the outputs: one place for every --inputs, or one folder, "
     "which gets files of the inputs' names; a folder of ONNX tensors becomes "
     "one, output_0.pb, output_1.pb, ...; without it shapes are printed",
     /*isRepeatable=*/true},
    {"--threads", OptionSpec::Value, "N",
     "threads that take part; default: one per CPU"},
    {"--repeat", OptionSpec::Value, "N",
     "run every input N times and keep the last outputs"},
};

static constexpr CommandSpec RunCommand = {
    "run", "ARTEFACT",
    "Loads a compiled model (.so), runs it on arrays from .npz files or ONNX "
    "tensor files, and writes its outputs to files of the same kind.",
    "", RunOptions};

namespace {

/// An input file or folder and where its outputs go (empty: nowhere).
struct Job {
  std::string inputs;
  std::string outputs;
  bool isFolder; ///< whether the outputs' place is one
};

} // namespace

static void printOutput(const NamedArray &array) {
  outs() << array.name << ": " << quantc_dtype_name(array.dtype) << " [";
  interleaveComma(array.dims, outs());
  outs() << "]\n";
}

static bool isFolderName(StringRef path) {
  return path.ends_with("/") || sys::fs::is_directory(path);
}

/// Where the outputs of `input` go, of which there are several, or that is an
/// .npz file, when `folder` is to hold all of them.
static std::string getPlaceIn(StringRef folder, const Job &job) {
  SmallString<128> path(folder);
  StringRef input = StringRef(job.inputs).rtrim('/');
  if (job.isFolder)
    sys::path::append(path, sys::path::filename(input));
  else
    sys::path::append(path, sys::path::stem(input) + ".npz");
  return path.str().str();
}

/// Pairs input and output files.
static std::optional<int> makeJobs(const Options &options,
                                   std::vector<Job> &jobs) {
  SmallVector<StringRef> inputs = options.all("--inputs");
  SmallVector<StringRef> outputs = options.all("--outputs");
  for (StringRef input : inputs)
    jobs.push_back({input.str(), "", sys::fs::is_directory(input)});
  if (outputs.empty())
    return std::nullopt;
  bool isShared = outputs.size() == 1 && isFolderName(outputs[0]) &&
                  !(jobs.size() == 1 && jobs[0].isFolder);
  if (!isShared && outputs.size() != inputs.size())
    return wrongUse("run", Twine(inputs.size()) + " --inputs but " +
                               Twine(outputs.size()) +
                               " --outputs: give as many, or one folder");
  StringSet<> seen;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!isShared && !jobs[i].isFolder && isFolderName(outputs[i]))
      return wrongUse("run", "the outputs of '" + inputs[i] +
                                 "' go to a file, but '" + outputs[i] +
                                 "' is a folder");
    jobs[i].outputs =
        isShared ? getPlaceIn(outputs[0], jobs[i]) : outputs[i].str();
    // A folder's outputs may be asked for in one file.
    jobs[i].isFolder &= isShared || !outputs[i].ends_with(".npz");
    if (!seen.insert(StringRef(jobs[i].outputs).rtrim('/')).second)
      return wrongUse("run",
                      "'" + jobs[i].outputs + "' would be written twice");
  }
  if (isShared)
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
  if (!readInputs(job.inputs, getInputNames(program), arrays, error) ||
      !feed.fill(program, arrays, job.inputs, error))
    return cannotHandle("run", error);
  std::vector<quantc_tensor> outputs(quantc_num_outputs(program));
  for (int64_t i = 0; i < repeat; ++i)
    if (quantc_run(context, feed.tensors.data(),
                   static_cast<int32_t>(feed.tensors.size()), outputs.data(),
                   static_cast<int32_t>(outputs.size())))
      return cannotHandle("run", "'" + job.inputs + "': " +
                                     quantc_last_error(context)->message);
  std::vector<NamedArray> results = copyOutputs(program, outputs);
  if (job.outputs.empty()) {
    for_each(results, printOutput);
    return Done;
  }
  if (!writeOutputs(job.outputs, job.isFolder, results, error))
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
