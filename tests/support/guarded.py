"""The base of tests that run compiled models between forbidden pages (guarded.c), with scratch filled with NaN."""
import json
import os
import subprocess

import numpy as np

from harness import ROOT, WeftTest


class GuardedTest(WeftTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guarded = cls.dir / "guarded"
        source = ROOT / "tests" / "support" / "guarded.c"
        subprocess.run([os.environ.get("CC", "clang-22"), "-O1", "-Wall", f"-I{ROOT}", f"-I{ROOT / 'runtime'}", source, "-o", cls.guarded, "-ldl"], check=True)

    def check_guarded(self, library, dims, inputs, wanted):
        """Runs with one thread before a page and with two behind one; f32 outputs have the shapes and numbers of WANTED, both by name."""
        told = json.loads(self.ok("describe", library, "--json").stdout)
        sizes = [dims[dim["name"]] for dim in told["dims"]]
        files = [self.dir / f"{tensor['name']}.raw" for tensor in told["inputs"]]
        outs = [self.dir / f"{tensor['name']}.out" for tensor in told["outputs"]]
        for file in files:
            inputs[file.stem].tofile(file)
        for threads, side in ((1, "end"), (2, "begin")):
            with self.subTest(library=library.name, dims=dims, threads=threads, side=side):
                command = [self.guarded, library, threads, side, *sizes, "--", *files, "--", *outs]
                done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, f"{done.stderr} (negative: killed by that signal; -11 is an access outside of a buffer)")
                for out in outs:
                    expected = wanted[out.stem]
                    self.assertParity(np.fromfile(out, np.float32).reshape(expected.shape), expected, what=out.stem)
