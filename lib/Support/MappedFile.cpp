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

/// Maps the whole file. An empty one cannot be mapped; it has no bytes to point
/// at either.
bool MappedFile::map(int descriptor, uint64_t size, std::string &error) {
  if (size == 0)
    return true;
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED) {
    error = describe(name, errno);
    return false;
  }
  bytes = static_cast<const uint8_t *>(address);
  length = size;
  return true;
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path,
                                                   std::string &error) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    error = describe(path, errno);
    return nullptr;
  }
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->name = path;
  bool isRead = false;
  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    error = describe(path, errno);
  else if (!S_ISREG(status.st_mode))
    error = "cannot open '" + path + "': " +
            (S_ISDIR(status.st_mode) ? "it is a directory"
                                     : "it is not a regular file");
  else
    isRead =
        file->map(descriptor, static_cast<uint64_t>(status.st_size), error);
  ::close(descriptor);
  return isRead ? file : nullptr;
}

std::shared_ptr<const MappedFile>
MappedFile::readStandardInput(std::string &error) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->name = "<stdin>";
  file->isInput = true;
  struct stat status;
  if (::fstat(STDIN_FILENO, &status) != 0) {
    error = "cannot read standard input: " + std::string(std::strerror(errno));
    return nullptr;
  }
  if (S_ISREG(status.st_mode) && ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
    return file->map(STDIN_FILENO, static_cast<uint64_t>(status.st_size), error)
               ? file
               : nullptr;
  // Some devices have no end.
  if (S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) ||
      (S_ISCHR(status.st_mode) && !::isatty(STDIN_FILENO))) {
    error = "cannot read standard input: it is neither a file nor a pipe";
    return nullptr;
  }
  constexpr size_t pieceBytes = 1 << 20;
  for (size_t filled = 0;;) {
    file->owned.resize(filled + pieceBytes);
    ssize_t count =
        ::read(STDIN_FILENO, file->owned.data() + filled, pieceBytes);
    if (count < 0 && errno != EINTR) {
      error =
          "cannot read standard input: " + std::string(std::strerror(errno));
      return nullptr;
    }
    filled += count < 0 ? 0 : static_cast<size_t>(count);
    file->owned.resize(filled);
    if (count == 0)
      break;
  }
  file->bytes = file->owned.data();
  file->length = file->owned.size();
  return file;
}

void MappedFile::discard(uint64_t offset, uint64_t size) const {
  // From the page it begins in: what else is on it is read again as well.
  auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  uint64_t begin = offset / page * page;
  if (bytes && owned.empty() && size > 0)
    ::madvise(const_cast<uint8_t *>(bytes) + begin, offset + size - begin,
              MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (bytes && owned.empty())
    ::munmap(const_cast<uint8_t *>(bytes), length);
}
