//===- ContractionTest.cpp - Contractions give exact answers ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionCase.h"
#include <gtest/gtest.h>

using namespace quantc::test;
using quantc::numerics::PackedForm;

namespace {

struct Parameters {
  const char *cpu;
  PackedForm form;
};

class Contraction : public testing::TestWithParam<Parameters> {
protected:
  void SetUp() override {
    if (!canRun(GetParam().cpu))
      GTEST_SKIP() << "this machine does not run code for " << GetParam().cpu;
  }

  /// Equal bit for bit, for every number of rows in \p counts.
  void check(int64_t n, int64_t k, std::initializer_list<int64_t> counts,
             Fill fill, int64_t range = 127,
             Epilogue epilogue = Epilogue::None) {
    ContractionCase product(GetParam().form, n, k, GetParam().cpu, fill,
                            epilogue, range);
    auto kernel =
        CompiledKernel::compile(product.getKernelText(), GetParam().cpu);
    ASSERT_TRUE(static_cast<bool>(kernel))
        << llvm::toString(kernel.takeError());
    for (int64_t m : counts) {
      product.drawActivations(m, fill);
      std::vector<float> got = product.run(*kernel),
                         expected = product.getExpected();
      for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(got[i], expected[i])
            << "n = " << n << ", k = " << k << ", m = " << m << ", row "
            << i / n << ", column " << i % n;
    }
  }
};

TEST_P(Contraction, HasTailsOfEverySize) {
  for (int64_t k : {1, 8, 31, 33, 172})
    check(19, k, {0, 1, 2, 3, 5, 8, 13}, Fill::Uniform);
  for (int64_t n : {1, 16, 31, 33, 64})
    check(n, 64, {1, 7, 99}, Fill::Bell, 90);
}

TEST_P(Contraction, GoesThroughLongSumsInChunks) {
  check(35, 4097, {1, 5, 67}, Fill::Bell, 90);
  check(16, 1536, {1, 9}, Fill::Bell);
  check(16, 1540, {1, 9}, Fill::Bell);
}

TEST_P(Contraction, NeverSaturates) {
  check(33, 320, {1, 4, 9}, Fill::Largest);
  check(33, 320, {1, 4, 9}, Fill::Mixed);
  check(16, 2080, {1, 4}, Fill::Largest);
}

TEST_P(Contraction, AppliesItsEpilogue) {
  check(35, 65, {1, 3, 17}, Fill::Bell, 90, Epilogue::BiasResidual);
  check(16, 2100, {1, 17}, Fill::Bell, 90, Epilogue::BiasResidual);
}

std::vector<Parameters> getParameters() {
  std::vector<Parameters> list;
  for (const char *cpu : {"x86-64-v3", "znver4", "native"})
    for (PackedForm form :
         {PackedForm::F32, PackedForm::S8, PackedForm::Matched, PackedForm::W4I,
          PackedForm::W4S, PackedForm::B32, PackedForm::B32N, PackedForm::S8F,
          PackedForm::B32F, PackedForm::W4F})
      list.push_back({cpu, form});
  return list;
}

std::string getName(const testing::TestParamInfo<Parameters> &info) {
  std::string cpu = info.param.cpu;
  std::replace(cpu.begin(), cpu.end(), '-', '_');
  return cpu + "_" +
         std::string(quantc::numerics::getTraits(info.param.form).name);
}

INSTANTIATE_TEST_SUITE_P(Cpus, Contraction, testing::ValuesIn(getParameters()),
                         getName);

} // namespace
