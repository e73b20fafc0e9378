"""examples/marian against float64: small random models with every option, and an OPUS-MT model's size."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import seq2seq  # noqa: E402
from family import EXAMPLES, FamilyTest, check_texts, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "marian/marian.weft"
SMALL = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4, "decoder_attention_heads": 2,
         "encoder_ffn_dim": 48, "decoder_ffn_dim": 56, "vocab_size": 60, "pad_token_id": 59, "decoder_start_token_id": 59,
         "max_position_embeddings": 40}


class MarianTest(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = seq2seq.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for lengths, tgt in sizes:
            inputs = seq2seq.batch(cfg, lengths, tgt, seed=tgt)
            self.check(library, inputs, {"logits": seq2seq.forward(cfg, tensors, **inputs)["logits"]})
        del inputs["target"]
        memory, start = seq2seq.encode(cfg, tensors, **inputs), np.full((len(lengths), 1), cfg["decoder_start_token_id"], np.int32)
        wanted = greedy(lambda t: seq2seq.decode(cfg, tensors, memory, inputs["source_len"], t), start, cfg["eos_token_id"], new + 1)
        self.assertGreedy(self.generate(library, inputs, "--max", str(new)), wanted)
        decode = of_row(lambda rows, lengths, t: seq2seq.decode(cfg, tensors, rows, lengths, t), memory, inputs["source_len"])
        self.check_searches(library, inputs, decode, start, cfg["eos_token_id"], min(new, 12))

    def test_small(self):
        self.check_config(seq2seq.marian_config(**SMALL), (([1], 1), ([40, 3], 40), ([9, 4], 7)), 30)

    def test_other_options(self):
        cfg = seq2seq.marian_config(**SMALL | {"scale_embedding": False, "activation_function": "relu"})
        self.check_config(cfg, (([9, 4], 7),), 10)

    @full_size
    def test_opus_mt(self):
        self.check_config(seq2seq.marian_config(), (([24], 20), ([12, 7], 5)), 16)


class Trained(FamilyTest):
    """English number words to German ones."""

    def test_score(self):
        check_texts(self, "marian/marian.weft", EXAMPLES / "marian")


if __name__ == "__main__":
    main()
