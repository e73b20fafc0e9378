"""A user's project: `cmake --install` of weft, then find_package(weft) and weft_add_model, rebuilt when a source changes."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

BUILD = os.environ.get("WEFT_BUILD_DIR", str(ROOT / "build"))


class UserProject(WeftTest):
    def command(self, *arguments):
        done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(done.returncode, 0, f"{arguments}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def similarity(self, project, rows):
        return float(self.command(project / "build" / "similar", *rows[0], "--", *rows[1]))

    def test_example_project(self):
        prefix, project, checkpoint = self.dir / "prefix", self.dir / "project", self.dir / "checkpoint"
        self.command("cmake", "--install", BUILD, "--prefix", prefix)
        project.mkdir()
        for name in ("CMakeLists.txt", "bert.weft", "similar.c", "nearest.cpp"):
            (project / name).write_bytes((ROOT / "examples" / "bert" / name).read_bytes())
        cfg = bert.config(hidden=32, heads=4, layers=2, inner=48, vocab=120, context=16)
        save_checkpoint(checkpoint, cfg, bert.random_checkpoint(cfg, seed=1))
        self.command("cmake", "-S", project, "-B", project / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCHECKPOINT={checkpoint}",
                     "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22")
        self.command("cmake", "--build", project / "build")
        inputs = bert.batch(cfg, [9, 4])
        rows = [row[:n].astype(str).tolist() for row, n in zip(inputs["ids"], inputs["lengths"])]

        def expect(config, seed):
            found = bert.forward(config, bert.random_checkpoint(config, seed=seed), **inputs)["embedding"]
            self.assertAlmostEqual(self.similarity(project, rows), float(found[0] @ found[1]), delta=2e-4)

        expect(cfg, 1)
        self.assertIn("no work to do", self.command("cmake", "--build", project / "build"))

        save_checkpoint(checkpoint, cfg, bert.random_checkpoint(cfg, seed=2))
        self.command("cmake", "--build", project / "build")
        expect(cfg, 2)

        fewer = {**cfg, "num_hidden_layers": 1}
        (checkpoint / "config.json").write_text(json.dumps(fewer))
        self.command("cmake", "--build", project / "build")
        found = bert.forward(fewer, bert.random_checkpoint(cfg, seed=2), **inputs)["embedding"]
        self.assertAlmostEqual(self.similarity(project, rows), float(found[0] @ found[1]), delta=2e-4)

        text = (project / "bert.weft").read_text()
        self.assertIn("l2_normalize(sentence)", text)
        (project / "bert.weft").write_text(text.replace("l2_normalize(sentence)", "sentence"))
        self.command("cmake", "--build", project / "build")
        raw = bert.forward(fewer, bert.random_checkpoint(cfg, seed=2), **inputs)["hidden"]
        means = [raw[row, :n].mean(0) for row, n in enumerate(inputs["lengths"])]
        self.assertAlmostEqual(self.similarity(project, rows), float(means[0] @ means[1]), delta=2e-4 * float(np.abs(means[0] @ means[1]) + 1))


if __name__ == "__main__":
    main()
