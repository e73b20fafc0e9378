"""Inputs that don't fit the model: wrong files, shapes, types, values and names, and what is no model at all."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

CFG = bert.config(hidden=16, heads=2, layers=1, inner=24, vocab=50, context=12)


class BadRun(WeftTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = save_checkpoint(cls.dir / "checkpoint", CFG, bert.random_checkpoint(CFG))
        cls().compile(ROOT / "examples/bert/bert.weft", "bert.so", weights=folder)
        cls.library = cls.dir / "bert.so"

    def arguments(self, changed=None, out="hidden.npy", extra=()):
        """The command that runs the good batch [9, 4] with inputs CHANGED: an array, bytes of a file, or None to leave one out."""
        inputs = {**bert.batch(CFG, [9, 4]), **(changed or {})}
        arguments = ["run", self.library, *extra]
        for name, value in inputs.items():
            if value is None:
                continue
            path = self.dir / f"{name}.npy"
            if isinstance(value, bytes):
                path.write_bytes(value)
            else:
                np.save(path, value)
            arguments += ["--input", f"{name}={path}"]
        return [*arguments, "--output", f"hidden={self.dir / out}"]

    def refuses(self, changed, *patterns, **options):
        self.fails(self.arguments(changed), *patterns, **options)

    def test_the_good_batch_runs(self):
        self.ok(*self.arguments(out="good.npy"))
        (self.dir / "good.npy").unlink()

    # --- files ----------------------------------------------------------------------------------------------------
    def test_files_that_are_no_npy(self):
        np.save(self.dir / "whole.npy", bert.batch(CFG, [9, 4])["ids"])
        whole = (self.dir / "whole.npy").read_bytes()
        for content in (b"", b"\x93NUMPY", b"text", whole[:-1], whole[:100], whole[:6] + b"\x09\x00" + whole[8:], b"\x93NUMPY\x01\x00\xff\xff{",
                        whole.replace(b"(2, 9)", b"(2,-9)"), whole.replace(b"'<i4'", b"'<q9'"), b"PK\x03\x04" + bytes(50)):
            with self.subTest(content=content[:30]):
                self.refuses({"ids": content}, r"ids\.npy")

    def test_missing_file(self):
        arguments = [str(part).replace("ids.npy", "none.npy") for part in self.arguments()]
        self.fails(arguments, r"none\.npy")

    # --- types and shapes -----------------------------------------------------------------------------------------
    def test_wrong_types(self):
        good = bert.batch(CFG, [9, 4])["ids"]
        for value in (good.astype(np.float32), good.astype(np.float64), good.astype(np.complex64), good.astype("U4"), good.astype(np.int64) + (1 << 33)):
            with self.subTest(dtype=value.dtype):
                self.refuses({"ids": value}, "ids")

    def test_wrong_rank(self):
        self.refuses({"ids": np.zeros(9, np.int32)}, "ids")
        self.refuses({"ids": np.zeros((2, 9, 1), np.int32)}, "ids")
        self.refuses({"lengths": np.array(3, np.int32)}, "lengths")

    def test_dimensions_that_disagree(self):
        self.refuses({"types": np.zeros((2, 8), np.int32)}, "types|ids", "seq")
        self.refuses({"lengths": np.array([9, 4, 1], np.int32)}, "lengths|ids", "batch")

    def test_dimensions_out_of_bounds(self):
        for rows, seq, name in ((2, 0, "seq"), (2, 13, "seq"), (0, 9, "batch"), (65, 1, "batch")):
            with self.subTest(rows=rows, seq=seq):
                self.refuses({"ids": np.zeros((rows, seq), np.int32), "types": np.zeros((rows, seq), np.int32), "lengths": np.zeros(rows, np.int32)}, name)

    # --- values ---------------------------------------------------------------------------------------------------
    def test_ids_out_of_range(self):
        for place, value in (((0, 0), -1), ((1, 8), 50), ((0, 3), 2 ** 31 - 1), ((1, 0), -2 ** 31)):
            with self.subTest(value=value):
                ids = bert.batch(CFG, [9, 4])["ids"].copy()
                ids[place] = value
                self.refuses({"ids": ids}, r"ids\.npy: token id of input 'ids'", str(value))

    def test_types_out_of_range(self):
        self.refuses({"types": np.full((2, 9), 2, np.int32)}, "types")

    def test_lengths_out_of_range(self):
        for value in (-1, 10, 2 ** 31 - 1):
            with self.subTest(value=value):
                self.refuses({"lengths": np.array([9, value], np.int32)}, "lengths", str(value))

    # --- names ----------------------------------------------------------------------------------------------------
    def test_missing_input(self):
        self.refuses({"types": None}, "types")

    def test_unknown_names(self):
        self.fails([*self.arguments(), "--input", f"idz={self.dir / 'ids.npy'}"], "idz")
        self.fails([*self.arguments(), "--output", f"hiden={self.dir / 'x.npy'}"], "hiden")

    def test_two_outputs_in_one_file(self):
        both = self.dir / "both.npz"
        self.fails([*self.arguments()[:-1], f"hidden={both}", "--output", f"embedding={both}"], r"both\.npz' is given twice", status=2)

    # --- artifacts and outputs ------------------------------------------------------------------------------------
    def test_what_is_no_model(self):
        libc = next(path for path in (pathlib.Path("/lib/x86_64-linux-gnu/libm.so.6"), pathlib.Path("/lib64/libm.so.6")) if path.exists())
        text = self.write("text.so", "no library")
        cut = self.write("cut.so", self.library.read_bytes()[:5000])
        for library in (libc, text, cut, self.dir / "none.so", self.dir):
            for command in (["run", library], ["describe", library]):
                with self.subTest(command=command[0], library=library.name):
                    self.fails(command, library.name)

    def test_outputs_that_cannot_be_written(self):
        self.fails(self.arguments(out="none/hidden.npy"), "none/hidden.npy")
        arguments = self.arguments()
        self.fails([*arguments[:-1], "hidden=/dev/full"], "/dev/full")


if __name__ == "__main__":
    main()
