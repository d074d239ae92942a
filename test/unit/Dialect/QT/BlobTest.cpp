//===- BlobTest.cpp - Bytes behind weight attributes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace quantc;

namespace {

class BlobTest : public ::testing::Test {
protected:
  BlobTest() { context.loadDialect<qt::QTDialect>(); }

  RankedTensorType bytesType(int64_t size) {
    return RankedTensorType::get({size}, IntegerType::get(&context, 8));
  }
  qt::BlobManager &manager() {
    return context.getLoadedDialect<qt::QTDialect>()->getBlobManager();
  }
  static std::vector<uint8_t> bytesOf(qt::BlobAttr blob) {
    std::optional<qt::ConstantBytes> constant = qt::getConstantBytes(blob);
    return constant ? constant->bytes.vec() : std::vector<uint8_t>();
  }
  OwningOpRef<ModuleOp> makeModule(ArrayRef<qt::BlobAttr> blobs) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
    OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
    for (qt::BlobAttr blob : blobs)
      qt::WeightOp::create(builder, builder.getUnknownLoc(), blob);
    return module;
  }

  MLIRContext context;
};

TEST_F(BlobTest, EqualBytesAreOneAttribute) {
  auto a = qt::getOwnedBlob(bytesType(3), {1, 2, 3});
  auto b = qt::getOwnedBlob(bytesType(3), {1, 2, 3});
  auto c = qt::getOwnedBlob(bytesType(3), {1, 2, 4});
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(bytesOf(a), std::vector<uint8_t>({1, 2, 3}));
  EXPECT_EQ(manager().getOwnedBytes(), 6u);
}

TEST_F(BlobTest, ReleasesWhatNothingRefersTo) {
  auto kept = qt::getOwnedBlob(bytesType(4), {1, 2, 3, 4});
  auto inside = qt::getOwnedBlob(bytesType(2), {5, 6});
  auto dropped = qt::getOwnedBlob(bytesType(8), {1, 2, 3, 4, 5, 6, 7, 8});
  OwningOpRef<ModuleOp> module = makeModule({kept});
  // Attributes may hold others.
  module.get()->setAttr("qt.test",
                        ArrayAttr::get(&context, ArrayRef<Attribute>{inside}));
  manager().releaseUnreferenced(module.get().getOperation());
  EXPECT_EQ(manager().getOwnedBytes(), 6u);
  EXPECT_EQ(bytesOf(kept).size(), 4u);
  EXPECT_EQ(bytesOf(inside).size(), 2u);
  EXPECT_TRUE(bytesOf(dropped).empty());
  EXPECT_FALSE(qt::getConstantBytes(dropped));
  // The same bytes given anew are the same attribute, filled again.
  EXPECT_EQ(qt::getOwnedBlob(bytesType(8), {1, 2, 3, 4, 5, 6, 7, 8}), dropped);
  EXPECT_EQ(bytesOf(dropped).size(), 8u);
}

TEST_F(BlobTest, BytesInHandOutliveTheirRelease) {
  auto blob = qt::getOwnedBlob(bytesType(2), {7, 9});
  std::optional<qt::ConstantBytes> held = qt::getConstantBytes(blob);
  manager().releaseUnreferenced({});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->bytes, ArrayRef<uint8_t>({7, 9}));
}

TEST_F(BlobTest, MappedFileGoesWithItsLastBlob) {
  std::string path =
      ::testing::TempDir() + "/quantc-blob-test-" + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << "abcdefgh";
  std::string error;
  std::weak_ptr<const MappedFile> watch;
  {
    std::shared_ptr<const MappedFile> file = manager().open(path, error);
    ASSERT_TRUE(file) << error;
    EXPECT_EQ(manager().open(path, error), file);
    auto blob = qt::getMappedBlob(bytesType(3), file, 2);
    EXPECT_EQ(blob, qt::getMappedBlob(bytesType(3), file, 2));
    EXPECT_NE(blob, qt::getMappedBlob(bytesType(3), file, 3));
    EXPECT_EQ(bytesOf(blob), std::vector<uint8_t>({'c', 'd', 'e'}));
    watch = file;
  }
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(manager().getOwnedBytes(), 0u);
  manager().releaseUnreferenced({});
  EXPECT_TRUE(watch.expired());
  std::remove(path.c_str());
  EXPECT_FALSE(manager().open(path, error));
  EXPECT_NE(error.find(path), std::string::npos);
}

TEST_F(BlobTest, LongOnesTravelInResources) {
  std::vector<uint8_t> bytes(5000);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(i * 7);
  OwningOpRef<ModuleOp> module =
      makeModule({qt::getOwnedBlob(bytesType(5000), bytes)});
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  EXPECT_NE(text.find("dialect_resources"), std::string::npos);

  // The key is taken in this context: another one is given.
  ParserConfig config(&context);
  OwningOpRef<ModuleOp> again = parseSourceString<ModuleOp>(text, config);
  ASSERT_TRUE(again);
  auto weight = cast<qt::WeightOp>(&again->getBody()->front());
  EXPECT_EQ(bytesOf(weight.getValue()), bytes);
}

TEST_F(BlobTest, ManyThreads) {
  context.disableMultithreading(false);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (uint8_t i = 0; i < 200; ++i) {
        auto blob = qt::getOwnedBlob(bytesType(2), {i, 1});
        EXPECT_EQ(bytesOf(blob)[0], i);
        EXPECT_FALSE(blob.getHandle().getResource()->getHash().empty());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(manager().getOwnedBytes(), 400u);
}

TEST_F(BlobTest, BytesOfOtherConstants) {
  Builder builder(&context);
  auto i16 = RankedTensorType::get({2}, builder.getIntegerType(16));
  auto i1 = RankedTensorType::get({3}, builder.getI1Type());
  auto dense = qt::getConstantBytes(
      DenseElementsAttr::get(i16, ArrayRef<int16_t>{1, 258}));
  ASSERT_TRUE(dense);
  EXPECT_EQ(dense->bytes, ArrayRef<uint8_t>({1, 0, 2, 1}));
  auto splat =
      qt::getConstantBytes(DenseElementsAttr::get(i16, ArrayRef<int16_t>{258}));
  ASSERT_TRUE(splat);
  EXPECT_EQ(splat->bytes, ArrayRef<uint8_t>({2, 1, 2, 1}));
  auto bits = qt::getConstantBytes(
      DenseElementsAttr::get(i1, ArrayRef<bool>{true, false, true}));
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->bytes, ArrayRef<uint8_t>({1, 0, 1}));
  EXPECT_FALSE(qt::getConstantBytes(builder.getI64IntegerAttr(3)));
  EXPECT_FALSE(qt::getConstantBytes(Attribute()));
}

TEST_F(BlobTest, SizesOfTensors) {
  Builder builder(&context);
  auto f32 = builder.getF32Type();
  EXPECT_EQ(qt::getTensorBytes(RankedTensorType::get({2, 3}, f32)), 24);
  EXPECT_EQ(qt::getTensorBytes(RankedTensorType::get({}, f32)), 4);
  EXPECT_FALSE(
      qt::getTensorBytes(RankedTensorType::get({ShapedType::kDynamic}, f32)));
  EXPECT_FALSE(qt::getTensorBytes(
      RankedTensorType::get({int64_t(1) << 40, int64_t(1) << 40}, f32)));
  EXPECT_FALSE(qt::getTensorBytes(
      RankedTensorType::get({2}, builder.getIntegerType(4))));
}

} // namespace
