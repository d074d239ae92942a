//===- Zip.cpp - The part of the zip format that .npz files use -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Zip.h"

#include <algorithm>
#include <zlib.h>

using namespace quantc;
using namespace quantc::zip;

namespace {

constexpr uint32_t LocalMagic = 0x04034b50;
constexpr uint32_t CentralMagic = 0x02014b50;
constexpr uint32_t EndMagic = 0x06054b50;
constexpr uint32_t End64Magic = 0x06064b50;
constexpr uint32_t Locator64Magic = 0x07064b50;
constexpr uint64_t LocalSize = 30, CentralSize = 46, EndSize = 22,
                   End64Size = 56, Locator64Size = 20;
constexpr uint16_t Zip64Extra = 1;
constexpr uint32_t In64 = 0xffffffff; ///< "see the zip64 field"

/// A range of bytes that is read without ever leaving it: reads beyond the end
/// are zero, and mark the reader as bad.
class Reader {
public:
  Reader(const uint8_t *data, uint64_t size) : data(data), size(size) {}

  uint64_t number(uint64_t offset, unsigned bytes) {
    if (offset > size || size - offset < bytes) {
      bad = true;
      return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i)
      value |= uint64_t(data[offset + i]) << (8 * i);
    return value;
  }
  uint16_t u16(uint64_t offset) { return uint16_t(number(offset, 2)); }
  uint32_t u32(uint64_t offset) { return uint32_t(number(offset, 4)); }
  uint64_t u64(uint64_t offset) { return number(offset, 8); }
  bool has(uint64_t offset, uint64_t length) const {
    return offset <= size && size - offset >= length;
  }
  std::string text(uint64_t offset, uint64_t length) {
    if (!has(offset, length)) {
      bad = true;
      return {};
    }
    return std::string(reinterpret_cast<const char *>(data + offset), length);
  }

  const uint8_t *data;
  uint64_t size;
  bool bad = false;
};

} // namespace

static bool fail(std::string &error, const char *text) {
  error = text;
  return false;
}

/// The record at the end, behind which there may be a comment.
static bool findEnd(Reader &reader, uint64_t &end) {
  if (reader.size < EndSize)
    return false;
  uint64_t last = reader.size - EndSize;
  uint64_t first = last > 0xffff ? last - 0xffff : 0;
  for (uint64_t at = last + 1; at-- > first;) {
    if (reader.u32(at) == EndMagic &&
        reader.u16(at + 20) == reader.size - at - EndSize) {
      end = at;
      return true;
    }
  }
  return false;
}

/// Takes 64-bit values from the extra field, for those members of `entry` that
/// say so, in this order.
static bool readZip64Extra(Reader &reader, uint64_t offset, uint64_t length,
                           Entry &entry) {
  if (entry.size != In64 && entry.packedSize != In64 &&
      entry.headerOffset != In64)
    return true;
  uint64_t end = offset + length;
  while (end - offset >= 4) {
    uint16_t id = reader.u16(offset), size = reader.u16(offset + 2);
    offset += 4;
    if (size > end - offset)
      return false;
    if (id != Zip64Extra) {
      offset += size;
      continue;
    }
    uint64_t stop = offset + size;
    for (uint64_t *value :
         {&entry.size, &entry.packedSize, &entry.headerOffset}) {
      if (*value != In64)
        continue;
      if (stop - offset < 8)
        return false;
      *value = reader.u64(offset);
      offset += 8;
    }
    return true;
  }
  return true; // a size of exactly 2^32 - 1, for all we know
}

