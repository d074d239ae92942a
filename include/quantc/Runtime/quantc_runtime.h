//===- quantc_runtime.h - The C interface of a compiled model -----*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An artefact (model.so, model.o) exports one symbol, the function
//
//     const quantc_api *quantc_model(void);          // --name=N: N_model
//
// which returns a constant table of functions. Everything else goes through
// the wrappers below, so that any number of models can be linked or loaded
// into one program:
//
//     const quantc_api *api = quantc_model();        // or by dlsym
//     quantc_error error;
//     quantc_program *program;
//     quantc_context *context;
//     if (quantc_open(api, NULL, &program, &error) ||
//         quantc_context_create(program, NULL, &context, &error))
//       return fail(error.message);
//     quantc_tensor in = {0}, out = {0}; // one per input, output
//     in.data = pixels;
//     in.dtype = QUANTC_F32;
//     in.rank = 3;
//     in.dims[0] = 8, in.dims[1] = 98, in.dims[2] = 40;
//     if (quantc_run(context, &in, 1, &out, 1))
//       return fail(quantc_last_error(context)->message);
//     use(out.data, out.dims); // until the next run begins
//     quantc_context_destroy(context);
//     quantc_close(program);
//
// Rules that hold everywhere:
//  - Functions that can fail return a quantc_status, 0 meaning success, and
//    leave a sentence for people: in the quantc_error that was passed in, or
//    in the context. Nothing throws, aborts, prints or exits.
//  - All tensors are dense and row-major; sizes are in elements, memory in
//    bytes. Dims of size zero are fine; such a tensor's data may be NULL.
//  - There is no global state. A program may be used from any thread, and any
//    number of its contexts may run at the same time; one context runs one
//    thing at a time (a second call gets QUANTC_ERROR_BUSY).
//  - All memory comes from the caller's allocator where one is given.
//  - Results do not depend on the number of threads.
//  - A process may fork between runs; in the child a context starts new
//    threads. Destroy contexts and close programs before dlclose.
//
// This header is C99 and C++, and depends on nothing else of quantc.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RUNTIME_H
#define QUANTC_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

// C's way of naming things.
// NOLINTBEGIN(readability-identifier-naming)

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this interface. An artefact of another version is refused by
/// quantc_open. Functions may be added at the table's end within a version.
#define QUANTC_ABI_VERSION 1u

/// The largest rank of an input or output.
#define QUANTC_MAX_RANK 16

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

typedef enum quantc_status_code {
  QUANTC_OK = 0,
  /// A pointer is null, a count or an option is wrong.
  QUANTC_ERROR_ARGUMENT = 1,
  /// A tensor has another element type than the model's.
  QUANTC_ERROR_DTYPE = 2,
  /// A rank or size does not fit the model, or two inputs contradict.
  QUANTC_ERROR_SHAPE = 3,
  /// A buffer of the caller's is smaller than the result.
  QUANTC_ERROR_CAPACITY = 4,
  /// The allocator gave no memory, or sizes overflow what can be addressed.
  QUANTC_ERROR_MEMORY = 5,
  /// An index *value* in an input lies outside its dimension.
  QUANTC_ERROR_INDEX = 6,
  /// This CPU, or the operating system, lacks a feature the code needs.
  QUANTC_ERROR_CPU = 7,
  /// The artefact and the caller were built for different versions.
  QUANTC_ERROR_ABI = 8,
  /// The context is running already.
  QUANTC_ERROR_BUSY = 9,
  /// The artefact contradicts itself: please report it.
  QUANTC_ERROR_INTERNAL = 10,
  /// The file with the weights cannot be read, or belongs to another artefact.
  QUANTC_ERROR_FILE = 11
} quantc_status_code;

/// One of quantc_status_code; an int32_t, so that its size is fixed.
typedef int32_t quantc_status;

typedef struct quantc_error {
  quantc_status status;
  /// A sentence in UTF-8, NUL-terminated, empty after success.
  char message[508];
} quantc_error;

//===----------------------------------------------------------------------===//
// Types and shapes
//===----------------------------------------------------------------------===//

