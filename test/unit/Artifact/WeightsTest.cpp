//===- WeightsTest.cpp - The object file of constants -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/WeightsObject.h"
#include "quantc/InitAll.h"

#include "mlir/Parser/Parser.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>
#include <map>

using namespace llvm;
using namespace quantc;

namespace {
struct Symbol {
  uint64_t offset;
  std::string bytes;
};

struct Files {
  std::string object, data;
};

/// What a linker sees: symbols by name, each with what it names.
std::map<std::string, Symbol> readObject(const Files &files) {
  std::map<std::string, Symbol> result;
  auto file = object::ELFObjectFile<object::ELF64LE>::create(
      MemoryBufferRef(files.object, "weights"));
  if (!file) {
    ADD_FAILURE() << toString(file.takeError());
    return result;
  }
  for (object::ELFSymbolRef symbol : file->symbols()) {
    auto section = cantFail(symbol.getSection());
    EXPECT_EQ(symbol.getBinding(), ELF::STB_GLOBAL);
    EXPECT_EQ(symbol.getOther(), ELF::STV_HIDDEN);
    EXPECT_EQ(cantFail(section->getName()), ".weights");
    EXPECT_TRUE(section->isVirtual()); // of no bytes
    EXPECT_EQ(section->getSize(), files.data.size());
    object::ELFSectionRef elf(*section);
    EXPECT_EQ(elf.getFlags(), uint64_t(ELF::SHF_ALLOC | ELF::SHF_X86_64_LARGE));
    EXPECT_EQ(section->getAlignment(), Align(64));
    uint64_t offset = cantFail(symbol.getValue());
    result[cantFail(symbol.getName()).str()] = {
        offset, files.data.substr(offset, symbol.getSize())};
  }
  return result;
}

std::string take(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  EXPECT_TRUE(bool(buffer));
  sys::fs::remove(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

Files writeModule(StringRef text, unsigned threads, bool &isDone) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.getDiagEngine().registerHandler([](mlir::Diagnostic &) {});
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  EXPECT_TRUE(module);
  SmallString<128> object, data;
  EXPECT_FALSE(sys::fs::createTemporaryFile("weights", "o", object));
  EXPECT_FALSE(sys::fs::createTemporaryFile("weights", "", data));
  Error error = writeWeights(*module, Triple("x86_64-linux-gnu"), threads,
                             {object.str().str(), data.str().str(), {}});
  isDone = !error;
  consumeError(std::move(error));
  return {take(object), take(data)};
}

/// The files after \p write has been at the writer.
Files writeFiles(function_ref<void(WeightsObjectWriter &)> write) {
  Files files;
  raw_string_ostream data(files.data), object(files.object);
  WeightsObjectWriter writer(data);
  write(writer);
  writer.writeObject(object, Triple("x86_64-linux-gnu"));
  return files;
}
} // namespace

TEST(WeightsObject, WritesWhatLinkersRead) {
  auto symbols = readObject(writeFiles([](WeightsObjectWriter &writer) {
    std::vector<uint8_t> data(100, 7);
    writer.define("a", writer.append(data), 100);
    writer.define("empty", writer.append({}), 0);
    uint64_t last = writer.append({1, 2, 3});
    writer.define("b", last, 3);
    writer.define("c", last, 3);
  }));
  ASSERT_EQ(symbols.size(), 4u);
  EXPECT_EQ(symbols["a"].bytes, std::string(100, 7));
  EXPECT_EQ(symbols["empty"].bytes, "");
  EXPECT_EQ(symbols["b"].bytes, "\1\2\3");
  EXPECT_EQ(symbols["c"].offset, symbols["b"].offset);
  for (const auto &[name, symbol] : symbols)
    EXPECT_EQ(symbol.offset % 64, 0u) << name;
}

TEST(WeightsObject, MayBeEmpty) {
  EXPECT_TRUE(readObject(writeFiles([](WeightsObjectWriter &) {})).empty());
}

TEST(Weights, AreTheSameForEveryNumberOfThreads) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += "qt.global @g" + std::to_string(i) + " : tensor<5xi32> {\n" +
            "  %c = arith.constant dense<" + std::to_string(i % 7) +
            "> : tensor<5xi32>\n  qt.yield %c : tensor<5xi32>\n}\n";
  bool isDone = false;
  Files one = writeModule(text, 1, isDone);
  ASSERT_TRUE(isDone);
  for (unsigned threads : {2, 3, 8}) {
    Files other = writeModule(text, threads, isDone);
    EXPECT_EQ(one.object, other.object);
    EXPECT_EQ(one.data, other.data);
    EXPECT_TRUE(isDone);
  }
  auto symbols = readObject(one);
  ASSERT_EQ(symbols.size(), 20u);
  for (int i = 7; i < 20; ++i)
    EXPECT_EQ(symbols["g" + std::to_string(i)].offset,
              symbols["g" + std::to_string(i - 7)].offset);
  EXPECT_EQ(symbols["g3"].bytes.substr(0, 4), std::string("\3\0\0\0", 4));
}

TEST(Weights, FailWhereOneCannotBeEvaluated) {
  // An index out of range.
  StringRef text = R"(
    qt.global @good : tensor<1xf32> {
      %c = arith.constant dense<1.0> : tensor<1xf32>
      qt.yield %c : tensor<1xf32>
    }
    qt.global @bad : tensor<1xf32> {
      %c = arith.constant dense<1.0> : tensor<4xf32>
      %five = arith.constant dense<5> : tensor<1xi64>
      %i = nn.binary add %five, %five : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
      %r = nn.gather %c, %i {axis = 0 : i64} : tensor<4xf32>, tensor<1xi64> -> tensor<1xf32>
      qt.yield %r : tensor<1xf32>
    })";
  bool isDone = true;
  writeModule(text, 2, isDone);
  EXPECT_FALSE(isDone);
}

TEST(Weights, NeedALibraryWithRoomForThem) {
  SmallString<128> linked, data, library;
  for (SmallString<128> *path : {&linked, &data, &library})
    EXPECT_FALSE(sys::fs::createTemporaryFile("weights", "", *path));
  std::error_code error;
  {
    // An object has sections and no segments.
    Files files = writeFiles(
        [](WeightsObjectWriter &writer) { writer.append({1, 2, 3}); });
    raw_fd_ostream(linked, error) << files.object;
    raw_fd_ostream(data, error) << files.data;
  }
  EXPECT_EQ(toString(insertWeights(linked, data, library)),
            "the linker did not give the weights a segment's end");
  for (const SmallString<128> &path : {linked, data, library})
    sys::fs::remove(path);
}
