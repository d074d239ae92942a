//===- StackUse.h - How much stack functions take ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_STACKUSE_H
#define QUANTC_ARTIFACT_STACKUSE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace quantc {

/// A bound on the bytes of stack that any function of the relocatable object at
/// \p path takes, with those that it calls. Of code that was emitted as
/// CodeKind::MeasuredObject, in which every function has a section of its own.
/// Nothing where a frame has no size that is known, or functions call one
/// another in a circle.
llvm::Expected<std::optional<uint64_t>> measureStack(llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_ARTIFACT_STACKUSE_H