/// Element types; the numbers are those of ONNX's TensorProto.DataType.
typedef enum quantc_dtype_code {
  QUANTC_F32 = 1,
  QUANTC_U8 = 2,
  QUANTC_I8 = 3,
  QUANTC_U16 = 4,
  QUANTC_I16 = 5,
  QUANTC_I32 = 6,
  QUANTC_I64 = 7,
  QUANTC_BOOL = 9, ///< One byte, 0 or 1.
  QUANTC_F16 = 10,
  QUANTC_F64 = 11,
  QUANTC_U32 = 12,
  QUANTC_U64 = 13,
  QUANTC_BF16 = 16
} quantc_dtype_code;
typedef int32_t quantc_dtype;

/// A dimension of the model whose size is known at run time only, such as
/// "batch". Equal names in the model mean equal sizes.
typedef struct quantc_dim_info {
  const char *name;
  /// What the artefact was compiled for, inclusive; 0 and INT64_MAX where
  /// nothing was asked for.
  int64_t min;
  int64_t max;
} quantc_dim_info;

/// The size of an output's dimension that is computed from several others;
/// quantc_query_sizes says what it is.
#define QUANTC_DIM_COMPUTED INT64_MIN

/// An input or output of the model. dims[i] >= 0 is a size; dims[i] < 0 is
/// the dimension number -(dims[i] + 1) of quantc_dim, or QUANTC_DIM_COMPUTED.
typedef struct quantc_value_info {
  const char *name;
  const int64_t *dims; ///< rank values
  quantc_dtype dtype;
  int32_t rank;
} quantc_value_info;

/// The capacity of an output whose memory is the context's.
#define QUANTC_CONTEXT_OWNED SIZE_MAX

/// A tensor in memory. Initialise it with {0}.
typedef struct quantc_tensor {
  /// The elements, aligned to their own size.
  void *data;
  /// Bytes at `data` that may be written; used for outputs only.
  size_t capacity;
  quantc_dtype dtype;
  int32_t rank;
  int64_t dims[QUANTC_MAX_RANK];
} quantc_tensor;

/// The memory that a run takes beside inputs and outputs, in bytes.
typedef struct quantc_sizes {
  int64_t arena;              ///< once per context
  int64_t scratch_per_thread; ///< once per thread of a context
} quantc_sizes;

/// A step of the program: one launch of a kernel. Equal layers share a kernel,
/// so that several steps may name the same one.
typedef struct quantc_step_info {
  const char *kernel;     ///< "contract_3"
  const char *arithmetic; ///< formats of what it multiplies, "s8 x s4", or ""
  const char *nodes;      ///< the model's values it computes, one a line
} quantc_step_info;

/// What a step came to while its context was profiled.
typedef struct quantc_step_time {
  int64_t runs;
  int64_t nanoseconds; ///< of all runs together
  /// Of one run at the sizes of the last: multiplications and additions of
  /// contractions, and bytes of operands and results.
  int64_t operations;
  int64_t bytes;
} quantc_step_time;

//===----------------------------------------------------------------------===//
// What the caller may supply
//===----------------------------------------------------------------------===//

/// Memory. Both functions may be called from the threads that call quantc, not
/// from the context's own threads.
typedef struct quantc_allocator {
  /// Returns `size` > 0 bytes aligned to `alignment` (a power of two, at most
  /// 64), or NULL.
  void *(*allocate)(void *user, size_t size, size_t alignment);
  /// Takes back what `allocate` gave for the same `size`; never NULL.
  void (*release)(void *user, void *memory, size_t size);
  void *user;
} quantc_allocator;

/// Runs body(argument, i) once for every i in 0..count-1, in any order and on
/// any threads, and returns when all are done. `count` never exceeds the
/// context's number of threads; running them one after the other is right too.
typedef void (*quantc_parallel_for)(void *user, int32_t count,
                                    void (*body)(void *argument, int32_t i),
                                    void *argument);

