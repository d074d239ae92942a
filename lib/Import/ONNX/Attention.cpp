//===- Attention.cpp - Attention as one operator ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"

using namespace mlir;
using namespace quantc::onnx;

/// [B, S, H * D] to [B, H, S, D]; \p what it is, and where the number of heads
/// is from.
static Value splitHeads(NodeBinder &node, Value x, StringRef what,
                        int64_t heads, StringRef count) {
  Emitter &emit = node.emit();
  int64_t width = typeOf(x).getDimSize(2);
  if (ShapedType::isDynamic(width) || width % heads != 0) {
    node.problem(count + " = " + Twine(heads) +
                 " must divide the last dim of " + what + ", which is " +
                 (ShapedType::isDynamic(width) ? "not known" : Twine(width)));
    return {};
  }
  Value split = emit.reshape(
      x, {Size(x, 0), Size(x, 1), Size(heads), Size(width / heads)});
  return emit.transpose(split, {0, 2, 1, 3});
}

namespace {
/// One Attention while it is imported.
class AttentionImport {
public:
  explicit AttentionImport(NodeBinder &node)
      : node(node), emit(node.emit()), isFlat(false) {}

  void run();

private:
  void readAttributes();
  void readInputs();
  bool splitOperands();
  bool findScale();
  bool coverKeys();
  void placeQueries();
  Value makeScores();
  Value hideKeys(Value scores);

  Value minusInfinity() {
    return emit.scalar(emit.f32(), -std::numeric_limits<double>::infinity());
  }

  NodeBinder &node;
  Emitter &emit;
  AttentionForm form; ///< what nn.attention says
  std::optional<float> scale;
  std::optional<int64_t> heads, keyHeads;
  int64_t scoreMode; ///< what output 3 is
  bool isFlat;       ///< heads side by side, [B, S, H * D]
  Value q, k, v, pastKey, pastValue;
};
} // namespace

void AttentionImport::readAttributes() {
  form.causal = node.flag("is_causal", false);
  scale = node.real("scale");
  heads = node.integer("q_num_heads");
  keyHeads = node.integer("kv_num_heads");
  form.softcap = node.real("softcap", 0);
  if (!(form.softcap >= 0) || std::isinf(form.softcap))
    node.unsupported("softcap", std::to_string(form.softcap),
                     "finite numbers from 0 on");
  // Softmax runs in float32, whatever is asked for: what is above that shows in
  // no result of 32 bits, and less is not needed.
  int64_t precision = node.integer("softmax_precision", 1);
  if (precision != 1 && precision != 10 && precision != 11 && precision != 16)
    node.unsupported("softmax_precision", Twine(precision),
                     "1 (float), 10 (float16), 11 (double), 16 (bfloat16)");
  scoreMode = node.integer("qk_matmul_output_mode", 0);
  if (scoreMode < 0 || scoreMode > 3)
    node.unsupported("qk_matmul_output_mode", Twine(scoreMode), "0 to 3");
  if (node.opset() < 25)
    return;
  for (auto [name, window] :
       {std::pair(StringRef("left_window_size"), &form.left),
        std::pair(StringRef("right_window_size"), &form.right)}) {
    int64_t size = node.integer(name, -1);
    if (size < -1)
      node.unsupported(name, Twine(size), "-1 (none) and more");
    if (size >= 0)
      *window = size;
  }
  // No key behind its own is seen then.
  if (form.causal)
    form.right.reset();
}

void AttentionImport::readInputs() {
  q = node.input(0, Float);
  k = node.input(1, Float);
  v = node.input(2, Float);
  form.mask = node.optionalInput(3, Float | Boolean);
  pastKey = node.optionalInput(4, Float);
  pastValue = node.optionalInput(5, Float);
  form.lengths = emit.cast(node.optionalInput(6, Integer), emit.i64());
  if (node.hasInput(4) != node.hasInput(5))
    node.problem("past_key and past_value must be given together");
  if (node.hasInput(4) && node.hasInput(6))
    node.problem("input 6 (nonpad_kv_seqlen) excludes past_key and past_value");
  if (form.lengths && rankOf(form.lengths) != 1)
    node.problem("input 6 (nonpad_kv_seqlen) has rank " +
                 Twine(rankOf(form.lengths)) + "; supported: 1");
}

