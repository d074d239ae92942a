//===- CpuTargetTest.cpp - Names of CPUs and triples ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Target/CPU/CpuTarget.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <gtest/gtest.h>

using namespace llvm;
using namespace quantc;

static std::string problemOf(StringRef triple, StringRef cpu) {
  Expected<CpuTarget> target = CpuTarget::resolve(triple, cpu);
  return target ? "" : toString(target.takeError());
}

static bool contains(StringRef text, StringRef part) {
  return text.contains(part);
}

TEST(CpuTarget, KnowsFeatures) {
  CpuTarget v2 = cantFail(CpuTarget::resolve("x86_64-linux-gnu", "x86-64-v2"));
  EXPECT_TRUE(v2.has("ssse3"));
  EXPECT_FALSE(v2.has("avx2"));
  EXPECT_EQ(v2.getLayoutClass(), LayoutClass::Generic);
  CpuTarget v3 = cantFail(CpuTarget::resolve("x86_64-linux-gnu", "x86-64-v3"));
  EXPECT_TRUE(v3.has("avx2") && v3.has("fma"));
  EXPECT_FALSE(v3.has("avx512f"));
  EXPECT_EQ(v3.getLayoutClass(), LayoutClass::AVX2);
  CpuTarget zen4 = cantFail(CpuTarget::resolve("x86_64-linux-gnu", "znver4"));
  EXPECT_EQ(zen4.getLayoutClass(), LayoutClass::AVX512VNNI);
  EXPECT_EQ(zen4.getTriple(), "x86_64-unknown-linux-gnu");
}

TEST(CpuTarget, CountsLanesOfRegisters) {
  auto count = [](StringRef triple, StringRef cpu) {
    return cantFail(CpuTarget::resolve(triple, cpu)).getRegisterLanes();
  };
  EXPECT_EQ(count("x86_64-linux-gnu", "x86-64-v2"), 16 * 4);
  EXPECT_EQ(count("x86_64-linux-gnu", "x86-64-v3"), 16 * 8);
  EXPECT_EQ(count("x86_64-linux-gnu", "x86-64-v4"), 32 * 16);
  EXPECT_EQ(count("aarch64-linux-gnu", "cortex-a76"), 32 * 4);
  EXPECT_EQ(count("riscv32-unknown-none-elf", ""), 31);
}

TEST(CpuTarget, ResolvesTheMachine) {
  CpuTarget native = cantFail(CpuTarget::resolve("", "native"));
  EXPECT_FALSE(native.getCpu().empty());
  EXPECT_NE(native.getCpu(), "native");
  EXPECT_FALSE(native.getFeatures().empty());
}

TEST(CpuTarget, KeepsItselfInModules) {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
  CpuTarget given = cantFail(CpuTarget::resolve("x86_64-linux-gnu", "znver3"));
  given.attachTo(*module);
  CpuTarget kept = CpuTarget::get(*module);
  EXPECT_EQ(kept.getTriple(), given.getTriple());
  EXPECT_EQ(kept.getCpu(), "znver3");
  EXPECT_EQ(kept.getFeatureString(), given.getFeatureString());
}

TEST(CpuTarget, ListsWhatThereIs) {
  std::string problem = problemOf("x86_64-linux-gnu", "zen3");
  EXPECT_TRUE(contains(problem, "'zen3' is not known")) << problem;
  EXPECT_TRUE(contains(problem, "native, ")) << problem;
  EXPECT_TRUE(contains(problem, "znver3")) << problem;
  // CPUs of 32 bits run no code for this triple.
  EXPECT_FALSE(contains(problem, "i386")) << problem;
  EXPECT_TRUE(contains(problemOf("x86_64-linux-gnu", "i386"), "not known"));
  EXPECT_TRUE(contains(problemOf("x86_64-linux-gnu", "znver3,znver4"),
                       "not built yet"));
}

TEST(CpuTarget, RefusesTriples) {
  for (StringRef triple : {"z80", "wasm32", "i686-linux-gnu",
                           "x86_64-pc-windows-msvc", "riscv64-linux-gnu"})
    EXPECT_TRUE(contains(problemOf(triple, "generic"), "triple"))
        << triple.str();
#if defined(__x86_64__)
  EXPECT_TRUE(contains(problemOf("aarch64-linux-gnu", "native"), "name one"));
#endif
  EXPECT_EQ(problemOf("aarch64-linux-gnu", "cortex-a76"), "");
}

TEST(CpuTarget, AddsAndTakesAwayFeatures) {
  CpuTarget plain =
      cantFail(CpuTarget::resolve("riscv32-unknown-none-elf", ""));
  EXPECT_EQ(plain.getCpu(), "generic-rv32");
  EXPECT_TRUE(plain.has("m") && plain.has("a") && plain.has("c"));
  EXPECT_FALSE(plain.has("f"));
  EXPECT_EQ(plain.getLayoutClass(), LayoutClass::Generic);
  CpuTarget other = cantFail(
      CpuTarget::resolve("riscv32-unknown-none-elf", "generic-rv32", "+f,-m"));
  EXPECT_TRUE(other.has("f"));
  EXPECT_FALSE(other.has("m") || other.has("a"));
  auto problem = [](StringRef features) {
    return toString(
        CpuTarget::resolve("x86_64-linux-gnu", "znver3", features).takeError());
  };
  EXPECT_EQ(problem("avx2"),
            "feature 'avx2' has no sign; supported: +NAME or -NAME");
  EXPECT_EQ(problem("+avx9"),
            "feature 'avx9' is not known for x86_64-unknown-linux-gnu");
  EXPECT_TRUE(contains(problemOf("riscv32-unknown-none-elf", "generic-rv64"),
                       "not known"));
}
