"""examples/t5 against float64: versions 1.0 and 1.1, small random models and the published small sizes."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import t5  # noqa: E402
from family import EXAMPLES, FamilyTest, check_texts, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "t5/t5.weft"
SMALL = {"d_model": 40, "num_heads": 3, "d_kv": 8, "num_layers": 2, "num_decoder_layers": 3, "d_ff": 72, "vocab_size": 55}


class T5Test(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = t5.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for lengths, tgt in sizes:
            inputs = t5.batch(cfg, lengths, tgt, seed=tgt)
            self.check(library, inputs, t5.forward(cfg, tensors, **inputs))
        del inputs["target"]
        memory, start = t5.encode(cfg, tensors, **inputs), np.full((len(lengths), 1), 0, np.int32)
        wanted = greedy(lambda t: t5.decode(cfg, tensors, memory, inputs["source_len"], t), start, 1, new + 1)
        self.assertGreedy(self.generate(library, inputs, "--max", str(new)), wanted)
        decode = of_row(lambda rows, lengths, t: t5.decode(cfg, tensors, rows, lengths, t), memory, inputs["source_len"])
        self.check_searches(library, inputs, decode, start, 1, min(new, 12))

    # Longer than 128 positions: where the bias's buckets end.
    def test_small_v10(self):
        self.check_config(t5.config(**SMALL), (([1], 1), ([150, 7], 140), ([9, 4], 7)), 150)

    def test_small_v11(self):
        self.check_config(t5.v11_config(**SMALL), (([1], 1), ([150, 7], 140), ([9, 4], 7)), 30)

    @full_size
    def test_t5_small(self):
        self.check_config(t5.config(), (([33], 20), ([12, 7], 5)), 16)

    @full_size
    def test_t5_v11_small(self):
        self.check_config(t5.v11_config(), (([33], 20), ([12, 7], 5)), 16)


class Trained(FamilyTest):
    """Dates and number words to figures."""

    def test_score(self):
        check_texts(self, SOURCE, EXAMPLES / "t5")

    def test_what_is_held_out(self):
        """Every day of a month is asked for, no text twice, and nearly all are right."""
        stated = json.loads((EXAMPLES / "t5" / "result.json").read_text())
        days = {int(example["wanted"][-2:]) for example in stated["examples"] if example["text"].startswith("date: ")}
        self.assertEqual(days, set(range(1, 32)))
        self.assertEqual(len({example["text"] for example in stated["examples"]}), stated["held_out"])
        self.assertGreater(stated["right"], 0.98 * stated["held_out"])


if __name__ == "__main__":
    main()
