//===- WeightsObject.h - An object file of constant data --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constant data never passes through an intermediate representation or the
// linker: it is evaluated and goes straight into a file of its own. The linker
// sees a relocatable ELF file with one read-only section that may lie anywhere
// in memory and has a size and no bytes; these are put into the library when it
// is linked. Static objects have them in the section.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_WEIGHTSOBJECT_H
#define QUANTC_ARTIFACT_WEIGHTSOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"
#include <string>
#include <vector>

namespace quantc {

/// The section of weights, in objects and libraries.
constexpr llvm::StringLiteral weightsSection = ".weights";
/// In static objects: scripts of linkers know where such sections go.
constexpr llvm::StringLiteral staticWeightsSection = ".rodata.weights";

/// What an object file says of its target.
struct ObjectTarget {
  llvm::Triple triple;
  uint32_t flags = 0; ///< of the file's header, which linkers compare

  ObjectTarget(llvm::Triple triple, uint32_t flags = 0)
      : triple(std::move(triple)), flags(flags) {}
};

/// Writes data piece by piece, of which it keeps nothing, and the object file
/// that tells the linker of it.
class WeightsObjectWriter {
public:
  struct Symbol {
    uint32_t name; ///< where it begins among the strings
    uint64_t offset, size;
  };

  explicit WeightsObjectWriter(llvm::raw_ostream &data);

  /// Writes \p bytes from the next cache line on; returns where they begin.
  uint64_t append(llvm::ArrayRef<uint8_t> bytes);
  /// Defines a global, hidden symbol.
  void define(llvm::StringRef symbol, uint64_t offset, uint64_t size);
  /// Writes the object, after all data.
  void writeObject(llvm::raw_ostream &out, const ObjectTarget &target) const;
  /// The same with the data, which \p contents is.
  void writeObjectWithData(llvm::raw_ostream &out, const ObjectTarget &target,
                           llvm::StringRef contents) const;

private:
  llvm::raw_ostream &data;
  uint64_t size = 0;
  std::string strings;
  std::vector<Symbol> symbols;
};

/// Where weights lie beside the library, as Runtime/Program.h defines it.
struct WeightsFile {
  std::string path; ///< where it is written; empty: nowhere
  std::string name; ///< how the library finds it
};

/// What refers to it: qcrt_weights_file.
constexpr llvm::StringLiteral weightsFileSymbol = "qcrt_this_weights";

/// Writes the file; of the data it keeps nothing.
class WeightsFileWriter {
public:
  /// \p out is seekable and at its beginning.
  explicit WeightsFileWriter(llvm::raw_pwrite_stream &out);

  /// Writes \p bytes from the next cache line on; returns where they begin.
  uint64_t append(llvm::ArrayRef<uint8_t> bytes);
  /// Writes the header; returns what the library is to know of the file.
  std::vector<uint8_t> finish(llvm::StringRef name);

private:
  void write(llvm::ArrayRef<uint8_t> bytes);

  llvm::raw_pwrite_stream &out;
  llvm::BLAKE3 hasher;
  uint64_t position;
};

/// The files that writeWeights writes.
struct WeightsPaths {
  std::string object;    ///< what the linker sees
  std::string data;      ///< the bytes of its section, see insertWeights
  WeightsFile file;      ///< with one: the bytes lie there, \p data says where
  bool isStatic = false; ///< the object gets the bytes
};

/// Evaluates the globals of \p module and writes them, equal ones once. The
/// files do not depend on \p threads; at most that many values are in memory
/// at a time. Failures of evaluation have emitted their reason.
llvm::Error writeWeights(mlir::ModuleOp module, const ObjectTarget &target,
                         unsigned threads, const WeightsPaths &paths);

/// Writes to \p path the shared library \p linked with the bytes of \p weights
/// in its section of weights. Fails where the linker did not lay it out as the
/// end of a segment.
llvm::Error insertWeights(llvm::StringRef linked, llvm::StringRef weights,
                          llvm::StringRef path);

/// The bytes of all globals, equal ones counted as often as they are there.
uint64_t countWeightBytes(mlir::ModuleOp module);

/// Writes an object file to \p path with nothing but \p contents in a section
/// that no program loads.
llvm::Error writeSectionObject(const ObjectTarget &target,
                               llvm::StringRef section,
                               llvm::StringRef contents, llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_ARTIFACT_WEIGHTSOBJECT_H
