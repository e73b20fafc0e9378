"""Trains the small Marian model of this folder to translate numbers from English words to German words, and writes a Hugging Face checkpoint.

python train.py [processor minutes]   needs torch, transformers and tokenizers. Writes model.safetensors, config.json, tokenizer.json and
result.json: 500 numbers that training never saw, and how many are translated right, letter by letter.
"""
import pathlib
import sys

import numpy as np
import torch
from transformers import MarianConfig, MarianMTModel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import spoken  # noqa: E402
import text_to_text  # noqa: E402

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
torch.manual_seed(0)
order = np.random.default_rng(0).permutation(np.arange(100, 10000))
pairs = [(spoken.english(int(n)), spoken.german(int(n))) for n in [*order[500:], *list(range(100)) * 8]]
held = [(spoken.english(int(n)), spoken.german(int(n))) for n in order[:500]]
words = spoken.tokenizer([text for pair in pairs for text in pair], ["</s>", "<unk>"])
vocab = words.get_vocab_size() + 1  # and the padding token, the last, as in the published models
pad = vocab - 1
model = MarianMTModel(MarianConfig(
    d_model=96, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=256,
    decoder_ffn_dim=256, vocab_size=vocab, pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0,
    max_position_embeddings=64, scale_embedding=True, activation_function="swish", dropout=0.0))
steps = text_to_text.train(model, words, pairs, MINUTES, 0, pad, pad)
text_to_text.finish(model, words, held, steps, 0, pad, pad)
