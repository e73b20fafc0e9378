"""What compile writes and what uses it: objects, libraries and executables in C programs, the packed file, describe, dumps, inputs in every format."""
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import save_checkpoint, save_safetensors  # noqa: E402
from harness import ROOT, TARGET, WEFT, WeftTest, main  # noqa: E402

BERT = ROOT / "examples" / "bert"
CFG = bert.config(hidden=32, heads=4, layers=2, inner=48, vocab=120, context=16)
CC = os.environ.get("CC", "clang-22")


class ArtifactTest(WeftTest):
    """The base: a small checkpoint, and what its model answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tensors = bert.random_checkpoint(CFG)
        cls.folder = save_checkpoint(cls.dir / "checkpoint", CFG, cls.tensors)
        cls.inputs = bert.batch(CFG, [9, 4], seed=1)
        cls.wanted = bert.forward(CFG, cls.tensors, **cls.inputs)

    def make(self, out, *options, target=TARGET):
        return self.compile(BERT / "bert.weft", out, *options, weights=self.folder, target=target)

    def library(self):
        return self.compile_once(BERT / "bert.weft", self.folder)

    def check_run(self, library, inputs=None, *options):
        got = self.run_model(library, inputs or self.inputs, ["hidden", "embedding"], *options)
        for name in ("hidden", "embedding"):
            self.assertParity(got[name], self.wanted[name], what=name)

    def build_c(self, out, *parts):
        done = subprocess.run([CC, "-Wall", "-Wextra", "-Werror", *map(str, parts), "-lm", "-pthread", "-o", str(self.dir / out)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.dir / out

    def similar(self, program):
        """What similar.c says of the test's two rows is their embeddings' cosine."""
        rows = [row[:n].astype(str).tolist() for row, n in zip(self.inputs["ids"], self.inputs["lengths"])]
        done = subprocess.run([program, *rows[0], "--", *rows[1]], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertAlmostEqual(float(done.stdout), float(self.wanted["embedding"][0] @ self.wanted["embedding"][1]), delta=2e-4)


class Artifacts(ArtifactTest):
    # --- linking --------------------------------------------------------------------------------------------------
    def test_object_static_and_shared_in_c(self):
        for name in ("obj/bert.o", "static/bert.a", "shared/bert.so"):
            with self.subTest(name=name):
                (self.dir / name).parent.mkdir()
                library = self.make(name)
                program = self.build_c(name.split("/")[0] + ".out", BERT / "similar.c", f"-I{library.parent}", library, f"-Wl,-rpath,{library.parent}")
                self.similar(program)
                with self.subTest("errors reach the caller"):
                    done = subprocess.run([program, "5000", "--", "1"], capture_output=True, text=True)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(done.stderr, "error: .*5000")

    def test_needs_libc_libm_and_pthread_only(self):
        done = subprocess.run(["readelf", "-d", self.library()], capture_output=True, text=True, check=True)
        needed = set(re.findall(r"NEEDED.*\[(.*?)\.so", done.stdout))
        self.assertLessEqual(needed, {"libc", "libm", "libpthread", "ld-linux-x86-64", "libdl"})

    def test_only_the_models_symbols_show(self):
        self.make("symbols.so")
        done = subprocess.run(["nm", "-D", "--defined-only", self.dir / "symbols.so"], capture_output=True, text=True, check=True)
        names = {line.split()[-1] for line in done.stdout.splitlines()}
        self.assertIn("symbols_run", names)
        self.assertEqual({name for name in names if not name.startswith("symbols_")} - {"weft_artifact_descriptor"}, set())

    def test_two_models_in_one_program(self):
        for name in ("alpha", "beta"):
            self.make(f"{name}.o")
        source = self.write("two.c", '#include "alpha.h"\n#include "beta.h"\nint main(void) {\n  alpha_model *a = 0; beta_model *b = 0;\n'
                            "  int failed = alpha_open(&a, 0) || beta_open(&b, 0);\n  alpha_close(a); beta_close(b);\n  return failed;\n}\n")
        program = self.build_c("two", source, f"-I{self.dir}", self.dir / "alpha.o", self.dir / "beta.o")
        self.assertEqual(subprocess.run([program]).returncode, 0)

    def test_executable(self):
        program, out = self.make("embedder"), self.dir / "exe.npy"
        np.savez(self.dir / "exe.npz", **self.inputs)
        done = subprocess.run([program, "--input", self.dir / "exe.npz", "--output", f"embedding={out}"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertParity(np.load(out), self.wanted["embedding"])
        self.assertEqual(subprocess.run([program, "--no-such"], capture_output=True).returncode, 2)
        self.assertEqual(subprocess.run([program, "--input", "ids=none.npy"], capture_output=True).returncode, 1)

    def test_header_is_c_and_cpp(self):
        self.make("plain.o")
        for compiler, language in ((CC, "c"), (CC.replace("clang", "clang++"), "c++")):
            done = subprocess.run([compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language, self.dir / "plain.h"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    # --- weights in a file ----------------------------------------------------------------------------------------
    def test_packed_file(self):
        (self.dir / "packed").mkdir()
        library = self.make("packed/bert.so", "--weights-file")
        others = [path for path in library.parent.iterdir() if path.suffix not in (".so", ".h")]
        self.assertEqual(len(others), 1, others)
        self.check_run(library)
        good, arguments = others[0].read_bytes(), ["run", library, "--random-inputs", 1]
        self.assertGreater(len(good), library.stat().st_size / 4)
        for bad in (good[:-100], good[:10], b"", b"X" + good[1:], good[:20] + bytes(30) + good[50:]):
            others[0].write_bytes(bad)
            self.fails(arguments, others[0].name, watch=library.parent)
        others[0].unlink()
        self.fails(arguments, others[0].name, watch=library.parent)

    # --- the same bytes -------------------------------------------------------------------------------------------
    def test_compiling_twice_gives_the_same_bytes(self):
        for folder in ("once", "twice"):
            (self.dir / folder).mkdir()
            self.make(f"{folder}/bert.so")
        for name in ("bert.so", "bert.h"):
            self.assertEqual((self.dir / "once" / name).read_bytes(), (self.dir / "twice" / name).read_bytes(), name)

    # --- every level ----------------------------------------------------------------------------------------------
    def test_every_emit_kind(self):
        for kind, text in (("ast", r"embed"), ("ir", r"weft\."), ("ir-fused", r"weft\.attention"), ("ir-kernels", r"weft\.kernel"), ("llvm", r"define"),
                           ("halide", r"for|produce"), ("asm", r"\.text|\.globl")):
            with self.subTest(kind=kind):
                out = self.dir / f"emit-{kind}.txt"
                self.make(out.name, f"--emit={kind}")
                self.assertRegex(out.read_text(errors="replace"), text)

    def test_dumps_are_input_again(self):
        dumps = self.dir / "dumps"
        self.make("dumped.so", "--dump-dir", dumps)
        levels = sorted(dumps.glob("*.mlir"))
        self.assertGreater(len(levels), 3, list(dumps.iterdir()))
        for level in (levels[0], levels[len(levels) // 2], levels[-1]):
            with self.subTest(level=level.name):
                library = self.dir / f"from-{level.stem}.so"
                self.ok("compile", level, "--weights", self.folder, f"--target={TARGET}", "-o", library)
                self.check_run(library)

    def test_verify(self):
        said = self.ok("verify", BERT / "bert.weft", "--weights", self.folder).stdout
        lines = (BERT / "bert.weft").read_text().splitlines()
        for name in ("hidden", "embedding"):
            place = re.search(rf"output {name} \(\S*bert\.weft:(\d+):\d+\)", said)
            self.assertIn(f"output {name} =", lines[int(place[1]) - 1], said)

    def test_depfile(self):
        self.make("dep.so", "--depfile", self.dir / "dep.d")
        text = (self.dir / "dep.d").read_text()
        for name in ("bert.weft", "config.json", "model.safetensors"):
            self.assertIn(name, text)
        self.assertTrue(text.split(":")[0].endswith("dep.so"))

    def test_describe(self):
        library = self.make("described.so", target="x86-64-v2,x86-64-v3")
        facts = json.loads(self.ok("describe", library, "--json").stdout)
        self.assertEqual([one["name"] for one in facts["inputs"]], ["ids", "types", "lengths"])
        self.assertEqual([one["name"] for one in facts["outputs"]], ["hidden", "embedding"])
        text = self.ok("describe", library).stdout
        for word in ("batch", "seq", "x86-64-v2", "x86-64-v3", "f32"):
            self.assertIn(word, text)

    def test_dry_run_and_explain_write_nothing(self):
        before = sorted(self.dir.rglob("*"))
        text = self.ok("compile", BERT / "bert.weft", "--weights", self.folder, "--dry-run").stdout
        self.assertRegex(text, r"(?i)parameters")
        self.assertRegex(self.ok("explain", BERT / "bert.weft", "--weights", self.folder).stdout, r"(?i)fused")
        self.assertEqual(sorted(self.dir.rglob("*")), before)

    # --- inputs in every format -----------------------------------------------------------------------------------
    def test_input_formats(self):
        library = self.library()
        wide = {name: value.astype(np.int64) for name, value in self.inputs.items()}
        self.check_run(library, wide)
        self.check_run(library, {name: value.astype(">i4") for name, value in self.inputs.items()})
        self.check_run(library, {name: np.asfortranarray(value) for name, value in self.inputs.items()})
        for suffix, save in (("npz", lambda path: np.savez(path, **wide)), ("npz", lambda path: np.savez_compressed(path, **self.inputs)),
                             ("safetensors", lambda path: save_safetensors(path, self.inputs))):
            path, out = self.dir / f"inputs.{suffix}", self.dir / "formats.npy"
            save(path)
            self.ok("run", library, "--input", path, "--output", f"hidden={out}")
            self.assertParity(np.load(out), self.wanted["hidden"], what=suffix)

    def test_summary_bench_and_profile(self):
        library = self.library()
        np.savez(self.dir / "timed.npz", **self.inputs)
        self.assertIn("embedding", self.ok("run", library, "--input", self.dir / "timed.npz").stdout)
        lines = self.ok("run", library, "--input", self.dir / "timed.npz", "--bench", 5).stdout.strip().splitlines()
        self.assertEqual(len(lines), 1)
        numbers = json.loads(lines[0])
        self.assertLessEqual(numbers["min_ms"], numbers["median_ms"])
        self.assertLessEqual(numbers["median_ms"], numbers["max_ms"])
        self.ok("run", library, "--input", self.dir / "timed.npz", "--profile", self.dir / "trace.json", "--threads", 2)
        trace = json.loads((self.dir / "trace.json").read_text())
        events = trace["traceEvents"] if isinstance(trace, dict) else trace
        self.assertGreater(len([event for event in events if event.get("ph") == "X"]), 5)
        self.assertIn("bert.weft", (self.dir / "trace.json").read_text())

    # --- text -----------------------------------------------------------------------------------------------------
    def test_format_is_idempotent_on_the_examples(self):
        for source in sorted((ROOT / "examples").rglob("*.weft")) + sorted((ROOT / "tests" / "e2e").rglob("*.weft")):
            with self.subTest(source=source.name):
                copy = self.write(source.name, source.read_bytes())
                config = source.parent / "config.json"
                if ROOT / "examples" in source.parents:  # the tests' own families get their config from their tests
                    self.ok("check", copy, *(["--config", config] if config.exists() else []))
                self.ok("fmt", copy)
                once = copy.read_text()
                self.ok("fmt", "--check", copy)
                self.ok("fmt", copy)
                self.assertEqual(copy.read_text(), once)

    def test_examples_are_formatted(self):
        for source in sorted((ROOT / "examples").rglob("*.weft")):
            self.ok("fmt", "--check", source)

    def test_check_json(self):
        path = self.write("broken.weft", "model m {\n  output y = nowhere\n}\n")
        done = self.weft("check", "--json", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere", json.dumps(json.loads(done.stdout)))


class WeftOpt(ArtifactTest):
    """Each level's text through weft-opt: parses back to the same, verifies."""

    def test_round_trip(self):
        opt = WEFT.parent / "weft-opt"
        for kind in ("ir", "ir-fused", "ir-kernels"):
            with self.subTest(kind=kind):
                path = self.make(f"level-{kind}.mlir", f"--emit={kind}")
                once = subprocess.run([opt, path], capture_output=True, text=True)
                self.assertEqual(once.returncode, 0, once.stderr[-2000:])
                twice = subprocess.run([opt, "-"], input=once.stdout, capture_output=True, text=True)
                self.assertEqual(once.stdout, twice.stdout)


if __name__ == "__main__":
    main()
