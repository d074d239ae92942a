//===- ArenaPlan.h - Where every tensor of a program lies -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_ARENAPLAN_H
#define QUANTC_ARTIFACT_ARENAPLAN_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Runtime/Program.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>
#include <optional>
#include <vector>

namespace quantc {

/// What the arena of a program takes, and what the launch that needs most at
/// once needs of it, in bytes.
struct ArenaUse {
  int64_t bytes, largestLiveSet;
};

/// Assigns the tensors of an entry to its inputs, outputs, globals, and buffers
/// of one arena. Two of these share memory if no launch needs both.
class ArenaPlan {
public:
  /// A piece of the arena that begins where the highest of those under it,
  /// which come before it, ends.
  struct Buffer {
    mlir::AffineExpr bytes;
    size_t first, last; ///< launch
    llvm::SmallVector<unsigned, 2> below;
  };

  /// A launch with its kernel's numbers in terms of the entry's symbols.
  struct Launch {
    mutable qt::LaunchOp op;
    llvm::SmallVector<mlir::AffineExpr> symbols;
    /// The extents of every result.
    llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr>> resultSizes;
    mlir::AffineExpr iterations, scratch;
    /// For profiles; zero where the kernel does not state them.
    mlir::AffineExpr operations, kernelBytes;
    llvm::StringRef arithmetic;
    int64_t grain = 1;
  };

  struct Place {
    enum Kind { Arena, Input, Output, Global, Crossing } kind;
    unsigned index = 0;
    llvm::StringRef global;
  };
  using PartOf = std::function<unsigned(qt::LaunchOp)>;

  /// Of a program in parts, which \p getPart numbers, launches are in the order
  /// of the parts, and what one part hands to another lies outside the arena.
  ArenaPlan(
      mlir::func::FuncOp entry, mlir::ModuleOp kernels,
      const PartOf &getPart = [](qt::LaunchOp) { return 0; });

  llvm::ArrayRef<Buffer> getBuffers() const { return buffers; }
  /// What one part hands to another.
  llvm::ArrayRef<mlir::Value> getCrossings() const { return crossings; }
  /// The value whose memory \p tensor is.
  static mlir::Value getRoot(mlir::Value tensor);
  llvm::ArrayRef<Launch> getLaunches() const { return launches; }
  /// Where \p tensor of the entry lies; aliases lie where their source does.
  Place getPlace(mlir::Value tensor) const;
  /// Results of the entry that are to be copied from somewhere else.
  llvm::ArrayRef<std::pair<unsigned, mlir::Value>> getCopies() const {
    return copies;
  }

private:
  void placeCrossings(const PartOf &getPart);
  void collectLaunches(mlir::func::FuncOp entry, mlir::ModuleOp kernels);
  void placeResults(mlir::func::FuncOp entry);
  void placeInArena(mlir::func::FuncOp entry);

  std::vector<Buffer> buffers;
  std::vector<Launch> launches;
  llvm::DenseMap<mlir::Value, Place> places;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> bytes;
  std::vector<std::pair<unsigned, mlir::Value>> copies;
  std::vector<mlir::Value> crossings;
};

/// Of a program in one part whose sizes are numbers or bounded, for the largest
/// of them; nothing of others.
std::optional<ArenaUse> measureArena(mlir::func::FuncOp entry,
                                     mlir::ModuleOp kernels);

/// Added to the bytes of every buffer of a shared library, so that rows of
/// equally large ones do not fall on the same cache sets: a kernel reads
/// several at once.
constexpr int64_t bufferSkew = 5 * QCRT_ALIGNMENT;

} // namespace quantc

#endif // QUANTC_ARTIFACT_ARENAPLAN_H
