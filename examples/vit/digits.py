"""Reads handwritten digits: compiles vit.weft with the small ViT that train.py made and classifies the held-out images.

digits.py            the score on all of them, and some of them drawn
digits.py N...       the images of these numbers, with what is read in them
"""
import argparse
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model  # noqa: E402


def show(image):
    """8 x 8 pixels of 0 to 16 as text."""
    return ["".join(" .:-=+*#@"[value // 2] * 2 for value in row) for row in image]


def main():
    parser = argparse.ArgumentParser(description="Reads handwritten digits.")
    parser.add_argument("number", nargs="*", type=int, help="the held-out images to show")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    held = np.load(HERE / "heldout.npz")
    images, labels = held["pixels"], held["labels"]
    if not all(0 <= n < len(images) for n in options.number):
        sys.exit(f"error: there are images 0 to {len(images) - 1}")
    pixels = (images.astype(np.float32) / 8 - 1)[:, None]
    model = Model(HERE / "vit.weft", HERE, options.out)
    read = np.concatenate([model.run(["logits"], pixels=pixels[at:at + 64]) for at in range(0, len(pixels), 64)]).argmax(-1)
    shown = options.number or range(4)
    for lines in zip(*(show(images[n]) for n in shown)):
        print("   ".join(lines))
    print("   ".join(f"read {read[n]}, is {labels[n]}".ljust(16) for n in shown))
    right = int((read == labels).sum())
    print(f"\n{right} of {len(labels)} right ({right / len(labels):.1%}); in training: {json.loads((HERE / 'result.json').read_text())['right']}")


if __name__ == "__main__":
    main()
