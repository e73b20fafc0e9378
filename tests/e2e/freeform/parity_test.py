"""examples/freeform against float64: small random models and the sizes of its defaults."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import freeform  # noqa: E402
from family import FamilyTest, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "freeform/freeform.weft"
SMALL = {"d_model": 32, "heads": 4, "d_ff": 48, "layers": 2, "vocab_size": 60, "mels": 10, "audio_window": 4, "text_window": 5}


class Freeform(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = freeform.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for frames, draft, time in sizes:
            inputs = freeform.batch(cfg, frames, draft, time, seed=time)
            self.check(library, inputs, freeform.forward(cfg, tensors, **inputs))
        del inputs["tokens"]
        memories, start = freeform.encode(cfg, tensors, **inputs), np.full((len(frames), 1), cfg["start"], np.int32)
        wanted = greedy(lambda t: freeform.decode(cfg, tensors, memories, inputs["mel_len"], inputs["rough_len"], t), start, cfg["stop"], new + 1)
        self.assertGreedy(self.generate(library, inputs, "--max", str(new)), wanted)
        decode = of_row(lambda audio, text, mel_len, rough_len, t: freeform.decode(cfg, tensors, (audio, text), mel_len, rough_len, t),
                        *memories, inputs["mel_len"], inputs["rough_len"])
        self.check_searches(library, inputs, decode, start, cfg["stop"], min(new, 12))

    # More tokens than the decoder's window: its ring goes round.
    def test_small(self):
        self.check_config(freeform.config(**SMALL), (([1], [1], 1), ([40, 9], [3, 33], 30), ([13, 6], [9, 11], 12)), 25)

    @full_size
    def test_full(self):
        self.check_config(freeform.config(), (([200, 150], [20, 30], 70),), 70)


if __name__ == "__main__":
    main()
