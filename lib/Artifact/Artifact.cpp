//===- Artifact.cpp - From lowered modules to shared libraries --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/Artifact.h"
#include "CheckProgram.h"
#include "RuntimeBitcode.h"
#include "quantc/Artifact/Checksum.h"
#include "quantc/Artifact/Linker.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace quantc;

namespace {
/// Files of one link, removed when it ends.
class Workspace {
public:
  Workspace() {
    problem = llvm::sys::fs::createUniqueDirectory("quantc", folder);
  }
  ~Workspace() {
    for (const std::string &file : files)
      llvm::sys::DontRemoveFileOnSignal(file);
    if (!problem)
      llvm::sys::fs::remove_directories(folder);
  }
  std::error_code getProblem() const { return problem; }
  llvm::StringRef getFolder() const { return folder; }
  llvm::ArrayRef<std::string> getObjects() const { return objects; }

  /// The path of one more object.
  std::string addObject() {
    objects.push_back(addFile(std::to_string(objects.size()) + ".o"));
    return objects.back();
  }
  /// The path of a file that is no object.
  std::string addFile(llvm::StringRef name) {
    files.push_back((folder + "/" + name).str());
    llvm::sys::RemoveFileOnSignal(files.back());
    return files.back();
  }

  llvm::Error write(llvm::ArrayRef<char> bytes) {
    std::string path = addObject();
    std::error_code error;
    llvm::raw_fd_ostream out(path, error);
    if (!error) {
      out.write(bytes.data(), bytes.size());
      out.close();
      error = out.error();
      out.clear_error();
    }
    return error ? llvm::createFileError(path, error) : llvm::Error::success();
  }

private:
  llvm::SmallString<128> folder;
  std::error_code problem;
  std::vector<std::string> objects, files;
};
} // namespace

/// Opens a file that is written by its temporary name.
static llvm::Error openOutput(OutputFile &file, const std::string &path) {
  std::string error;
  if (!file.open(path, error))
    return llvm::createStringError(error);
  if (file.getTemporary().empty())
    return llvm::createStringError("cannot write '" + path +
                                   "': it is a device or a pipe; supported: "
                                   "files");
  llvm::sys::RemoveFileOnSignal(file.getTemporary());
  return llvm::Error::success();
}

static llvm::Error commitOutput(OutputFile &file) {
  std::string error, temporary = file.getTemporary();
  if (!file.commit(error))
    return llvm::createStringError(error);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  return llvm::Error::success();
}

/// The runtime, for the baseline of the triple: what looks for the CPU's
/// features must run on every CPU.
static llvm::Expected<ObjectBytes> compileRuntime(const CpuTarget &target,
                                                  llvm::StringRef prefix) {
  // The runtime has a few lines of assembly.
  llvm::InitializeAllAsmParsers();
  llvm::LLVMContext context;
  llvm::StringRef bitcode = getRuntimeBitcode(target.getTriple());
  if (bitcode.empty())
    return llvm::createStringError(
        "there is no runtime for " + target.getTriple() +
        "; supported: x86_64 and aarch64 with Linux");
  auto module = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(bitcode, "runtime"), context);
  if (!module)
    return module.takeError();
  if (!prefix.empty())
    (*module)->getFunction("quantc_model")->setName(prefix + "_model");
  auto machine = makeTargetMachine(target.getTriple(), "", "");
  if (!machine)
    return machine.takeError();
  return emitCode(**module, **machine, CodeKind::Object);
}

/// The program around the kernels, for the baseline as well.
static llvm::Expected<ObjectBytes>
compileProgram(ModuleOp module, const ProgramInfo &info, CodeKind kind) {
  auto entry = module.lookupSymbol<func::FuncOp>("main");
  if (!entry)
    return llvm::createStringError("the module has no function 'main'");
  if (failed(checkProgram(entry, module))) // which has said why
    return llvm::createStringError("");
  llvm::LLVMContext context;
  llvm::Module program("program", context);
  auto machine = makeTargetMachine(info.target.getTriple(), "", "");
  if (!machine)
    return machine.takeError();
  program.setTargetTriple((*machine)->getTargetTriple());
  if (llvm::Error error = emitProgram(entry, module, info, program))
    return std::move(error);
  return emitCode(program, **machine, kind);
}

