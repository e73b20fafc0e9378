"""Trains the small ViT of this folder on scikit-learn's handwritten digits (8 x 8 pixels) and writes a Hugging Face checkpoint.

python train.py [processor minutes]   needs torch, transformers and scikit-learn. Writes model.safetensors, config.json, heldout.npz (the images
that training never saw, with their labels) and result.json. Every fifth image is held out.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from transformers import ViTConfig, ViTForImageClassification

BUDGET = float(sys.argv[1]) * 60 if len(sys.argv) > 1 else 180.0
torch.manual_seed(0)
torch.set_num_threads(1)

digits = load_digits()
pixels = (digits.images.astype(np.float32) / 8 - 1)[:, None]
held = np.arange(len(pixels)) % 5 == 0
train, labels = torch.from_numpy(pixels[~held]), torch.from_numpy(digits.target[~held])
model = ViTForImageClassification(ViTConfig(
    hidden_size=64, num_attention_heads=4, num_hidden_layers=4, intermediate_size=256, image_size=8, patch_size=2, num_channels=1,
    num_labels=10, hidden_dropout_prob=0.1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)


def shift(images):
    """Moves each image by up to a pixel, as augmentation."""
    padded = F.pad(images, (1, 1, 1, 1), value=-1)
    at = torch.randint(0, 3, (len(images), 2))
    return torch.stack([image[:, y:y + 8, x:x + 8] for image, (y, x) in zip(padded, at.tolist())])


start, step = time.process_time(), 0
while (part := (time.process_time() - start) / BUDGET) < 1:
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * part))
    at = torch.randint(0, len(train), (64,))
    images = train[at] if step % 2 else shift(train[at])
    loss = F.cross_entropy(model(images + 0.05 * torch.randn_like(images)).logits, labels[at], label_smoothing=0.05)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    step += 1

model.eval()
with torch.no_grad():
    logits = model(torch.from_numpy(pixels[held])).logits.numpy()
right = int((logits.argmax(-1) == digits.target[held]).sum())
model.save_pretrained(".")
np.savez_compressed("heldout.npz", pixels=digits.images[held].astype(np.uint8), labels=digits.target[held].astype(np.uint8))
with open("result.json", "w") as file:
    json.dump({"steps": step, "images": int(held.sum()), "right": right, "accuracy": right / int(held.sum())}, file, indent=1)
print(f"{step} steps, {right} of {held.sum()} held-out digits right")