bool zip::listEntries(const uint8_t *data, uint64_t size,
                      std::vector<Entry> &entries, std::string &error) {
  Reader reader(data, size);
  uint64_t end = 0;
  if (!findEnd(reader, end))
    return fail(error, size >= 4 && reader.u32(0) == LocalMagic
                           ? "the zip file is cut off: its directory is missing"
                           : "it is not a zip file");
  uint64_t count = reader.u16(end + 10), offset = reader.u32(end + 16);
  if (end >= Locator64Size &&
      reader.u32(end - Locator64Size) == Locator64Magic) {
    uint64_t end64 = reader.u64(end - Locator64Size + 8);
    if (!reader.has(end64, End64Size) || reader.u32(end64) != End64Magic)
      return fail(error, "the zip64 directory is damaged");
    count = reader.u64(end64 + 32);
    offset = reader.u64(end64 + 48);
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (!reader.has(offset, CentralSize) || reader.u32(offset) != CentralMagic)
      return fail(error, "the zip directory is damaged");
    Entry entry;
    entry.flags = reader.u16(offset + 8);
    entry.method = reader.u16(offset + 10);
    entry.crc = reader.u32(offset + 16);
    entry.packedSize = reader.u32(offset + 20);
    entry.size = reader.u32(offset + 24);
    entry.headerOffset = reader.u32(offset + 42);
    uint64_t nameSize = reader.u16(offset + 28),
             extraSize = reader.u16(offset + 30),
             commentSize = reader.u16(offset + 32);
    entry.name = reader.text(offset + CentralSize, nameSize);
    if (!reader.has(offset + CentralSize, nameSize + extraSize + commentSize) ||
        !readZip64Extra(reader, offset + CentralSize + nameSize, extraSize,
                        entry))
      return fail(error, "the zip directory is damaged");
    offset += CentralSize + nameSize + extraSize + commentSize;
    entries.push_back(std::move(entry));
  }
  return !reader.bad || fail(error, "the zip directory is damaged");
}

/// Unpacks a deflated member; memory grows as the contents come, so that a
/// wrong size costs nothing.
static bool inflateEntry(const uint8_t *packed, const Entry &entry,
                         std::vector<uint8_t> &contents, std::string &error) {
  // Deflate packs 1032 : 1 at most.
  if (entry.size / 1032 > entry.packedSize)
    return fail(error, "its compressed contents are too short for its size");
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return fail(error, "there is no memory to unpack it");
  constexpr uint64_t Most = 1u << 30; // zlib counts in 32 bits
  uint64_t taken = 0, made = 0;
  int result = Z_OK;
  while (result == Z_OK) {
    if (stream.avail_in == 0) {
      uint64_t piece = std::min(Most, entry.packedSize - taken);
      stream.next_in = const_cast<Bytef *>(packed + taken);
      stream.avail_in = static_cast<uInt>(piece);
      taken += piece;
    }
    uint64_t room = std::min<uint64_t>(
        entry.size - made, std::clamp<uint64_t>(made, 1u << 20, Most));
    // One byte more than there should be shows contents that go on.
    uint8_t beyond;
    if (room > 0)
      contents.resize(made + room);
    stream.next_out = room > 0 ? contents.data() + made : &beyond;
    stream.avail_out = room > 0 ? static_cast<uInt>(room) : 1;
    uInt before = stream.avail_out;
    result = inflate(&stream, Z_NO_FLUSH);
    uint64_t produced = before - stream.avail_out;
    if (room == 0 && produced > 0)
      result = Z_DATA_ERROR;
    else
      made += produced;
  }
  inflateEnd(&stream);
  contents.resize(made);
  if (result != Z_STREAM_END || made != entry.size)
    return fail(error, "its compressed contents are damaged");
  return true;
}