llvm::Expected<std::string> quantc::printCode(ModuleOp module,
                                              const ProgramInfo &info,
                                              CodeKind kind, unsigned threads) {
  auto texts = compileKernels(module, info.target, threads, kind);
  if (!texts)
    return texts.takeError();
  auto program = compileProgram(module, info, kind);
  if (!program)
    return program.takeError();
  texts->push_back(std::move(*program));
  std::string all;
  for (const ObjectBytes &text : *texts)
    all.append(text.begin(), text.end());
  return all;
}

static llvm::Error writeObjects(ModuleOp module, const ProgramInfo &info,
                                const ArtifactOptions &options,
                                Workspace &workspace,
                                llvm::StringRef weightBytes) {
  // What is found quickly to be wrong comes first.
  auto program = compileProgram(module, info, CodeKind::Object);
  if (!program)
    return program.takeError();
  if (llvm::Error error = workspace.write(*program))
    return error;
  auto runtime = compileRuntime(info.target, options.prefix);
  if (!runtime)
    return runtime.takeError();
  if (llvm::Error error = workspace.write(*runtime))
    return error;
  options.onStep("runtime");
  llvm::Triple triple(info.target.getTriple());
  for (const auto &[name, contents] : options.sections)
    if (llvm::Error error =
            writeSectionObject(triple, name, contents, workspace.addObject()))
      return error;
  auto kernels =
      compileKernels(module, info.target, options.threads, CodeKind::Object);
  if (!kernels)
    return kernels.takeError();
  for (const ObjectBytes &object : *kernels)
    if (llvm::Error error = workspace.write(object))
      return error;
  options.onStep("kernels");
  if (llvm::Error error = writeWeights(
          module, triple, options.threads,
          {workspace.addObject(), weightBytes.str(), options.weights}))
    return error;
  options.onStep("weights");
  return llvm::Error::success();
}

llvm::Error quantc::writeSharedLibrary(ModuleOp module, const ProgramInfo &info,
                                       const ArtifactOptions &options,
                                       llvm::StringRef path) {
  // A place that cannot be written is found before the work is done.
  OutputFile library, weights;
  if (llvm::Error error = openOutput(library, path.str()))
    return error;
  ArtifactOptions own = options;
  ProgramInfo described = info;
  described.hasWeightsFile = !options.weights.path.empty();
  if (described.hasWeightsFile) {
    if (llvm::Error error = openOutput(weights, options.weights.path))
      return error;
    own.weights.path = weights.getTemporary();
  }
  Workspace workspace;
  if (std::error_code problem = workspace.getProblem())
    return llvm::createStringError("no temporary folder: " + problem.message());
  std::string linked = workspace.addFile("linked.so"),
              weightBytes = workspace.addFile("weights");
  if (llvm::Error error =
          writeObjects(module, described, own, workspace, weightBytes))
    return error;
  std::string symbol =
      (options.prefix.empty() ? std::string("quantc") : options.prefix) +
      "_model";
  if (llvm::Error error = linkSharedLibrary(
          llvm::Triple(info.target.getTriple()), workspace.getObjects(), symbol,
          workspace.getFolder(), linked))
    return error;
  if (llvm::Error error =
          insertWeights(linked, weightBytes, library.getTemporary()))
    return error;
  if (llvm::Error error = appendChecksum(library.getTemporary()))
    return error;
  if (described.hasWeightsFile)
    if (llvm::Error error = commitOutput(weights))
      return error;
  if (llvm::Error error = commitOutput(library))
    return error;
  options.onStep("link");
  return llvm::Error::success();
}
