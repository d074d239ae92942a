//===- WeightsObject.cpp - An object file of constant data ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantc;

static constexpr uint64_t lineBytes = 64;

// The header, of just that size, is followed by the data.
static_assert(sizeof(ELF::Elf64_Ehdr) == lineBytes);

namespace {
enum Section { Null, Data, Symbols, Strings, Names, Note, NumSections };
} // namespace

template <typename T> static StringRef bytesOf(const T &record) {
  return {reinterpret_cast<const char *>(&record), sizeof record};
}

WeightsObjectWriter::WeightsObjectWriter(raw_pwrite_stream &out,
                                         const Triple &triple,
                                         StringRef section)
    : out(out), triple(triple), section(section), position(lineBytes),
      strings(1, '\0'), symbols(bytesOf(ELF::Elf64_Sym{}).str()) {
  out.write_zeros(lineBytes);
}

void WeightsObjectWriter::pad(uint64_t alignment) {
  uint64_t next = alignTo(position, alignment);
  out.write_zeros(next - position);
  position = next;
}

uint64_t WeightsObjectWriter::append(ArrayRef<uint8_t> bytes) {
  pad(lineBytes);
  uint64_t offset = position - lineBytes;
  out.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  position += bytes.size();
  return offset;
}

void WeightsObjectWriter::define(StringRef name, uint64_t offset,
                                 uint64_t size) {
  ELF::Elf64_Sym symbol{};
  symbol.st_name = strings.size();
  symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
  symbol.st_other = ELF::STV_HIDDEN;
  symbol.st_shndx = Data;
  symbol.st_value = offset;
  symbol.st_size = size;
  symbols += bytesOf(symbol);
  strings += name;
  strings += '\0';
}

void WeightsObjectWriter::finish() {
  // Elsewhere than on x86-64 every section may lie anywhere.
  bool isLarge = triple.isX86_64();
  std::string dataName = !section.empty() ? section
                         : isLarge        ? ".lrodata"
                                          : ".rodata";
  std::string names(1, '\0');
  for (StringRef name :
       {StringRef(dataName), StringRef(".symtab"), StringRef(".strtab"),
        StringRef(".shstrtab"), StringRef(".note.GNU-stack")})
    names.append(name.begin(), name.end()).push_back('\0');

  ELF::Elf64_Shdr sections[NumSections] = {};
  auto describe = [&](Section index, StringRef name, unsigned type,
                      uint64_t offset, uint64_t size,
                      uint64_t alignment) -> ELF::Elf64_Shdr & {
    ELF::Elf64_Shdr &section = sections[index];
    section.sh_name = StringRef(names).find((name + StringRef("\0", 1)).str());
    section.sh_type = type;
    section.sh_offset = offset;
    section.sh_size = size;
    section.sh_addralign = alignment;
    return section;
  };
  auto write = [&](Section index, StringRef name, unsigned type,
                   StringRef bytes, uint64_t alignment) {
    pad(alignment);
    describe(index, name, type, position, bytes.size(), alignment);
    out << bytes;
    position += bytes.size();
  };

  ELF::Elf64_Shdr &data = describe(Data, dataName, ELF::SHT_PROGBITS, lineBytes,
                                   position - lineBytes, lineBytes);
  if (section.empty())
    data.sh_flags =
        ELF::SHF_ALLOC | (isLarge ? unsigned(ELF::SHF_X86_64_LARGE) : 0);
  write(Symbols, ".symtab", ELF::SHT_SYMTAB, symbols, 8);
  sections[Symbols].sh_link = Strings;
  sections[Symbols].sh_info = 1; // the first global one
  sections[Symbols].sh_entsize = sizeof(ELF::Elf64_Sym);
  write(Strings, ".strtab", ELF::SHT_STRTAB, strings, 1);
  write(Names, ".shstrtab", ELF::SHT_STRTAB, names, 1);
  write(Note, ".note.GNU-stack", ELF::SHT_PROGBITS, "", 1);
  pad(8);
  uint64_t table = position;
  for (const ELF::Elf64_Shdr &section : sections)
    out << bytesOf(section);

  ELF::Elf64_Ehdr header{};
  memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = triple.isX86_64() ? ELF::EM_X86_64 : ELF::EM_AARCH64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = table;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = NumSections;
  header.e_shstrndx = Names;
  StringRef bytes = bytesOf(header);
  out.pwrite(bytes.data(), bytes.size(), 0);
}

Error quantc::writeSectionObject(const Triple &triple, StringRef section,
                                 StringRef contents, StringRef path) {
  std::error_code error;
  raw_fd_ostream out(path, error);
  if (!error) {
    WeightsObjectWriter writer(out, triple, section);
    writer.append(arrayRefFromStringRef(contents));
    writer.finish();
    out.close();
    error = out.error();
    out.clear_error();
  }
  return error ? createStringError("'" + path + "': " + error.message())
               : Error::success();
}
