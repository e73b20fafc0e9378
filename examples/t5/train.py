"""Trains the small T5 (version 1.1) of this folder on two tasks, "date: 3 March 2021" and "number: three hundred and five", and writes a
Hugging Face checkpoint.

python train.py [processor minutes]   needs torch, transformers and tokenizers. Writes model.safetensors, config.json, tokenizer.json and
result.json: 500 texts of dates and numbers that training never saw in any form, and how many are answered right, letter by letter.
"""
import datetime
import pathlib
import sys

import numpy as np
import torch
from transformers import T5Config, T5ForConditionalGeneration

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import spoken  # noqa: E402
import text_to_text  # noqa: E402

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
torch.manual_seed(0)
rng = np.random.default_rng(0)
first, last = (datetime.date(year, 1, 1).toordinal() for year in (1900, 2100))
days = [datetime.date.fromordinal(int(n)) for n in rng.choice(np.arange(first, last), 4000, replace=False)]
dates = [pair for date in days for pair in spoken.date_pairs(date.day, date.month, date.year)]
numbers = [(f"number: {spoken.english(n)}", str(n)) for n in range(10000)]
pairs = [(f"date: {a}", b) for a, b in dates] + numbers[100:]
held = [pairs[i] for i in rng.permutation(len(pairs))[:500]]
answers = {answer for _, answer in held}  # no other way of writing a held-out date is trained on
pairs = [pair for pair in pairs if pair[1] not in answers] + 4 * numbers[:100]  # whose words are in all others
letters = [{letter for pair in some for letter in "".join(pair)} for some in (held, pairs)]
assert letters[0] <= letters[1], f"not trained: {letters[0] - letters[1]}"
words = spoken.tokenizer([text for pair in pairs for text in pair], ["<pad>", "</s>", "<unk>"])
model = T5ForConditionalGeneration(T5Config(
    d_model=64, d_kv=16, num_heads=4, d_ff=160, num_layers=2, num_decoder_layers=2, vocab_size=words.get_vocab_size(), dropout_rate=0.0,
    feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1))
steps = text_to_text.train(model, words, pairs, MINUTES, 1, 0, 0)
text_to_text.finish(model, words, held, steps, 1, 0, 0)
