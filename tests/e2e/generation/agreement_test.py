"""Compiled generation against the compiled whole sequence, at every position: each way to tell positions, masks and windows, rows of different lengths."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from family import FamilyTest  # noqa: E402
from harness import main  # noqa: E402

# A decoder whose positions and attention are parameters; its cache ends within a page.
TOY = """
model toy {{
  const d = 32
  dim batch in 1..4
  dim time in 1..90
  input tokens : i32[batch, time]
  {declarations}
  weight table : f32[60, d] @ "table"
  decoder hidden(x = lookup(table, tokens){positions}) repeat 2 as i @ "h.{{i}}" {{
    let h = layer_norm(x) @ "ln"
    let q = linear(h, d) @ "q"
    let k = linear(h, {width}) @ "k"
    let v = linear(h, {width}) @ "v"
    x = x + linear({attention}, d) @ "o"
  }}
  output logits = matmul(hidden, transpose(table))
  generate tokens from logits {{ limit = 90 }}
}}
"""
WAYS = {
    "none": ("", "attention(q, k, v, 2, causal)"),
    "learned": (' + positions(90, d) @ "wpe"', "attention(q, k, v, 2, causal)"),
    "learned with an offset, and sinusoidal": (' + positions(92, d, 2) @ "wpe" + sinusoidal(d)', "attention(q, k, v, 2, causal)"),
    "rotary": ("", "attention(rope(q, 2), rope(k, 2), v, 2, causal)"),
    "rotary, interleaved, a part of each head, softcap": ("", 'attention(rope(q, 2, 100, "interleaved", 8), rope(k, 2, 100, "interleaved", 8), v, 2, causal, softcap = 5)'),
    "ALiBi": ("", "attention(q, k, v, 2, causal, bias = alibi(2))"),
    "a window of a few": (' + positions(90, d) @ "wpe"', "attention(q, k, v, 2, causal & window(5))"),
    "a window of more than a page": (" + sinusoidal(d)", "attention(q, k, v, 2, causal & window(20))"),
    "a window of rotated keys": ("", "attention(rope(q, 2), rope(k, 2), v, 2, causal & window(16))"),
    "a window with ALiBi": ("", "attention(q, k, v, 2, causal & window(33), bias = alibi(2))"),
    "heads that share keys": (" + sinusoidal(d)", "attention(q, k, v, 4, causal, kv_heads = 2)"),
}


class Agreement(FamilyTest):
    def check_way(self, name, positions, attention, declarations=""):
        text = TOY.format(positions=positions, attention=attention, declarations=declarations, width="d / 2" if "kv_heads" in attention else "d")
        source = self.write(f"toy-{list(WAYS).index(name)}.weft", text)
        library = self.compile(source, f"{source.stem}.so", "--random-weights=5", "--name=toy")
        lengths, rng = np.array([3, 17, 1], np.int32), np.random.default_rng(4)
        prompt = rng.integers(0, 59, (3, 17), dtype=np.int32)
        inputs = {"tokens": prompt, "prompt_len": lengths}
        for threads in ("1", "2"):
            tokens, logits = self.generate(library, inputs, "--threads", threads)
            for row, length in enumerate(lengths):
                with self.subTest(way=name, threads=threads, row=row):
                    count = 90 - length  # nothing but the limit ends a row
                    self.assert_row(library, prompt[row, :length], tokens[row, :count], logits[row, :count])

    def assert_row(self, library, prompt, tokens, logits):
        whole = np.concatenate([prompt, tokens[:-1]])[None].astype(np.int32)
        wanted = self.run_model(library, {"tokens": whole}, ["logits"])["logits"][0, len(prompt) - 1:]
        self.assertEqual(wanted.shape, logits.shape)
        error = np.abs(wanted - logits).max(-1) / np.abs(wanted).max()
        self.assertLessEqual(error.max(), 1e-4, f"at position {len(prompt) - 1 + error.argmax()}")
        np.testing.assert_array_equal(tokens, logits.argmax(-1))

    def test_every_way(self):
        for name, (positions, attention) in WAYS.items():
            self.check_way(name, positions, attention)


if __name__ == "__main__":
    main()
