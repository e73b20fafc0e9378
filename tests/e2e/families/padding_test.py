"""Rows that are padding are not computed, and nobody sees it: pooled encoders with and without padding, all lengths, on one thread and two."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import reference as ref  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from guarded import GuardedTest  # noqa: E402
from harness import TARGET, main  # noqa: E402

WIDTH, INNER, HEADS, LAYERS = 40, 72, 5, 2
SOURCE = """model pooled {
  dim batch in 1..9
  dim time in 1..40
  input x : f32[batch, time, 40]
  input lengths : i32[batch]
  encoder hidden(h = x) repeat 2 as i @ "layer.{i}" {
    let n = rms_norm(h) @ "norm"
    let q = rope(linear(n, 40) @ "q", heads = 5)
    let k = rope(linear(n, 40) @ "k", heads = 5)
    let v = linear(n, 40) @ "v"
    h = h + linear(attention(q, k, v, 5, padding(lengths)), 40) @ "out"
    h = layer_norm(h + linear(gelu(linear(h, 72) @ "up"), 40) @ "down") @ "last"
  }
  output mean = mean_pool(hidden, lengths)
}
"""


def weights():
    rng = np.random.default_rng(3)
    draw = lambda *shape: (rng.standard_normal(shape) * 0.2).astype(np.float32)  # noqa: E731
    tensors = {}
    for i in range(LAYERS):
        layer = f"layer.{i}."
        for name, (out, width) in {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "out": (WIDTH, WIDTH), "up": (INNER, WIDTH),
                                   "down": (WIDTH, INNER)}.items():
            tensors[f"{layer}{name}.weight"], tensors[f"{layer}{name}.bias"] = draw(out, width), draw(out)
        tensors[layer + "norm.weight"] = 1 + draw(WIDTH)
        tensors[layer + "last.weight"], tensors[layer + "last.bias"] = 1 + draw(WIDTH), draw(WIDTH)
    return tensors


def forward(tensors, x):
    """One row without any padding: [1, length, width] to the mean over its positions."""
    for i in range(LAYERS):
        at = lambda name: {part: tensors[f"layer.{i}.{name}.{part}"] for part in ("weight", "bias") if f"layer.{i}.{name}.{part}" in tensors}  # noqa: B023, E731
        n = ref.rms_norm(x, at("norm"))
        q, k = (ref.rope(ref.linear(n, at(name)), HEADS) for name in "qk")
        x = x + ref.linear(ref.attention(q, k, ref.linear(n, at("v")), HEADS), at("out"))
        x = ref.layer_norm(x + ref.linear(ref.gelu(ref.linear(x, at("up"))), at("down")), at("last"))
    return x.mean(1)


class Padding(GuardedTest):
    def setUp(self):
        self.weights = weights()
        folder = save_checkpoint(self.dir / "checkpoint", {}, self.weights)
        self.source = self.write("pooled.weft", SOURCE)
        self.arguments = [self.source, "--weights", folder]
        self.library = self.compile_once(self.source, folder)

    def case(self, lengths, time):
        """(inputs with garbage in the padding, the means)."""
        rng = np.random.default_rng(len(lengths) * 100 + time)
        x = rng.standard_normal((len(lengths), time, WIDTH)).astype(np.float32)
        w = {name: tensor.astype(np.float64) for name, tensor in self.weights.items()}
        mean = np.zeros((len(lengths), WIDTH))
        for row, length in enumerate(lengths):
            if length:
                mean[row] = forward(w, x[row:row + 1, :length].astype(np.float64))
            x[row, length:] = 1e6
        return {"x": x, "lengths": np.array(lengths, np.int32)}, mean

    def test_lengths(self):
        for lengths, time in (([7, 33, 1, 40], 40), ([1], 1), ([0, 5, 0], 9), ([0, 0], 3), ([16, 16, 16], 16), ([2] * 9, 40), ([0], 33)):
            inputs, mean = self.case(lengths, time)
            for threads in (1, 2):
                with self.subTest(lengths=lengths, time=time, threads=threads):
                    got = self.run_model(self.library, inputs, ["mean"], "--threads", str(threads))["mean"]
                    self.assertParity(got, mean, 1e-5)

    def test_stays_inside_of_its_buffers(self):
        for lengths, time in (([7, 33, 1], 33), ([0, 0], 5), ([40, 1], 40)):
            inputs, mean = self.case(lengths, time)
            self.check_guarded(self.library, {"batch": len(lengths), "time": time}, inputs, {"mean": mean})

    def test_lengths_out_of_range(self):
        for bad in (-1, 6, 2**31 - 1, -2**31):
            inputs, _ = self.case([2, 5], 5)
            inputs["lengths"][1] = bad
            arguments = ["run", self.library, "--output", f"mean={self.dir / 'never.npy'}"]
            for name, value in inputs.items():
                np.save(self.dir / f"{name}.npy", value)
                arguments += ["--input", f"{name}={self.dir / name}.npy"]
            self.fails(arguments, rf"'lengths': {bad} at \[1\], expected 0\.\.5")

    def test_every_launch_agrees_with_the_oracle(self):
        np.save(self.dir / "lengths.npy", np.array([9, 0, 4], np.int32))
        told = self.ok("verify", *self.arguments, "--sizes=batch=3,time=9", "--input", f"lengths={self.dir / 'lengths.npy'}")
        self.assertIn("largest difference", told.stdout)

    def test_what_meets_rows_in_their_places(self):
        """Two lengths over one stream, tables over positions of a number, weights of the stream's own shape: each against the oracle."""
        inputs = "  input x : f32[4, 12, 16]\n  input a : i32[4]\n  input b : i32[4]\n"
        texts = {"two": "let k = linear(x, 16) @ \"k\"\n output o = attention(x, k, k, 2, padding(a) & padding(b))",
                 "positions": "let k = linear(linear(x, 16) @ \"i\" + positions(12, 16) @ \"p\", 16) @ \"k\"\n output o = attention(x, k, k, 2, padding(a))",
                 "weight": "weight w : f32[4, 12, 16] @ \"w\"\n let k = linear(linear(x, 16) @ \"i\" * w, 16) @ \"k\"\n output o = attention(x, k, k, 2, padding(a))",
                 "rows": "weight w : f32[12, 1] @ \"w\"\n let k = linear(linear(x, 16) @ \"i\" * w, 16) @ \"k\"\n output o = attention(x, k, k, 2, padding(a))"}
        np.save(self.dir / "a.npy", np.array([9, 12, 0, 11], np.int32))
        np.save(self.dir / "b.npy", np.array([12, 1, 1, 10], np.int32))
        for name, text in texts.items():
            with self.subTest(name=name):
                source = self.write(f"{name}.weft", "model m {\n" + inputs + " " + text + "\n}\n")
                told = self.ok("verify", source, "--random-weights=1", "--input", f"a={self.dir / 'a.npy'}", "--input", f"b={self.dir / 'b.npy'}")
                self.assertIn("largest difference", told.stdout)

    def test_dumps_show_it(self):
        dump = self.dir / "kernels.mlir"
        self.ok("compile", *self.arguments, "--emit=ir-kernels", "-o", dump)
        text = dump.read_text()
        self.assertEqual(text.count("weft.move_rows pack"), 2)    # the stack's start, what attention gives
        self.assertEqual(text.count("weft.move_rows unpack"), 2)  # what attention reads, the mean's operand
        again = self.dir / "again.so"
        self.ok("compile", dump, *self.arguments[1:], f"--target={TARGET}", "-o", again)
        inputs, mean = self.case([3, 8], 8)
        self.assertParity(self.run_model(again, inputs, ["mean"])["mean"], mean, 1e-5)


if __name__ == "__main__":
    main()
