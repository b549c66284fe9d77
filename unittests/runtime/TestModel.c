/*===- TestModel.c - The hand-written model as an object ------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * Compiled as strict C11, which is also the test that the headers are. On
 * 32-bit Arm it does what needs the run-time ABI's functions.
 *
 *===----------------------------------------------------------------------===*/

#include "TestModel.h"
#include "xgen/pool.h"

extern const xgen_model xgen_test_model;
const xgen_model xgen_test_model = TEST_MODEL;
