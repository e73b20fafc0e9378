"""examples/transformer against float64: small random models, and the base size."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import seq2seq  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import WEFT, main  # noqa: E402

SOURCE = "transformer/transformer.weft"


def translate(cfg, tensors, source, source_len, limit, prompt=None, lengths=None):
    """Greedy decoding from the start token or a prompt."""
    memory = seq2seq.encode(cfg, tensors, source, source_len)
    if prompt is None:
        prompt = np.full((len(source), 1), cfg["decoder_start_token_id"], np.int32)
    return greedy(lambda t: seq2seq.decode(cfg, tensors, memory, source_len, t), prompt, cfg["eos_token_id"], limit, lengths)


class TransformerTest(FamilyTest):
    def check_modes(self, library, cfg, tensors, inputs, most):
        """Greedy, beam search and draws from the start token."""
        self.assertGreedy(self.generate(library, inputs, "--max", str(most)), translate(cfg, tensors, limit=most + 1, **inputs))
        decode = of_row(lambda memory, lengths, t: seq2seq.decode(cfg, tensors, memory, lengths, t), seq2seq.encode(cfg, tensors, **inputs), inputs["source_len"])
        self.check_searches(library, inputs, decode, [[cfg["decoder_start_token_id"]]] * len(inputs["source"]), cfg["eos_token_id"], min(most, 12))


class Small(TransformerTest):
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

    def test_every_mode(self):
        library = self.build(SOURCE, self.CFG, self.tensors)
        for lengths in ([5], [9, 1, 4]):
            inputs = seq2seq.batch(self.CFG, lengths, 1, seed=3)
            del inputs["target"]
            self.check_modes(library, self.CFG, self.tensors, inputs, 40)

    def test_greedy_from_prompts(self):
        library, inputs = self.build(SOURCE, self.CFG, self.tensors), seq2seq.batch(self.CFG, [9, 3], 5, seed=4)
        prompt, lengths = inputs.pop("target"), np.array([5, 2], np.int32)
        wanted = translate(self.CFG, self.tensors, limit=25, prompt=prompt, lengths=lengths, **inputs)
        tokens, logits = self.generate(library, inputs | {"target": prompt, "prompt_len": lengths}, "--max", "20")
        self.assertGreedy((tokens, logits), tuple(x[:, :20] for x in wanted))


class Trained(TransformerTest):
    def test_phonemes(self):
        """The weights of examples/g2p in this description: its logits, every mode, and the training program's answers."""
        folder = EXAMPLES / "g2p"
        cfg, tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        vocab = json.loads((folder / "vocab.json").read_text())
        rows = [line.split("\t") for line in (folder / "heldout.tsv").read_text().splitlines()[3:6000:100]]
        words = [[vocab.index(letter) for letter in word] + [2] for word, _, _ in rows]
        lengths = np.array([len(word) for word in words], np.int32)
        inputs = {"source": np.array([word + [0] * (lengths.max() - len(word)) for word in words], np.int32), "source_len": lengths}
        library = self.compile(EXAMPLES / SOURCE, "phonemes.so", weights=folder)
        whole = inputs | {"target": np.random.default_rng(1).integers(1, 69, (len(words), 9), dtype=np.int32)}
        self.check(library, whole, seq2seq.forward(cfg, tensors, **whole))
        tokens, _ = self.generate(library, inputs, "--max", "24")
        told = [" ".join(vocab[i] for i in (ids[:ids.index(2)] if 2 in ids else ids)) for ids in tokens.tolist()]
        self.assertEqual(told, [answer for _, _, answer in rows])
        few = {name: value[:4] for name, value in inputs.items()}
        self.check_modes(library, cfg, tensors, few, 24)

    def test_program(self):
        """The example's program says more words than fit into one run, as the training program did."""
        rows = [line.split("\t") for line in (EXAMPLES / "g2p" / "heldout.tsv").read_text().splitlines()[7:6000:80]]
        done = subprocess.run([sys.executable, EXAMPLES / "transformer" / "speak.py", *(word for word, _, _ in rows), "--out", self.dir / "out"],
                              capture_output=True, text=True, env=os.environ | {"WEFT": str(WEFT)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(rows), 64)
        self.assertEqual([line.split() for line in done.stdout.splitlines()], [[word, *answer.split()] for word, _, answer in rows])


class Full(TransformerTest):
    @full_size
    def test_base(self):
        cfg = seq2seq.config()
        tensors = seq2seq.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for lengths, tgt in (([32], 32), ([7, 5], 9)):
            inputs = seq2seq.batch(cfg, lengths, tgt, seed=tgt)
            self.check(library, inputs, seq2seq.forward(cfg, tensors, **inputs))
        del inputs["target"]
        self.check_modes(library, cfg, tensors, inputs, 32)


if __name__ == "__main__":
    main()
