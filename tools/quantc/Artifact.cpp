//===- Artifact.cpp - An artefact that was loaded ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "quantc/Artifact/Checksum.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

#include <dlfcn.h>

using namespace llvm;
using namespace quantc;

static constexpr char ModelSuffix[] = "_model";

bool quantc::isElfFile(StringRef path) {
  file_magic magic;
  return !identify_magic(path, magic) && magic >= file_magic::elf &&
         magic <= file_magic::elf_core;
}

/// Finds what the library exports, by reading the file: its code must not run
/// before it is known to be an artefact. Compiled with --name=N, it exports
/// N_model.
static bool findModelSymbol(StringRef path, std::string &symbol,
                            std::string &error) {
  auto fail = [&](const Twine &why) {
    error =
        ("'" + path + "' is not an artefact that can be loaded: " + why).str();
    return false;
  };
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error =
        ("cannot open '" + path + "': " + buffer.getError().message()).str();
    return false;
  }
  if (isDamaged((*buffer)->getBuffer()))
    return fail("it is damaged: its bytes are not those that were written");
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef());
  if (!file) {
    consumeError(file.takeError());
    return fail("it is not an ELF shared library");
  }
  auto *elf = dyn_cast<object::ELFObjectFileBase>(file->get());
  if (!elf || elf->getEType() != ELF::ET_DYN)
    return fail("it is not a shared library");
#if defined(__x86_64__)
  constexpr unsigned Machine = ELF::EM_X86_64;
#elif defined(__aarch64__)
  constexpr unsigned Machine = ELF::EM_AARCH64;
#endif
  if (elf->getEMachine() != Machine || elf->getBytesInAddress() != 8)
    return fail("it was compiled for another architecture");
  for (object::ELFSymbolRef candidate : elf->getDynamicSymbolIterators()) {
    Expected<StringRef> name = candidate.getName();
    Expected<uint32_t> flags = candidate.getFlags();
    if (!name || !flags) {
      consumeError(name.takeError());
      consumeError(flags.takeError());
      return fail("its symbol table is damaged");
    }
    if (!(*flags & object::SymbolRef::SF_Undefined) &&
        candidate.getELFType() == ELF::STT_FUNC &&
        name->ends_with(ModelSuffix)) {
      symbol = name->str();
      return true;
    }
  }
  return fail("it does not export 'quantc_model' or 'NAME_model'");
}

std::unique_ptr<Artifact> Artifact::load(StringRef path, std::string &error) {
  std::string symbol;
  if (!findModelSymbol(path, symbol, error))
    return nullptr;
  // Without a slash, the library path would be searched.
  std::string file = (path.contains('/') ? path : "./" + path.str()).str();
  std::unique_ptr<Artifact> artifact(new Artifact);
  artifact->handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!artifact->handle) {
    error = ("cannot load '" + path + "': " + dlerror()).str();
    return nullptr;
  }
  auto function = reinterpret_cast<quantc_model_function>(
      dlsym(artifact->handle, symbol.c_str()));
  quantc_error problem;
  if (!function) {
    error = ("cannot load '" + path + "': " + dlerror()).str();
    return nullptr;
  }
  if (quantc_open(function(), nullptr, &artifact->opened, &problem)) {
    error = ("cannot open '" + path + "': " + problem.message).str();
    return nullptr;
  }
  return artifact;
}

Artifact::~Artifact() {
  quantc_close(opened);
  if (handle)
    dlclose(handle);
}

quantc_context *Artifact::makeContext(int32_t threads, std::string &error) {
  quantc_context_options options = {};
  options.threads = threads;
  quantc_context *context = nullptr;
  quantc_error problem;
  if (quantc_context_create(opened, &options, &context, &problem))
    error = problem.message;
  return context;
}

std::string quantc::formatDims(const quantc_program *program,
                               const quantc_value_info &info) {
  std::string text;
  for (int32_t i = 0; i < info.rank; ++i) {
    int64_t dim = info.dims[i];
    if (i)
      text += ", ";
    if (dim >= 0)
      text += std::to_string(dim);
    else if (dim == QUANTC_DIM_COMPUTED)
      text += "?";
    else
      text += quantc_dim(program, static_cast<int32_t>(-(dim + 1)))->name;
  }
  return "[" + text + "]";
}
