"""What holds for every description of examples/: canonical format, no diagnostics, all masks and norms fused, wrong checkpoints refused."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
import gpt2  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from family import EXAMPLES  # noqa: E402
from harness import WeftTest, main  # noqa: E402

sys.path.insert(0, str(EXAMPLES))
import compiled  # noqa: E402

SOURCES = sorted(EXAMPLES.glob("*/*.weft"))
SMALL_BERT = bert.config(hidden=32, heads=4, layers=2, inner=48, vocab=60, context=40)
SMALL_GPT2 = gpt2.config(n_embd=32, n_head=4, n_layer=2, vocab_size=60, n_positions=40)
# What these look for first, behind their prefixes.
FIRST = {"bert": "embeddings.word_embeddings.weight", "gpt2": "wte.weight", "t5": "shared.weight", "llama": "model.embed_tokens.weight",
         "vit": "embeddings.cls_token", "clip": "vision_model.embeddings.class_embedding"}


class Examples(WeftTest):
    def test_all_are_there(self):
        families = {source.parent.name for source in SOURCES}
        self.assertLessEqual({"bert", "vit", "transformer", "marian", "t5", "gpt2", "llama", "whisper", "clip", "captioner",
                              "decision_transformer", "freeform", "g2p"}, families)

    def test_listed(self):
        """In the table of examples/README.md by folder, in docs/examples.md by description with its lines; each README names its files."""
        folders, docs = (EXAMPLES / "README.md").read_text(), (EXAMPLES.parent / "docs" / "examples.md").read_text()
        for source in SOURCES:
            with self.subTest(source=source.name):
                name, lines = source.relative_to(EXAMPLES), len(source.read_text().splitlines())
                self.assertIn(f"`{source.parent.name}/`", folders)
                self.assertIn(f"| `{name}`, {lines} lines |", docs)
                self.assertIn(f"`{source.name}`", (source.parent / "README.md").read_text())

    def test_format(self):
        self.ok("fmt", "--check", *SOURCES)

    def test_check_by_their_defaults(self):
        done = self.ok("check", *SOURCES)
        self.assertEqual(done.stderr, "")

    def test_short(self):
        """Beside a paper's figure: 80 lines at most, most of them 60 with all that is empty or a comment."""
        lines = sorted(len(source.read_text().splitlines()) for source in SOURCES)
        self.assertLessEqual(lines[len(lines) // 2], 60)
        self.assertLessEqual(lines[-1], 80)

    def test_everything_fuses(self):
        for source in SOURCES:
            with self.subTest(source=source.name):
                told = self.ok("explain", source, "--random-weights=1", "--require-fusion").stdout
                self.assertIn("fused residual + norm", told)
                self.assertRegex(told, r"kernels +\d+ distinct, \d+ launches")

    def test_another_familys_config(self):
        """Every description says whose config.json it takes; one error, and none that follows from it."""
        folder = save_checkpoint(self.dir / "other", {"model_type": "perceiver", "d_model": "wide"}, {})
        for source in SOURCES:
            with self.subTest(source=source.name):
                self.fails(["compile", source, "--weights", folder, "-o", self.dir / "x.so"], "a requirement does not hold",
                           r'config\("model_type", "[\w-]+"\) is "perceiver" in .*config\.json', errors=1)

    def test_variants_that_are_refused(self):
        for source, cfg, words in (("bert/bert.weft", {"position_embedding_type": "relative_key"}, '"relative_key"'),
                                   ("bert/bert.weft", {"is_decoder": True}, "is true"), ("whisper/whisper.weft", {"scale_embedding": True}, "is true"),
                                   ("gpt2/gpt2.weft", {"scale_attn_by_inverse_layer_idx": True}, "is true"),
                                   ("gpt2/gpt2.weft", {"scale_attn_weights": False}, "is false"), ("gpt2/gpt2.weft", {"tie_word_embeddings": False}, "is false"),
                                   ("captioner/captioner.weft", {"decoder": {"scale_attn_weights": False}}, "is false"),
                                   ("decision_transformer/decision_transformer.weft", {"scale_attn_weights": False}, "is false"),
                                   ("captioner/captioner.weft", {"model_type": "vision-encoder-decoder", "encoder": {"model_type": "swin"}}, '"swin"')):
            with self.subTest(source=source):
                self.fails(["check", EXAMPLES / source, "--config", self.write("variant.json", json.dumps(cfg))], "does not hold", words)

    def test_another_familys_checkpoint(self):
        """One error for every description names what was looked for, and what is there."""
        for config, module in ((SMALL_GPT2, gpt2), (SMALL_BERT, bert)):
            folder = save_checkpoint(self.dir / module.__name__, config, module.random_checkpoint(config))
            for source in SOURCES:
                if source.stem != module.__name__:
                    with self.subTest(source=source.name, checkpoint=module.__name__):
                        self.fails(["compile", source, "--weights", folder / "model.safetensors", "-o", self.dir / "x.so"],
                                   r"(no weight|most weights) of .* seems to be another model's", f"expected '{FIRST.get(source.stem, '')}", "found '", errors=1)

    def test_a_relatives_checkpoint(self):
        """Marian's tensors are named as Whisper's decoder's: one error still, with the sizes that differ."""
        self.fails(["compile", EXAMPLES / "whisper/whisper.weft", "--weights", EXAMPLES / "marian/model.safetensors", "-o", self.dir / "x.so"],
                   r"most weights of 'whisper' \(\d+ of \d+\) are not in .* with the shapes that they have here",
                   r"'model\.encoder\.layers\.0\.self_attn\.q_proj\.weight' is f32\[96, 96\], but f32\[384, 384\] here",
                   r"expected 'decoder\.embed_tokens\.weight'", "found 'final_logits_bias'", errors=1)

    def test_one_shard(self):
        """A shard named alone is a part of a model."""
        folder = save_checkpoint(self.dir / "shards", SMALL_BERT, bert.random_checkpoint(SMALL_BERT), shards=3)
        self.fails(["check", EXAMPLES / "bert/bert.weft", "--weights", folder / "model-00001-of-00003.safetensors", "--config", folder / "config.json"],
                   r"most weights of 'bert' \(\d+ of 21\) are not in .*, or a part of one", "expected '", "found '", errors=1)

    def test_another_prefix(self):
        tensors = {"backbone." + name: tensor for name, tensor in bert.random_checkpoint(SMALL_BERT).items()}
        folder = save_checkpoint(self.dir / "prefix", SMALL_BERT, tensors)
        self.fails(["check", EXAMPLES / "bert" / "bert.weft", "--weights", folder], "no weight of 'bert'", "'prefix \"backbone.\"' would find")

    def test_missing_layer(self):
        tensors = bert.random_checkpoint(SMALL_BERT)
        del tensors["encoder.layer.1.output.dense.weight"]
        folder = save_checkpoint(self.dir / "hole", SMALL_BERT, tensors)
        self.fails(["compile", EXAMPLES / "bert" / "bert.weft", "--weights", folder, "-o", self.dir / "x.so"],
                   r"encoder\.layer\.1\.output\.dense\.weight", errors=None)

    def test_another_size(self):
        cfg = SMALL_GPT2 | {"n_embd": 36}
        folder = save_checkpoint(self.dir / "size", cfg, gpt2.random_checkpoint(SMALL_GPT2))
        self.fails(["compile", EXAMPLES / "gpt2" / "gpt2.weft", "--weights", folder, "-o", self.dir / "x.so"],
                   "most weights", r"wte\.weight' is f32\[60, 32\], but f32\[60, 36\] here", errors=1)

    def test_config_of_another_kind(self):
        config = self.write("text.json", json.dumps({"n_embd": "wide"}))
        self.fails(["check", EXAMPLES / "gpt2" / "gpt2.weft", "--config", config], "n_embd", "expected a number", errors=None)

    def test_another_checkpoint_is_compiled_again(self):
        """The programs keep their library, but not for other weights, even when those are older."""
        inputs = gpt2.batch(SMALL_GPT2, 1, 5)
        tensors = [gpt2.random_checkpoint(SMALL_GPT2, seed) for seed in (1, 2)]
        folders = [save_checkpoint(self.dir / f"weights-{i}", SMALL_GPT2, tensors[i]) for i in (0, 1)]
        for i in (1, 0):
            model = compiled.Model(EXAMPLES / "gpt2" / "gpt2.weft", folders[i], self.dir / "programs")
            self.assertParity(model.run(["logits"], **inputs), gpt2.forward(SMALL_GPT2, tensors[i], **inputs)["logits"])
        made = model.library.stat().st_mtime_ns
        again = compiled.Model(EXAMPLES / "gpt2" / "gpt2.weft", folders[0], self.dir / "programs")
        self.assertEqual(again.library.stat().st_mtime_ns, made)


if __name__ == "__main__":
    main()
