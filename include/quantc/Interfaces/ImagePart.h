//===- ImagePart.h - How images are cut into parts --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_IMAGEPART_H
#define QUANTC_INTERFACES_IMAGEPART_H

#include "llvm/Support/MathExtras.h"
#include <cstdint>

namespace quantc {

/// Parts of images [spatial..., C]: `lines` whole lines of `line` positions, or
/// runs of `run` positions of one line, by `channels`. See `#qt.part`.
struct ImagePart {
  int64_t line, lines, run, channels;

  bool operator==(const ImagePart &other) const {
    return line == other.line && lines == other.lines && run == other.run &&
           channels == other.channels;
  }
  /// Parts of an image along its positions.
  int64_t countAlong(int64_t positions) const {
    return llvm::divideCeil(positions / line, lines) *
           llvm::divideCeil(line, run);
  }
  /// Parts of a run of positions.
  int64_t countAcross(int64_t all) const {
    return llvm::divideCeil(all, channels);
  }
};

} // namespace quantc

#endif // QUANTC_INTERFACES_IMAGEPART_H
