"""Which caption fits an image? Compiles clip.weft with the small CLIP that train.py made and compares drawings with captions.

match.py             draws some scenes and finds, for each, the best of all 300 captions
match.py CAPTION...  draws each caption's scene, and scores every drawing with every caption: "a large red ring on the left"
"""
import argparse
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import shapes  # noqa: E402
from compiled import Model  # noqa: E402


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(description="Finds the caption that fits a drawing.")
    parser.add_argument("caption", nargs="*", help="like: a large red ring on the left")
    parser.add_argument("--seed", type=int, default=7, help="of the drawings")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    known = {shapes.caption(scene): scene for scene in shapes.single_scenes()}
    for caption in options.caption:
        if caption not in known:
            sys.exit(f"error: '{caption}' is not one of the captions, such as '{next(iter(known))}'")
    rng, model = np.random.default_rng(options.seed), Model(HERE / "clip.weft", HERE, options.out)
    chosen = options.caption or list(rng.permutation(list(known))[:4])
    images = np.stack([shapes.draw(known[caption], rng) for caption in chosen])
    if options.caption:
        scores = model.run(["logits_per_image"], pixels=images, tokens=np.array([shapes.encode(c) for c in chosen], np.int32))
        for image, caption, row in zip(images, chosen, softmax(scores)):
            print(shapes.show(image))
            print("  ".join(f"{p:6.1%} {other}" for p, other in zip(row, chosen)) + "\n")
        return
    texts = list(known)
    tokens = np.array([shapes.encode(text) for text in texts], np.int32)
    read = np.concatenate([model.run(["text_embeds"], tokens=tokens[at:at + 60]) for at in range(0, len(texts), 60)])
    scores = model.run(["image_embeds"], pixels=images) @ read.T
    for image, caption, row in zip(images, chosen, scores):
        print(shapes.show(image))
        print(f"drawn: {caption}\nfound: {texts[row.argmax()]}\n")


if __name__ == "__main__":
    main()
