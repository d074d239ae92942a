//===- CpuTarget.h - The CPU that code is generated for -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TARGET_CPU_CPUTARGET_H
#define QUANTC_TARGET_CPU_CPUTARGET_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Target/CPU/LayoutClass.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace quantc {

/// A triple, a CPU name and its features, as LLVM spells them.
class CpuTarget {
public:
  /// \p cpu is a name that LLVM knows for the triple, or "native", which is
  /// resolved to this machine's; an empty \p triple is the host's, an empty
  /// \p cpu native or, for RISC-V, one with what "imac" says. \p features,
  /// "+m,-c", are added or taken away. The error lists the choices.
  static llvm::Expected<CpuTarget> resolve(llvm::StringRef triple,
                                           llvm::StringRef cpu,
                                           llvm::StringRef features = "");

  /// The target in the attribute `qt.target` of \p module; without one the
  /// host with the features that every machine of its kind has.
  static CpuTarget get(mlir::ModuleOp module);
  /// That of the module nearest to \p op that states one.
  static CpuTarget around(mlir::Operation *op);
  void attachTo(mlir::ModuleOp module) const;

  llvm::StringRef getTriple() const { return triple; }
  llvm::StringRef getCpu() const { return cpu; }
  /// "+avx2,+fma,...": what is there, sorted.
  std::string getFeatureString() const;
  llvm::ArrayRef<std::string> getFeatures() const { return features; }
  bool has(llvm::StringRef feature) const;
  /// Numbers of 32 bits that all registers of vectors hold together, or all
  /// registers of a CPU that has no vectors.
  int64_t getRegisterLanes() const;

  /// What recipes and layouts choose by.
  LayoutClass getLayoutClass() const;

private:
  std::string triple, cpu;
  std::vector<std::string> features; ///< sorted, without signs
};

} // namespace quantc

#endif // QUANTC_TARGET_CPU_CPUTARGET_H
