//===- Npy.cpp - One array in NumPy's format --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/Npz.h"

#include <cctype>
#include <cstring>

using namespace quantc;

namespace {

struct DtypeName {
  const char *text; ///< behind the byte order
  quantc_dtype dtype;
};

constexpr DtypeName DtypeNames[] = {
    {"b1", QUANTC_BOOL}, {"i1", QUANTC_I8},  {"u1", QUANTC_U8},
    {"i2", QUANTC_I16},  {"u2", QUANTC_U16}, {"i4", QUANTC_I32},
    {"u4", QUANTC_U32},  {"i8", QUANTC_I64}, {"u8", QUANTC_U64},
    {"f2", QUANTC_F16},  {"f4", QUANTC_F32}, {"f8", QUANTC_F64},
};

constexpr char Magic[] = "\x93NUMPY";
constexpr uint64_t MagicSize = 6;

/// The header: a Python dictionary of three known keys, as numpy writes it
/// with repr(). Anything else is an error, not a guess.
class HeaderParser {
public:
  HeaderParser(std::string text) : text(std::move(text)) {}

  std::string descr;
  bool fortran = false;
  std::vector<int64_t> dims;
  std::string problem;

  bool parse() {
    bool hasDescr = false, hasOrder = false, hasShape = false;
    if (!take('{'))
      return fail("its header is no dictionary");
    while (!take('}')) {
      std::string key;
      if (!parseString(key) || !take(':'))
        return fail("its header is damaged");
      if (key == "descr" && !hasDescr) {
        if (peek() == '[')
          return fail("it has structured elements, which are not supported");
        if (!parseString(descr))
          return fail("its header is damaged");
        hasDescr = true;
      } else if (key == "fortran_order" && !hasOrder) {
        if (takeWord("True"))
          fortran = true;
        else if (!takeWord("False"))
          return fail("its header is damaged");
        hasOrder = true;
      } else if (key == "shape" && !hasShape) {
        if (!parseShape())
          return problem.empty() ? fail("its header is damaged") : false;
        hasShape = true;
      } else {
        return fail("its header is damaged");
      }
      if (!take(',') && peek() != '}')
        return fail("its header is damaged");
    }
    if (!hasDescr || !hasOrder || !hasShape)
      return fail("its header is incomplete");
    return true;
  }

private:
  bool fail(const char *what) {
    problem = what;
    return false;
  }
  char peek() {
    while (position < text.size() &&
           std::isspace(static_cast<unsigned char>(text[position])))
      ++position;
    return position < text.size() ? text[position] : '\0';
  }
  bool take(char letter) {
    if (peek() != letter)
      return false;
    ++position;
    return true;
  }
  bool takeWord(const char *word) {
    peek();
    if (text.compare(position, std::strlen(word), word) != 0)
      return false;
    position += std::strlen(word);
    return true;
  }
  bool parseString(std::string &value) {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = text.find(quote, position + 1);
    if (end == std::string::npos)
      return false;
    value = text.substr(position + 1, end - position - 1);
    position = end + 1;
    return true;
  }
  bool parseShape() {
    if (!take('('))
      return false;
    while (!take(')')) {
      uint64_t size = 0;
      if (!std::isdigit(static_cast<unsigned char>(peek())))
        return false;
      while (position < text.size() &&
             std::isdigit(static_cast<unsigned char>(text[position]))) {
        if (size > (uint64_t(INT64_MAX) - 9) / 10)
          return fail("its shape overflows 63 bits");
        size = size * 10 + uint64_t(text[position++] - '0');
      }
      take('L'); // Python 2 wrote 3L
      dims.push_back(static_cast<int64_t>(size));
      if (!take(',') && peek() != ')')
        return false;
    }
    return true;
  }

  std::string text;
  size_t position = 0;
};

} // namespace

static bool fail(std::string &error, const std::string &what,
                 const std::string &why) {
  error = what + " cannot be read: " + why;
  return false;
}

static bool parseDescr(const std::string &descr, quantc_dtype &dtype,
                       std::string &why) {
  if (!descr.empty()) {
    std::string rest = descr.substr(1);
    for (const DtypeName &known : DtypeNames) {
      if (rest != known.text)
        continue;
      if (descr[0] == '>' && quantc_dtype_bytes(known.dtype) > 1) {
        why = "its elements are big-endian ('" + descr +
              "'); store them with .astype('<" + rest + "')";
        return false;
      }
      if (descr[0] == '<' || descr[0] == '|' || descr[0] == '=' ||
          descr[0] == '>') {
        dtype = known.dtype;
        return true;
      }
    }
  }
  why = "its element type '" + descr +
        "' is not supported (bool, integers and floats of up to 64 bits are)";
  return false;
}

