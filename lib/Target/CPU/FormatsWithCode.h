//===- FormatsWithCode.h - Recipes that kernels take ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_TARGET_CPU_FORMATSWITHCODE_H
#define QUANTC_LIB_TARGET_CPU_FORMATSWITHCODE_H

#include "quantc/Recipe/Recipe.h"

namespace quantc {

/// Reports formats of an op's operands, one for each of `operands`, that no
/// kernel of this target takes, in the words of the recipe: the interpreter
/// evaluates many more than there is code for.
llvm::LogicalResult verifyHasCode(
    QuantizableOpInterface op, llvm::ArrayRef<ContractionOperand> operands,
    llvm::ArrayRef<std::optional<OperandFormat>> formats, const Recipe &recipe);

} // namespace quantc

#endif // QUANTC_LIB_TARGET_CPU_FORMATSWITHCODE_H
