//===- KeyWindow.h - Which keys a query sees --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What nn.attention and qt.attention share: their mask aside, the keys that a
// query sees are neighbours.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_KEYWINDOW_H
#define QUANTC_DIALECT_NN_IR_KEYWINDOW_H

#include "mlir/IR/BuiltinTypes.h"
#include "quantc/Interpreter/HostValue.h"
#include <algorithm>
#include <optional>

namespace quantc::nn {

/// Offsets and sizes of windows are taken to lie within this: far more than
/// there are keys, and sums of a few of them fit 64 bits.
constexpr int64_t farthestKey = int64_t(1) << 48;

/// The keys that each query of an attention sees.
class KeyWindow {
public:
  /// Of an attention whose last operands \p rest are its lengths and offset.
  /// An error where they are neither one nor one for each batch item.
  template <typename AttentionOp>
  static mlir::FailureOr<KeyWindow>
  read(AttentionOp op, llvm::ArrayRef<HostValue> rest, int64_t batch,
       int64_t queries, int64_t keys) {
    KeyWindow window;
    window.queries = queries;
    window.keys = keys;
    auto take = [&](llvm::StringRef what,
                    llvm::ArrayRef<int64_t> &list) -> llvm::LogicalResult {
      list = rest.front().template as<int64_t>();
      rest = rest.drop_front();
      auto count = static_cast<int64_t>(list.size());
      if (count == 1 || count == batch)
        return mlir::success();
      return op.emitOpError()
             << what << " of " << count << " elements for a batch of " << batch;
    };
    if (op.getLengths() && mlir::failed(take("lengths", window.lengths)))
      return mlir::failure();
    if (op.getOffset() && mlir::failed(take("offset", window.offsets)))
      return mlir::failure();
    window.left = op.getLeftWindow();
    window.right = getRight(op);
    return window;
  }

  /// How many keys behind its own a query sees; nothing if all.
  template <typename AttentionOp>
  static std::optional<int64_t> getRight(AttentionOp op) {
    if (op.getCausal())
      return 0;
    if (std::optional<uint64_t> right = op.getRightWindow())
      return static_cast<int64_t>(*right);
    return std::nullopt;
  }

  /// The first key that \p query of batch item \p item sees, and the one behind
  /// the last.
  std::pair<int64_t, int64_t> getKeys(int64_t item, int64_t query) const {
    auto pick = [&](llvm::ArrayRef<int64_t> list) {
      return list[list.size() == 1 ? 0 : item];
    };
    int64_t begin = 0, end = keys;
    if (!lengths.empty())
      end = std::clamp<int64_t>(pick(lengths), 0, keys);
    int64_t offset = keys - queries;
    if (!offsets.empty())
      offset = std::clamp(pick(offsets), -farthestKey, farthestKey);
    int64_t position = query + offset;
    if (left)
      begin = std::max(begin, position - std::min(*left, farthestKey));
    if (right)
      end = std::min(end, position + std::min(*right, farthestKey) + 1);
    return {begin, end};
  }

private:
  int64_t queries = 0, keys = 0;
  std::optional<int64_t> left, right;
  llvm::ArrayRef<int64_t> lengths, offsets;
};

/// Verifies what says which keys are seen, and the soft cap, of an attention
/// of \p batch items.
template <typename AttentionOp>
llvm::LogicalResult verifyKeyWindow(AttentionOp op, int64_t batch) {
  using mlir::ShapedType;
  for (auto [what, list] : {std::pair("lengths", op.getLengths()),
                            std::pair("offset", op.getOffset())}) {
    if (!list)
      continue;
    int64_t count = list.getType().getDimSize(0);
    if (!ShapedType::isDynamic(count) && count != 1 &&
        !ShapedType::isDynamic(batch) && count != batch)
      return op.emitOpError(what)
             << " of " << count << " elements for a batch of " << batch
             << "; supported: one, or one for each item";
  }
  if (op.getCausal() && op.getRightWindow())
    return op.emitOpError("is causal, which is right_window = 0, and has "
                          "right_window = ")
           << *op.getRightWindow();
  if (op.getOffset() && !op.getCausal() && !op.getLeftWindow() &&
      !op.getRightWindow())
    return op.emitOpError("has an offset, but neither causal nor a window that "
                          "depends on it");
  if (std::optional<llvm::APFloat> cap = op.getSoftcap())
    if (!cap->isFinite() || cap->isZero() || cap->isNegative())
      return op.emitOpError("softcap = ")
             << op.getSoftcapAttr() << "; supported: finite numbers above 0";
  return mlir::success();
}

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_KEYWINDOW_H
