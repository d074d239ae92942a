//===- Artifact.cpp - From lowered modules to shared libraries --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/Artifact.h"
#include "Boundary.h"
#include "CheckProgram.h"
#include "RuntimeCode.h"
#include "Workspace.h"
#include "quantc/Artifact/Checksum.h"
#include "quantc/Artifact/Linker.h"
#include "quantc/Artifact/WeightsObject.h"
#include "llvm/IR/LLVMContext.h"

using namespace mlir;
using namespace quantc;

/// The runtime, whose function has the name that the options ask for.
static llvm::Expected<ObjectBytes> getRuntime(llvm::StringRef triple,
                                              llvm::StringRef prefix) {
  llvm::StringRef object = getRuntimeObject(triple);
  if (object.empty())
    return llvm::createStringError(
        "there are no shared libraries for " + triple +
        "; supported: x86_64 and aarch64 with Linux, and static objects "
        "(-o OUT.o)");
  return renameSymbol(object, "quantc_model", (prefix + "_model").str());
}

/// The program around the kernels, for the baseline of the triple.
static llvm::Expected<ObjectBytes>
compileProgram(ModuleOp module, const ProgramInfo &info, CodeKind kind) {
  auto entry = getCheckedEntry(module);
  if (!entry)
    return entry.takeError();
  llvm::LLVMContext context;
  llvm::Module program("program", context);
  auto machine = makeTargetMachine(info.target.getTriple(), "", "");
  if (!machine)
    return machine.takeError();
  program.setTargetTriple((*machine)->getTargetTriple());
  if (llvm::Error error = emitProgram(*entry, module, info, program))
    return std::move(error);
  return emitCode(program, **machine, kind);
}

/// Kernels that are part of the program's code.
static std::function<bool(ModuleOp)> getOwnKernels(ModuleOp module) {
  auto boundary = std::make_shared<Boundary>(
      module.lookupSymbol<func::FuncOp>("main"), module);
  return [boundary](ModuleOp kernel) {
    return boundary->isBoundaryKernel(kernel);
  };
}

llvm::Expected<std::string> quantc::printCode(ModuleOp module,
                                              const ProgramInfo &info,
                                              CodeKind kind, unsigned threads) {
  auto program = compileProgram(module, info, kind);
  if (!program)
    return program.takeError();
  auto texts =
      compileKernels(module, info.target, threads, kind, getOwnKernels(module));
  if (!texts)
    return texts.takeError();
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
  auto runtime = getRuntime(info.target.getTriple(), info.prefix);
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
  auto kernels = compileKernels(module, info.target, options.threads,
                                CodeKind::Object, getOwnKernels(module));
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
  if (llvm::Error error = linkSharedLibrary(
          llvm::Triple(info.target.getTriple()), workspace.getObjects(),
          info.prefix + "_model", workspace.getFolder(), linked))
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
