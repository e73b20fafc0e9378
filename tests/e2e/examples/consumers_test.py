"""The programs of examples/, built as a user builds them (an installed weft, find_package, weft_add_model), and what they print."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from family import EXAMPLES  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

BUILD = os.environ.get("WEFT_BUILD_DIR", str(ROOT / "build"))


@unittest.skipIf(os.environ.get("WEFT_SANITIZED"), "an instrumented weft is not installed")
class Consumers(WeftTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = cls.dir / "prefix"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, capture_output=True)

    def build_project(self, family):
        """Copies a folder of examples/ out of the repository, configures and builds it; returns the build folder."""
        project = self.dir / family
        shutil.copytree(EXAMPLES / family, project, ignore=shutil.ignore_patterns("__pycache__"))
        for command in (["cmake", "-S", project, "-B", project / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                         "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"], ["cmake", "--build", project / "build"]):
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=self.dir)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return project / "build"

    def program(self, path, *arguments, status=0, stdin=""):
        done = subprocess.run([str(path), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def test_say(self):
        say = self.build_project("g2p") / "say"
        rows = [line.split("\t") for line in (EXAMPLES / "g2p" / "heldout.tsv").read_text().splitlines()[5::1000]]
        told = [line.split() for line in self.program(say, *(word for word, _, _ in rows)).splitlines()]
        self.assertEqual(told, [[word, *phonemes.split()] for word, _, phonemes in rows])
        self.assertIn("error: 'W3ft' is no word", self.program(say, "W3ft", status=1))
        self.assertIn("usage", self.program(say, status=2))

    def test_stream(self):
        stream = self.build_project("gpt2") / "stream"
        for example in json.loads((EXAMPLES / "gpt2" / "result.json").read_text())["examples"][:4]:
            told = [int(word) for word in self.program(stream, "-n", 64, *example["ids"]).split()]
            self.assertEqual(told[:len(example["greedy"])], example["greedy"])
        self.assertEqual(self.program(stream, "-n", 9, "-s", 7, 625, 19), self.program(stream, "-n", 9, "-s", 7, 625, 19))
        self.assertIn("error: ", self.program(stream, 4096, status=1))
        self.assertIn("usage", self.program(stream, status=2))

    def test_digit(self):
        digit, held = self.build_project("vit") / "digit", np.load(EXAMPLES / "vit" / "heldout.npz")
        told = []
        for image in held["pixels"][:40]:
            lines = self.program(digit, stdin=" ".join(map(str, image.reshape(-1)))).splitlines()
            self.assertEqual(len(lines), 11)
            told.append(int(lines[0]))
        self.assertGreaterEqual(int((np.array(told) == held["labels"][:40]).sum()), 37)
        for numbers, words in (([1, 2, 3], "64 numbers"), ([1] * 65, "here are more"), ([1] * 63 + [17], "number 64 of 64 is 17"), (["nan"] * 64, "number 1 of 64")):
            self.assertIn(words, self.program(digit, stdin=" ".join(map(str, numbers)), status=2))

    def test_swing(self):
        """Asked for more, the pendulum in C++ gets more; from hanging, the best is about -250."""
        swing = self.build_project("decision_transformer") / "swing"

        def reached(wanted):
            last = self.program(swing, wanted).splitlines()[-1]
            self.assertTrue(last.startswith(f"asked for {wanted}, reached "), last)
            return float(last.split()[-1])

        good, bad = reached(-250), reached(-1000)
        self.assertGreater(good, -450)
        self.assertLess(bad, good - 200)


if __name__ == "__main__":
    main()
