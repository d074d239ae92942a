//===- Api.h - The functions behind the artefact's table ----------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_API_H
#define QUANTC_LIB_RUNTIME_API_H

#include "quantc/Runtime/Program.h"

// C's way of naming things.
// NOLINTBEGIN(readability-identifier-naming)

#ifdef __cplusplus
extern "C" {
#endif

/// Artifact.c includes all of the runtime as one file with everything static,
/// so that an artefact defines a single global symbol.
#ifndef QCRT_INTERNAL
#define QCRT_INTERNAL __attribute__((visibility("hidden")))
#endif

QCRT_INTERNAL quantc_status qcrt_open(const quantc_api *,
                                      const quantc_allocator *,
                                      quantc_program **, quantc_error *);
QCRT_INTERNAL void qcrt_close(quantc_program *);
QCRT_INTERNAL const char *qcrt_name(const quantc_program *);
QCRT_INTERNAL const char *qcrt_version(const quantc_program *);
QCRT_INTERNAL const char *qcrt_cpu(const quantc_program *);
QCRT_INTERNAL const char *qcrt_metadata(const quantc_program *);
QCRT_INTERNAL int32_t qcrt_num_inputs(const quantc_program *);
QCRT_INTERNAL int32_t qcrt_num_outputs(const quantc_program *);
QCRT_INTERNAL int32_t qcrt_num_dims(const quantc_program *);
QCRT_INTERNAL const quantc_value_info *qcrt_input(const quantc_program *,
                                                  int32_t);
QCRT_INTERNAL const quantc_value_info *qcrt_output(const quantc_program *,
                                                   int32_t);
QCRT_INTERNAL const quantc_dim_info *qcrt_dim(const quantc_program *, int32_t);
QCRT_INTERNAL quantc_status qcrt_query_sizes(const quantc_program *,
                                             const int64_t *, int32_t,
                                             quantc_sizes *, quantc_tensor *,
                                             int32_t, quantc_error *);
QCRT_INTERNAL quantc_status qcrt_context_create(quantc_program *,
                                                const quantc_context_options *,
                                                quantc_context **,
                                                quantc_error *);
QCRT_INTERNAL void qcrt_context_destroy(quantc_context *);
QCRT_INTERNAL quantc_status qcrt_run_once(quantc_context *,
                                          const quantc_tensor *, int32_t,
                                          quantc_tensor *, int32_t);
QCRT_INTERNAL quantc_status qcrt_reset(quantc_context *);
QCRT_INTERNAL const quantc_error *qcrt_last_error(const quantc_context *);
QCRT_INTERNAL int32_t qcrt_num_threads(const quantc_context *);
QCRT_INTERNAL int32_t qcrt_num_steps(const quantc_program *);
QCRT_INTERNAL const quantc_step_info *qcrt_step(const quantc_program *,
                                                int32_t);
QCRT_INTERNAL quantc_status qcrt_profile(quantc_context *, int32_t);
QCRT_INTERNAL quantc_status qcrt_step_times(quantc_context *,
                                            quantc_step_time *, int32_t);

/// Initialises the table of the program at `descriptor`.
#define QCRT_API(descriptor)                                                   \
  {QUANTC_ABI_VERSION,                                                         \
   sizeof(quantc_api),                                                         \
   descriptor,                                                                 \
   qcrt_open,                                                                  \
   qcrt_close,                                                                 \
   qcrt_name,                                                                  \
   qcrt_version,                                                               \
   qcrt_cpu,                                                                   \
   qcrt_metadata,                                                              \
   qcrt_num_inputs,                                                            \
   qcrt_num_outputs,                                                           \
   qcrt_num_dims,                                                              \
   qcrt_input,                                                                 \
   qcrt_output,                                                                \
   qcrt_dim,                                                                   \
   qcrt_query_sizes,                                                           \
   qcrt_context_create,                                                        \
   qcrt_context_destroy,                                                       \
   qcrt_run_once,                                                              \
   qcrt_reset,                                                                 \
   qcrt_last_error,                                                            \
   qcrt_num_threads,                                                           \
   qcrt_num_steps,                                                             \
   qcrt_step,                                                                  \
   qcrt_profile,                                                               \
   qcrt_step_times}

#ifdef __cplusplus
}
#endif

// NOLINTEND(readability-identifier-naming)

#endif // QUANTC_LIB_RUNTIME_API_H
