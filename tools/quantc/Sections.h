//===- Sections.h - What artefacts carry for tools --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compressed texts in sections that no program loads.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SECTIONS_H
#define QUANTC_TOOLS_QUANTC_SECTIONS_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace quantc {

/// What became of every layer, as JSON.
constexpr llvm::StringLiteral layersSection = ".quantc.layers";
/// With `compile --keep-ir` the model before it is quantised and behind it, as
/// MLIR. Weights are in the model's file, which the text refers to: it can be
/// shown without that file, and parsed where it is there.
constexpr llvm::StringLiteral floatIRSection = ".quantc.float";
constexpr llvm::StringLiteral quantizedIRSection = ".quantc.ir";
/// The metadata of a static object, which has no descriptor.
constexpr llvm::StringLiteral metadataSection = ".quantc.metadata";

/// What a section of that text holds.
std::string packSection(llvm::StringRef text);

/// The text of the section `name` of the artefact at `path`, empty where it has
/// none. On failure returns false and says why in `error`.
bool readSection(llvm::StringRef path, llvm::StringRef name, std::string &text,
                 std::string &error);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_SECTIONS_H
