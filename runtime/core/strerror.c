/*===- strerror.c - Text of a status --------------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * A file of its own, so that programs that print no errors carry no texts.
 *
 *===----------------------------------------------------------------------===*/

#include "internal.h"
#include "xgen/xgen.h"

XGEN_API const char *xgen_strerror(int32_t status) {
  /* A switch over returns, not a table: a table of pointers would need
   * relocations in position-independent code. */
  switch (status) {
  case XGEN_OK:
    return "success";
  case XGEN_E_ABI:
    return "the model was compiled for another version of the runtime; compile "
           "it again with the xgenc that this runtime came with";
  case XGEN_E_ISA:
    return "this processor lacks an instruction set that the model was compiled "
           "for; compile it for a smaller -target or -mcpu";
  case XGEN_E_NULL:
    return "a required pointer is null";
  case XGEN_E_ALIGN:
    return "an arena, weight, state, input or output pointer is not aligned as "
           "the model's table says";
  case XGEN_E_SIZE:
    return "the arena is too small, or an input or output has the wrong size";
  case XGEN_E_SHAPE:
    return "a dynamic dimension is outside the range given to xgenc -dim";
  case XGEN_E_INDEX:
    return "an index in the input data is out of range";
  case XGEN_E_DOMAIN:
    return "input data is outside the domain of an operator";
  case XGEN_E_THREADS:
    return "threads could not be started";
  case XGEN_E_SCRATCH:
    return "a kernel was given too little scratch memory";
  case XGEN_E_WEIGHTS:
    return "the weights are missing or belong to another model";
  case XGEN_E_KERNEL:
    return "a kernel failed";
  case XGEN_E_ARGUMENT:
    return "an option has an impossible value";
  default:
    return "unknown status";
  }
}
