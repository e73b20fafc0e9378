// The embedder from C++: which of many sentences is nearest to the first?
//
// nearest ID... -- ID... [-- ID...]...   token ids of the sentences, [CLS] and [SEP] included. Prints the cosine similarity of the
// first to each of the others, the nearest first. All sentences run as one padded batch.
#include "bert.h"
#include "weft.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

using Sentence = std::vector<int32_t>;

static std::vector<Sentence> readSentences(int argc, char **argv) {
  std::vector<Sentence> sentences(1);
  for (int i = 1; i < argc; i++) {
    if (std::string(argv[i]) == "--")
      sentences.emplace_back();
    else
      sentences.back().push_back(int32_t(std::strtol(argv[i], nullptr, 10)));
  }
  return sentences;
}

/// Embeds all sentences: [sentences, BERT_EMBEDDING_WIDTH], each row of length 1.
static std::vector<float> embed(const std::vector<Sentence> &sentences) {
  size_t seq = 1;
  for (const Sentence &sentence : sentences)
    seq = std::max(seq, sentence.size());
  std::vector<int32_t> ids(sentences.size() * seq), types(ids.size()), lengths;
  for (size_t row = 0; row < sentences.size(); row++) {
    std::copy(sentences[row].begin(), sentences[row].end(), ids.begin() + row * seq);
    lengths.push_back(int32_t(sentences[row].size()));
  }
  std::vector<float> embedding(sentences.size() * BERT_EMBEDDING_WIDTH);

  weft::Model model(bert_descriptor());
  weft::Context context(model);
  bert_run_args args = {};
  args.batch = int64_t(sentences.size());
  args.seq = int64_t(seq);
  args.ids = ids.data();
  args.types = types.data();
  args.lengths = lengths.data();
  args.embedding = embedding.data();
  context.run(args); // throws weft::Error, for example when a sentence is too long
  return embedding;
}

int main(int argc, char **argv) {
  std::vector<Sentence> sentences = readSentences(argc, argv);
  if (sentences.size() < 2) {
    std::fputs("usage: nearest ID... -- ID... [-- ID...]...\n", stderr);
    return 2;
  }
  try {
    std::vector<float> embedding = embed(sentences);
    auto similarity = [&](size_t row) {
      const float *first = embedding.data(), *other = first + row * BERT_EMBEDDING_WIDTH;
      return std::inner_product(first, first + BERT_EMBEDDING_WIDTH, other, 0.0f);
    };
    std::vector<size_t> order(sentences.size() - 1);
    std::iota(order.begin(), order.end(), 1);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return similarity(a) > similarity(b); });
    for (size_t row : order)
      std::printf("%zu %.4f\n", row, similarity(row));
  } catch (const weft::Error &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
