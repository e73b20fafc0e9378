"""Checkpoints that lie, lack or contradict: each gets clear errors that name the file, and no output is written."""
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from checkpoint import header_of, raw_safetensors, save_checkpoint, save_safetensors  # noqa: E402
from harness import WeftTest, main  # noqa: E402

SOURCE = """model tiny {
  dim batch in 1..4
  input x : f32[batch, 8]
  output y = linear(linear(x, 6) @ "first", 4) @ "second"
}
"""


def tensors():
    rng = np.random.default_rng(0)
    shapes = {"first.weight": (6, 8), "first.bias": (6,), "second.weight": (4, 6), "second.bias": (4,)}
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


class BadCheckpoint(WeftTest):
    """One folder a case, so that "nothing left behind" is seen."""

    def setUp(self):
        self.case = self.dir / self.id().split(".")[-1]
        self.case.mkdir()
        self.source = self.case / "tiny.weft"
        self.source.write_text(SOURCE)
        self.file = self.case / "model.safetensors"

    def refuses(self, *patterns, weights=None, errors=1):
        """Compiling against the case's file fails; every pattern and the file's name are in the message."""
        weights = weights or self.file
        return self.fails(["compile", self.source, "--weights", weights, "-o", self.case / "tiny.so"], *patterns, errors=errors, watch=self.case)

    def header(self, change):
        """Writes the good file with its header changed by CHANGE(header)."""
        good = tensors()
        header, data = header_of(good), b"".join(array.tobytes() for array in good.values())
        raw_safetensors(self.file, change(header) or header, data)

    def test_the_good_file_is_taken(self):
        save_safetensors(self.file, tensors())
        self.ok("compile", self.source, "--weights", self.file, "-o", self.case / "tiny.so")

    # --- the file's frame -----------------------------------------------------------------------------------------
    def test_missing_file(self):
        self.refuses("model.safetensors")

    def test_empty_file(self):
        self.file.write_bytes(b"")
        self.refuses("model.safetensors")

    def test_shorter_than_a_length(self):
        self.file.write_bytes(b"\x10\0\0")
        self.refuses("model.safetensors")

    def test_header_past_the_end(self):
        raw_safetensors(self.file, b"{}", length=1000)
        self.refuses("model.safetensors")

    def test_header_length_without_bound(self):
        for length in (1 << 40, 1 << 63, (1 << 64) - 1):
            with self.subTest(length=length):
                raw_safetensors(self.file, b"{}", length=length)
                self.refuses("model.safetensors")

    def test_truncated_data(self):
        save_safetensors(self.file, tensors())
        whole = self.file.read_bytes()
        for keep in (len(whole) - 1, len(whole) // 2):
            with self.subTest(keep=keep):
                self.file.write_bytes(whole[:keep])
                self.refuses("model.safetensors")

    # --- the header -----------------------------------------------------------------------------------------------
    def test_header_is_no_json(self):
        for text in (b"not json", b'{"a": ', b"[1, 2]", b"null", b'{"a": 1}', b"\xff\xfe\x00\x01", b'{"a": {"dtype": "F32"}}', b"[" * 100000):
            with self.subTest(text=text[:20]):
                raw_safetensors(self.file, text)
                self.refuses("model.safetensors")

    def test_overlapping_tensors(self):
        def overlap(header):
            header["first.bias"]["data_offsets"] = [0, 24]
        self.header(overlap)
        self.refuses("model.safetensors", r"first\.(bias|weight)")

    def test_offsets_past_the_end(self):
        def far(header):
            header["second.bias"]["data_offsets"] = [1 << 40, (1 << 40) + 16]
        self.header(far)
        self.refuses("model.safetensors", r"second\.bias")

    def test_offsets_that_are_no_offsets(self):
        for offsets in ([16, 0], [-16, 0], [0.5, 16.5], ["0", "16"], [0], [0, 16, 32], {}, None, [1e30, 2e30]):
            with self.subTest(offsets=offsets):
                def wrong(header, offsets=offsets):
                    header["second.bias"]["data_offsets"] = offsets
                self.header(wrong)
                self.refuses("model.safetensors", r"second\.bias")

    def test_shape_and_bytes_disagree(self):
        for shape in ([5], [4, 4], [1 << 62, 4], [-4], [4.5], ["4"], None, [1 << 32, 1 << 32, 1 << 32]):
            with self.subTest(shape=shape):
                def wrong(header, shape=shape):
                    header["second.bias"]["shape"] = shape
                self.header(wrong)
                self.refuses("model.safetensors", r"second\.bias")

    def test_unknown_dtype(self):
        for dtype in ("F33", "", None, 32):
            with self.subTest(dtype=dtype):
                def wrong(header, dtype=dtype):
                    header["second.bias"]["dtype"] = dtype
                self.header(wrong)
                self.refuses("model.safetensors", r"second\.bias")

    def test_one_name_twice(self):
        text = json.dumps(header_of({"a": np.zeros(1, np.float32)}))
        entry = text[text.index('"a"'):-1]
        raw_safetensors(self.file, (text[:-1] + ", " + entry + "}").encode(), b"\0" * 4)
        self.refuses("model.safetensors", errors=None)

    # --- what the description wants -------------------------------------------------------------------------------
    def test_integer_weight(self):
        bad = tensors()
        bad["second.weight"] = np.zeros((4, 6), np.int64)
        save_safetensors(self.file, bad)
        self.refuses("model.safetensors", r"second\.weight", r"tiny\.weft:4")

    def test_wrong_shape(self):
        bad = tensors()
        bad["second.weight"] = np.zeros((4, 7), np.float32)
        save_safetensors(self.file, bad)
        self.refuses("model.safetensors", r"second\.weight", r"4, 7", r"4, 6", r"tiny\.weft:4")

    def test_missing_weights_all_at_once(self):
        bad = tensors()
        bad["frist.weight"] = bad.pop("first.weight")
        del bad["second.bias"]
        save_safetensors(self.file, bad)
        done = self.refuses(r"first\.weight", r"second\.bias", r"frist\.weight", errors=None)
        self.assertNotIn("second.weight", done.stderr.replace("second.bias", ""), "a weight that is there was listed")

    def test_no_weights_named(self):
        self.fails(["compile", self.source, "-o", self.case / "tiny.so"], "--weights", watch=self.case)

    # --- several files --------------------------------------------------------------------------------------------
    def index(self, content):
        (self.case / "model.safetensors.index.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return self.case / "model.safetensors.index.json"

    def test_missing_shard(self):
        folder = save_checkpoint(self.case / "sharded", {}, tensors(), shards=2)
        (folder / "model-00002-of-00002.safetensors").unlink()
        self.refuses("model-00002-of-00002.safetensors", weights=folder)

    def test_index_names_a_shard_without_the_tensor(self):
        folder = save_checkpoint(self.case / "sharded", {}, tensors(), shards=2)
        path = folder / "model.safetensors.index.json"
        index = json.loads(path.read_text())
        index["weight_map"]["first.bias"] = "model-00001-of-00002.safetensors"
        path.write_text(json.dumps(index))
        self.refuses(r"first\.bias", weights=folder)

    def test_broken_index(self):
        for content in ("", "{", "[]", {}, {"weight_map": []}, {"weight_map": {"first.weight": 3}}):
            with self.subTest(content=content):
                self.refuses("index.json", weights=self.index(content))

    def test_empty_folder(self):
        empty = self.case / "empty"
        empty.mkdir()
        self.refuses("empty", weights=empty)

    def test_garbage_never_crashes(self):
        save_safetensors(self.file, tensors())
        whole, rng = self.file.read_bytes(), np.random.default_rng(3)
        size = struct.unpack("<Q", whole[:8])[0]
        for _ in range(40):
            data = bytearray(whole)
            for position in rng.integers(0, 8 + size, 3):
                data[position] = rng.integers(0, 256)
            self.file.write_bytes(bytes(data))
            done = self.weft("compile", self.source, "--weights", self.file, "-o", self.case / "tiny.so")
            self.assertIn(done.returncode, (0, 1), done.stderr[-2000:])


if __name__ == "__main__":
    main()
