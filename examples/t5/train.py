"""Trains the small T5 (version 1.1) of this folder on two tasks, "date: 3 March 2021" and "number: three hundred and five", and writes a
Hugging Face checkpoint.

python train.py [processor minutes]   needs torch, transformers and tokenizers. Writes model.safetensors, config.json, tokenizer.json and
result.json: 500 dates and numbers that training never saw, and how many are answered right, letter by letter.
"""
import pathlib
import sys

import numpy as np
import torch
from transformers import T5Config, T5ForConditionalGeneration

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import spoken  # noqa: E402
import text_to_text  # noqa: E402

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
torch.manual_seed(0)
rng = np.random.default_rng(0)
dates = [pair for _ in range(4000) for pair in spoken.date_pairs(int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1900, 2100)))]
pairs = [(f"date: {a}", b) for a, b in dates] + [(f"number: {spoken.english(int(n))}", str(n)) for n in rng.permutation(10000)]
order = rng.permutation(len(pairs))
held_texts = {pairs[i][0] for i in order[:500]}
held = [pairs[i] for i in order[:500]]
pairs = [pair for pair in pairs if pair[0] not in held_texts]
words = spoken.tokenizer([text for pair in pairs for text in pair], ["<pad>", "</s>", "<unk>"])
model = T5ForConditionalGeneration(T5Config(
    d_model=64, d_kv=16, num_heads=4, d_ff=160, num_layers=2, num_decoder_layers=2, vocab_size=words.get_vocab_size(), dropout_rate=0.0,
    feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1))
steps = text_to_text.train(model, words, pairs, MINUTES, 1, 0, 0)
text_to_text.finish(model, words, held, steps, 1, 0, 0)
