"""What compiling costs: one layer's code whatever the number of layers, BERT-base in bounded time and memory."""
import os
import pathlib
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from harness import ROOT, WEFT, WeftTest, main  # noqa: E402

SOURCE = ROOT / "examples" / "bert" / "bert.weft"


def code_size(library):
    """Bytes of the executable sections of an ELF file."""
    data = library.read_bytes()
    table, (entry, count) = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<HH", data, 58)
    total = 0
    for index in range(count):
        flags, _, _, size = struct.unpack_from("<QQQQ", data, table + index * entry + 8)
        total += size if flags & 4 else 0
    return total


def measured(arguments):
    """Runs weft; returns (exit status, processor seconds, peak resident bytes)."""
    child = subprocess.Popen([str(WEFT), *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


SANITIZED = os.environ.get("WEFT_SANITIZED")  # an instrumented compiler has other costs, its artifacts the same


class Cost(WeftTest):
    def test_layers_cost_nothing(self):
        sizes, seconds = {}, {}
        for layers in (12, 48):
            cfg = bert.config(hidden=96, heads=4, layers=layers, inner=192, vocab=60, context=64)
            folder = save_checkpoint(self.dir / f"layers{layers}", cfg, bert.random_checkpoint(cfg))
            start = time.monotonic()
            sizes[layers] = code_size(self.compile(SOURCE, f"layers{layers}.so", weights=folder))
            seconds[layers] = time.monotonic() - start
        self.assertLess(abs(sizes[48] - sizes[12]), 0.02 * sizes[12], f"code bytes {sizes}")
        if not SANITIZED:
            self.assertLess(seconds[48], 1.5 * seconds[12] + 1, f"seconds {seconds}")

    @unittest.skipIf(SANITIZED, "an instrumented compiler")
    def test_bert_base_in_time_and_memory(self):
        cfg = bert.config()
        folder = save_checkpoint(self.dir / "base", cfg, bert.random_checkpoint(cfg))
        weights = (folder / "model.safetensors").stat().st_size
        status, seconds, peak = measured(["compile", SOURCE, "--weights", folder, "--target=native", "-o", self.dir / "base.so"])
        self.assertEqual(status, 0)
        self.assertLess(seconds, 15, "processor seconds")
        self.assertLess(peak, weights + 400e6, "peak resident bytes")


if __name__ == "__main__":
    main()