/// Elements of a column-major array in row-major order.
static void reorder(const uint8_t *source, NamedArray &array) {
  size_t rank = array.dims.size(), width = quantc_dtype_bytes(array.dtype);
  std::vector<uint64_t> strides(rank), index(rank, 0);
  uint64_t stride = width;
  for (size_t i = 0; i < rank; ++i) {
    strides[i] = stride;
    stride *= static_cast<uint64_t>(array.dims[i]);
  }
  uint64_t from = 0;
  for (uint64_t to = 0; to < array.bytes.size(); to += width) {
    std::memcpy(array.bytes.data() + to, source + from, width);
    for (size_t i = rank; i-- > 0;) {
      from += strides[i];
      if (++index[i] < static_cast<uint64_t>(array.dims[i]))
        break;
      from -= strides[i] * index[i];
      index[i] = 0;
    }
  }
}

bool quantc::parseNpy(const uint8_t *data, uint64_t size,
                      const std::string &what, NamedArray &array,
                      std::string &error) {
  if (size < MagicSize + 4 || std::memcmp(data, Magic, MagicSize) != 0)
    return fail(error, what, "it is not in NumPy's .npy format");
  unsigned version = data[MagicSize];
  if (version < 1 || version > 3)
    return fail(error, what,
                "its .npy format version " + std::to_string(version) +
                    " is not known");
  uint64_t lengthBytes = version == 1 ? 2 : 4, begin = 8 + lengthBytes;
  uint64_t length = 0;
  if (size < begin)
    return fail(error, what, "its header is cut off");
  for (uint64_t i = 0; i < lengthBytes; ++i)
    length |= uint64_t(data[8 + i]) << (8 * i);
  if (size - begin < length)
    return fail(error, what, "its header is cut off");
  HeaderParser header(
      std::string(reinterpret_cast<const char *>(data + begin), length));
  if (!header.parse())
    return fail(error, what, header.problem);
  std::string why;
  if (!parseDescr(header.descr, array.dtype, why))
    return fail(error, what, why);
  array.dims = std::move(header.dims);

  uint64_t expected = quantc_dtype_bytes(array.dtype);
  bool isEmpty = false;
  for (int64_t dim : array.dims)
    isEmpty |= dim == 0;
  for (int64_t dim : array.dims)
    if (!isEmpty && __builtin_mul_overflow(expected, uint64_t(dim), &expected))
      return fail(error, what, "its shape overflows 64 bits");
  if (isEmpty)
    expected = 0;
  uint64_t present = size - begin - length;
  if (present != expected)
    return fail(error, what,
                "its shape takes " + std::to_string(expected) +
                    " bytes, but it has " + std::to_string(present));
  const uint8_t *elements = data + begin + length;
  if (header.fortran && array.dims.size() > 1) {
    array.bytes.resize(expected);
    reorder(elements, array);
  } else {
    array.bytes.assign(elements, elements + expected);
  }
  if (array.dtype == QUANTC_BOOL)
    for (uint8_t &byte : array.bytes)
      byte = byte != 0;
  return true;
}

std::string quantc::makeNpyHeader(const NamedArray &array) {
  std::string descr;
  for (const DtypeName &known : DtypeNames)
    if (known.dtype == array.dtype)
      descr = (quantc_dtype_bytes(array.dtype) > 1 ? "<" : "|") +
              std::string(known.text);
  if (descr.empty())
    return {};
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : array.dims)
    header += std::to_string(dim) + ", ";
  // One element's tuple needs its comma, the others do without.
  if (array.dims.size() == 1)
    header.pop_back();
  else if (!array.dims.empty())
    header.resize(header.size() - 2);
  header += "), }";
  // The elements begin at a multiple of 64.
  constexpr size_t Before = 10;
  header.append(63 - (Before + header.size()) % 64, ' ');
  header += '\n';
  std::string out(Magic, MagicSize);
  out += '\1';
  out += '\0';
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  return out + header;
}
