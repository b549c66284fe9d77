//===- AbiTest.cpp - The layout of the public structures ------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Offsets that models out in the field rely on. A line here may be added, never
// changed, without a new major ABI version.
//
//===----------------------------------------------------------------------===//

#include "xgen/pool.h"
#include "gtest/gtest.h"

#if UINTPTR_MAX == UINT64_MAX
#define AT(TYPE, MEMBER, OFFSET) EXPECT_EQ(offsetof(TYPE, MEMBER), OFFSET##u)

TEST(Abi, Context) {
  AT(xgen_ctx, abi_version, 0);
  AT(xgen_ctx, struct_size, 4);
  AT(xgen_ctx, scratch, 8);
  AT(xgen_ctx, scratch_bytes, 16);
  AT(xgen_ctx, num_slots, 24);
  AT(xgen_ctx, slot, 28);
  AT(xgen_ctx, parallel_for, 32);
  AT(xgen_ctx, pool, 40);
  AT(xgen_ctx, user, 48);
  AT(xgen_ctx, profile, 56);
  AT(xgen_ctx, state, 64);
}

TEST(Abi, Tensor) {
  AT(xgen_tensor, name, 0);
  AT(xgen_tensor, dims, 8);
  AT(xgen_tensor, rank, 16);
  AT(xgen_tensor, dtype, 20);
  AT(xgen_tensor, bytes, 24);
  AT(xgen_tensor, align, 32);
  AT(xgen_tensor, flags, 36);
  AT(xgen_tensor, scale, 40);
  AT(xgen_tensor, zero_point, 48);
  EXPECT_EQ(sizeof(xgen_tensor), 56u); // an array: it may never grow
}

TEST(Abi, Layer) {
  AT(xgen_layer, name, 0);
  AT(xgen_layer, kernel, 8);
  AT(xgen_layer, schedule, 16);
  AT(xgen_layer, macs, 24);
  AT(xgen_layer, bytes, 32);
  EXPECT_EQ(sizeof(xgen_layer), 40u); // an array: it may never grow
}

TEST(Abi, Model) {
  AT(xgen_model, abi_version, 0);
  AT(xgen_model, struct_size, 4);
  AT(xgen_model, name, 8);
  AT(xgen_model, target, 16);
  AT(xgen_model, compiler, 24);
  AT(xgen_model, weights_hash, 32);
  AT(xgen_model, cpu_features, 40);
  AT(xgen_model, inputs, 48);
  AT(xgen_model, outputs, 56);
  AT(xgen_model, states, 64);
  AT(xgen_model, layers, 72);
  AT(xgen_model, num_inputs, 80);
  AT(xgen_model, num_outputs, 84);
  AT(xgen_model, num_states, 88);
  AT(xgen_model, num_layers, 92);
  AT(xgen_model, arena_bytes, 96);
  AT(xgen_model, scratch_bytes, 104);
  AT(xgen_model, state_bytes, 112);
  AT(xgen_model, weights_bytes, 120);
  AT(xgen_model, code_bytes, 128);
  AT(xgen_model, weights, 136);
  AT(xgen_model, run, 144);
}

TEST(Abi, Options) {
  AT(xgen_options, struct_size, 0);
  AT(xgen_options, threads, 4);
  AT(xgen_options, parallel_for, 8);
  AT(xgen_options, pool, 16);
  AT(xgen_options, user, 24);
  AT(xgen_options, profile, 32);
  AT(xgen_options, arena_bytes, 40);
  AT(xgen_options, input_bytes, 48);
  AT(xgen_options, output_bytes, 56);
  AT(xgen_options, weights, 64);
  AT(xgen_options, weights_bytes, 72);
  AT(xgen_options, state, 80);
  AT(xgen_options, cpu_features, 88);
}
#endif
