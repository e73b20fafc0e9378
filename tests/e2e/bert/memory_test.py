"""Compiled code stays inside of its buffers: inputs, outputs and arena between forbidden pages, scratch filled with NaN, at odd sizes."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from guarded import GuardedTest  # noqa: E402
from harness import ROOT, main  # noqa: E402

SIZES = (([1], 1), ([3, 0, 5], 5), ([16, 9], 16), ([17], 17), ([33, 1], 33), ([47], 48))


class Memory(GuardedTest):
    def check(self, name, target, **sizes):
        cfg = bert.config(vocab=40, context=48, **sizes)
        tensors = bert.random_checkpoint(cfg, seed=3)
        library = self.compile(ROOT / "examples/bert/bert.weft", f"{name}.so", weights=save_checkpoint(self.dir / name, cfg, tensors), target=target)
        for lengths, seq in SIZES:
            inputs = bert.batch(cfg, lengths, seq, seed=seq)
            self.check_guarded(library, {"batch": len(lengths), "seq": seq}, inputs, bert.forward(cfg, tensors, **inputs))

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