/// How a context works. Initialise it with {0}, which means defaults.
typedef struct quantc_context_options {
  /// Memory for the context; default: the program's.
  const quantc_allocator *allocator;
  /// Threads that take part in a run, the caller's included; at most 1024.
  /// 0: as many as CPUs are available to the process.
  int32_t threads;
  int32_t reserved; ///< 0
  /// Where given, the context starts no threads of its own.
  quantc_parallel_for parallel_for;
  void *parallel_for_user;
} quantc_context_options;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// An opened artefact, and a place to run it in. Both begin with a pointer to
/// their table.
typedef struct quantc_program quantc_program;
typedef struct quantc_context quantc_context;
typedef struct quantc_api quantc_api;

struct quantc_api {
  uint32_t abi_version;
  uint32_t table_bytes;
  const void *descriptor; ///< the artefact's own business
  quantc_status (*open)(const quantc_api *, const quantc_allocator *,
                        quantc_program **, quantc_error *);
  void (*close)(quantc_program *);
  const char *(*name)(const quantc_program *);
  const char *(*version)(const quantc_program *);
  const char *(*cpu)(const quantc_program *);
  const char *(*metadata)(const quantc_program *);
  int32_t (*num_inputs)(const quantc_program *);
  int32_t (*num_outputs)(const quantc_program *);
  int32_t (*num_dims)(const quantc_program *);
  const quantc_value_info *(*input)(const quantc_program *, int32_t);
  const quantc_value_info *(*output)(const quantc_program *, int32_t);
  const quantc_dim_info *(*dim)(const quantc_program *, int32_t);
  quantc_status (*query_sizes)(const quantc_program *, const int64_t *, int32_t,
                               quantc_sizes *, quantc_tensor *, int32_t,
                               quantc_error *);
  quantc_status (*context_create)(quantc_program *,
                                  const quantc_context_options *,
                                  quantc_context **, quantc_error *);
  void (*context_destroy)(quantc_context *);
  quantc_status (*run)(quantc_context *, const quantc_tensor *, int32_t,
                       quantc_tensor *, int32_t);
  quantc_status (*reset)(quantc_context *);
  const quantc_error *(*last_error)(const quantc_context *);
  int32_t (*num_threads)(const quantc_context *);
  int32_t (*num_steps)(const quantc_program *);
  const quantc_step_info *(*step)(const quantc_program *, int32_t);
  quantc_status (*profile)(quantc_context *, int32_t);
  quantc_status (*step_times)(quantc_context *, quantc_step_time *, int32_t);
};

/// The type of the function that an artefact exports, for dlsym.
typedef const quantc_api *(*quantc_model_function)(void);

/// What an artefact compiled without --name exports.
const quantc_api *quantc_model(void);

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Notes an error that is found before any code of an artefact is called.
static inline quantc_status
quantc_refuse(quantc_error *error, quantc_status status, const char *sentence) {
  size_t i = 0;
  if (error) {
    error->status = status;
    while (sentence[i] && i + 1 < sizeof(error->message)) {
      error->message[i] = sentence[i];
      ++i;
    }
    error->message[i] = 0;
  }
  return status;
}

/// Opens the artefact behind `api`: checks the versions, and that this CPU has
/// what the code needs. `allocator` may be NULL (malloc), `error` too.
static inline quantc_status quantc_open(const quantc_api *api,
                                        const quantc_allocator *allocator,
                                        quantc_program **program,
                                        quantc_error *error) {
  if (program)
    *program = NULL;
  if (!api)
    return quantc_refuse(error, QUANTC_ERROR_ARGUMENT, "api is a null pointer");
  if (api->abi_version != QUANTC_ABI_VERSION)
    return quantc_refuse(
        error, QUANTC_ERROR_ABI,
        "the artefact was compiled for another version of quantc_runtime.h");
  return api->open(api, allocator, program, error);
}

/// The table behind a program or context, which is not NULL.
static inline const quantc_api *quantc_api_of(const void *object) {
  return *(const quantc_api *const *)object;
}

/// Gives a program back; NULL is fine. Its memory lives on until its last
/// context is destroyed.
static inline void quantc_close(quantc_program *program) {
  if (program)
    quantc_api_of(program)->close(program);
}

