//===- Recipe.h - Which operand gets which format ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A recipe is a JSON file: an ordered list of rules, of which the first that
// matches an operand decides how it is represented. The built-in ones lie in
// lib/Recipe/Recipes and are compiled into the library; a user's own file may
// name one of them as its `base`, whose rules then follow its own.
//
//   {"base": "w8a8g32",
//    "rules": [{"name": "*/mlp/fc1/*", "role": "weight", "element": "s4",
//               "grid": 32, "scale": "s8", "outer": "f32",
//               "encoding": "search", "range": [-8, 7]},
//              {"name": "/head/*", "format": "float"}]}
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RECIPE_RECIPE_H
#define QUANTC_RECIPE_RECIPE_H

#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// Where a contraction stands: First has no other contraction towards an
/// input, Last none towards an output. One that is alone is both.
struct Position {
  bool first = false;
  bool last = false;
};

/// What shares a scale where it is no block of a row: a row along the
/// contraction, the tensor, an item of the batch, or a channel of such an item.
enum class ScaleGrid { Row, Tensor, Image, Channel };

/// How an operand is represented; absent stands for float.
struct OperandFormat {
  std::string element; ///< short spelling, as in the type: "s8"
  int64_t block = 0;   ///< extent along the contraction; 0 = what the grid says
  ScaleGrid grid = ScaleGrid::Row;
  std::string scale;    ///< how scales are stored: "f32", "s8"
  std::string outer;    ///< second-level scale per row; empty = none
  std::string encoding; ///< the rule: "absmax", "search"
  int64_t lowest = 0;   ///< the code range, part of the encoding
  int64_t highest = 0;
};

/// "row", "tensor", "image", "channel".
llvm::StringRef spellGrid(ScaleGrid grid);

/// The rules of one recipe, resolved for one class of target.
class Recipe {
public:
  /// Reads \p text. \p targetClass ("avx2", "avx512vnni", "generic") chooses
  /// among target-dependent code ranges. The error lists every problem with
  /// the rule's index, key and what is supported.
  static llvm::Expected<Recipe> parse(llvm::StringRef text,
                                      llvm::StringRef targetClass);

  /// A built-in recipe by name, or the user's file if \p nameOrPath has a dot
  /// or a slash in it. Behind either, `+` and the name of a built-in one append
  /// its rules: "w8a8+e8".
  static llvm::Expected<Recipe> load(llvm::StringRef nameOrPath,
                                     llvm::StringRef targetClass);

  /// Names and one-line summaries of the built-in recipes.
  static std::vector<std::pair<std::string, std::string>> list();

  /// The format of an operand in the contraction called \p name: of the first
  /// rule that matches; nothing where that says float or none matches.
  std::optional<OperandFormat> lookup(const ContractionOperand &operand,
                                      Position position,
                                      llvm::StringRef name) const;

  /// Name patterns of rules that none of \p names matches, in their order.
  std::vector<std::string>
  getUnmatched(llvm::ArrayRef<llvm::StringRef> names) const;

  /// What is allowed and yet unlikely to be meant.
  llvm::ArrayRef<std::string> getWarnings() const { return warnings; }

  llvm::StringRef getName() const { return name; }
  int64_t getVersion() const { return version; }

  /// What the recipe resolved to for its target, as JSON on one line.
  std::string describe() const;

  /// The same for people, a line for each rule.
  std::vector<std::string> describeRules() const;

private:
  struct Rule {
    std::optional<OperandRole> role;
    std::optional<Position> position;
    std::optional<ContractionKind> kind;
    /// Holds for convolutions with fewer channels in a group; 0 for all.
    int64_t channelsBelow = 0;
    /// A glob that parses; empty for any name.
    std::string pattern;
    std::optional<OperandFormat> format;

    /// Whether everything that \p other applies to is taken by this one.
    bool covers(const Rule &other) const;
  };

  /// What is being loaded, from the inside out.
  struct Loading {
    llvm::StringRef name;
    const Loading *user;
  };
  static llvm::Expected<Recipe> load(llvm::StringRef nameOrPath,
                                     llvm::StringRef targetClass,
                                     const Loading *user);

  std::string name;
  int64_t version = 1;
  std::vector<Rule> rules;
  std::vector<std::string> warnings;

  friend class RecipeParser;
};

} // namespace quantc

#endif // QUANTC_RECIPE_RECIPE_H
