//===- OutputFile.cpp - A file that is whole or not there -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/OutputFile.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace quantc;

static bool fail(const std::string &path, std::string &error) {
  error = "cannot write '" + path + "': " + std::strerror(errno);
  return false;
}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

bool OutputFile::open(
    const std::string &name, std::string &error, unsigned permissions,
    const std::function<void(const std::string &)> &announce,
    const std::function<void(const std::string &)> &withdraw) {
  path = name;
  // What a link names is written, and the link stays.
  if (char *real = ::realpath(name.c_str(), nullptr)) {
    path = real;
    ::free(real);
  }
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      return fail(path, error);
    }
    if (!S_ISREG(status.st_mode)) {
      descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      return descriptor >= 0 || fail(path, error);
    }
    // Renaming over it needs no right to write it; ask for the file's all the
    // same, because that is what people protect.
    if (::access(path.c_str(), W_OK) != 0)
      return fail(path, error);
  }
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string candidate = path + ".tmp" + std::to_string(::getpid()) + "." +
                            std::to_string(attempt);
    if (announce)
      announce(candidate);
    descriptor = ::open(candidate.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (descriptor >= 0) {
      temporary = candidate;
      return true;
    }
    int reason = errno;
    if (withdraw)
      withdraw(candidate);
    errno = reason;
    if (reason != EEXIST)
      break;
  }
  return fail(path, error);
}

bool OutputFile::write(const void *data, size_t size, std::string &error) {
  const char *bytes = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written =
        ::write(descriptor, bytes, std::min<size_t>(size, 1u << 30));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return fail(path, error);
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool OutputFile::commit(std::string &error) {
  int result = ::close(descriptor);
  descriptor = -1;
  if (result != 0)
    return fail(path, error);
  if (temporary.empty())
    return true;
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return fail(path, error);
  temporary.clear();
  return true;
}
