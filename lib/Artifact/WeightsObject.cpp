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

struct Elf32 {
  using Header = ELF::Elf32_Ehdr;
  using SectionHeader = ELF::Elf32_Shdr;
  using Symbol = ELF::Elf32_Sym;
  static constexpr unsigned fileClass = ELF::ELFCLASS32;
};

struct Elf64 {
  using Header = ELF::Elf64_Ehdr;
  using SectionHeader = ELF::Elf64_Shdr;
  using Symbol = ELF::Elf64_Sym;
  static constexpr unsigned fileClass = ELF::ELFCLASS64;
};
} // namespace

template <typename T> static StringRef bytesOf(const T &record) {
  return {reinterpret_cast<const char *>(&record), sizeof record};
}

static uint16_t getMachine(const Triple &triple) {
  if (triple.isX86_64())
    return ELF::EM_X86_64;
  return triple.isRISCV() ? ELF::EM_RISCV : ELF::EM_AARCH64;
}

/// An object file of one section of data, with what linkers want beside it.
template <typename Elf>
static void
writeFile(raw_ostream &out, const ObjectTarget &target, const DataSection &data,
          ArrayRef<WeightsObjectWriter::Symbol> symbols, StringRef strings) {
  typename Elf::Header header{};
  typename Elf::SectionHeader sections[NumSections] = {};
  // What comes before the contents, which may be large, and what behind them.
  uint64_t begin = alignTo(sizeof header, lineBytes);
  std::string names(1, '\0'), body;
  auto pad = [&](uint64_t alignment) {
    uint64_t position = begin + data.contents.size() + body.size();
    body.append(alignTo(position, alignment) - position, '\0');
    return begin + data.contents.size() + body.size();
  };
  auto add = [&](Section index, StringRef name, unsigned type, uint64_t offset,
                 uint64_t size, uint64_t alignment) ->
      typename Elf::SectionHeader & {
        typename Elf::SectionHeader &section = sections[index];
        section.sh_name = names.size();
        names.append(name.begin(), name.end()).push_back('\0');
        section.sh_type = type;
        section.sh_offset = offset;
        section.sh_size = size;
        section.sh_addralign = alignment;
        return section;
      };
  auto append = [&](Section index, StringRef name, unsigned type,
                    StringRef bytes, uint64_t alignment) ->
      typename Elf::SectionHeader & {
        uint64_t offset = pad(alignment);
        body += bytes;
        return add(index, name, type, offset, bytes.size(), alignment);
      };
  add(Data, data.name,
      data.size == data.contents.size() ? ELF::SHT_PROGBITS : ELF::SHT_NOBITS,
      begin, data.size, lineBytes)
      .sh_flags = data.flags;
  std::string table = bytesOf(typename Elf::Symbol{}).str();
  for (const WeightsObjectWriter::Symbol &symbol : symbols) {
    typename Elf::Symbol record{};
    record.st_name = symbol.name;
    record.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
    record.st_other = ELF::STV_HIDDEN;
    record.st_shndx = Data;
    record.st_value = symbol.offset;
    record.st_size = symbol.size;
    table += bytesOf(record);
  }
  auto &tableSection = append(Symbols, ".symtab", ELF::SHT_SYMTAB, table, 8);
  tableSection.sh_link = Strings;
  tableSection.sh_info = 1; // the first global one
  tableSection.sh_entsize = sizeof(typename Elf::Symbol);
  append(Strings, ".strtab", ELF::SHT_STRTAB, strings, 1);
  append(Note, ".note.GNU-stack", ELF::SHT_PROGBITS, "", 1);
  // The last one: its own name is among its bytes.
  std::string all = names + ".shstrtab" + '\0';
  append(Names, ".shstrtab", ELF::SHT_STRTAB, all, 1);

  memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = Elf::fileClass;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = getMachine(target.triple);
  header.e_flags = target.flags;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = pad(8);
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(typename Elf::SectionHeader);
  header.e_shnum = NumSections;
  header.e_shstrndx = Names;
  out << bytesOf(header);
  out.write_zeros(begin - sizeof header);
  out << data.contents << body << bytesOf(sections);
}

static void writeObject(raw_ostream &out, const ObjectTarget &target,
                        const DataSection &data,
                        ArrayRef<WeightsObjectWriter::Symbol> symbols,
                        StringRef strings) {
  if (target.triple.isArch64Bit())
    writeFile<Elf64>(out, target, data, symbols, strings);
  else
    writeFile<Elf32>(out, target, data, symbols, strings);
}

WeightsObjectWriter::WeightsObjectWriter(raw_ostream &data)
    : data(data), strings(1, '\0') {}

uint64_t WeightsObjectWriter::append(ArrayRef<uint8_t> bytes) {
  uint64_t offset = alignTo(size, lineBytes);
  data.write_zeros(offset - size);
  data.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  size = offset + bytes.size();
  return offset;
}

void WeightsObjectWriter::define(StringRef name, uint64_t offset,
                                 uint64_t size) {
  symbols.push_back({static_cast<uint32_t>(strings.size()), offset, size});
  strings += name;
  strings += '\0';
}

void WeightsObjectWriter::writeObject(raw_ostream &out,
                                      const ObjectTarget &target) const {
  // Elsewhere than on x86-64 every section may lie anywhere.
  uint64_t flags = ELF::SHF_ALLOC;
  if (target.triple.isX86_64())
    flags |= ELF::SHF_X86_64_LARGE;
  ::writeObject(out, target, {weightsSection, "", size, flags}, symbols,
                strings);
}

void WeightsObjectWriter::writeObjectWithData(raw_ostream &out,
                                              const ObjectTarget &target,
                                              StringRef contents) const {
  ::writeObject(out, target,
                {staticWeightsSection, contents, size, ELF::SHF_ALLOC}, symbols,
                strings);
}

Error quantc::writeSectionObject(const ObjectTarget &target, StringRef section,
                                 StringRef contents, StringRef path) {
  std::error_code error;
  raw_fd_ostream out(path, error);
  if (!error) {
    ::writeObject(out, target, {section, contents, contents.size(), 0}, {},
                  StringRef("\0", 1));
    out.close();
    error = out.error();
    out.clear_error();
  }
  return error ? createFileError(path, error) : Error::success();
}
