//===- Options.h - Options from tables --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_OPTIONS_H
#define QUANTC_TOOLS_QUANTC_OPTIONS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <optional>
#include <string>

namespace quantc {

struct StageOptions;

/// An option. Values are given as "--name=VALUE" or "--name VALUE"; those that
/// may be left out, as "--name=VALUE" only.
struct OptionSpec {
  enum Kind { Flag, Value, OptionalValue };

  llvm::StringRef name; ///< with its dashes
  Kind kind;
  llvm::StringRef metavar; ///< "N", "FILE.npz", ...
  llvm::StringRef help;
  bool isRepeatable = false;
  /// Promised, but the work behind it is not there: giving it is an error.
  bool isBuilt = true;
};

/// A command as --help shows it.
struct CommandSpec {
  llvm::StringRef name;    ///< "run"
  llvm::StringRef operand; ///< "ARTEFACT"; empty where it takes none
  llvm::StringRef summary; ///< one sentence
  llvm::StringRef details; ///< further lines for --help, may be empty
  llvm::ArrayRef<OptionSpec> options;
  unsigned minOperands = 1;
  unsigned maxOperands = 1;
};

/// What was given.
class Options {
public:
  bool has(llvm::StringRef name) const;
  /// The last value of the option, if it was given (empty for a flag).
  std::optional<llvm::StringRef> get(llvm::StringRef name) const;
  llvm::SmallVector<llvm::StringRef> all(llvm::StringRef name) const;
  llvm::ArrayRef<llvm::StringRef> operands() const { return given; }

private:
  friend std::optional<int>
  parseOptions(const CommandSpec &, llvm::ArrayRef<llvm::StringRef>, Options &);
  llvm::SmallVector<std::pair<llvm::StringRef, llvm::StringRef>> values;
  llvm::SmallVector<llvm::StringRef> given;
};

/// Parses the arguments. Returns the exit code where there is nothing more to
/// do: --help was asked for, or the use is wrong, which has been reported.
std::optional<int> parseOptions(const CommandSpec &command,
                                llvm::ArrayRef<llvm::StringRef> arguments,
                                Options &options);

/// Reports wrong use of a command: "quantc run: <message>". Returns WrongUse.
int wrongUse(llvm::StringRef command, const llvm::Twine &message);

/// Reports that it cannot be done. Returns CannotHandle.
int cannotHandle(llvm::StringRef command, const llvm::Twine &message);

/// " (did you mean 'x'?)" for the nearest candidate, or nothing.
std::string didYouMean(llvm::StringRef word,
                       llvm::ArrayRef<llvm::StringRef> candidates);

/// Takes --integer-only and its method. On failure reports and returns false.
bool readIntegerOnly(llvm::StringRef command, const Options &given,
                     StageOptions &options);

/// A count given as a value, min..max. On failure reports and returns false.
bool parseCount(llvm::StringRef command, llvm::StringRef option,
                llvm::StringRef text, int64_t min, int64_t max, int64_t &value);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_OPTIONS_H
