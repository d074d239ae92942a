//===- LayoutClass.cpp - What layouts are chosen by -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Target/CPU/LayoutClass.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace quantc;

/// In the order of LayoutClass.
static constexpr LayoutClassTraits table[] = {
    {"generic", 16, 4, 16, 6, false, false},
    {"avx2", 16, 4, 16, 6, false, true},
    {"avx512vnni", 32, 8, 48, 8, true, false},
};

const LayoutClassTraits &quantc::getTraits(LayoutClass layoutClass) {
  return table[static_cast<int>(layoutClass)];
}

std::optional<LayoutClass> quantc::parseLayoutClass(llvm::StringRef name) {
  for (const LayoutClassTraits &traits : table)
    if (traits.name == name)
      return static_cast<LayoutClass>(&traits - table);
  return std::nullopt;
}

std::string quantc::listLayoutClasses() {
  return llvm::join(llvm::map_range(table,
                                    [](const LayoutClassTraits &traits) {
                                      return traits.name.str();
                                    }),
                    ", ");
}