/// Heads as a dim of their own, and keys with those of the past.
bool AttentionImport::splitOperands() {
  isFlat = rankOf(q) == 3;
  for (Value operand : {q, k, v})
    if (rankOf(operand) != (isFlat ? 3 : 4)) {
      node.problem("Q, K and V must all have rank 3 or all rank 4");
      return false;
    }
  if (!isFlat && node.opset() >= 25 && (heads || keyHeads)) {
    node.problem("q_num_heads and kv_num_heads are for inputs of rank 3");
    return false;
  }
  if (isFlat) {
    if (heads.value_or(0) <= 0 || keyHeads.value_or(0) <= 0) {
      node.problem("inputs of rank 3 need q_num_heads and kv_num_heads");
      return false;
    }
    if (*heads % *keyHeads != 0) {
      node.problem("q_num_heads = " + Twine(*heads) +
                   " is no multiple of kv_num_heads = " + Twine(*keyHeads));
      return false;
    }
    q = splitHeads(node, q, "Q", *heads, "q_num_heads");
    k = splitHeads(node, k, "K", *keyHeads, "kv_num_heads");
    v = splitHeads(node, v, "V", *keyHeads, "kv_num_heads");
    if (!q || !k || !v)
      return false;
    int64_t ofQueries = typeOf(q).getDimSize(3),
            ofKeys = typeOf(k).getDimSize(3);
    if (ofQueries != ofKeys) {
      node.problem("each of q_num_heads = " + Twine(*heads) + " heads has " +
                   Twine(ofQueries) + " features, of kv_num_heads = " +
                   Twine(*keyHeads) + " heads " + Twine(ofKeys));
      return false;
    }
  }
  // Where queries stand is known by the keys that are new.
  placeQueries();
  if (pastKey) {
    k = emit.concat({pastKey, k}, 2);
    v = emit.concat({pastValue, v}, 2);
  }
  return q && k && v;
}

bool AttentionImport::findScale() {
  if (scale) {
    form.scale = *scale;
    return true;
  }
  int64_t size = typeOf(q).getDimSize(3);
  if (ShapedType::isDynamic(size) || size == 0) {
    node.problem("attribute scale is not given and the size of a head is "
                 "not known");
    return false;
  }
  form.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(size)));
  return true;
}

/// Query i stands behind as many keys as there are of the past, or of the given
/// lengths without the queries' own. nn.attention has the last query at the
/// last key where it is told nothing; with as many new keys as queries, and no
/// lengths, that is the same.
void AttentionImport::placeQueries() {
  if (!form.causal && !form.left && !form.right)
    return;
  if (form.lengths)
    form.offset = emit.binary("sub", form.lengths, emit.shapeOf(q, 2, 3));
  else if (!node.haveEqualSizes(q, 2, k, 2))
    form.offset = pastKey ? emit.shapeOf(pastKey, 2, 3) : emit.integers({0});
}

/// The mask as numbers to add, one for each key.
bool AttentionImport::coverKeys() {
  Value &mask = form.mask;
  if (!mask)
    return true;
  if (typeOf(mask).getElementType().isInteger(1))
    mask = emit.select(mask, emit.scalar(emit.f32(), 0), minusInfinity());
  if (!mask)
    return false;
  int64_t rank = rankOf(mask);
  if (rank == 0)
    return true;
  int64_t given = typeOf(mask).getDimSize(rank - 1);
  int64_t keys = typeOf(k).getDimSize(2);
  bool areKnown = !ShapedType::isDynamic(given) && !ShapedType::isDynamic(keys);
  if (node.opset() < 24) {
    if (!areKnown || given == 1 || given >= keys)
      return true;
    node.problem("its mask covers " + Twine(given) + " of " + Twine(keys) +
                 " keys; supported before opset 24: all of them");
    return false;
  }
  // Since opset 24 keys behind the mask are hidden.
  if (areKnown ? given >= keys : node.haveEqualSizes(mask, rank - 1, k, 2))
    return true;
  Value missing = emit.binary("sub", emit.shapeOf(k, 2, 3),
                              emit.shapeOf(mask, rank - 1, rank));
  Value shape = missing;
  if (rank > 1)
    shape = emit.concat({emit.shapeOf(mask, 0, rank - 1), missing}, 0);
  mask = emit.concat({mask, emit.expand(minusInfinity(), shape)}, rank - 1);
  return mask != nullptr;
}

