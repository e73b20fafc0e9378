"""examples/vit against float64: the trained digits model with its score, small random ones, ViT-B/16."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import vit  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size  # noqa: E402
from harness import main  # noqa: E402

SOURCE, FORM = "vit/vit.weft", "vit/patches.weft"
SMALL = {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 80, "image_size": 28, "patch_size": 7,
         "id2label": dict.fromkeys("01234", "class")}


class Digits(FamilyTest):
    def test_score(self):
        folder = EXAMPLES / "vit"
        held, stated = np.load(folder / "heldout.npz"), json.loads((folder / "result.json").read_text())
        cfg, tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        library = self.compile(EXAMPLES / SOURCE, "digits.so", weights=folder)
        pixels = (held["pixels"].astype(np.float32) / 8 - 1)[:, None]
        right = 0
        for at in range(0, len(pixels), 64):
            part = pixels[at:at + 64]
            logits = self.run_model(library, {"pixels": part}, ["logits"])["logits"]
            right += int((logits.argmax(-1) == held["labels"][at:at + 64]).sum())
            if at == 0:
                self.assertParity(logits, vit.forward(cfg, tensors, part)["logits"])
        self.assertEqual(right, stated["right"])


class Random(FamilyTest):
    def check_config(self, cfg, batches):
        tensors = vit.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for rows in batches:
            inputs = vit.batch(cfg, rows, seed=rows)
            self.check(library, inputs, vit.forward(cfg, tensors, **inputs))

    def test_small(self):
        self.check_config(vit.config(**SMALL), (1, 3))

    def test_other_options(self):
        self.check_config(vit.config(**SMALL | {"num_channels": 1, "hidden_act": "relu", "qkv_bias": False, "layer_norm_eps": 1e-6}), (2,))

    def test_without_head(self):
        cfg = vit.config(**SMALL)
        tensors, inputs = vit.random_checkpoint(cfg, head=False), vit.batch(cfg, 2)
        self.check(self.build(SOURCE, cfg, tensors, "-D", "head=false"), inputs, vit.forward(cfg, tensors, **inputs))

    def test_plain_form(self):
        cfg = vit.config(**SMALL)
        tensors, inputs = vit.random_checkpoint(cfg), {"patches": vit.cut(cfg, vit.batch(cfg, 3)["pixels"])}
        self.check(self.build(FORM, cfg, tensors), inputs, vit.forward_patches(cfg, tensors, **inputs))

    def test_plain_form_with_other_options(self):
        cfg = vit.config(**SMALL | {"num_channels": 1, "hidden_act": "relu", "qkv_bias": False, "layer_norm_eps": 1e-6})
        tensors, inputs = vit.random_checkpoint(cfg), {"patches": vit.cut(cfg, vit.batch(cfg, 2)["pixels"])}
        self.check(self.build(FORM, cfg, tensors), inputs, vit.forward_patches(cfg, tensors, **inputs))

    def test_wrong_images(self):
        """Another size, another number of channels, no image: an error that names the input and both shapes."""
        cfg = vit.config(**SMALL)
        library = self.build(SOURCE, cfg, vit.random_checkpoint(cfg))
        for shape in ((1, 3, 28, 27), (1, 3, 56, 56), (1, 1, 28, 28), (3, 28, 28), (0, 3, 28, 28), (65, 3, 28, 28)):
            with self.subTest(shape=shape):
                np.save(self.dir / "wrong.npy", np.zeros(shape, np.float32))
                self.fails(["run", library, "--input", f"pixels={self.dir / 'wrong.npy'}"], "pixels|batch")

    @full_size
    def test_base(self):
        self.check_config(vit.config(), (1, 2))

    @full_size
    def test_plain_form_of_base(self):
        cfg = vit.config()
        tensors, inputs = vit.random_checkpoint(cfg), {"patches": vit.cut(cfg, vit.batch(cfg, 2)["pixels"])}
        self.check(self.build(FORM, cfg, tensors), inputs, vit.forward_patches(cfg, tensors, **inputs))


if __name__ == "__main__":
    main()
