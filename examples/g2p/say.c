/* A C program around a compiled Transformer that generates: says how English words are pronounced.
 *
 * say WORD...   prints each word's phonemes. All words run as one padded batch: letters in, symbols out until the end symbol. */
#include "g2p.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { END = 2, APOSTROPHE = 3, FIRST_LETTER = 4, FIRST_PHONEME = 30, MOST_PHONEMES = 24 };

/* Of vocab.json: the symbols behind the letters. */
static const char *const phonemes[] = {"AA", "AE", "AH", "AO", "AW", "AY", "B",  "CH", "D",  "DH", "EH", "ER", "EY",
                                       "F",  "G",  "HH", "IH", "IY", "JH", "K",  "L",  "M",  "N",  "NG", "OW", "OY",
                                       "P",  "R",  "S",  "SH", "T",  "TH", "UH", "UW", "V",  "W",  "Y",  "Z",  "ZH"};

/* Writes a word's letters and the end symbol as ids; returns how many, or 0 if it is no word. */
static int spell(const char *word, int32_t ids[G2P_SRC_MAX]) {
  int count = 0;
  for (; *word; word++) {
    if (count == G2P_SRC_MAX - 1 || !((*word >= 'a' && *word <= 'z') || *word == '\''))
      return 0;
    ids[count++] = *word == '\'' ? APOSTROPHE : FIRST_LETTER + *word - 'a';
  }
  ids[count] = END;
  return count ? count + 1 : 0;
}

int main(int argc, char **argv) {
  int words = argc - 1;
  if (words < 1 || words > G2P_BATCH_MAX) {
    fprintf(stderr, "usage: say WORD...   (at most %d words of letters a to z and apostrophes)\n", G2P_BATCH_MAX);
    return 2;
  }
  static int32_t source[G2P_BATCH_MAX * G2P_SRC_MAX], tokens[G2P_BATCH_MAX * MOST_PHONEMES];
  static int32_t spelled[G2P_BATCH_MAX][G2P_SRC_MAX], lengths[G2P_BATCH_MAX];
  int32_t longest = 0;
  for (int i = 0; i < words; i++) {
    lengths[i] = spell(argv[i + 1], spelled[i]);
    if (!lengths[i]) {
      fprintf(stderr, "error: '%s' is no word of 1 to %d letters a to z and apostrophes\n", argv[i + 1], G2P_SRC_MAX - 1);
      return 1;
    }
    longest = lengths[i] > longest ? lengths[i] : longest;
  }
  for (int i = 0; i < words; i++)
    memcpy(source + i * longest, spelled[i], lengths[i] * sizeof(int32_t));

  char error[256] = "";
  weft_options options = {.error = error, .error_size = sizeof error};
  g2p_model *model;
  g2p_context *context;
  if (g2p_open(&model, &options) != WEFT_OK || g2p_context_create(model, &context) != WEFT_OK) {
    fprintf(stderr, "error: the model can't be opened: %s\n", error);
    return 1;
  }
  /* Without a `target`, every row starts with the description's start symbol. */
  weft_generate_options greedy = WEFT_GENERATE_DEFAULTS;
  greedy.max_new = MOST_PHONEMES;
  g2p_generate_args args = {.batch = words, .src = longest, .source = source, .source_len = lengths, .new_tokens = tokens};
  int failed = g2p_generate(context, &args, &greedy) != WEFT_OK;
  if (failed)
    fprintf(stderr, "error: %s\n", g2p_message(context));
  for (int i = 0; i < words && !failed; i++) {
    printf("%-20s", argv[i + 1]);
    for (const int32_t *id = tokens + i * MOST_PHONEMES; id < tokens + (i + 1) * MOST_PHONEMES && *id != END; id++)
      printf(" %s", *id >= FIRST_PHONEME ? phonemes[*id - FIRST_PHONEME] : "?");
    printf("\n");
  }
  g2p_context_destroy(context);
  g2p_close(model);
  return failed;
}
