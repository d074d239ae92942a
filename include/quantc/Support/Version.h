//===- Version.h - The version of quantc ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_VERSION_H
#define QUANTC_SUPPORT_VERSION_H

namespace quantc {

/// The version as `quantc --version` and every artefact state it: "0.1.0".
const char *getVersion();

} // namespace quantc

#endif // QUANTC_SUPPORT_VERSION_H