bool zip::readEntry(const uint8_t *data, uint64_t size, const Entry &entry,
                    std::vector<uint8_t> &contents, std::string &error) {
  Reader reader(data, size);
  if (entry.flags & 1)
    return fail(error, "it is encrypted");
  if (entry.method != 0 && entry.method != 8) {
    error = "its compression method " + std::to_string(entry.method) +
            " is not supported (stored and deflated are)";
    return false;
  }
  if (!reader.has(entry.headerOffset, LocalSize) ||
      reader.u32(entry.headerOffset) != LocalMagic)
    return fail(error, "its local header is damaged");
  uint64_t begin = entry.headerOffset + LocalSize +
                   reader.u16(entry.headerOffset + 26) +
                   reader.u16(entry.headerOffset + 28);
  if (!reader.has(begin, entry.packedSize))
    return fail(error, "its contents are cut off");
  if (entry.method == 0) {
    if (entry.size != entry.packedSize)
      return fail(error, "its two sizes contradict each other");
    contents.assign(data + begin, data + begin + entry.size);
  } else if (!inflateEntry(data + begin, entry, contents, error)) {
    return false;
  }
  if (crc32_z(crc32_z(0, nullptr, 0), contents.data(), contents.size()) !=
      entry.crc)
    return fail(error, "its checksum is wrong");
  return true;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void put(std::string &out, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out.push_back(static_cast<char>(value >> (8 * i)));
}

static bool needs64(const Entry &entry) {
  return entry.size >= In64 || entry.headerOffset >= In64;
}

/// From "version needed" to the sizes: the same in both headers.
static void putCommon(std::string &out, const Entry &entry) {
  bool wide = entry.size >= In64;
  put(out, needs64(entry) ? 45 : 20, 2);
  put(out, 1u << 11, 2); // names are UTF-8
  put(out, 0, 2);        // stored
  put(out, 0, 2);        // the time and ...
  put(out, 0x21, 2);     // ... date 1980-01-01: equal arrays, equal files
  put(out, entry.crc, 4);
  put(out, wide ? In64 : entry.size, 4);
  put(out, wide ? In64 : entry.size, 4);
  put(out, entry.name.size(), 2);
}

std::string zip::makeLocalHeader(const Entry &entry) {
  std::string out;
  bool wide = entry.size >= In64;
  put(out, LocalMagic, 4);
  putCommon(out, entry);
  put(out, wide ? 20 : 0, 2);
  out += entry.name;
  if (wide) {
    put(out, Zip64Extra, 2);
    put(out, 16, 2);
    put(out, entry.size, 8);
    put(out, entry.size, 8);
  }
  return out;
}

std::string zip::makeDirectory(const std::vector<Entry> &entries,
                               uint64_t offset) {
  std::string out;
  for (const Entry &entry : entries) {
    bool wide = entry.size >= In64, far = entry.headerOffset >= In64;
    put(out, CentralMagic, 4);
    put(out, 3 << 8 | 45, 2); // made on Unix
    putCommon(out, entry);
    put(out, needs64(entry) ? 4 + (wide ? 16 : 0) + (far ? 8 : 0) : 0, 2);
    put(out, 0, 2);                       // comment
    put(out, 0, 2);                       // disk
    put(out, 0, 2);                       // internal attributes
    put(out, uint64_t(0100644) << 16, 4); // a regular file, rw-r--r--
    put(out, far ? In64 : entry.headerOffset, 4);
    out += entry.name;
    if (needs64(entry)) {
      put(out, Zip64Extra, 2);
      put(out, (wide ? 16 : 0) + (far ? 8 : 0), 2);
      if (wide) {
        put(out, entry.size, 8);
        put(out, entry.size, 8);
      }
      if (far)
        put(out, entry.headerOffset, 8);
    }
  }
  uint64_t bytes = out.size(), count = entries.size();
  if (offset >= In64 || bytes >= In64 || count >= 0xffff) {
    put(out, End64Magic, 4);
    put(out, End64Size - 12, 8);
    put(out, 45, 2);
    put(out, 45, 2);
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, count, 8);
    put(out, count, 8);
    put(out, bytes, 8);
    put(out, offset, 8);
    put(out, Locator64Magic, 4);
    put(out, 0, 4);
    put(out, offset + bytes, 8);
    put(out, 1, 4);
  }
  put(out, EndMagic, 4);
  put(out, 0, 2);
  put(out, 0, 2);
  put(out, std::min<uint64_t>(count, 0xffff), 2);
  put(out, std::min<uint64_t>(count, 0xffff), 2);
  put(out, std::min<uint64_t>(bytes, In64), 4);
  put(out, std::min<uint64_t>(offset, In64), 4);
  put(out, 0, 2);
  return out;
}
