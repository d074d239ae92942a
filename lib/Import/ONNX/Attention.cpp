//===- Attention.cpp - Attention as one operator ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

/// [B, S, H * D] to [B, H, S, D].
static Value splitHeads(NodeBinder &node, Value x, int64_t heads) {
  Emitter &emit = node.emit();
  int64_t width = typeOf(x).getDimSize(2);
  if (ShapedType::isDynamic(width) || width % heads != 0) {
    node.problem("its last dim must be a multiple of the " + Twine(heads) +
                 " heads");
    return {};
  }
  Value split = emit.reshape(
      x, {Size(x, 0), Size(x, 1), Size(heads), Size(width / heads)});
  return emit.transpose(split, {0, 2, 1, 3});
}

/// The mask to add to the scores: of a boolean one, 0 where it is true.
static Value additiveMask(NodeBinder &node, Value mask) {
  if (!mask || !typeOf(mask).getElementType().isInteger(1))
    return mask;
  Emitter &emit = node.emit();
  return emit.select(
      mask, emit.scalar(emit.f32(), 0),
      emit.scalar(emit.f32(), -std::numeric_limits<double>::infinity()));
}

/// [rows, keys]: -inf where a key comes behind the row.
static Value causalMask(Emitter &emit, int64_t rows, int64_t keys) {
  SmallVector<double> positions[2];
  for (int64_t row = 0; row < rows; ++row)
    positions[0].push_back(row);
  for (int64_t key = 0; key < keys; ++key)
    positions[1].push_back(key);
  Value row = emit.reshape(emit.vector(emit.i64(), positions[0]),
                           {Size(rows), Size(1)});
  Value hidden = emit.compare("gt", emit.vector(emit.i64(), positions[1]), row);
  return emit.select(
      hidden, emit.scalar(emit.f32(), -std::numeric_limits<double>::infinity()),
      emit.scalar(emit.f32(), 0));
}

static void checkAttributes(NodeBinder &node) {
  if (float cap = node.real("softcap", 0); cap != 0)
    node.unsupported("softcap", std::to_string(cap), "0");
  // Softmax runs in float32, whatever less is asked for.
  int64_t precision = node.integer("softmax_precision", 1);
  if (precision != 1 && precision != 10 && precision != 16)
    node.unsupported("softmax_precision", Twine(precision),
                     "1 (float), 10 (float16), 16 (bfloat16)");
  node.ignore("qk_matmul_output_mode"); // about output 3 only
  if (node.opset() >= 25)
    for (StringRef name : {"left_window_size", "right_window_size"})
      if (int64_t window = node.integer(name, -1); window != -1)
        node.unsupported(name, Twine(window), "-1");
  if (node.wantsOutput(3))
    node.problem("output 3 (qk_matmul_output) is not supported");
  if (node.hasInput(6))
    node.problem("input 6 (nonpad_kv_seqlen) is not supported");
  if (node.hasInput(4) != node.hasInput(5))
    node.problem("past_key and past_value must be given together");
}

static void importAttention(NodeBinder &node) {
  checkAttributes(node);
  bool causal = node.flag("is_causal", false);
  std::optional<float> scale = node.real("scale");
  std::optional<int64_t> heads = node.integer("q_num_heads");
  std::optional<int64_t> kvHeads = node.integer("kv_num_heads");
  Value q = node.input(0, Float), k = node.input(1, Float);
  Value v = node.input(2, Float);
  Value mask = node.optionalInput(3, Float | Boolean);
  Value pastK = node.optionalInput(4, Float);
  Value pastV = node.optionalInput(5, Float);
  if (node.failed())
    return;
  bool flat = rankOf(q) == 3;
  for (Value operand : {q, k, v})
    if (rankOf(operand) != (flat ? 3 : 4)) {
      node.problem("Q, K and V must all have rank 3 or all rank 4");
      return;
    }
  if (flat && (heads.value_or(0) <= 0 || kvHeads.value_or(0) <= 0)) {
    node.problem("inputs of rank 3 need q_num_heads and kv_num_heads");
    return;
  }
  Emitter &emit = node.emit();
  if (flat) {
    q = splitHeads(node, q, *heads);
    k = splitHeads(node, k, *kvHeads);
    v = splitHeads(node, v, *kvHeads);
  }
  if (pastK) {
    k = emit.concat({pastK, k}, 2);
    v = emit.concat({pastV, v}, 2);
  }
  if (!q || !k || !v)
    return;
  node.output(1, k);
  node.output(2, v);
  if (!scale) {
    int64_t size = typeOf(q).getDimSize(3);
    if (ShapedType::isDynamic(size) || size == 0) {
      node.problem("attribute scale is not given and the size of a head is "
                   "not known");
      return;
    }
    scale = static_cast<float>(1 / std::sqrt(static_cast<double>(size)));
  }
  if (mask) {
    int64_t given =
        typeOf(mask).getShape().empty() ? 1 : typeOf(mask).getShape().back();
    int64_t keys = typeOf(k).getDimSize(2);
    if (!ShapedType::isDynamic(given) && !ShapedType::isDynamic(keys) &&
        given != 1 && given < keys) {
      node.problem("its mask covers " + Twine(given) + " of " + Twine(keys) +
                   " keys; supported: all of them");
      return;
    }
  }
  mask = additiveMask(node, mask);
  // Without a past, query i sees keys up to i; nn.attention aligns the last
  // query with the last key. For equal lengths both are the same.
  if (causal && !pastK) {
    int64_t rows = typeOf(q).getDimSize(2), keys = typeOf(k).getDimSize(2);
    if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(keys)) {
      node.requireEqualSizes(q, k, 2,
                             "is causal, but its queries and keys may differ "
                             "in number at run time");
    } else if (rows != keys) {
      Value triangle = causalMask(emit, rows, keys);
      mask = mask ? emit.binary("add", mask, triangle) : triangle;
      causal = false;
    }
  }
  Value result = emit.attention(q, k, v, mask, *scale, causal);
  if (flat && result) {
    Value rows = emit.transpose(result, {0, 2, 1, 3});
    int64_t size = typeOf(v).getDimSize(3);
    result =
        emit.reshape(rows, {Size(rows, 0), Size(rows, 1), Size(*heads * size)});
  }
  node.output(0, result);
}