/// -inf is added to the scores of keys that nn.attention hides by what is not
/// its mask.
Value AttentionImport::hideKeys(Value scores) {
  auto column = [&](Value list) {
    return emit.reshape(list, {Size(-1), Size(1), Size(1), Size(1)});
  };
  auto hideUnless = [&](StringRef predicate, Value key, Value bound) {
    Value isSeen = emit.compare(predicate, key, bound);
    Value added =
        emit.select(isSeen, emit.scalar(emit.f32(), 0), minusInfinity());
    scores = emit.binary("add", scores, added);
  };
  Value key = emit.positions(scores, 3);
  if (form.lengths)
    hideUnless("lt", key, column(form.lengths));
  if (!form.causal && !form.left && !form.right)
    return scores;
  Value offset = form.offset ? form.offset
                             : emit.binary("sub", emit.shapeOf(k, 2, 3),
                                           emit.shapeOf(q, 2, 3));
  Value position =
      emit.binary("add", emit.positions(scores, 2), column(offset));
  auto shift = [&](StringRef kind, int64_t by) {
    by = std::min(by, quantc::nn::farthestKey);
    return emit.binary(kind, position, emit.integer(by));
  };
  if (form.causal || form.right)
    hideUnless("le", key, shift("add", form.right.value_or(0)));
  if (form.left)
    hideUnless("ge", key, shift("sub", *form.left));
  return scores;
}

/// What output 3 wants of the scores, by ops of their own: a kernel of
/// attention keeps none.
Value AttentionImport::makeScores() {
  // Query heads that share keys as more rows of one.
  int64_t all = typeOf(q).getDimSize(1), distinct = typeOf(k).getDimSize(1);
  bool areShared = all != distinct;
  Value rows = q;
  if (areShared) {
    if (ShapedType::isDynamic(all) || ShapedType::isDynamic(distinct) ||
        distinct == 0 || all % distinct != 0) {
      node.problem(
          "output 3 (qk_matmul_output) needs numbers of heads that are "
          "known, the keys' a divisor of the queries'");
      return {};
    }
    rows = emit.reshape(
        q, emit.concat({emit.shapeOf(q, 0, 1),
                        emit.integers({distinct, -1, typeOf(q).getDimSize(3)})},
                       0));
  }
  Value scores = emit.matmul(rows, k);
  if (areShared)
    scores =
        emit.reshape(scores, {Size(q, 0), Size(all), Size(q, 2), Size(k, 2)});
  scores = emit.binary("mul", scores, emit.scalar(emit.f32(), form.scale));
  if (scoreMode >= 1 && form.softcap != 0) {
    Value cap = emit.scalar(emit.f32(), form.softcap);
    scores = emit.unary("tanh", emit.binary("div", scores, cap));
    scores = emit.binary("mul", scores, cap);
  }
  if (scoreMode >= 2) {
    scores = hideKeys(scores);
    if (form.mask)
      scores = emit.binary("add", scores, form.mask);
  }
  return scoreMode == 3 ? emit.softmax(scores, 3) : scores;
}

void AttentionImport::run() {
  readAttributes();
  readInputs();
  if (node.failed() || !splitOperands())
    return;
  node.output(1, k);
  node.output(2, v);
  if (!findScale() || !coverKeys())
    return;
  Value result = emit.attention(q, k, v, form);
  if (isFlat && result) {
    Value rows = emit.transpose(result, {0, 2, 1, 3});
    int64_t size = typeOf(v).getDimSize(3);
    result =
        emit.reshape(rows, {Size(rows, 0), Size(rows, 1), Size(*heads * size)});
  }
  node.output(0, result);
  if (node.wantsOutput(3))
    node.output(3, makeScores());
}

static void importAttention(NodeBinder &node) { AttentionImport(node).run(); }

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
  Value split = flat ? splitHeads(node, x, "input", heads, "num_heads") : x;
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
