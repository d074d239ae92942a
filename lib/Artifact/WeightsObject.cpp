//===- WeightsObject.cpp - An object file of constant data -*- C++ -*-===//
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

template <typename T> static void append(std::string &bytes, const T &record) {
  bytes.append(reinterpret_cast<const char *>(&record), sizeof record);
}

static void pad(raw_ostream &out, uint64_t &position, uint64_t alignment) {
  uint64_t next = alignTo(position, alignment);
  out.write_zeros(next - position);
  position = next;
}

void quantc::writeWeightsObject(raw_ostream &out, const Triple &triple, ArrayRef<DataItem> items) {
  // Sections: none, data, symbols, strings, names, stack note.
  enum Section { Null, Data, Symbols, Strings, Names, Note, NumSections };
  static const char sectionNames[] = "\0.lrodata\0.rodata\0.symtab\0.strtab\0.shstrtab\0.note.GNU-stack";
  const StringRef names(sectionNames, sizeof sectionNames);
  auto nameAt = [&](StringRef name) { return static_cast<ELF::Elf64_Word>(names.find(name)); };

  std::string strings(1, '\0'), symbols;
  append(symbols, ELF::Elf64_Sym{});
  uint64_t dataBytes = 0;
  for (const DataItem &item : items) {
    dataBytes = alignTo(dataBytes, lineBytes);
    for (const std::string &name : item.symbols) {
      ELF::Elf64_Sym symbol{};
      symbol.st_name = strings.size();
      symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
      symbol.st_other = ELF::STV_HIDDEN;
      symbol.st_shndx = Data;
      symbol.st_value = dataBytes;
      symbol.st_size = item.bytes.size();
      append(symbols, symbol);
      strings += name;
      strings += '\0';
    }
    dataBytes += item.bytes.size();
  }

  ELF::Elf64_Shdr sections[NumSections] = {};
  uint64_t position = lineBytes; // behind the header, which has 64 bytes
  auto place = [&](Section index, StringRef name, unsigned type, uint64_t size, uint64_t alignment) {
    position = alignTo(position, alignment);
    ELF::Elf64_Shdr &section = sections[index];
    section.sh_name = nameAt(name);
    section.sh_type = type;
    section.sh_offset = position;
    section.sh_size = size;
    section.sh_addralign = alignment;
    position += size;
  };
  place(Data, triple.isX86_64() ? ".lrodata" : ".rodata", ELF::SHT_PROGBITS, dataBytes, lineBytes);
  sections[Data].sh_flags = ELF::SHF_ALLOC | (triple.isX86_64() ? ELF::SHF_X86_64_LARGE : 0);
  place(Symbols, ".symtab", ELF::SHT_SYMTAB, symbols.size(), 8);
  sections[Symbols].sh_link = Strings;
  sections[Symbols].sh_info = 1; // the first global one
  sections[Symbols].sh_entsize = sizeof(ELF::Elf64_Sym);
  place(Strings, ".strtab", ELF::SHT_STRTAB, strings.size(), 1);
  place(Names, ".shstrtab", ELF::SHT_STRTAB, names.size(), 1);
  place(Note, ".note.GNU-stack", ELF::SHT_PROGBITS, 0, 1);
  uint64_t table = alignTo(position, 8);

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

  uint64_t written = sizeof header;
  out.write(reinterpret_cast<const char *>(&header), sizeof header);
  auto write = [&](const void *data, uint64_t size) {
    out.write(static_cast<const char *>(data), size);
    written += size;
  };
  pad(out, written, lineBytes);
  uint64_t begin = written;
  for (const DataItem &item : items) {
    uint64_t inside = written - begin;
    out.write_zeros(alignTo(inside, lineBytes) - inside);
    written = begin + alignTo(inside, lineBytes);
    write(item.bytes.data(), item.bytes.size());
  }
  pad(out, written, 8);
  write(symbols.data(), symbols.size());
  write(strings.data(), strings.size());
  write(names.data(), names.size());
  pad(out, written, 8);
  out.write(reinterpret_cast<const char *>(sections), sizeof sections);
}
