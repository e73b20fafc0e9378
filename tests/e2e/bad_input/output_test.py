"""Outputs that can't be written: one error that names the path, and neither the output nor a piece of it is left."""
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from harness import WEFT, WeftTest, main  # noqa: E402

SOURCE = """model tiny {
  dim batch in 1..4
  input x : f32[batch, 512]
  output y = linear(x, 512) @ "layer"
}
"""


def small_files():
    """Files of the child end at 64 KiB, as on a full disk: writes fail instead of killing it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


class BadOutput(WeftTest):
    def setUp(self):
        self.case = self.dir / self.id().split(".")[-1]
        self.case.mkdir()
        self.source = self.case / "tiny.weft"
        self.source.write_text(SOURCE)

    def arguments(self, out, *options):
        return ["compile", self.source, "--random-weights=1", "--target=x86-64-v3", "-o", out, *options]

    def test_folder_that_is_not_there(self):
        for name in ("x.so", "x.o", "x.a", "x", "x.mlir", "x.ll", "x.s"):
            with self.subTest(name=name):
                self.fails(self.arguments(self.case / "none" / name), "none", watch=self.case)

    def test_file_in_the_place_of_a_folder(self):
        self.fails(self.arguments(self.source / "x.so"), r"tiny\.weft", watch=self.case)

    def test_out_is_a_folder(self):
        (self.case / "x.so").mkdir()
        self.fails(self.arguments(self.case / "x.so"), r"x\.so", watch=self.case)

    def test_out_is_a_device(self):
        for device in ("/dev/null", "/dev/full"):
            with self.subTest(device=device):
                self.fails(self.arguments(device, "--emit=shared"), device, watch=self.case)
                self.assertTrue(pathlib.Path(device).is_char_device())

    def test_files_that_end_early(self):
        for name, options in (("x.so", ()), ("x.o", ()), ("x.a", ()), ("x", ()), ("w.so", ("--weights-file",))):
            with self.subTest(name=name):
                self.fails(self.arguments(self.case / name, *options), r"[wx]", watch=self.case, preexec_fn=small_files)

    def test_files_beside_the_output(self):
        """Reports, dumps, dependencies and caches that can't be written are told before anything is."""
        none = self.case / "none" / "x"
        for options, words in ((("--depfile", none), "none"), (("--report", none), "none"), (("--depfile", "/dev/full"), "/dev/full"),
                               (("--report", "/dev/full"), "/dev/full"), (("--dump-dir", self.source), r"tiny\.weft"), (("--cache-dir", self.source), r"tiny\.weft"),
                               (("--cache-dir", "/proc/cache"), "/proc/cache")):
            with self.subTest(options=options):
                self.fails(self.arguments(self.case / "x.so", *options), words, watch=self.case)

    def test_files_of_a_run_that_end_early(self):
        """Results and profiles too."""
        self.ok(*self.arguments(self.case / "x.so"))
        run = ["run", self.case / "x.so", "--random-inputs", "1", "--dim", "batch=4"]
        for options, words in ((("--output", f"y={self.case / 'none' / 'y.npy'}"), "none"), (("--output", "y=/dev/full"), "/dev/full"),
                               (("--profile", self.case / "none" / "p.json"), "none"), (("--profile", "/dev/full"), "/dev/full")):
            with self.subTest(options=options):
                self.fails([*run, *options], words, watch=self.case)

    def test_standard_output_that_is_full(self):
        """Whatever is printed: one error, and no success."""
        self.ok(*self.arguments(self.case / "x.so"))
        self.ok(*self.arguments(self.case / "x"))
        for arguments in (["--help"], ["--version"], ["compile", "--help"], ["run", "--help"], ["describe", "--help"], ["describe", self.case / "x.so"],
                          ["run", self.case / "x.so", "--random-inputs", "1", "--dim", "batch=4"], ["check", "--json", self.source],
                          ["explain", self.source], ["verify", self.source, "--random-weights=1"], ["compile", self.source, "--dry-run"],
                          ["compile", self.source, "--emit=ir"]):
            with self.subTest(arguments=arguments), open("/dev/full", "w") as full:
                self.full(WEFT, *arguments, stdout=full)
        self.ok(*self.arguments(self.case / "x.mlir"))
        with open("/dev/full", "w") as full:
            self.full(self.case / "x", "--describe", stdout=full)
            self.full(WEFT.with_name("weft-opt"), self.case / "x.mlir", stdout=full)

    def full(self, *arguments, stdout):
        done = subprocess.run(list(map(str, arguments)), stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=600)
        self.assertEqual(done.returncode, 1, done.stderr)
        said = re.sub(r"==\d+==WARNING: ASan [^\n]*\n", "", done.stderr)  # of Halide's own stack, in a sanitized build
        self.assertRegex(said, r"^[^\n]*error: can't write (to standard output|'<stdout>'|'-')[^\n]*\n$")

    def test_fmt_keeps_a_file_that_it_cannot_write(self):
        text = "model m {\n" + "".join(f"const c{i}=1\n" for i in range(9000)) + "}\n"
        self.source.write_text(text)
        self.fails(["fmt", self.source], r"tiny\.weft", watch=self.case, preexec_fn=small_files)
        self.assertEqual(self.source.read_text(), text)

    def test_an_old_output_survives_a_failure(self):
        old = self.case / "x.so"
        old.write_text("old")
        self.fails(self.arguments(old), r"x\.so", watch=self.case, preexec_fn=small_files)
        self.assertEqual(old.read_text(), "old")

    @unittest.skipIf(os.geteuid(), "mounting needs root")
    def test_full_disk(self):
        disk = self.case / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("this machine does not allow mounting")
        try:
            for name in ("x.so", "x.o", "x"):
                with self.subTest(name=name):
                    self.fails(self.arguments(disk / name), r"disk/x", watch=self.case)
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_interrupted(self):
        before = sorted(self.case.rglob("*"))
        scratch = self.dir / "temporary"
        scratch.mkdir()
        for delay in (0.05, 0.2, 0.5, 1):
            command = [str(part) for part in (WEFT, *self.arguments(self.case / "x.so"))]
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"TMPDIR": str(scratch)})
            time.sleep(delay)
            child.send_signal(signal.SIGTERM)
            if child.wait() == 0:  # it was faster
                for name in ("x.so", "x.h"):
                    (self.case / name).unlink(missing_ok=True)
            self.assertEqual(sorted(self.case.rglob("*")), before, f"interrupted after {delay} s")
            self.assertEqual(sorted(scratch.glob("weft-kernel*")), [], f"interrupted after {delay} s")

    def test_usage_errors_have_status_2(self):
        for arguments in (["compile"], ["compile", self.source, "--no-such-option"], ["no-such-command"], self.arguments(self.case / "x.so", "--emit=no-such-kind"),
                          self.arguments(self.case / "x.so", "--target=no-such-target"), ["run"]):
            with self.subTest(arguments=[str(part) for part in arguments[:3]]):
                self.fails(arguments, status=2, watch=self.case)

    def test_help_has_status_0(self):
        for arguments in (["--help"], ["compile", "--help"], ["run", "--help"], ["check", "--help"], ["fmt", "--help"], ["describe", "--help"], ["verify", "--help"]):
            with self.subTest(arguments=arguments):
                self.assertIn("weft", self.ok(*arguments).stdout)
        self.assertEqual(self.ok("help", "compile").stdout, self.ok("compile", "--help").stdout)
        self.fails(["help", "complie"], "did you mean 'compile'", status=2, watch=self.case)


if __name__ == "__main__":
    main()
