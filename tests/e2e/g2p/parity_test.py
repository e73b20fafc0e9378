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
from generation import beam, score_of  # noqa: E402
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
        library = self.compile_once(FOLDER / "g2p.weft", FOLDER)
        for words in (["a"], ["transformer", "of", "phonemes"]):
            inputs = self.encode(words)
            inputs["target"] = np.random.default_rng(1).integers(1, 69, (len(words), 9), dtype=np.int32)
            wanted = seq2seq.forward(self.cfg, self.tensors, **inputs)
            self.check(library, inputs, {"logits": wanted["logits"]})

    def test_all_held_out_words(self):
        library = self.compile_once(FOLDER / "g2p.weft", FOLDER)
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

    def logits_of(self, inputs, row):
        """The reference's next scores for one word of a batch."""
        one = {name: value[row:row + 1] for name, value in inputs.items()}
        one["source"] = one["source"][:, :one["source_len"][0]]
        memory = seq2seq.encode(self.cfg, self.tensors, **one)
        return lambda t: seq2seq.decode(self.cfg, self.tensors, np.repeat(memory, len(t), 0), np.repeat(one["source_len"], len(t)), t)

    def test_beam_search(self):
        library = self.compile_once(FOLDER / "g2p.weft", FOLDER)
        inputs = self.encode([word for word, _, _ in self.heldout[5:6000:500]])
        for beams in (2, 5):
            tokens, _ = self.generate(library, inputs, "--max", "24", "--beam", str(beams))
            for row, ids in enumerate(tokens):
                with self.subTest(beams=beams, row=row):
                    self.assertBeam(ids, self.logits_of(inputs, row), [1], 2, 24, beams)

    def test_best_sequences_with_a_length_penalty(self):
        library = self.compile_once(FOLDER / "g2p.weft", FOLDER)
        inputs = self.encode([word for word, _, _ in self.heldout[9:6000:1500]])
        for penalty in (0.0, 0.6, 1.5):
            options = ["--max", "24", "--beam", "4", "--results", "3", "--length-penalty", str(penalty)]
            tokens, _ = self.generate(library, inputs, *options)
            self.assertEqual(tokens.shape[:2], (len(inputs["source_len"]), 3))
            for row, found in enumerate(tokens):
                with self.subTest(penalty=penalty, row=row):
                    logits_of = self.logits_of(inputs, row)
                    wanted = beam(logits_of, [1], 2, 24, 4, penalty)[:3]
                    ends = [list(ids).index(2) + 1 if 2 in ids else len(ids) for ids in found]
                    found = [list(map(int, ids[:end])) for ids, end in zip(found, ends)]
                    scores = [score_of(logits_of, [1], ids, penalty) for ids in found]
                    np.testing.assert_allclose(scores, [score for score, _ in wanted], atol=1e-3)
                    self.assertEqual(len(set(map(tuple, found))), 3)

    def test_draws(self):
        library = self.compile_once(FOLDER / "g2p.weft", FOLDER)
        inputs = self.encode([word for word, _, _ in self.heldout[7:6000:1000]])
        options = ["--max", "24", "--temperature", "2", "--seed"]
        for kind, limit in (("top-k", {"top_k": 3}), ("top-p", {"top_p": 0.7})):
            value = str(next(iter(limit.values())))
            first, again, other = (self.generate(library, inputs, *options, seed, f"--{kind}", value)[0] for seed in ("1", "1", "2"))
            np.testing.assert_array_equal(first, again)
            self.assertFalse(first.shape == other.shape and (first == other).all(), "two seeds draw the same")
            for row, ids in enumerate(first):
                with self.subTest(kind=kind, row=row):
                    self.assertDrawn(ids, self.logits_of(inputs, row), [1], 2, temperature=2.0, **limit)
        cold, _ = self.generate(library, inputs, *options, "5", "--top-k", "1")
        greedy_tokens, _ = self.generate(library, inputs, "--max", "24")
        np.testing.assert_array_equal(cold, greedy_tokens)

    def test_the_examples_own_numbers(self):
        """The example's program prints the error rates that result.json states."""
        done = subprocess.run([sys.executable, FOLDER / "phonemes.py", "--heldout", "--out", self.dir / "out"], capture_output=True, text=True,
                              env=os.environ | {"WEFT": str(WEFT)})
        self.assertEqual(done.returncode, 0, done.stderr)
        stated = json.loads((FOLDER / "result.json").read_text())
        self.assertIn(f"phoneme error rate {stated['per']:.2%}, word error rate {stated['wer']:.2%}", done.stdout)


if __name__ == "__main__":
    main()
