"""Trains the small CLIP of this folder on drawn shapes and their captions (../shapes.py) and writes a Hugging Face checkpoint.

python train.py [processor minutes]   needs torch and transformers. Writes model.safetensors, config.json and result.json: how often, over new
drawings of every scene, the right caption scores highest among all 300.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPConfig, CLIPModel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import shapes  # noqa: E402

BUDGET = float(sys.argv[1]) * 60 if len(sys.argv) > 1 else 420.0
torch.manual_seed(0)
torch.set_num_threads(1)
rng = np.random.default_rng(0)

scenes = shapes.single_scenes()
tokens = torch.tensor([shapes.encode(shapes.caption(scene)) for scene in scenes])
common = {"num_hidden_layers": 4, "num_attention_heads": 4, "hidden_size": 96, "intermediate_size": 384}
model = CLIPModel(CLIPConfig(
    projection_dim=64, vision_config=common | {"image_size": shapes.SIDE, "patch_size": 8},
    text_config=common | {"vocab_size": len(shapes.WORDS), "max_position_embeddings": 16, "bos_token_id": shapes.IDS["<start>"],
                          "eos_token_id": shapes.END, "pad_token_id": 0}))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)

# Drawing costs more than a training step: a pool of drawings, renewed bit by bit.
pool_of = rng.integers(0, len(scenes), 6000)
pool = np.stack([shapes.draw(scenes[i], rng) for i in pool_of])
start, step = time.process_time(), 0
while (part := (time.process_time() - start) / BUDGET) < 1:
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * part))
    for slot in rng.integers(0, len(pool), 12):
        pool_of[slot] = rng.integers(len(scenes))
        pool[slot] = shapes.draw(scenes[pool_of[slot]], rng)
    # One drawing of each of 64 different scenes, so that a caption fits one image of the batch only.
    chosen = rng.permutation(len(pool))[:160]
    _, first = np.unique(pool_of[chosen], return_index=True)
    chosen = chosen[first[:96]]
    scores = model(tokens[pool_of[chosen]], torch.from_numpy(pool[chosen])).logits_per_image
    target = torch.arange(len(chosen))
    loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    model.logit_scale.data.clamp_(max=np.log(100))
    step += 1
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.3f} {time.process_time() - start:.0f} s", flush=True)

model.eval()
with torch.no_grad():
    images = np.stack([shapes.draw(scene, np.random.default_rng(1000 + i)) for i, scene in enumerate(scenes)])
    scores = model(tokens, torch.from_numpy(images)).logits_per_image.numpy()
right = int((scores.argmax(1) == np.arange(len(scenes))).sum())
model.save_pretrained(".")
with open("result.json", "w") as file:
    json.dump({"steps": step, "images": len(scenes), "right": right, "accuracy": right / len(scenes)}, file, indent=1)
print(f"{step} steps, {right} of {len(scenes)} captions right")
