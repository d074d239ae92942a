//===- Program.h - What the compiler hands to the runtime ---------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constant descriptor of a compiled program and the interface between its
// code and the runtime. Compiler and runtime of an artefact are always of one
// version, so nothing here is stable beyond that; the public interface is
// quantc_runtime.h.
//
// The compiler defines one constant of hidden visibility,
//
//     const qcrt_program qcrt_this_program;
//
// and links it with the runtime (lib/Runtime/Artifact.c), which defines
// `quantc_model` and refers to it. Every pointer is 8 bytes; structures have
// the layout of the target's C ABI: fields in order, no padding but where
// said.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RUNTIME_PROGRAM_H
#define QUANTC_RUNTIME_PROGRAM_H

#include "quantc/Runtime/quantc_runtime.h"

// C's way of naming things.
// NOLINTBEGIN(readability-identifier-naming)

#ifdef __cplusplus
extern "C" {
#endif

/// Changes with every change of this file.
#define QCRT_PROGRAM_VERSION 5u

/// Alignment of the arena, of every thread's scratch and of outputs that the
/// context allocates. Inputs and the caller's outputs are aligned to their
/// element only.
#define QCRT_ALIGNMENT 64

//===----------------------------------------------------------------------===//
// Error words
//===----------------------------------------------------------------------===//

/// What kernels, `entry` and `plan` return: 0, or a kind in the low 8 bits and
/// above them 1 + an index into the program's sites (0: no site is known). A
/// kernel has no site: the entry adds that of the launch, because equal kernels
/// are one function. In its place a kernel may say which index was wrong, or
/// how many elements a sum holds: 1 and above that 23 bits with a sign, the
/// nearest number to it. The message is
/// "<kind's sentence> in '<site>': <numbers>", where the site is the name of
/// the value (the MLIR location).
typedef enum qcrt_error {
  QCRT_OK = 0,
  /// An index value lies outside its dimension.
  QCRT_INDEX_OUT_OF_RANGE = 1,
  /// The size of a tensor or of the arena overflows 63 bits.
  QCRT_SIZE_OVERFLOW = 2,
  /// Sizes that have to be equal or broadcastable at run time are not.
  QCRT_SHAPE_MISMATCH = 3,
  /// A computed size is negative.
  QCRT_NEGATIVE_SIZE = 4,
  /// Integer division by zero.
  QCRT_DIVISION_BY_ZERO = 5
} qcrt_error;

#define QCRT_ERROR_KIND_BITS 8
/// The largest index that the error word of a kernel can tell.
#define QCRT_ERROR_MOST_INDEX 0x3fffff

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

typedef struct qcrt_run qcrt_run;

/// A kernel works on the span begin..end-1 of its parallel iteration space.
/// `args` is an array of 8-byte slots; `scratch` is this thread's, of the size
/// that `plan` gave, aligned to QCRT_ALIGNMENT, of unspecified contents.
typedef int32_t (*qcrt_kernel)(int64_t begin, int64_t end, void *args,
                               void *scratch);

/// Runs `kernel` over 0..total-1 in chunks of `grain` >= 1 (the last may be
/// shorter), which do not depend on the number of threads, and returns when
/// all are done. `step` is the launch's index into the program's steps, each
/// of which a run passes at most once. total <= 0 does nothing; total <= grain
/// runs on the calling thread. Returns 0, or the error word of the first
/// failing chunk. All memory that the kernel wrote is visible afterwards.
/// Called from `entry` only.
typedef int32_t (*qcrt_parallel)(qcrt_run *run, qcrt_kernel kernel,
                                 int64_t total, int64_t grain, void *args,
                                 int64_t step);

/// What `entry` is given to reach the runtime. The runtime's own part follows.
struct qcrt_run {
  qcrt_parallel parallel;
  const char *weights;    ///< the file of the program's weights, if it has one
  const int64_t *offsets; ///< where the arena's buffers begin
  int32_t failure; ///< what the kernel returned that an error is of, or 0
};

/// Runs the program once. symbols: the sizes of the dims; inputs and outputs:
/// one pointer each, in order, never null, not even of empty tensors; arena:
/// of the size that `plan` gave for the same symbols, aligned to
/// QCRT_ALIGNMENT. Returns an error word.
typedef int32_t (*qcrt_entry)(qcrt_run *run, const int64_t *symbols,
                              void *const *inputs, void *const *outputs,
                              char *arena);

/// Computes sizes for given symbols, which are not negative and lie within
/// their min and max. Writes out[1] = bytes of scratch per thread (the largest
/// of any kernel), then the dims of every output in order, then the bytes of
/// every room in the arena; the runtime finds those of the arena, out[0].
/// Checks for overflow. Returns an error word; with one, out[0] and out[1] are
/// the two sizes that differ, or the first the one below zero.
typedef int32_t (*qcrt_plan)(const int64_t *symbols, int64_t *out);

/// For every step of the program two numbers: operations and bytes, as
/// quantc_step_time has them, for symbols that `plan` has accepted.
typedef void (*qcrt_count)(const int64_t *symbols, int64_t *out);

//===----------------------------------------------------------------------===//
// The descriptor
//===----------------------------------------------------------------------===//

/// Code for one CPU (--mcpu=A,B makes several); 40 bytes.
typedef struct qcrt_variant {
  const char *cpu; ///< "znver3"
  /// Names of features as LLVM spells them, separated by commas without
  /// spaces and signs: "avx2,fma,f16c". They are checked before any code of
  /// the variant runs. Each must be listed in Features.def.
  const char *features;
  qcrt_entry entry;
  qcrt_plan plan;
  qcrt_count count;
} qcrt_variant;

/// A file of weights. It begins with the same 32 bytes of digest, of what
/// follows the first QCRT_ALIGNMENT bytes. What would be a symbol of constant
/// data is one of eight bytes then: the offset in that file.
typedef struct qcrt_weights_file {
  uint64_t bytes; ///< of the whole file
  uint8_t digest[32];
  char name[]; ///< its path, from the folder of the library on
} qcrt_weights_file;

/// A buffer of the arena. It begins where the highest of those below it ends,
/// which come before it in the program's `buffers`.
typedef struct qcrt_place {
  uint32_t room;      ///< the number of its size
  uint32_t num_below; ///< as many of the program's `below` are its own
} qcrt_place;

typedef struct qcrt_program {
  uint32_t version; ///< QCRT_PROGRAM_VERSION
  uint32_t num_inputs;
  uint32_t num_outputs;
  uint32_t num_dims;
  uint32_t num_variants; ///< >= 1
  uint32_t num_sites;
  uint32_t num_steps;
  uint32_t num_buffers; ///< of the arena
  uint32_t num_rooms;   ///< how many sizes these have
  uint32_t reserved;
  const char *name;                 ///< the model's
  const char *producer;             ///< "quantc 0.1.0"
  const char *metadata;             ///< a JSON object
  const quantc_value_info *inputs;  ///< 24 bytes each: name, dims, dtype, rank
  const quantc_value_info *outputs; ///< dims may be QUANTC_DIM_COMPUTED
  const quantc_dim_info *dims;      ///< 24 bytes each: name, min, max
  const qcrt_variant *variants;     ///< the first that the CPU has is taken
  const char *const *sites;         ///< names that error words refer to
  const quantc_step_info *steps;    ///< 24 bytes each: three strings
  const qcrt_weights_file *weights; ///< null where they are in the binary
  /// What the model calls each dim of each input, one input's behind the
  /// other's, null for numbers; all null where `dims` have these names.
  const char *const *input_dims;
  const qcrt_place *buffers;
  const uint32_t *below; ///< numbers of buffers, one's behind the other's
} qcrt_program;

#ifdef __cplusplus
}
#endif

// NOLINTEND(readability-identifier-naming)

#endif // QUANTC_RUNTIME_PROGRAM_H
