//===- StackUse.cpp - How much stack functions take -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The code generator writes the size of every frame to sections `.stack_sizes`:
// an address, which is a relocation, and a LEB128 number. Who calls whom is in
// the relocations of code, for every function has a section of its own.
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/StackUse.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/DataExtractor.h"
#include "llvm/Support/MemoryBuffer.h"
#include <map>

using namespace llvm;
using namespace quantc;

namespace {
/// The functions of an object by the index of their section.
class Frames {
public:
  explicit Frames(const object::ELFObjectFileBase &file) : file(file) {}
  Error read();
  std::optional<uint64_t> getLargest();

private:
  struct Function {
    std::optional<uint64_t> frame;
    SetVector<uint64_t> callees;
    std::optional<uint64_t> depth; ///< of it and what it calls
    bool isOpen = false;           ///< while its depth is looked for
  };

  Error readSizes(const object::SectionRef &relocations,
                  const object::SectionRef &sizes);
  Error readCalls(const object::SectionRef &relocations,
                  const object::SectionRef &code);
  /// The section of code that a relocation refers to, if it is one.
  Expected<std::optional<uint64_t>>
  getTarget(const object::RelocationRef &relocation) const;
  std::optional<uint64_t> getDepth(uint64_t section);

  const object::ELFObjectFileBase &file;
  std::map<uint64_t, Function> functions;
};
} // namespace

Expected<std::optional<uint64_t>>
Frames::getTarget(const object::RelocationRef &relocation) const {
  object::symbol_iterator symbol = relocation.getSymbol();
  if (symbol == file.symbol_end())
    return std::nullopt;
  auto section = symbol->getSection();
  if (!section)
    return section.takeError();
  if (*section == file.section_end() || !(*section)->isText())
    return std::nullopt;
  return std::optional((*section)->getIndex());
}

Error Frames::readSizes(const object::SectionRef &relocations,
                        const object::SectionRef &sizes) {
  auto contents = sizes.getContents();
  if (!contents)
    return contents.takeError();
  DataExtractor data(*contents, file.isLittleEndian(),
                     file.getBytesInAddress());
  for (const object::RelocationRef &relocation : relocations.relocations()) {
    auto target = getTarget(relocation);
    if (!target)
      return target.takeError();
    if (!*target)
      continue;
    DataExtractor::Cursor at(relocation.getOffset() + file.getBytesInAddress());
    uint64_t frame = data.getULEB128(at);
    if (!at)
      return at.takeError();
    // Of several in one section no more is known than that they are there.
    Function &function = functions[**target];
    function.frame = function.frame.value_or(0) + frame;
  }
  return Error::success();
}

Error Frames::readCalls(const object::SectionRef &relocations,
                        const object::SectionRef &code) {
  for (const object::RelocationRef &relocation : relocations.relocations()) {
    auto target = getTarget(relocation);
    if (!target)
      return target.takeError();
    // Branches within a function may be relocations, too.
    if (*target && **target != code.getIndex())
      functions[code.getIndex()].callees.insert(**target);
  }
  return Error::success();
}

Error Frames::read() {
  for (const object::SectionRef &section : file.sections()) {
    if (section.isText() && section.getSize() > 0)
      functions[section.getIndex()];
    auto relocated = section.getRelocatedSection();
    if (!relocated)
      return relocated.takeError();
    if (*relocated == file.section_end())
      continue;
    auto name = (*relocated)->getName();
    if (!name)
      return name.takeError();
    Error error = *name == ".stack_sizes"  ? readSizes(section, **relocated)
                  : (*relocated)->isText() ? readCalls(section, **relocated)
                                           : Error::success();
    if (error)
      return error;
  }
  return Error::success();
}

std::optional<uint64_t> Frames::getDepth(uint64_t section) {
  Function &function = functions[section];
  if (function.depth)
    return function.depth;
  if (!function.frame || function.isOpen)
    return std::nullopt;
  function.isOpen = true;
  uint64_t below = 0;
  for (uint64_t callee : function.callees) {
    std::optional<uint64_t> own = getDepth(callee);
    if (!own)
      return std::nullopt;
    below = std::max(below, *own);
  }
  function.isOpen = false;
  // On x86 a call pushes where to go back to, and a frame for wide registers
  // begins at a multiple of 64 bytes.
  bool isX86 = file.getArch() == Triple::x86_64;
  function.depth = *function.frame + (isX86 ? 8 + 48 : 0) + below;
  return function.depth;
}

std::optional<uint64_t> Frames::getLargest() {
  uint64_t largest = 0;
  for (const object::SectionRef &section : file.sections()) {
    if (!functions.count(section.getIndex()))
      continue;
    std::optional<uint64_t> depth = getDepth(section.getIndex());
    if (!depth)
      return std::nullopt;
    largest = std::max(largest, *depth);
  }
  return largest;
}

Expected<std::optional<uint64_t>> quantc::measureStack(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createFileError(path, buffer.getError());
  auto file =
      object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef());
  if (!file)
    return file.takeError();
  Frames frames(*cast<object::ELFObjectFileBase>(file->get()));
  if (Error error = frames.read())
    return std::move(error);
  return frames.getLargest();
}
