"""examples/clip against float64: the trained model of drawn shapes with its score, small random ones, ViT-B/32."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import clip  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size  # noqa: E402
from harness import main  # noqa: E402

sys.path.insert(0, str(EXAMPLES))
import shapes  # noqa: E402

SOURCE = "clip/clip.weft"
TEXT = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 64, "vocab_size": 70,
        "max_position_embeddings": 16}
IMAGE = {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 72, "image_size": 28, "patch_size": 7}


class Shapes(FamilyTest):
    def test_score(self):
        folder, scenes = EXAMPLES / "clip", shapes.single_scenes()
        cfg, tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        library = self.compile(EXAMPLES / SOURCE, "shapes.so", weights=folder)
        images = np.stack([shapes.draw(scene, np.random.default_rng(1000 + i)) for i, scene in enumerate(scenes)])
        tokens = np.array([shapes.encode(shapes.caption(scene)) for scene in scenes], np.int32)
        parts = range(0, len(scenes), 60)
        seen = [self.run_model(library, {"pixels": images[at:at + 60]}, ["image_embeds"])["image_embeds"] for at in parts]
        read = [self.run_model(library, {"tokens": tokens[at:at + 60]}, ["text_embeds"])["text_embeds"] for at in parts]
        self.assertParity(seen[0], clip.image_embeds(cfg, tensors, images[:60]))
        self.assertParity(read[0], clip.text_embeds(cfg, tensors, tokens[:60]))
        right = int(((np.concatenate(seen) @ np.concatenate(read).T).argmax(1) == np.arange(len(scenes))).sum())
        self.assertEqual(right, json.loads((folder / "result.json").read_text())["right"])


class Random(FamilyTest):
    def check_config(self, cfg, sizes):
        tensors = clip.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for images, texts, time in sizes:
            inputs = clip.batch(cfg, images, texts, time, seed=time)
            self.check(library, inputs, clip.forward(cfg, tensors, **inputs))

    def test_small(self):
        self.check_config(clip.config(TEXT, IMAGE, 24), ((1, 1, 1), (3, 4, 11), (2, 5, 16)))

    def test_gelu(self):
        self.check_config(clip.config(TEXT | {"hidden_act": "gelu"}, IMAGE | {"hidden_act": "gelu"}, 24), ((3, 4, 11),))

    @full_size
    def test_vit_b_32(self):
        self.check_config(clip.config(), ((2, 3, 20),))


if __name__ == "__main__":
    main()
