"""Says what is on a drawing: compiles captioner.weft with the small captioner that train.py made, draws, and lets it tell.

tell.py              some new drawings
tell.py --score      the share of 500 new drawings that are told right, word for word, as result.json states it
"""
import argparse
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import shapes  # noqa: E402
from compiled import Model  # noqa: E402


def tell(model, images):
    """The caption of each image, greedily."""
    told = []
    for at in range(0, len(images), 16):
        told += [shapes.decode(row) for row in model.generate("--max", 15, pixels=images[at:at + 16]).tolist()]
    return told


def main():
    parser = argparse.ArgumentParser(description="Says what is on drawings.")
    parser.add_argument("--score", action="store_true", help="count how many of 500 captions are right")
    parser.add_argument("--count", type=int, default=3, help="drawings to show")
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    if not 1 <= options.count <= 1000:
        parser.error("--count goes from 1 to 1000")
    model = Model(HERE / "captioner.weft", HERE, options.out)
    if options.score:
        scenes, images = shapes.test_scenes(500)
        right = sum(text == shapes.caption(scene) for text, scene in zip(tell(model, images), scenes))
        print(f"{right} of 500 captions right; in training: {json.loads((HERE / 'result.json').read_text())['right']}")
        return
    rng = np.random.default_rng(options.seed)
    scenes = [shapes.random_scene(rng) for _ in range(options.count)]
    images = np.stack([shapes.draw(scene, rng) for scene in scenes])
    for image, scene, text in zip(images, scenes, tell(model, images)):
        print(f"{shapes.show(image)}\ntold:  {text}\ndrawn: {shapes.caption(scene)}\n")


if __name__ == "__main__":
    main()
