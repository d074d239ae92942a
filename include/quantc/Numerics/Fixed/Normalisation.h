//===- Normalisation.h - Integer LayerNorm and RMSNorm ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef QUANTC_NUMERICS_FIXED_NORMALISATION_H
#define QUANTC_NUMERICS_FIXED_NORMALISATION_H

#include "quantc/Numerics/Fixed/Linear.h"

#include <cstdint>
#include <vector>

namespace quantc::numerics::fixed {

/// LayerNorm or RMSNorm of a row16 of up to 32,768 elements, whose result has
/// one exponent that is known at compile time. The variance C Q - S^2 is exact,
/// so nothing cancels; the error is below 1e-7 of the row's rms.
struct Normalisation {
  std::vector<int32_t> gamma, beta; ///< beta is empty without one
  bool subtractMean;
  int32_t halfBits; ///< 2^halfBits >= sqrt(count)
  int32_t exponent; ///< of the result
  int32_t shift;    ///< behind the product with gamma
  int32_t epsilon;  ///< mantissa of epsilon count^2
  int32_t epsilonExponent;

  /// What a row's integers say: the sum, the shift of the differences and the
  /// reciprocal of the standard deviation.
  struct Row {
    int64_t sum;
    int32_t lead, reciprocal;
  };
  Row measure(const int16_t *m, int32_t exponent) const;

  /// y_i = gamma_i (m_i - mean) / deviation + beta_i, at `exponent`.
  void apply(const int16_t *m, int32_t rowExponent, int32_t *y) const;
};

/// \p gamma and \p beta (may be null) are finite, \p epsilon is not negative.
Normalisation makeLayerNorm(const double *gamma, const double *beta,
                            int64_t count, double epsilon);
Normalisation makeRmsNorm(const double *gamma, int64_t count, double epsilon);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_NORMALISATION_H