/// The model's name, quantc's version ("quantc 0.1.0"), the CPU that the
/// chosen code was compiled for ("znver3"), and what else was recorded, as a
/// JSON object (recipe, model hash, ...). The strings live as long as the
/// artefact is loaded.
static inline const char *quantc_name(const quantc_program *program) {
  return program ? quantc_api_of(program)->name(program) : NULL;
}
static inline const char *quantc_version(const quantc_program *program) {
  return program ? quantc_api_of(program)->version(program) : NULL;
}
static inline const char *quantc_cpu(const quantc_program *program) {
  return program ? quantc_api_of(program)->cpu(program) : NULL;
}
static inline const char *quantc_metadata(const quantc_program *program) {
  return program ? quantc_api_of(program)->metadata(program) : NULL;
}

/// Inputs, outputs and run-time dimensions; NULL for a number out of range. Of
/// a NULL program these and the functions above say 0 or NULL.
static inline int32_t quantc_num_inputs(const quantc_program *program) {
  return program ? quantc_api_of(program)->num_inputs(program) : 0;
}
static inline int32_t quantc_num_outputs(const quantc_program *program) {
  return program ? quantc_api_of(program)->num_outputs(program) : 0;
}
static inline int32_t quantc_num_dims(const quantc_program *program) {
  return program ? quantc_api_of(program)->num_dims(program) : 0;
}
static inline const quantc_value_info *
quantc_input(const quantc_program *program, int32_t i) {
  return program ? quantc_api_of(program)->input(program, i) : NULL;
}
static inline const quantc_value_info *
quantc_output(const quantc_program *program, int32_t i) {
  return program ? quantc_api_of(program)->output(program, i) : NULL;
}
static inline const quantc_dim_info *quantc_dim(const quantc_program *program,
                                                int32_t i) {
  return program ? quantc_api_of(program)->dim(program, i) : NULL;
}

/// For given sizes of the run-time dimensions (dims[i] is the size of
/// quantc_dim(program, i)): the memory a run takes, and dtype, rank, dims and
/// the least capacity of every output. `sizes` and `outputs` may be NULL.
static inline quantc_status
quantc_query_sizes(const quantc_program *program, const int64_t *dims,
                   int32_t num_dims, quantc_sizes *sizes,
                   quantc_tensor *outputs, int32_t num_outputs,
                   quantc_error *error) {
  if (!program)
    return quantc_refuse(error, QUANTC_ERROR_ARGUMENT,
                         "program is a null pointer");
  return quantc_api_of(program)->query_sizes(program, dims, num_dims, sizes,
                                             outputs, num_outputs, error);
}

/// Makes a place to run in. Memory is taken at the first run and grows when
/// dims do; threads start at the first run that has work for them.
static inline quantc_status
quantc_context_create(quantc_program *program,
                      const quantc_context_options *options,
                      quantc_context **context, quantc_error *error) {
  if (context)
    *context = NULL;
  if (!program)
    return quantc_refuse(error, QUANTC_ERROR_ARGUMENT,
                         "program is a null pointer");
  return quantc_api_of(program)->context_create(program, options, context,
                                                error);
}

/// Joins the context's threads and gives its memory back; NULL is fine. Must
/// not be called while the context runs.
static inline void quantc_context_destroy(quantc_context *context) {
  if (context)
    quantc_api_of(context)->context_destroy(context);
}

/// Runs the model once. `inputs` and `outputs` are in the order of
/// quantc_input and quantc_output; the counts must be the model's.
///
/// Inputs are only read, and checked: dtype, rank, sizes, and that equal
/// dimensions have equal sizes.
///
/// Outputs: with data == NULL, or as an earlier run left it then, the context
/// owns the memory, which is valid until its next run begins or it ends: to be
/// an input of that run it has to be copied, unless that run's output goes
/// elsewhere. data is set to it, and capacity to QUANTC_CONTEXT_OWNED.
/// Otherwise the result is written to data, where capacity bytes must be
/// enough; it must not overlap an input or another output. dtype, rank and dims
/// are set either way.
///
/// After an error the outputs' contents are unspecified, and the context can
/// run again.
static inline quantc_status
quantc_run(quantc_context *context, const quantc_tensor *inputs,
           int32_t num_inputs, quantc_tensor *outputs, int32_t num_outputs) {
  if (!context)
    return QUANTC_ERROR_ARGUMENT;
  return quantc_api_of(context)->run(context, inputs, num_inputs, outputs,
                                     num_outputs);
}

