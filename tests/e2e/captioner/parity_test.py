"""examples/captioner against float64: the trained model of drawn shapes with its score, small random ones, ViT-B with GPT-2."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import captioner  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

sys.path.insert(0, str(EXAMPLES))
import shapes  # noqa: E402

SOURCE = "captioner/captioner.weft"
IMAGE = {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 80, "image_size": 28, "patch_size": 7}
TEXT = {"n_embd": 32, "n_head": 4, "n_layer": 2, "vocab_size": 60, "n_positions": 40}


class Shapes(FamilyTest):
    def test_score(self):
        folder = EXAMPLES / "captioner"
        library = self.compile_once(EXAMPLES / SOURCE, folder)
        scenes, images = shapes.test_scenes(500)
        told = []
        for at in range(0, len(scenes), 16):
            tokens, _ = self.generate(library, {"pixels": images[at:at + 16]}, "--max", "15")
            told += [shapes.decode(row) for row in tokens.tolist()]
        right = sum(text == shapes.caption(scene) for text, scene in zip(told, scenes))
        self.assertEqual(right, json.loads((folder / "result.json").read_text())["right"])

    def test_parity(self):
        folder = EXAMPLES / "captioner"
        cfg, tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        library, (_, images) = self.compile_once(EXAMPLES / SOURCE, folder), shapes.test_scenes(3)
        inputs = {"pixels": images, "tokens": captioner.batch(cfg, 3, 11)["tokens"]}
        self.check(library, inputs, captioner.forward(cfg, tensors, **inputs))


class Random(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = captioner.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for rows, time in sizes:
            inputs = captioner.batch(cfg, rows, time, seed=time)
            self.check(library, inputs, captioner.forward(cfg, tensors, **inputs))
        memory, start = captioner.encode(cfg, tensors, inputs["pixels"]), np.full((rows, 1), cfg["decoder_start_token_id"], np.int32)
        wanted = greedy(lambda t: captioner.decode(cfg, tensors, memory, t), start, cfg["eos_token_id"], new + 1)
        self.assertGreedy(self.generate(library, {"pixels": inputs["pixels"]}, "--max", str(new)), wanted)
        decode = of_row(lambda rows, t: captioner.decode(cfg, tensors, rows, t), memory)
        self.check_searches(library, {"pixels": inputs["pixels"]}, decode, start, cfg["eos_token_id"], min(new, 12))

    def test_small(self):
        cfg = captioner.config(IMAGE, TEXT, decoder_start_token_id=1, eos_token_id=2)
        self.check_config(cfg, ((1, 1), (3, 40), (2, 11)), 30)

    def test_one_width(self):
        cfg = captioner.config(IMAGE | {"hidden_size": 32, "num_attention_heads": 2}, TEXT, decoder_start_token_id=1, eos_token_id=2)
        self.check_config(cfg, ((2, 11),), 10)

    @full_size
    def test_vit_gpt2(self):
        self.check_config(captioner.config(), ((1, 12),), 4)


if __name__ == "__main__":
    main()
