//===- StaticObject.cpp - Models as object files ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Boundary.h"
#include "CheckProgram.h"
#include "RuntimeCode.h"
#include "StaticProgram.h"
#include "Workspace.h"
#include "quantc/Artifact/Artifact.h"
#include "quantc/Artifact/Linker.h"
#include "quantc/Artifact/StackUse.h"
#include "quantc/Artifact/WeightsObject.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include <set>

using namespace mlir;
using namespace quantc;

namespace {
/// What object files define and what they refer to.
struct Symbols {
  llvm::StringSet<> defined;
  std::set<std::string> used;
  uint32_t flags = 0; ///< of their headers

  llvm::Error read(const ObjectBytes &object);
  std::vector<std::string> getMissing() const {
    std::vector<std::string> missing;
    for (const std::string &name : used)
      if (!defined.contains(name))
        missing.push_back(name);
    return missing;
  }
};
} // namespace

llvm::Error Symbols::read(const ObjectBytes &object) {
  auto file = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef({object.data(), object.size()}, "object"));
  if (!file)
    return file.takeError();
  flags |= cast<llvm::object::ELFObjectFileBase>(**file).getPlatformFlags();
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto symbolFlags = symbol.getFlags();
    auto name = symbol.getName();
    if (!symbolFlags || !name)
      return llvm::joinErrors(symbolFlags.takeError(), name.takeError());
    if (name->empty())
      continue;
    if (*symbolFlags & llvm::object::SymbolRef::SF_Undefined)
      used.insert(name->str());
    else if (*symbolFlags & llvm::object::SymbolRef::SF_Global)
      defined.insert(*name);
  }
  return llvm::Error::success();
}

/// Code of the functions \p names, of those that instructions of few targets
/// do: copies of memory, quotients of 64 bits, arithmetic on floats.
static llvm::Expected<ObjectBytes>
compileBuiltins(const CpuTarget &target, ArrayRef<std::string> names) {
  llvm::LLVMContext context;
  auto module = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(getBuiltinsBitcode(target.getTriple()), "builtins"),
      context);
  if (!module)
    return module.takeError();
  auto machine = makeTargetMachine(target);
  if (!machine)
    return machine.takeError();
  std::vector<std::string> unknown;
  for (const std::string &name : names) {
    llvm::Function *function = (*module)->getFunction(name);
    if (!function || function->isDeclaration())
      unknown.push_back("'" + name + "'");
  }
  if (!unknown.empty())
    return llvm::createStringError(
        "the code would call " + llvm::join(unknown, ", ") +
        " of a library, and a static object needs none: " + target.getTriple() +
        " with CPU " + target.getCpu() +
        " has no instruction for what the model computes (--integer-only "
        "models need few)");
  for (llvm::Function &function :
       llvm::make_early_inc_range((*module)->functions())) {
    if (function.isDeclaration())
      continue;
    // Compiled for the plainest of CPUs.
    function.removeFnAttr("target-cpu");
    function.removeFnAttr("target-features");
    function.removeFnAttr("tune-cpu");
    if (!llvm::is_contained(names, function.getName()))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
  // What nothing calls is left out.
  for (bool isChanged = true; isChanged;) {
    isChanged = false;
    for (llvm::Function &function :
         llvm::make_early_inc_range((*module)->functions()))
      if (function.hasLocalLinkage() && function.use_empty()) {
        function.eraseFromParent();
        isChanged = true;
      }
  }
  return emitCode(**module, **machine, CodeKind::MeasuredObject);
}

/// Adds what \p symbols lack; code for it may need more.
static llvm::Error addBuiltins(const CpuTarget &target, Symbols &symbols,
                               Workspace &workspace) {
  std::vector<std::string> names = symbols.getMissing();
  while (!names.empty()) {
    auto object = compileBuiltins(target, names);
    if (!object)
      return object.takeError();
    Symbols own = symbols;
    if (llvm::Error error = own.read(*object))
      return error;
    std::vector<std::string> more = own.getMissing();
    if (more.empty())
      return workspace.write(*object);
    names.insert(names.end(), more.begin(), more.end());
  }
  return llvm::Error::success();
}

static llvm::Expected<StaticInterface>
writeObjects(ModuleOp module, const ProgramInfo &info,
             const ArtifactOptions &options, Workspace &workspace) {
  auto entry = getCheckedEntry(module);
  if (!entry)
    return entry.takeError();
  llvm::LLVMContext context;
  llvm::Module program("program", context);
  auto machine = makeTargetMachine(info.target);
  if (!machine)
    return machine.takeError();
  program.setTargetTriple((*machine)->getTargetTriple());
  auto interface = emitStaticProgram(*entry, module, info, program);
  if (!interface)
    return interface.takeError();
  Symbols symbols;
  auto add = [&](const ObjectBytes &object) {
    if (llvm::Error error = symbols.read(object))
      return error;
    return workspace.write(object);
  };
  auto object = emitCode(program, **machine, CodeKind::MeasuredObject);
  if (!object)
    return object.takeError();
  if (llvm::Error error = add(*object))
    return std::move(error);
  options.onStep("runtime");
  Boundary boundary(*entry, module);
  auto kernels = compileKernels(
      module, info.target, options.threads, CodeKind::MeasuredObject,
      [&](ModuleOp kernel) { return boundary.isBoundaryKernel(kernel); });
  if (!kernels)
    return kernels.takeError();
  for (const ObjectBytes &kernel : *kernels)
    if (llvm::Error error = add(kernel))
      return std::move(error);
  options.onStep("kernels");
  for (auto global : module.getOps<qt::GlobalOp>())
    symbols.defined.insert(global.getSymName());
  if (llvm::Error error = addBuiltins(info.target, symbols, workspace))
    return std::move(error);
  ObjectTarget target(llvm::Triple(info.target.getTriple()), symbols.flags);
  for (const auto &[name, contents] : options.sections)
    if (llvm::Error error =
            writeSectionObject(target, name, contents, workspace.addObject()))
      return std::move(error);
  if (llvm::Error error = writeWeights(module, target, options.threads,
                                       {workspace.addObject(),
                                        workspace.addFile("weights"),
                                        {},
                                        /*isStatic=*/true}))
    return std::move(error);
  options.onStep("weights");
  return interface;
}

llvm::Error quantc::writeStaticObject(ModuleOp module, const ProgramInfo &info,
                                      const ArtifactOptions &options,
                                      llvm::StringRef path,
                                      llvm::StringRef headerPath) {
  OutputFile object, header;
  if (llvm::Error error = openOutput(object, path.str()))
    return error;
  if (llvm::Error error = openOutput(header, headerPath.str()))
    return error;
  Workspace workspace;
  if (std::error_code problem = workspace.getProblem())
    return llvm::createStringError("no temporary folder: " + problem.message());
  auto interface = writeObjects(module, info, options, workspace);
  if (!interface)
    return interface.takeError();
  std::vector<std::string> exported;
  for (const StaticFunction &function : interface->functions)
    exported.push_back(function.name);
  if (llvm::Error error =
          linkObjects(workspace.getObjects(), exported, workspace.getFolder(),
                      object.getTemporary()))
    return error;
  auto stack = measureStack(object.getTemporary());
  if (!stack)
    return stack.takeError();
  interface->stackBytes = *stack;
  std::string text = interface->print(info), problem;
  if (!header.write(text.data(), text.size(), problem))
    return llvm::createStringError(problem);
  if (llvm::Error error = commitOutput(object))
    return error;
  if (llvm::Error error = commitOutput(header))
    return error;
  options.onStep("link");
  return llvm::Error::success();
}