/// Forgets what runs carry over to later ones (caches), as if the context
/// were new; memory and threads are kept.
static inline quantc_status quantc_reset(quantc_context *context) {
  if (!context)
    return QUANTC_ERROR_ARGUMENT;
  return quantc_api_of(context)->reset(context);
}

/// What the context's last call came to; NULL for NULL. Valid until its next
/// call.
static inline const quantc_error *
quantc_last_error(const quantc_context *context) {
  return context ? quantc_api_of(context)->last_error(context) : NULL;
}

/// The number of threads the context uses at most.
static inline int32_t quantc_num_threads(const quantc_context *context) {
  return context ? quantc_api_of(context)->num_threads(context) : 0;
}

/// Whether an artefact has the functions below: older ones do not.
static inline int32_t quantc_can_profile(const quantc_api *api) {
  return api && api->table_bytes >= sizeof(quantc_api);
}

/// The program's steps in the order in which they run; none, and NULL for a
/// number out of range, where the artefact cannot be profiled.
static inline int32_t quantc_num_steps(const quantc_program *program) {
  const quantc_api *api = program ? quantc_api_of(program) : NULL;
  return quantc_can_profile(api) ? api->num_steps(program) : 0;
}
static inline const quantc_step_info *quantc_step(const quantc_program *program,
                                                  int32_t i) {
  const quantc_api *api = program ? quantc_api_of(program) : NULL;
  return quantc_can_profile(api) ? api->step(program, i) : NULL;
}

/// Begins to take the time of every step, from zero (on != 0), or ends it.
/// A context that is not profiled spends nothing on it.
static inline quantc_status quantc_profile(quantc_context *context,
                                           int32_t on) {
  const quantc_api *api = context ? quantc_api_of(context) : NULL;
  if (!context)
    return QUANTC_ERROR_ARGUMENT;
  return quantc_can_profile(api) ? api->profile(context, on)
                                 : (quantc_status)QUANTC_ERROR_ABI;
}

/// What the steps came to since the profile began, `count` = all of them.
static inline quantc_status quantc_step_times(quantc_context *context,
                                              quantc_step_time *times,
                                              int32_t count) {
  const quantc_api *api = context ? quantc_api_of(context) : NULL;
  if (!context)
    return QUANTC_ERROR_ARGUMENT;
  return quantc_can_profile(api) ? api->step_times(context, times, count)
                                 : (quantc_status)QUANTC_ERROR_ABI;
}

/// Bytes of one element; 0 for a number that is no element type.
static inline size_t quantc_dtype_bytes(quantc_dtype dtype) {
  switch (dtype) {
  case QUANTC_BOOL:
  case QUANTC_I8:
  case QUANTC_U8:
    return 1;
  case QUANTC_I16:
  case QUANTC_U16:
  case QUANTC_F16:
  case QUANTC_BF16:
    return 2;
  case QUANTC_I32:
  case QUANTC_U32:
  case QUANTC_F32:
    return 4;
  case QUANTC_I64:
  case QUANTC_U64:
  case QUANTC_F64:
    return 8;
  default:
    return 0;
  }
}

/// "f32", "i8", ...; "unknown" for a number that is no element type.
static inline const char *quantc_dtype_name(quantc_dtype dtype) {
  switch (dtype) {
  case QUANTC_BOOL:
    return "bool";
  case QUANTC_I8:
    return "i8";
  case QUANTC_U8:
    return "u8";
  case QUANTC_I16:
    return "i16";
  case QUANTC_U16:
    return "u16";
  case QUANTC_F16:
    return "f16";
  case QUANTC_BF16:
    return "bf16";
  case QUANTC_I32:
    return "i32";
  case QUANTC_U32:
    return "u32";
  case QUANTC_F32:
    return "f32";
  case QUANTC_I64:
    return "i64";
  case QUANTC_U64:
    return "u64";
  case QUANTC_F64:
    return "f64";
  default:
    return "unknown";
  }
}

#ifdef __cplusplus
}
#endif

// NOLINTEND(readability-identifier-naming)

#endif // QUANTC_RUNTIME_H
