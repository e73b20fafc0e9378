"""examples/g2p: its trained weights against float64, and its phonemes against the training program's."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import seq2seq  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest  # noqa: E402
from harness import WEFT, main  # noqa: E402

FOLDER = EXAMPLES / "g2p"


class G2p(FamilyTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cfg, cls.tensors = json.loads((FOLDER / "config.json").read_text()), load_safetensors(FOLDER / "model.safetensors")
        vocab = json.loads((FOLDER / "vocab.json").read_text())
        cls.ids, cls.vocab = {symbol: i for i, symbol in enumerate(vocab)}, vocab
        cls.heldout = [line.split("\t") for line in (FOLDER / "heldout.tsv").read_text().splitlines()]

    def encode(self, words):
        """The model's inputs for some words."""
        lengths = np.array([len(word) + 1 for word in words], np.int32)
        source = np.zeros((len(words), lengths.max()), np.int32)
        for row, word in enumerate(words):
            source[row, :len(word) + 1] = [self.ids[letter] for letter in word] + [self.ids["</s>"]]
        return {"source": source, "source_len": lengths}

    def test_whole_sequences(self):
        library = self.compile(FOLDER / "g2p.weft", "g2p.so", weights=FOLDER)
        for words in (["a"], ["transformer", "of", "phonemes"]):
            inputs = self.encode(words)
            inputs["target"] = np.random.default_rng(1).integers(1, 69, (len(words), 9), dtype=np.int32)
            wanted = seq2seq.forward(self.cfg, self.tensors, **inputs)
            self.check(library, inputs, {"logits": wanted["logits"]})

    def test_all_held_out_words(self):
        library = self.compile(FOLDER / "g2p.weft", "all.so", weights=FOLDER)
        wrong = []
        for at in range(0, len(self.heldout), 256):
            rows = self.heldout[at:at + 256]
            tokens, _ = self.generate(library, self.encode([word for word, _, _ in rows]), "--max", "24")
            for (word, _, wanted), ids in zip(rows, tokens.tolist()):
                got = " ".join(self.vocab[i] for i in (ids[:ids.index(2)] if 2 in ids else ids))
                if got != wanted:
                    wrong.append((word, got, wanted))
        # Two scores that are equal to the last bit may be taken in either order by another order of additions.
        self.assertLessEqual(len(wrong), 2, wrong[:5])

    def test_the_examples_own_numbers(self):
        """The example's program prints the error rates that result.json states."""
        done = subprocess.run([sys.executable, FOLDER / "phonemes.py", "--heldout", "--out", self.dir / "out"], capture_output=True, text=True,
                              env=os.environ | {"WEFT": str(WEFT)})
        self.assertEqual(done.returncode, 0, done.stderr)
        stated = json.loads((FOLDER / "result.json").read_text())
        self.assertIn(f"phoneme error rate {stated['per']:.2%}, word error rate {stated['wer']:.2%}", done.stdout)


if __name__ == "__main__":
    main()
