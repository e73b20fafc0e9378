/* A C program around a compiled sentence embedder: prints the cosine similarity of two sentences.
 *
 * similar ID... -- ID...   token ids of the two sentences, [CLS] and [SEP] included (a tokenizer gives them; see README.md).
 * Shows the whole interface: open, a context, one run over a padded batch, errors by status and message. */
#include "bert.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2 };

/* Reads the ids of both sentences into ids[row][BERT_SEQ_MAX]; returns 0 if they are no two sentences. */
static int readSentences(int argc, char **argv, int32_t ids[ROWS][BERT_SEQ_MAX], int32_t lengths[ROWS]) {
  int row = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--")) {
      if (++row == ROWS)
        return 0;
      continue;
    }
    char *end;
    long id = strtol(argv[i], &end, 10);
    if (*end || lengths[row] == BERT_SEQ_MAX)
      return 0;
    ids[row][lengths[row]++] = (int32_t)id;
  }
  return row == 1 && lengths[0] > 0 && lengths[1] > 0;
}

int main(int argc, char **argv) {
  static int32_t sentences[ROWS][BERT_SEQ_MAX], ids[ROWS * BERT_SEQ_MAX], types[ROWS * BERT_SEQ_MAX];
  int32_t lengths[ROWS] = {0};
  float embedding[ROWS][BERT_EMBEDDING_WIDTH];
  if (!readSentences(argc, argv, sentences, lengths)) {
    fprintf(stderr, "usage: similar ID... -- ID...   (at most %d ids each)\n", BERT_SEQ_MAX);
    return 2;
  }
  int32_t seq = lengths[0] > lengths[1] ? lengths[0] : lengths[1];
  for (int row = 0; row < ROWS; row++)
    memcpy(ids + row * seq, sentences[row], seq * sizeof(int32_t));

  char error[256] = "";
  weft_options options = {.error = error, .error_size = sizeof error};
  bert_model *model;
  bert_context *context;
  if (bert_open(&model, &options) != WEFT_OK || bert_context_create(model, &context) != WEFT_OK) {
    fprintf(stderr, "error: the model can't be opened: %s\n", error);
    return 1;
  }
  /* Outputs that stay NULL (here `hidden`) are not computed. */
  bert_run_args args = {.batch = ROWS, .seq = seq, .ids = ids, .types = types, .lengths = lengths, .embedding = embedding[0]};
  int failed = bert_run(context, &args) != WEFT_OK;
  if (failed) {
    fprintf(stderr, "error: %s\n", bert_message(context));
  } else {
    float cosine = 0; /* both have length 1 */
    for (int i = 0; i < BERT_EMBEDDING_WIDTH; i++)
      cosine += embedding[0][i] * embedding[1][i];
    printf("%.4f\n", cosine);
  }
  bert_context_destroy(context);
  bert_close(model);
  return failed;
}
