//===- Einsum.cpp - Products named by their dims ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

namespace {
/// A value whose dims have names: letters, and digits for those of an ellipsis,
/// counted from the last one.
struct Named {
  Value value;
  std::string dims;
};
} // namespace

static bool has(StringRef dims, char dim) { return dims.contains(dim); }

/// The dims of a term for a tensor of `rank`; nothing where it does not fit.
static std::optional<std::string> readTerm(StringRef term, int64_t rank) {
  std::string dims;
  size_t letters = 0;
  for (char c : term)
    letters += c != '.';
  for (size_t i = 0; i < term.size(); ++i) {
    if (term[i] != '.') {
      if (!llvm::isAlpha(term[i]) || has(dims, term[i]))
        return std::nullopt;
      dims += term[i];
      continue;
    }
    constexpr int64_t most = 9;
    int64_t open = rank - static_cast<int64_t>(letters);
    if (!term.substr(i).starts_with("...") || open < 0 || open > most)
      return std::nullopt;
    for (int64_t k = open; k-- > 0;)
      dims += static_cast<char>('0' + k);
    i += 2;
  }
  if (static_cast<int64_t>(dims.size()) != rank)
    return std::nullopt;
  return dims;
}

/// Sums over the dims that neither `kept` nor `other` has.
static Named sumOthers(Emitter &emit, Named x, StringRef kept,
                       StringRef other) {
  SmallVector<int64_t> axes;
  std::string left;
  for (auto [axis, dim] : llvm::enumerate(x.dims)) {
    if (has(kept, dim) || has(other, dim))
      left += dim;
    else
      axes.push_back(static_cast<int64_t>(axis));
  }
  if (axes.empty())
    return x;
  return {emit.reduce("sum", x.value, axes, /*keepDims=*/false), left};
}

static Value permute(Emitter &emit, const Named &x, StringRef order) {
  SmallVector<int64_t> permutation;
  for (char dim : order)
    permutation.push_back(static_cast<int64_t>(x.dims.find(dim)));
  return emit.transpose(x.value, permutation);
}

/// `x` as [batch..., rows, columns], where each of the last two may stand for
/// several dims, or for none.
static Value toMatrices(Emitter &emit, const Named &x, StringRef batch,
                        StringRef rows, StringRef columns) {
  Value value = permute(emit, x, (batch + rows + columns).str());
  if (rows.size() == 1 && columns.size() == 1)
    return value;
  SmallVector<Value> sizes;
  int64_t dim = batch.size();
  if (dim > 0)
    sizes.push_back(emit.shapeOf(value, 0, dim));
  for (StringRef merged : {rows, columns}) {
    Value size = emit.integers({1});
    for (size_t i = 0; i < merged.size(); ++i, ++dim)
      size = emit.binary("mul", size, emit.shapeOf(value, dim, dim + 1));
    sizes.push_back(size);
  }
  return emit.reshape(value, emit.concat(sizes, 0));
}

/// The product of both, without the dims that are not `kept`.
static Named multiply(Emitter &emit, Named a, Named b, StringRef kept) {
  a = sumOthers(emit, a, kept, b.dims);
  b = sumOthers(emit, b, kept, a.dims);
  std::string batch, summed, rows, columns;
  for (char dim : a.dims)
    (has(b.dims, dim) ? (has(kept, dim) ? batch : summed) : rows) += dim;
  for (char dim : b.dims)
    if (!has(a.dims, dim))
      columns += dim;
  // Without a batch, all but the last dim of rows stay what they are.
  std::string leading = batch, merged = rows;
  if (batch.empty() && rows.size() > 1) {
    leading = rows.substr(0, rows.size() - 1);
    merged = rows.back();
  }
  Value left = toMatrices(emit, a, leading, merged, summed),
        right = toMatrices(emit, b, batch, columns, summed);
  Value product = emit.matmul(left, right);
  if (merged.size() == 1 && columns.size() == 1)
    return {product, batch + rows + columns};
  SmallVector<Value> sizes;
  auto add = [&](const Named &from, StringRef dims) {
    for (char dim : dims) {
      auto at = static_cast<int64_t>(from.dims.find(dim));
      sizes.push_back(emit.shapeOf(from.value, at, at + 1));
    }
  };
  // Batches may be 1 in one of both.
  auto whole = static_cast<int64_t>(leading.size());
  if (whole > 0)
    sizes.push_back(emit.shapeOf(product, 0, whole));
  add(a, merged);
  add(b, columns);
  Value shape = sizes.empty() ? emit.integers({}) : emit.concat(sizes, 0);
  return {emit.reshape(product, shape), batch + rows + columns};
}

static void importEinsum(NodeBinder &node) {
  StringRef given = node.text("equation");
  SmallVector<Value> inputs = node.inputs(0, Float);
  if (node.failed())
    return;
  std::string equation;
  for (char c : given)
    if (c != ' ')
      equation += c;
  auto [terms, result] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> parts;
  terms.split(parts, ',');
  if (parts.size() != inputs.size()) {
    node.problem("equation '" + given + "' has " + Twine(parts.size()) +
                 " terms for " + Twine(inputs.size()) + " inputs");
    return;
  }
  SmallVector<Named> operands;
  std::string open, letters;
  for (auto [part, input] : llvm::zip_equal(parts, inputs)) {
    std::optional<std::string> dims = readTerm(part, rankOf(input));
    if (!dims) {
      node.unsupported("equation", "'" + given + "'",
                       "terms of distinct letters, and one ellipsis, that fit "
                       "the ranks of the inputs");
      return;
    }
    operands.push_back({input, *dims});
    std::string own;
    for (char dim : *dims)
      (llvm::isDigit(dim) ? own : letters) += dim;
    if (own.size() > open.size())
      open = own;
  }
  std::string kept;
  if (isExplicit) {
    auto [front, back] = result.split("...");
    kept = (front + (result.contains("...") ? open : "") + back).str();
  } else {
    // What occurs once, sorted.
    kept = open;
    llvm::sort(letters);
    for (char dim : letters)
      if (llvm::count(letters, dim) == 1)
        kept += dim;
  }
  for (size_t i = 0; i < kept.size(); ++i)
    if (has(StringRef(kept).substr(i + 1), kept[i]) ||
        !(has(letters, kept[i]) || has(open, kept[i]))) {
      node.problem("equation '" + given + "' has a result that repeats a dim " +
                   "or has one of its own");
      return;
    }
  Emitter &emit = node.emit();
  Named product = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string later = kept;
    for (const Named &other : ArrayRef(operands).drop_front(i + 1))
      later += other.dims;
    product = multiply(emit, product, operands[i], later);
  }
  product = sumOthers(emit, product, kept, "");
  node.output(0, permute(emit, product, kept));
}

void quantc::onnx::addEinsumOps(OpTable &table) {
  table.add("Einsum", importEinsum, 12, 1, OpTable::Variadic);
}
