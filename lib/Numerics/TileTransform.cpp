//===- TileTransform.cpp - Convolutions by tiles ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/TileTransform.h"

using namespace quantc::numerics;

TileWeights quantc::numerics::makeTileWeights(const WindowWeights &window) {
  // Down the columns, then along the rows. Sums of nine floats, quartered.
  double rows[4][3];
  for (int64_t j = 0; j < 3; ++j) {
    double a = window[j], b = window[3 + j], c = window[6 + j];
    rows[0][j] = a;
    rows[1][j] = (a + b + c) / 2;
    rows[2][j] = (a - b + c) / 2;
    rows[3][j] = c;
  }
  TileWeights tile;
  for (int64_t i = 0; i < 4; ++i) {
    auto [a, b, c] = rows[i];
    tile[4 * i] = static_cast<float>(a);
    tile[4 * i + 1] = static_cast<float>((a + b + c) / 2);
    tile[4 * i + 2] = static_cast<float>((a - b + c) / 2);
    tile[4 * i + 3] = static_cast<float>(c);
  }
  return tile;
}

WindowWeights quantc::numerics::makeWindowWeights(const TileWeights &tile) {
  double rows[3][4];
  for (int64_t j = 0; j < 4; ++j) {
    rows[0][j] = tile[j];
    rows[1][j] = static_cast<double>(tile[4 + j]) - tile[8 + j];
    rows[2][j] = tile[12 + j];
  }
  WindowWeights window;
  for (int64_t i = 0; i < 3; ++i) {
    window[3 * i] = static_cast<float>(rows[i][0]);
    window[3 * i + 1] = static_cast<float>(rows[i][1] - rows[i][2]);
    window[3 * i + 2] = static_cast<float>(rows[i][3]);
  }
  return window;
}
