/*===- classify.c - What garment is in this picture? ----------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * An application around one compiled network: it includes the header and links
 * the archive that xgenc wrote, and needs nothing else.
 *
 *   classify PICTURE.pgm               names the garment in one 28x28 picture
 *   classify IMAGES.idx LABELS.idx     counts right answers over a labelled set
 *
 *===----------------------------------------------------------------------===*/

#include "garments.h"
#include <stdio.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10 };

static const char *const names[CLASSES] = {
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};

/* The only memory that the network works in. */
static _Alignas(XGEN_ARENA_ALIGN) unsigned char arena[XGEN_GARMENTS_ARENA_BYTES];

/* The index of the best class, or -1 after a message. */
static int classify(const unsigned char *picture, float *confidence) {
  static _Alignas(XGEN_ARENA_ALIGN) float pixels[PIXELS];
  static _Alignas(XGEN_ARENA_ALIGN) float scores[CLASSES];
  for (int i = 0; i < PIXELS; ++i)
    pixels[i] = picture[i] / 255.0f;
  int status = xgen_garments_run(arena, pixels, scores);
  if (status) {
    fprintf(stderr, "classify: %s\n", xgen_strerror(status));
    return -1;
  }
  int best = 0;
  for (int i = 1; i < CLASSES; ++i)
    if (scores[i] > scores[best])
      best = i;
  *confidence = scores[best];
  return best;
}

static FILE *openFile(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    fprintf(stderr, "classify: cannot open '%s'\n", path);
  return file;
}

static int onePicture(const char *path) {
  FILE *file = openFile(path);
  if (!file)
    return 2;
  unsigned char picture[PIXELS];
  int width = 0, height = 0, most = 0;
  int fine = fscanf(file, "P5 %d %d %d", &width, &height, &most) == 3 &&
             width == SIDE && height == SIDE && most == 255 &&
             fgetc(file) != EOF &&
             fread(picture, 1, PIXELS, file) == PIXELS;
  fclose(file);
  if (!fine) {
    fprintf(stderr, "classify: '%s' is not a 28x28 picture in PGM format\n", path);
    return 2;
  }
  float confidence = 0;
  int best = classify(picture, &confidence);
  if (best < 0)
    return 70;
  printf("%s, %.1f %% sure\n", names[best], 100 * confidence);
  return 0;
}

static int labelledSet(const char *imagePath, const char *labelPath) {
  FILE *images = openFile(imagePath);
  if (!images)
    return 2;
  FILE *labels = openFile(labelPath);
  if (!labels) {
    fclose(images);
    return 2;
  }
  /* IDX: 4 bytes of type, then each dimension in 4 bytes. */
  fseek(images, 16, SEEK_SET);
  fseek(labels, 8, SEEK_SET);
  unsigned char picture[PIXELS];
  int label, total = 0, right = 0, status = 0;
  while (!status && (label = fgetc(labels)) != EOF &&
         fread(picture, 1, PIXELS, images) == PIXELS) {
    float confidence;
    int best = classify(picture, &confidence);
    if (best < 0)
      status = 70;
    right += best == label;
    ++total;
  }
  fclose(images);
  fclose(labels);
  if (!status)
    printf("%d of %d pictures right\n", right, total);
  return status;
}

int main(int argc, char **argv) {
  if (argc == 2 && argv[1][0] != '-')
    return onePicture(argv[1]);
  if (argc == 3)
    return labelledSet(argv[1], argv[2]);
  fprintf(stderr, "usage: classify PICTURE.pgm | classify IMAGES.idx LABELS.idx\n");
  return 1;
}
