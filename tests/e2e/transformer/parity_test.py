"""examples/transformer against float64: small random models, and the base size."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import seq2seq  # noqa: E402
from family import FamilyTest, full_size  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "transformer/transformer.weft"


def translate(cfg, tensors, source, source_len, limit, prompt=None, lengths=None):
    """Greedy decoding from the start token or a prompt."""
    memory = seq2seq.encode(cfg, tensors, source, source_len)
    if prompt is None:
        prompt = np.full((len(source), 1), cfg["decoder_start_token_id"], np.int32)
    return greedy(lambda t: seq2seq.decode(cfg, tensors, memory, source_len, t), prompt, cfg["eos_token_id"], limit, lengths)


class Small(FamilyTest):
    CFG = seq2seq.config(d_model=48, num_heads=4, d_ff=72, num_layers=3, vocab_size=90)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tensors = seq2seq.random_checkpoint(cls.CFG)

    def test_whole_sequences(self):
        library = self.build(SOURCE, self.CFG, self.tensors)
        for lengths, tgt in (([1], 1), ([9, 4], 7), ([33, 1, 17], 40)):
            inputs = seq2seq.batch(self.CFG, lengths, tgt, seed=tgt)
            self.check(library, inputs, seq2seq.forward(self.CFG, self.tensors, **inputs))

    def test_greedy(self):
        library = self.build(SOURCE, self.CFG, self.tensors)
        for lengths in ([5], [9, 1, 4]):
            inputs = seq2seq.batch(self.CFG, lengths, 1, seed=3)
            del inputs["target"]
            wanted = translate(self.CFG, self.tensors, limit=41, **inputs)
            self.assertGreedy(self.generate(library, inputs, "--max", "40"), wanted)

    def test_greedy_from_prompts(self):
        library, inputs = self.build(SOURCE, self.CFG, self.tensors), seq2seq.batch(self.CFG, [9, 3], 5, seed=4)
        prompt, lengths = inputs.pop("target"), np.array([5, 2], np.int32)
        wanted = translate(self.CFG, self.tensors, limit=25, prompt=prompt, lengths=lengths, **inputs)
        tokens, logits = self.generate(library, inputs | {"target": prompt, "prompt_len": lengths}, "--max", "20")
        self.assertGreedy((tokens, logits), tuple(x[:, :20] for x in wanted))


class Full(FamilyTest):
    @full_size
    def test_base(self):
        cfg = seq2seq.config()
        tensors = seq2seq.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for lengths, tgt in (([32], 32), ([7, 5], 9)):
            inputs = seq2seq.batch(cfg, lengths, tgt, seed=tgt)
            self.check(library, inputs, seq2seq.forward(cfg, tensors, **inputs))
        del inputs["target"]
        self.assertGreedy(self.generate(library, inputs, "--max", "32"), translate(cfg, tensors, limit=33, **inputs))


if __name__ == "__main__":
    main()
