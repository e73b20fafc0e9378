/* A C program around a compiled ViT: reads a digit drawn with 8 x 8 numbers from 0 (paper) to 16 (ink) and says which one it is.
 *
 * digit <digit.txt     prints the digit, and how sure the model is of each of the ten */
#include "vit.h"
#include <math.h>
#include <stdio.h>

enum { PIXELS = VIT_PIXELS_WIDTH * VIT_PIXELS_WIDTH, CLASSES = VIT_LOGITS_WIDTH };

/* Turns scores into parts of 1 and returns the place of the largest. */
static int softmax(float *scores, int count) {
  int best = 0;
  float total = 0;
  for (int i = 1; i < count; i++)
    if (scores[i] > scores[best])
      best = i;
  float top = scores[best];
  for (int i = 0; i < count; i++)
    total += scores[i] = expf(scores[i] - top);
  for (int i = 0; i < count; i++)
    scores[i] /= total;
  return best;
}

int main(void) {
  float pixels[PIXELS], scores[CLASSES];
  for (int i = 0; i < PIXELS; i++) {
    if (scanf("%f", &pixels[i]) != 1) {
      fprintf(stderr, "error: a digit is %d numbers from 0 to 16\n", PIXELS);
      return 2;
    }
    if (!(pixels[i] >= 0 && pixels[i] <= 16)) {
      fprintf(stderr, "error: number %d of %d is %g, not from 0 to 16\n", i + 1, PIXELS, pixels[i]);
      return 2;
    }
    pixels[i] = pixels[i] / 8 - 1; /* as train.py normalised them */
  }
  if (scanf("%f", &scores[0]) == 1) {
    fprintf(stderr, "error: a digit is %d numbers, and here are more\n", PIXELS);
    return 2;
  }

  char error[256] = "";
  weft_options options = {.error = error, .error_size = sizeof error};
  vit_model *model;
  vit_context *context;
  if (vit_open(&model, &options) != WEFT_OK || vit_context_create(model, &context) != WEFT_OK) {
    fprintf(stderr, "error: the model can't be opened: %s\n", error);
    return 1;
  }
  vit_run_args args = {.batch = 1, .pixels = pixels, .logits = scores};
  int failed = vit_run(context, &args) != WEFT_OK;
  if (failed) {
    fprintf(stderr, "error: %s\n", vit_message(context));
  } else {
    printf("%d\n", softmax(scores, CLASSES));
    for (int i = 0; i < CLASSES; i++)
      printf("  %d %5.1f %%\n", i, 100 * scores[i]);
  }
  vit_context_destroy(context);
  vit_close(model);
  return failed;
}
