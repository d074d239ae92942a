//===- MessageTest.cpp - What a message has room for ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

namespace {

int32_t refuse(const int64_t *, int64_t *out) {
  out[0] = 64;
  out[1] = 16;
  return QCRT_SHAPE_MISMATCH | 2 << QCRT_ERROR_KIND_BITS;
}

/// The fake program, whose sizes do not fit and whose names are others.
struct Named {
  Named(const std::string &x, const std::string &ids,
        const std::string &node = "/embed/Gather",
        const std::string &dim = "batch")
      : x(x), ids(ids), node(node), dim(dim) {
    inputs[0].name = this->x.c_str();
    inputs[1].name = this->ids.c_str();
    sites[1] = this->node.c_str();
    dims[0].name = this->dim.c_str();
    variant.plan = refuse;
    program.inputs = inputs;
    program.sites = sites;
    program.dims = dims;
    program.variants = &variant;
    program.num_variants = 1;
  }

  std::string getMessage() {
    const quantc_api api = QCRT_API(&program);
    Session s(&api);
    FakeInputs given(3);
    EXPECT_EQ(given.run(s.context), QUANTC_ERROR_SHAPE);
    return s.message();
  }

  std::string x, ids, node, dim;
  qcrt_program program = qcrt_this_program;
  qcrt_variant variant = qcrt_this_program.variants[1];
  quantc_value_info inputs[2] = {qcrt_this_program.inputs[0],
                                 qcrt_this_program.inputs[1]};
  const char *sites[2] = {"/double", nullptr};
  quantc_dim_info dims[1] = {qcrt_this_program.dims[0]};
};

const std::string mismatch =
    "the sizes of the operands do not fit together in '";
constexpr size_t room = sizeof(quantc_error::message) - 1;

std::string cut(char letter) { return std::string(120, letter) + "..."; }

} // namespace

TEST(Message, CutsLongNames) {
  std::string name(1000, 'x');
  EXPECT_EQ(Named(name, "ids").getMessage(),
            mismatch + "/embed/Gather': 64 and 16; [batch, 4] of '" + cut('x') +
                "' is [3, 4]; [batch] of 'ids' is [3]");
  // Not inside a letter of two bytes.
  std::string letters;
  for (int i = 0; i < 100; ++i)
    letters += "\u00e9";
  EXPECT_EQ(Named("x" + letters, "ids").getMessage(),
            mismatch + "/embed/Gather': 64 and 16; [batch, 4] of 'x" +
                letters.substr(0, 118) +
                "...' is [3, 4]; [batch] of 'ids' is [3]");
}

TEST(Message, LeavesOutInputsWithoutRoom) {
  std::string node(1000, 'n'), x(1000, 'x'), dim(150, 'd');
  std::string sentence = mismatch + cut('n') + "': 64 and 16";
  // Of names of dims nothing is cut off; what would be is not begun.
  std::string ofX = "; [" + dim + ", 4] of '" + cut('x') + "' is [3, 4]";
  std::string ofIds = "; [" + dim + "] of 'ids' is [3]";
  ASSERT_GT(sentence.size() + ofX.size() + ofIds.size(), room);
  EXPECT_EQ(Named(x, "ids", node, dim).getMessage(), sentence + ofX);
  // A shorter one behind it may have room.
  dim.assign(260, 'd');
  ofX = "; [" + dim + ", 4] of '" + cut('x') + "' is [3, 4]";
  ofIds = "; [" + dim + "] of 'ids' is [3]";
  ASSERT_GT(sentence.size() + ofX.size(), room);
  ASSERT_LT(sentence.size() + ofIds.size(), room);
  EXPECT_EQ(Named(x, "ids", node, dim).getMessage(), sentence + ofIds);
  // And none at all.
  dim.assign(600, 'd');
  EXPECT_EQ(Named(x, "ids", node, dim).getMessage(), sentence);
}

TEST(Message, TellsInputsOfTheSameSizesApart) {
  Named named("x", "y");
  named.inputs[1] = named.inputs[0];
  named.inputs[1].name = "y";
  const char *const own[] = {"n", nullptr, "m", nullptr};
  named.program.input_dims = own;
  const quantc_api api = QCRT_API(&named.program);
  Session s(&api);
  FakeInputs given(3);
  given.tensors[1] = given.tensors[0];
  given.tensors[1].dims[1] = 5;
  EXPECT_EQ(given.run(s.context), QUANTC_ERROR_SHAPE);
  EXPECT_EQ(s.message(), "input 'y' has shape [3, 5], but the model takes "
                         "[m, 4]: dimension 1 is 5, not 4");
  given.tensors[1].dims[0] = 2;
  given.tensors[1].dims[1] = 4;
  EXPECT_EQ(given.run(s.context), QUANTC_ERROR_SHAPE);
  EXPECT_EQ(s.message(), "input 'y' has shape [2, 4], but the model takes "
                         "[m, 4]: 'm' is 2 there, but has to equal 'n' of "
                         "input 'x', which is 3");
}
