//===- WeightsObject.cpp - An object file of constant data ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantc;

static constexpr uint64_t lineBytes = 64;

namespace {
enum Section { Null, Data, Symbols, Strings, Names, Note, NumSections };

/// The section that the file is there for.
struct DataSection {
  StringRef name;
  StringRef contents; ///< empty where the file is not to have them
  uint64_t size;
  uint64_t flags;
};
} // namespace

template <typename T> static StringRef bytesOf(const T &record) {
  return {reinterpret_cast<const char *>(&record), sizeof record};
}

/// An object file of one section of data, with what linkers want beside it.
static void writeObject(raw_ostream &out, const Triple &triple,
                        const DataSection &data, StringRef symbols,
                        StringRef strings) {
  ELF::Elf64_Ehdr header{};
  ELF::Elf64_Shdr sections[NumSections] = {};
  std::string names(1, '\0'), body;
  auto pad = [&](uint64_t alignment) {
    uint64_t position = sizeof header + body.size();
    body.append(alignTo(position, alignment) - position, '\0');
    return sizeof header + body.size();
  };
  auto add = [&](Section index, StringRef name, unsigned type, StringRef bytes,
                 uint64_t alignment) -> ELF::Elf64_Shdr & {
    ELF::Elf64_Shdr &section = sections[index];
    section.sh_name = names.size();
    names.append(name.begin(), name.end()).push_back('\0');
    section.sh_type = type;
    section.sh_offset = pad(alignment);
    section.sh_size = bytes.size();
    section.sh_addralign = alignment;
    body += bytes;
    return section;
  };
  ELF::Elf64_Shdr &section = add(
      Data, data.name,
      data.size == data.contents.size() ? ELF::SHT_PROGBITS : ELF::SHT_NOBITS,
      data.contents, lineBytes);
  section.sh_size = data.size;
  section.sh_flags = data.flags;
  ELF::Elf64_Shdr &table = add(Symbols, ".symtab", ELF::SHT_SYMTAB, symbols, 8);
  table.sh_link = Strings;
  table.sh_info = 1; // the first global one
  table.sh_entsize = sizeof(ELF::Elf64_Sym);
  add(Strings, ".strtab", ELF::SHT_STRTAB, strings, 1);
  add(Note, ".note.GNU-stack", ELF::SHT_PROGBITS, "", 1);
  // The last one: its own name is among its bytes.
  std::string all = names + ".shstrtab" + '\0';
  add(Names, ".shstrtab", ELF::SHT_STRTAB, all, 1);

  memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = triple.isX86_64() ? ELF::EM_X86_64 : ELF::EM_AARCH64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = pad(8);
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = NumSections;
  header.e_shstrndx = Names;
  out << bytesOf(header) << body << bytesOf(sections);
}

WeightsObjectWriter::WeightsObjectWriter(raw_ostream &data)
    : data(data), strings(1, '\0'), symbols(bytesOf(ELF::Elf64_Sym{}).str()) {}

uint64_t WeightsObjectWriter::append(ArrayRef<uint8_t> bytes) {
  uint64_t offset = alignTo(size, lineBytes);
  data.write_zeros(offset - size);
  data.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  size = offset + bytes.size();
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

void WeightsObjectWriter::writeObject(raw_ostream &out,
                                      const Triple &triple) const {
  // Elsewhere than on x86-64 every section may lie anywhere.
  uint64_t flags = ELF::SHF_ALLOC;
  if (triple.isX86_64())
    flags |= ELF::SHF_X86_64_LARGE;
  ::writeObject(out, triple, {weightsSection, "", size, flags}, symbols,
                strings);
}

Error quantc::writeSectionObject(const Triple &triple, StringRef section,
                                 StringRef contents, StringRef path) {
  std::error_code error;
  raw_fd_ostream out(path, error);
  if (!error) {
    ::writeObject(out, triple, {section, contents, contents.size(), 0},
                  bytesOf(ELF::Elf64_Sym{}), StringRef("\0", 1));
    out.close();
    error = out.error();
    out.clear_error();
  }
  return error ? createFileError(path, error) : Error::success();
}
