"""Compiled code stays inside of its buffers: inputs, outputs and arena between forbidden pages, scratch filled with NaN, at odd sizes."""
import os
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

SUPPORT = ROOT / "tests" / "support"
SIZES = (([1], 1), ([3, 0, 5], 5), ([16, 9], 16), ([17], 17), ([33, 1], 33), ([47], 48))


class Memory(WeftTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guarded = cls.dir / "guarded"
        subprocess.run([os.environ.get("CC", "clang-22"), "-O1", "-Wall", f"-I{ROOT}", f"-I{ROOT / 'runtime'}", SUPPORT / "guarded.c", "-o", cls.guarded, "-ldl"], check=True)

    def run_guarded(self, library, inputs, threads, side):
        """The outputs {hidden, embedding} of a run between forbidden pages."""
        batch, seq = inputs["ids"].shape
        for name, value in inputs.items():
            value.tofile(self.dir / f"{name}.raw")
        outs = [self.dir / "hidden.out", self.dir / "embedding.out"]
        command = [self.guarded, library, threads, side, batch, seq, "--", *(self.dir / f"{name}.raw" for name in ("ids", "types", "lengths")), "--", *outs]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{done.stderr} (negative: killed by that signal; -11 is an access outside of a buffer)")
        hidden, embedding = (np.fromfile(out, np.float32) for out in outs)
        return {"hidden": hidden.reshape(batch, seq, -1), "embedding": embedding.reshape(batch, -1)}

    def check(self, name, target, **sizes):
        cfg = bert.config(vocab=40, context=48, **sizes)
        tensors = bert.random_checkpoint(cfg, seed=3)
        library = self.compile(ROOT / "examples/bert/bert.weft", f"{name}.so", weights=save_checkpoint(self.dir / name, cfg, tensors), target=target)
        for lengths, seq in SIZES:
            inputs = bert.batch(cfg, lengths, seq, seed=seq)
            wanted = bert.forward(cfg, tensors, **inputs)
            for threads, side in ((1, "end"), (2, "begin")):
                with self.subTest(target=target, seq=seq, threads=threads, side=side):
                    got = self.run_guarded(library, inputs, threads, side)
                    for output in ("hidden", "embedding"):
                        self.assertParity(got[output], wanted[output], what=output)

    def test_odd_sizes_native(self):
        self.check("odd-native", "native", hidden=35, heads=5, layers=2, inner=67)

    def test_odd_sizes_v2(self):
        self.check("odd-v2", "x86-64-v2", hidden=35, heads=5, layers=2, inner=67)

    def test_odd_sizes_v3(self):
        self.check("odd-v3", "x86-64-v3", hidden=35, heads=5, layers=2, inner=67)

    def test_even_sizes_native(self):
        self.check("even", "native", hidden=96, heads=3, layers=1, inner=144)


if __name__ == "__main__":
    main()
