//===- Profile.h - Where the time of a run goes -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_PROFILE_H
#define QUANTC_TOOLS_QUANTC_PROFILE_H

#include "Peak.h"
#include "quantc/Runtime/quantc_runtime.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace quantc {

/// The time of every step of a program, beside what the machine can do.
class Profile {
public:
  /// Runs the model for about \p seconds with its context profiled. The status
  /// is that of the first run that fails.
  quantc_status take(const quantc_program *program, quantc_context *context,
                     double seconds,
                     llvm::function_ref<quantc_status()> runOnce);

  /// A table, the step that takes longest first.
  void print(llvm::raw_ostream &out) const;
  /// Attributes of the object at hand: "peaks" and "steps".
  void writeJson(llvm::json::OStream &out) const;

private:
  struct Step {
    const quantc_step_info *info;
    double seconds; ///< of one run
    double share;   ///< of all steps
    double operationsPerSecond, bytesPerSecond;
  };

  std::vector<Step> steps;
  double seconds = 0; ///< of all steps of one run
  Peaks peaks;
};

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_PROFILE_H
