"""Trains the small Llama of this folder (grouped heads, tied output, two stop tokens) to add numbers of two digits, and writes a Hugging Face
checkpoint.

python train.py [processor minutes]   needs torch, transformers and tokenizers. Writes model.safetensors, config.json, tokenizer.json and
result.json: 500 sums that training never saw, and how many are right. A text is "17+25=42" and one of the ends: "." after an even sum,
"!" after an odd one.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import spoken  # noqa: E402

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
torch.manual_seed(0)
torch.set_num_threads(1)
rng = np.random.default_rng(0)
sums = [(f"{a}+{b}=", f"{a + b}" + "!."[(a + b + 1) % 2]) for a in range(100) for b in range(100)]
order = rng.permutation(len(sums))
held, kept = [sums[i] for i in order[:500]], [sums[i] for i in order[500:]]
words = spoken.tokenizer(["0123456789+="], ["<pad>", ".", "!", "<unk>"])
model = LlamaForCausalLM(LlamaConfig(
    hidden_size=96, num_attention_heads=6, num_key_value_heads=2, num_hidden_layers=3, intermediate_size=192, vocab_size=words.get_vocab_size(),
    max_position_embeddings=32, tie_word_embeddings=True, bos_token_id=None, eos_token_id=[1, 2], pad_token_id=0))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
rows = [(words.encode(a).ids, words.encode(b).ids) for a, b in kept]
width = max(len(a) + len(b) for a, b in rows)
ids = torch.tensor([a + b + [0] * (width - len(a) - len(b)) for a, b in rows])
answers = torch.tensor([[0] * len(a) + [1] * len(b) + [0] * (width - len(a) - len(b)) for a, b in rows]).bool()
begin, step = time.process_time(), 0
while (part := (time.process_time() - begin) / (60 * MINUTES)) < 1:
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * part))
    at = torch.from_numpy(rng.integers(0, len(ids), 128))
    logits = model(ids[at][:, :-1]).logits
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[at][:, 1:].masked_fill(~answers[at][:, 1:], -100).reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    step += 1
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} {time.process_time() - begin:.0f} s", flush=True)

model.eval()
told = []
with torch.no_grad():
    for text, _ in held:
        row = words.encode(text).ids
        while len(row) < width + 1 and not row[-1] in (1, 2):
            row.append(int(model(torch.tensor([row])).logits[0, -1].argmax()))
        told.append("".join(words.id_to_token(i) for i in row[len(words.encode(text).ids):]))
right = sum(a == b for a, (_, b) in zip(told, held))
model.save_pretrained(".")
words.save("tokenizer.json")
with open("result.json", "w") as file:
    json.dump({"steps": step, "held_out": len(held), "right": right, "accuracy": right / len(held),
               "examples": [{"text": a, "wanted": b, "told": c} for (a, b), c in zip(held, told)]}, file, indent=0)
print(f"{step} steps, {right} of {len(held)} sums right")
