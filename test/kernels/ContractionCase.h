//===- ContractionCase.h - A contraction and its answer ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_KERNELS_CONTRACTIONCASE_H
#define QUANTC_TEST_KERNELS_CONTRACTIONCASE_H

#include "KernelRunner.h"
#include "quantc/Numerics/Packing.h"
#include <string>
#include <vector>

namespace quantc::test {

/// How codes are drawn.
enum class Fill {
  Bell,    ///< as real weights and activations are
  Uniform, ///< the whole range
  Largest, ///< the largest magnitude everywhere, one sign
  Mixed,   ///< the largest magnitude, signs by chance
};

/// What stands behind the contraction.
enum class Epilogue { None, BiasResidual, Gelu };

/// A product of [m, k] activations and [n, k] weights in one packed form.
struct ContractionCase {
  ContractionCase(numerics::PackedForm form, int64_t n, int64_t k,
                  llvm::StringRef cpu, Fill fill,
                  Epilogue epilogue = Epilogue::None, int64_t codeRange = 127);

  /// Draws activations of \p m rows.
  void drawActivations(int64_t m, Fill fill);

  /// The kernel of the group stage, for any m.
  std::string getKernelText() const;
  /// Runs all units in this thread.
  std::vector<float> run(const CompiledKernel &kernel) const;
  /// Addresses and sizes as the kernel takes them.
  std::vector<void *> getSlots(const uint8_t *weights, float *result) const;
  /// The definition, operation by operation.
  std::vector<float> getExpected() const;

  numerics::PackedLayout layout{};
  std::string layoutText;
  Epilogue epilogue;
  int64_t m = 0, n, k;
  std::vector<float> values, scales, outer, bias; ///< weights
  std::vector<int8_t> codes, multipliers;
  std::vector<uint8_t> packed;
  std::vector<float> rowValues, rowScales, residual; ///< activations
  std::vector<int8_t> rowCodes;
  std::vector<uint8_t> rows; ///< as they lie in memory

private:
  void drawWeights(Fill fill, int64_t range);
  std::vector<int8_t> draw(size_t count, Fill fill, int64_t low, int64_t high);
  float drawFloat();
  uint32_t next();
  uint64_t state = 1;
};

} // namespace quantc::test

#endif // QUANTC_TEST_KERNELS_CONTRACTIONCASE_H
