/*===- garments.c - A network in a C program ------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * garments FILE.idx INDEX: names the garment in a picture of an IDX file. No
 * heap: the arena is a static array of the size that the header tells.
 *
 *===----------------------------------------------------------------------===*/

#include "garments_net.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {"T-shirt", "trouser", "pullover", "dress",
                                    "coat", "sandal", "shirt", "sneaker", "bag",
                                    "ankle boot"};

enum { kPixels = 28 * 28, kClasses = 10 };

_Static_assert(XGEN_GARMENTS_NET_INPUT0_ELEMENTS == kPixels, "another network");
_Static_assert(XGEN_GARMENTS_NET_OUTPUT0_ELEMENTS == kClasses, "another network");

static _Alignas(XGEN_ARENA_ALIGN) unsigned char
    arena[XGEN_GARMENTS_NET_ARENA_BYTES];

static int readPicture(const char *path, long index, float *pixels) {
  unsigned char bytes[kPixels];
  FILE *file = fopen(path, "rb");
  if (!file)
    return 0;
  int ok = !fseek(file, 16 + index * kPixels, SEEK_SET) &&
           fread(bytes, 1, kPixels, file) == kPixels;
  fclose(file);
  for (int i = 0; ok && i < kPixels; ++i)
    pixels[i] = bytes[i] / 255.0f;
  return ok;
}

int main(int argc, char **argv) {
  float pixels[kPixels], scores[kClasses];
  if (argc != 3) {
    fprintf(stderr, "usage: garments FILE.idx INDEX\n");
    return 1;
  }
  if (!readPicture(argv[1], strtol(argv[2], NULL, 10), pixels)) {
    fprintf(stderr, "%s: cannot read picture %s\n", argv[1], argv[2]);
    return 2;
  }
  int32_t status = xgen_garments_net_run(arena, pixels, scores);
  if (status != XGEN_OK) {
    fprintf(stderr, "%s\n", xgen_strerror(status));
    return 2;
  }
  int best = 0;
  for (int i = 1; i < kClasses; ++i)
    if (scores[i] > scores[best])
      best = i;
  printf("%s\n", names[best]);
  return 0;
}
