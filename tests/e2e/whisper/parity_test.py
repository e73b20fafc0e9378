"""examples/whisper against float64: small random models and tiny.en's sizes; real weights where a package has them."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import whisper  # noqa: E402
from family import FamilyTest, full_size  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "whisper/whisper.weft"
SMALL = {"d_model": 32, "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_layers": 2, "decoder_layers": 3,
         "encoder_ffn_dim": 64, "decoder_ffn_dim": 48, "num_mel_bins": 10, "max_source_positions": 50, "max_target_positions": 30,
         "vocab_size": 70, "decoder_start_token_id": 3, "eos_token_id": 2}


class WhisperTest(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = whisper.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for rows, frames, time in sizes:
            inputs = whisper.batch(cfg, rows, frames, time, seed=time)
            self.check(library, inputs, whisper.forward(cfg, tensors, **inputs))
        memory, prompt = whisper.encode(cfg, tensors, inputs["mel"]), inputs["tokens"][:, :2]
        wanted = greedy(lambda t: whisper.decode(cfg, tensors, memory, t), prompt, cfg["eos_token_id"], new + 2)
        self.assertGreedy(self.generate(library, {"mel": inputs["mel"], "tokens": prompt}, "--max", str(new)), wanted)

    def test_small(self):
        self.check_config(whisper.config(**SMALL), ((1, 1, 1), (2, 50, 30), (2, 21, 11)), 25)

    @full_size
    def test_tiny_en(self):
        self.check_config(whisper.config(), ((1, 1500, 5),), 4)


if __name__ == "__main__":
    main()
