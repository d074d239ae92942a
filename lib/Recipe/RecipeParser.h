//===- RecipeParser.h - From JSON to rules ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RECIPE_RECIPEPARSER_H
#define QUANTC_LIB_RECIPE_RECIPEPARSER_H

#include "quantc/Recipe/Recipe.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"

namespace quantc {

/// Collects problems while it reads, so that a user sees all of them at once.
class RecipeParser {
public:
  /// \p loading is the recipe, among those that are based on it.
  explicit RecipeParser(llvm::StringRef targetClass,
                        const Recipe::Loading *loading = nullptr)
      : targetClass(targetClass), loading(loading) {}

  llvm::Expected<Recipe> parse(llvm::StringRef text);

private:
  void problem(const llvm::Twine &text) {
    problems += (problems.empty() ? "" : "\n") + text.str();
  }
  void checkKeys(const llvm::json::Object &object,
                 llvm::ArrayRef<llvm::StringRef> known,
                 const llvm::Twine &where);
  void checkReach();
  void parseRule(const llvm::json::Object &object, size_t index);
  void parseFormat(const llvm::json::Object &object, const llvm::Twine &where,
                   Recipe::Rule &rule);
  void parseRange(const llvm::json::Object &object, const llvm::Twine &where,
                  OperandFormat &format);
  void parsePosition(const llvm::json::Value &value, const llvm::Twine &where,
                     Recipe::Rule &rule);
  std::string text(const llvm::json::Object &object, llvm::StringRef key,
                   const llvm::Twine &where, llvm::StringRef missing);

  llvm::StringRef targetClass;
  const Recipe::Loading *loading;
  std::string problems;
  Recipe recipe;
};

} // namespace quantc

#endif // QUANTC_LIB_RECIPE_RECIPEPARSER_H
