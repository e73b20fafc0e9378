// GPT-2 from C++: continues a prompt of token ids and prints every new id as soon as it is chosen.
//
// stream [-n MOST] [-s SEED] ID...   greedily, or with a seed drawn from the 40 likeliest. A tokenizer turns text into ids (see complete.py).
#include "gpt2.h"
#include "weft.hpp"
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

int32_t show(void *, int64_t, int32_t token) {
  std::printf("%d ", token);
  std::fflush(stdout);
  return 0; // anything else would end it here
}

/// The C functions with a context that cleans up after itself.
struct Session {
  gpt2_model *model = nullptr;
  gpt2_context *context = nullptr;

  Session() {
    char error[256] = "";
    weft_options options = {};
    options.error = error;
    options.error_size = sizeof error;
    if (weft_status status = gpt2_open(&model, &options))
      throw weft::Error(status, error);
    if (weft_status status = gpt2_context_create(model, &context)) {
      gpt2_close(model);
      throw weft::Error(status, "there is no memory for a context");
    }
  }
  Session(const Session &) = delete;
  ~Session() {
    gpt2_context_destroy(context);
    gpt2_close(model);
  }
};

} // namespace

int main(int argc, char **argv) {
  weft_generate_options choice = WEFT_GENERATE_DEFAULTS;
  std::vector<int32_t> prompt;
  for (int i = 1; i < argc; i++) {
    std::string word = argv[i];
    if (word == "-n" && i + 1 < argc)
      choice.max_new = std::strtol(argv[++i], nullptr, 10);
    else if (word == "-s" && i + 1 < argc)
      choice.temperature = 0.8f, choice.top_k = 40, choice.seed = std::strtoull(argv[++i], nullptr, 10);
    else
      prompt.push_back(int32_t(std::strtol(argv[i], nullptr, 10)));
  }
  if (prompt.empty() || choice.max_new < 1) {
    std::fputs("usage: stream [-n MOST] [-s SEED] ID...\n", stderr);
    return 2;
  }
  choice.on_token = show;
  std::vector<int32_t> tokens(size_t(choice.max_new));
  try {
    Session session;
    gpt2_generate_args args = {};
    args.batch = 1;
    args.time = int64_t(prompt.size());
    args.tokens = prompt.data();
    args.new_tokens = tokens.data();
    if (weft_status status = gpt2_generate(session.context, &args, &choice))
      throw weft::Error(status, gpt2_message(session.context));
    std::printf("\n");
  } catch (const weft::Error &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
