//===- WireScan.cpp - Take the weights out of a serialised model -*- C++ -*-==//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Protobuf's wire format is a sequence of (field number, wire type, value). The
// scan descends along the few paths that lead to raw_data and copies everything
// else as it stands, so that protobuf sees the same model without its weights.
//
//===----------------------------------------------------------------------===//

#include "WireScan.h"

using namespace quantc;
using namespace quantc::onnx;

namespace {

/// The messages on a path to raw_data.
enum class Message { Model, Graph, Node, Attribute, Tensor };

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

class Scanner {
public:
  explicit Scanner(const uint8_t *data) : data(data) {}

  bool message(Message kind, uint64_t begin, uint64_t end, std::string &out);

  StrippedModel result;
  std::string error;

private:
  bool fail(uint64_t at, const char *what) {
    error = std::string(what) + " at byte " + std::to_string(at);
    return false;
  }
  bool varint(uint64_t &at, uint64_t end, uint64_t &value);
  bool descend(Message inner, uint64_t begin, uint64_t end, uint64_t tagAt,
               std::string &out);

  const uint8_t *data;
  /// The raw_data of the tensor that was scanned last; a repeated field
  /// overrides the ones before it, as protobuf has it.
  std::optional<ByteRange> raw;
  unsigned nodes = 0;
  unsigned attributesOfNode = 0;
};

} // namespace

static void appendVarint(std::string &out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

/// The message in field `field` of `outer` on the way to raw_data.
static std::optional<Message> messageOnPath(Message outer, uint64_t field) {
  switch (outer) {
  case Message::Model:
    return field == 7 ? std::optional(Message::Graph) : std::nullopt;
  case Message::Graph:
    if (field == 1)
      return Message::Node;
    return field == 5 ? std::optional(Message::Tensor) : std::nullopt;
  case Message::Node:
    return field == 5 ? std::optional(Message::Attribute) : std::nullopt;
  case Message::Attribute:
    return field == 5 ? std::optional(Message::Tensor) : std::nullopt;
  case Message::Tensor:
    return std::nullopt;
  }
  return std::nullopt;
}

bool Scanner::varint(uint64_t &at, uint64_t end, uint64_t &value) {
  uint64_t start = at;
  value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at >= end)
      return fail(start, "a number is cut off");
    uint8_t byte = data[at++];
    if (shift < 64)
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return fail(start, "a number has more than ten bytes");
}

/// Scans the message `inner` in [begin, end), whose tag starts at `tagAt`, and
/// appends tag, new length and what is left of it.
bool Scanner::descend(Message inner, uint64_t begin, uint64_t end,
                      uint64_t tagAt, std::string &out) {
  std::string body;
  if (!message(inner, begin, end, body))
    return false;
  // The tag's varint, then the length that no longer holds.
  uint64_t at = tagAt, tag;
  if (!varint(at, end, tag))
    return false;
  appendVarint(out, tag);
  appendVarint(out, body.size());
  out += body;
  return true;
}

bool Scanner::message(Message kind, uint64_t begin, uint64_t end,
                      std::string &out) {
  uint64_t at = begin;
  uint64_t copied = begin; // what lies before it is in `out`
  auto flush = [&](uint64_t upTo) {
    out.append(reinterpret_cast<const char *>(data) + copied, upTo - copied);
  };
  while (at < end) {
    uint64_t tagAt = at, tag, value;
    if (!varint(at, end, tag))
      return false;
    uint64_t field = tag >> 3;
    if (field == 0)
      return fail(tagAt, "a field has number 0");
    switch (tag & 7) {
    case Varint:
      if (!varint(at, end, value))
        return false;
      break;
    case Fixed64:
      if (end - at < 8)
        return fail(tagAt, "a field is cut off");
      at += 8;
      break;
    case Fixed32:
      if (end - at < 4)
        return fail(tagAt, "a field is cut off");
      at += 4;
      break;
    case Bytes: {
      if (!varint(at, end, value))
        return false;
      if (value > end - at)
        return fail(tagAt, "a field reaches beyond its message");
      uint64_t body = at;
      at += value;
      if (kind == Message::Tensor && field == 9) {
        flush(tagAt);
        copied = at;
        raw = ByteRange{body, value};
        break;
      }
      std::optional<Message> inner = messageOnPath(kind, field);
      if (!inner)
        break;
      flush(tagAt);
      copied = at;
      if (*inner == Message::Node)
        attributesOfNode = 0;
      // An attribute's tensor is a singular field: parts of it are merged.
      if (*inner == Message::Attribute ||
          (*inner == Message::Tensor && kind == Message::Graph))
        raw.reset();
      if (!descend(*inner, body, at, tagAt, out))
        return false;
      if (*inner == Message::Node) {
        ++nodes;
      } else if (*inner == Message::Attribute) {
        if (raw)
          result.attributes[{nodes, attributesOfNode}] = *raw;
        ++attributesOfNode;
      } else if (*inner == Message::Tensor && kind == Message::Graph) {
        result.initializers.push_back(raw);
      }
      break;
    }
    default:
      return fail(tagAt, "a field has an unknown wire type");
    }
  }
  flush(end);
  return true;
}

std::optional<StrippedModel> quantc::onnx::stripRawData(const uint8_t *data,
                                                        uint64_t size,
                                                        std::string &error) {
  Scanner scanner(data);
  std::string bytes;
  if (!scanner.message(Message::Model, 0, size, bytes)) {
    error = scanner.error;
    return std::nullopt;
  }
  scanner.result.bytes = std::move(bytes);
  return std::move(scanner.result);
}