/// A cache of [..., D/2] angles as one of [..., D]: one for each member of a
/// pair.
static Value repeatAngles(Emitter &emit, Value angles, bool interleaved) {
  if (!angles)
    return {};
  int64_t axis = rankOf(angles) - 1;
  if (!interleaved)
    return emit.concat({angles, angles}, axis);
  SmallVector<Size> column, joined;
  for (int64_t dim = 0; dim <= axis; ++dim)
    column.push_back(Size(angles, dim));
  joined = column;
  joined.back() = Size(2 * typeOf(angles).getDimSize(axis));
  column.push_back(Size(1));
  Value single = emit.reshape(angles, column);
  return emit.reshape(emit.concat({single, single}, axis + 1), joined);
}

static void importRotaryEmbedding(NodeBinder &node) {
  bool interleaved = node.flag("interleaved", false);
  int64_t heads = node.integer("num_heads", 0);
  int64_t rotated = node.integer("rotary_embedding_dim", 0);
  Value x = node.input(0, Float);
  Value tables[2] = {node.input(1, Float), node.input(2, Float)};
  Value ids = node.optionalInput(3, Integer);
  if (node.failed())
    return;
  bool flat = rankOf(x) == 3;
  if (!flat && rankOf(x) != 4) {
    node.problem("its input has rank " + Twine(rankOf(x)) +
                 "; supported: 3, 4");
    return;
  }
  if (flat && heads <= 0) {
    node.problem("an input of rank 3 needs num_heads");
    return;
  }
  for (Value table : tables)
    if (rankOf(table) != (ids ? 2 : 3)) {
      node.problem("its caches have rank " + Twine(rankOf(table)) +
                   "; expected " + (ids ? "2 with" : "3 without") +
                   " position ids");
      return;
    }
  Emitter &emit = node.emit();
  Value split = flat ? splitHeads(node, x, heads) : x;
  if (!split)
    return;
  int64_t features = typeOf(split).getDimSize(3);
  int64_t width = rotated == 0 ? features : rotated;
  if (ShapedType::isDynamic(features) || width < 0 || width > features ||
      width % 2 != 0) {
    node.unsupported("rotary_embedding_dim", Twine(rotated),
                     "even numbers up to the size of a head");
    return;
  }
  // [batch, 1, sequence, D]: the same for all heads.
  for (Value &table : tables) {
    if (typeOf(table).getShape().back() != width / 2) {
      node.problem("its caches have " + Twine(typeOf(table).getShape().back()) +
                   " angles, expected " + Twine(width / 2));
      return;
    }
    table = repeatAngles(emit, table, interleaved);
    if (ids)
      table = emit.gather(table, ids, 0);
    if (!table)
      return;
    table = emit.reshape(
        table, {Size(table, 0), Size(1), Size(table, 1), Size(width)});
  }
  Value turned = split;
  if (width != features)
    turned = emit.slice(split, {0}, {width}, {3}, {1});
  turned = emit.rotary(turned, tables[0], tables[1], interleaved);
  if (width != features)
    turned = emit.concat(
        {turned, emit.slice(split, {width}, {features}, {3}, {1})}, 3);
  if (flat && turned) {
    Value rows = emit.transpose(turned, {0, 2, 1, 3});
    turned =
        emit.reshape(rows, {Size(x, 0), Size(x, 1), Size(heads * features)});
  }
  node.output(0, turned);
}

void quantc::onnx::addAttentionOps(OpTable &table) {
  table.add("Attention", importAttention, 23, 3, 7, 4);
  table.add("RotaryEmbedding", importRotaryEmbedding, 23, 3, 4);
}
