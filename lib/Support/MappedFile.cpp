//===- MappedFile.cpp - A file mapped read-only -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace quantc;

static std::string describe(const std::string &path, int code) {
  return "cannot open '" + path + "': " + std::strerror(code);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path,
                                                   std::string &error) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    error = describe(path, errno);
    return nullptr;
  }
  struct stat status;
  if (::fstat(descriptor, &status) != 0) {
    error = describe(path, errno);
    ::close(descriptor);
    return nullptr;
  }
  if (!S_ISREG(status.st_mode)) {
    error = "cannot open '" + path + "': " +
            (S_ISDIR(status.st_mode) ? "it is a directory"
                                     : "it is not a regular file");
    ::close(descriptor);
    return nullptr;
  }

  std::shared_ptr<MappedFile> file(new MappedFile);
  file->name = path;
  file->length = static_cast<uint64_t>(status.st_size);
  // An empty file cannot be mapped; it has no bytes to point at either.
  if (file->length > 0) {
    void *address =
        ::mmap(nullptr, file->length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      error = describe(path, errno);
      file->length = 0;
      ::close(descriptor);
      return nullptr;
    }
    file->bytes = static_cast<const uint8_t *>(address);
  }
  ::close(descriptor);
  return file;
}

void MappedFile::discard(uint64_t offset, uint64_t size) const {
  // From the page it begins in: what else is on it is read again as well.
  auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  uint64_t begin = offset / page * page;
  if (bytes && size > 0)
    ::madvise(const_cast<uint8_t *>(bytes) + begin, offset + size - begin,
              MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (bytes)
    ::munmap(const_cast<uint8_t *>(bytes), length);
}
