//===- LocationsTest.cpp - Names of nodes -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Locations.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace quantc;

TEST(Locations, NameValuesAndTheirNodes) {
  MLIRContext context;
  Builder b(&context);
  auto name = [&](StringRef text, Location of) -> Location {
    return NameLoc::get(b.getStringAttr(text), of);
  };
  Location none = b.getUnknownLoc(), value = name("value", none),
           made = name("value", name("node", none)),
           other = name("other", name("last", none));
  EXPECT_EQ(getValueName(none), "");
  EXPECT_EQ(getNodeName(none), "");
  EXPECT_EQ(getValueName(value), "value");
  EXPECT_EQ(getNodeName(value), "");
  EXPECT_EQ(getValueName(made), "value");
  EXPECT_EQ(getNodeName(made), "node");
  // Of several the first that has a name, whose node may have none of its own.
  EXPECT_EQ(getNodeName(b.getFusedLoc({none, made, other})), "node");
  EXPECT_EQ(getNodeName(b.getFusedLoc({value, other})), "");
  EXPECT_EQ(getNodeName(b.getFusedLoc({b.getFusedLoc({none, other}), made})),
            "last");
  SmallVector<StringRef> names =
      getValueNames(b.getFusedLoc({made, other, value}));
  EXPECT_EQ(names, (SmallVector<StringRef>{"value", "other"}));
}
