"""Trains the small captioner of this folder on drawn pairs of shapes (../shapes.py) and writes a Hugging Face checkpoint.

python train.py [processor minutes]   needs torch and transformers. Writes model.safetensors, config.json and result.json: how many captions of
500 new drawings are right word for word, and how many words.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import GPT2Config, ViTConfig, VisionEncoderDecoderConfig, VisionEncoderDecoderModel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import shapes  # noqa: E402

BUDGET = float(sys.argv[1]) * 60 if len(sys.argv) > 1 else 300.0
torch.manual_seed(0)
torch.set_num_threads(1)
rng = np.random.default_rng(0)
START, END = shapes.IDS["<start>"], shapes.END

config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(
    ViTConfig(hidden_size=128, num_attention_heads=4, num_hidden_layers=4, intermediate_size=384, image_size=shapes.SIDE, patch_size=8),
    GPT2Config(n_embd=96, n_head=4, n_layer=3, n_positions=32, vocab_size=len(shapes.WORDS), bos_token_id=START, eos_token_id=END,
               resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, add_cross_attention=True))
config.decoder_start_token_id, config.eos_token_id, config.pad_token_id = START, END, 0
model = VisionEncoderDecoderModel(config)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)


def example(rng):
    scene = shapes.random_scene(rng)
    ids = [START] + shapes.encode(shapes.caption(scene))
    return shapes.draw(scene, rng), ids + [0] * (12 - len(ids))


pool = [example(rng) for _ in range(6000)]
start, step = time.process_time(), 0
while (part := (time.process_time() - start) / BUDGET) < 1:
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * part))
    for slot in rng.integers(0, len(pool), 16):
        pool[slot] = example(rng)
    images, ids = zip(*(pool[i] for i in rng.integers(0, len(pool), 64)))
    ids = torch.tensor(ids)
    logits = model(torch.from_numpy(np.stack(images)), ids[:, :-1]).logits
    loss = F.cross_entropy(logits.reshape(-1, len(shapes.WORDS)), ids[:, 1:].reshape(-1), ignore_index=0)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    step += 1
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} {time.process_time() - start:.0f} s", flush=True)

model.eval()
scenes, images = shapes.test_scenes(500)
images = torch.from_numpy(images)
with torch.no_grad():
    ids = torch.full((len(scenes), 1), START)
    memory = model.encoder(images)
    while ids.shape[1] < 16 and not (ids == END).any(1).all():
        ids = torch.cat([ids, model(encoder_outputs=memory, decoder_input_ids=ids).logits[:, -1:].argmax(-1)], 1)
told = [shapes.decode(row[1:]) for row in ids.tolist()]
wanted = [shapes.caption(scene) for scene in scenes]
right = sum(a == b for a, b in zip(told, wanted))
words = sum(x == y for a, b in zip(told, wanted) for x, y in zip(a.split(), b.split()))
model.save_pretrained(".")
pathlib.Path("generation_config.json").unlink(missing_ok=True)  # config.json says all of it
pathlib.Path("model.safetensors").chmod(0o644)
with open("result.json", "w") as file:
    json.dump({"steps": step, "images": len(scenes), "right": right, "accuracy": right / len(scenes),
               "words_right": words / sum(len(b.split()) for b in wanted), "told": told[:10], "wanted": wanted[:10]}, file, indent=1)
print(f"{step} steps, {right} of {len(scenes)} captions right")
