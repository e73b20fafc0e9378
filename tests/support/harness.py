"""Runs the built compiler on files in a scratch folder: the base of every end-to-end test.

The program under test is $WEFT (ctest sets it), else build/bin/weft. A test sees the command line only, as a user does:
exit status, what is printed, and which files are there afterwards.
"""
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEFT = pathlib.Path(os.environ.get("WEFT", ROOT / "build" / "bin" / "weft"))
TARGET = os.environ.get("WEFT_TEST_TARGET", "native")
TIMEOUT = float(os.environ.get("WEFT_TEST_TIMEOUT", "600"))


def bounded_memory():
    """In a child: 12 GiB of addresses, so that an allocation that bad input asks for fails instead of swapping."""
    if not os.environ.get("WEFT_SANITIZED"):  # the address sanitizer maps terabytes
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))


class WeftTest(unittest.TestCase):
    """A scratch folder per class, and the commands of weft as methods. What one test compiled, the others of its class use."""

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="weft-e2e-", dir=os.environ.get("WEFT_TEST_DIR")))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.libraries = {}

    # --- commands -------------------------------------------------------------------------------------------------
    def weft(self, *arguments, cwd=None, **options):
        """Runs weft and returns the finished process; text is decoded leniently, since messages may quote bad bytes."""
        return subprocess.run([str(WEFT), *map(str, arguments)], cwd=cwd or self.dir, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=TIMEOUT, **options)

    def ok(self, *arguments, **options):
        """Runs weft, which must succeed."""
        done = self.weft(*arguments, **options)
        self.assertEqual(done.returncode, 0, f"weft {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
        return done

    def compile(self, source, out, *options, weights=None, target=TARGET):
        """Compiles SOURCE (a path) to OUT in the scratch folder and returns its path."""
        arguments = ["compile", source, "-o", self.dir / out, f"--target={target}", *options]
        if weights is not None:
            arguments += ["--weights", weights]
        self.ok(*arguments)
        return self.dir / out

    def compile_once(self, source, weights, *options):
        """The library that SOURCE and the WEIGHTS at a path give, compiled by the class's first test that asks for it."""
        key = (source, weights, options)
        if key not in self.libraries:
            self.libraries[key] = self.compile(source, f"once-{len(self.libraries)}.so", *options, weights=weights)
        return self.libraries[key]

    def run_model(self, library, inputs, outputs, *options):
        """Runs a compiled model on numpy arrays and returns {name: array} for the named outputs."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=self.dir))
        arguments = ["run", library, *options]
        for name, value in inputs.items():
            np.save(folder / f"in-{name}.npy", value)
            arguments += ["--input", f"{name}={folder / f'in-{name}.npy'}"]
        for name in outputs:
            arguments += ["--output", f"{name}={folder / f'out-{name}.npy'}"]
        self.ok(*arguments)
        result = {name: np.load(folder / f"out-{name}.npy") for name in outputs}
        shutil.rmtree(folder)
        return result

    def write(self, name, content):
        """Writes a file (text, bytes) in the scratch folder and returns its path."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    # --- assertions -----------------------------------------------------------------------------------------------
    def fails(self, arguments, *patterns, status=1, errors=1, watch=None, **options):
        """Runs weft, which must end with STATUS and ERRORS clear errors that hold every pattern, and write nothing in WATCH."""
        watch = watch or self.dir
        before = sorted(path for path in watch.rglob("*"))
        options.setdefault("preexec_fn", bounded_memory)
        done = self.weft(*arguments, **options)
        said = f"weft {' '.join(map(str, arguments))}\nstatus {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        self.assertEqual(done.returncode, status, said)
        self.assertNotRegex(done.stderr, r"Sanitizer|runtime error:|Stack dump|PLEASE submit|Assertion|terminate called", said)
        found = len(re.findall(r"\berror: ", done.stderr))
        if errors is not None:
            self.assertEqual(found, errors, said)
        else:
            self.assertGreaterEqual(found, 1, said)
        for pattern in patterns:
            self.assertRegex(done.stderr, pattern, said)
        self.assertEqual(sorted(path for path in watch.rglob("*")), before, f"files left behind\n{said}")
        return done

    def assertParity(self, actual, expected, tolerance=1e-4, cosine=None, what=""):
        """ACTUAL is within TOLERANCE of the float64 EXPECTED, relative to its largest value; COSINE bounds each row's angle."""
        expected = np.asarray(expected)
        self.assertEqual(actual.shape, expected.shape, what)
        if np.issubdtype(expected.dtype, np.integer):
            np.testing.assert_array_equal(actual, expected, err_msg=what)
            return
        self.assertEqual(actual.dtype, np.float32, what)
        self.assertTrue(np.isfinite(actual).all(), f"{what}: not finite")
        scale = max(np.abs(expected).max(), 1e-30)
        error = np.abs(actual - expected).max() / scale
        self.assertLessEqual(error, tolerance, f"{what}: relative error {error:.3g}")
        if cosine is not None:
            rows, wanted = (a.reshape(-1, a.shape[-1]).astype(np.float64) for a in (actual, expected))
            norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(wanted, axis=1)
            seen = norms > 0
            angles = (rows * wanted).sum(axis=1)[seen] / norms[seen]
            self.assertTrue((angles > cosine).all(), f"{what}: cosine {angles.min() if angles.size else 1:.9f}")


def main():
    """Runs the tests of the calling file, one line a test."""
    unittest.main(verbosity=2)
