//===- InsertWeights.cpp - Puts weights into a linked library ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linker has given the section of weights its addresses and no bytes. Here
// they are written to where its segment has them, and what follows in the file
// moves back by whole pages, so that every other segment stays at its place in
// memory.
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Support/FilePieces.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

namespace {
/// The headers of a linked file, which are edited in place: both are in the
/// host's byte order, as every target that is supported has it.
class LinkedFile {
public:
  explicit LinkedFile(MutableArrayRef<char> bytes) : bytes(bytes) {}

  ELF::Elf64_Ehdr &header() { return at<ELF::Elf64_Ehdr>(0, 1).front(); }
  MutableArrayRef<ELF::Elf64_Phdr> segments() {
    return at<ELF::Elf64_Phdr>(header().e_phoff, header().e_phnum);
  }
  MutableArrayRef<ELF::Elf64_Shdr> sections() {
    return at<ELF::Elf64_Shdr>(header().e_shoff, header().e_shnum);
  }
  ELF::Elf64_Shdr *findSection(StringRef name) {
    uint64_t names = sections()[header().e_shstrndx].sh_offset;
    for (ELF::Elf64_Shdr &section : sections())
      if (name == bytes.data() + names + section.sh_name)
        return &section;
    return nullptr;
  }
  /// The loaded segment that \p section ends, null where there is none.
  ELF::Elf64_Phdr *findSegment(const ELF::Elf64_Shdr &section) {
    for (ELF::Elf64_Phdr &segment : segments())
      if (segment.p_type == ELF::PT_LOAD &&
          segment.p_vaddr <= section.sh_addr &&
          segment.p_vaddr + segment.p_memsz ==
              section.sh_addr + section.sh_size)
        return &segment;
    return nullptr;
  }

private:
  template <typename T> MutableArrayRef<T> at(uint64_t offset, uint64_t count) {
    return {reinterpret_cast<T *>(bytes.data() + offset), count};
  }

  MutableArrayRef<char> bytes;
};

/// Where the file is cut, where in it the weights then lie, and by how much the
/// rest moves.
struct Gap {
  uint64_t begin, weights, bytes;
};
} // namespace

static Expected<Gap> openGap(LinkedFile &file, uint64_t weightBytes) {
  ELF::Elf64_Shdr *section = file.findSection(weightsSection);
  ELF::Elf64_Phdr *segment = section ? file.findSegment(*section) : nullptr;
  if (!segment || section->sh_type != ELF::SHT_NOBITS ||
      section->sh_size != weightBytes)
    return createStringError(
        "the linker did not give the weights a segment's end");
  Gap gap{segment->p_offset + segment->p_filesz,
          segment->p_offset + (section->sh_addr - segment->p_vaddr),
          alignTo(segment->p_memsz - segment->p_filesz, segment->p_align)};
  segment->p_filesz = segment->p_memsz;
  section->sh_type = ELF::SHT_PROGBITS;
  section->sh_offset = gap.weights;
  auto move = [&](auto &offset) {
    offset += offset >= gap.begin ? gap.bytes : 0;
  };
  for (ELF::Elf64_Shdr &other : file.sections())
    if (&other != section)
      move(other.sh_offset);
  for (ELF::Elf64_Phdr &other : file.segments())
    if (&other != segment)
      move(other.p_offset);
  move(file.header().e_shoff);
  return gap;
}

Error quantc::insertWeights(StringRef linked, StringRef weights,
                            StringRef path) {
  uint64_t weightBytes;
  if (std::error_code error = sys::fs::file_size(weights, weightBytes))
    return createFileError(weights, error);
  auto buffer = WritableMemoryBuffer::getFile(linked);
  if (!buffer)
    return createFileError(linked, buffer.getError());
  MutableArrayRef<char> bytes = (*buffer)->getBuffer();
  Gap gap{bytes.size(), bytes.size(), 0};
  if (weightBytes != 0) {
    LinkedFile file(bytes);
    auto opened = openGap(file, weightBytes);
    if (!opened)
      return opened.takeError();
    gap = *opened;
  }
  std::error_code error;
  raw_fd_ostream out(path, error);
  if (error)
    return createFileError(path, error);
  out.write(bytes.data(), gap.begin);
  out.write_zeros(gap.weights - gap.begin);
  Error problem = readInPieces(weights, [&](StringRef piece) { out << piece; });
  out.write_zeros(gap.begin + gap.bytes - gap.weights - weightBytes);
  out.write(bytes.data() + gap.begin, bytes.size() - gap.begin);
  out.close();
  if (out.has_error())
    problem =
        joinErrors(std::move(problem), createFileError(path, out.error()));
  out.clear_error();
  return problem;
}
