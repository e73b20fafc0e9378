"""One description, many published models: sizes come from config.json alone; checkpoints in f16, bf16 and shards; tensors that nobody reads."""
import json
import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bert  # noqa: E402
import gpt2  # noqa: E402
import llama  # noqa: E402
import t5  # noqa: E402
import vit  # noqa: E402
from checkpoint import from_bf16, save_checkpoint, to_bf16  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size  # noqa: E402
from harness import WeftTest, main  # noqa: E402

BERT_LARGE = bert.config(hidden=1024, heads=16, layers=24, inner=4096)
VIT_LARGE = vit.config(hidden_size=1024, num_attention_heads=16, num_hidden_layers=24, intermediate_size=4096)
GPT2_MEDIUM = gpt2.config(n_embd=1024, n_head=16, n_layer=24)
T5_V11_BASE = t5.v11_config(d_model=768, num_heads=12, d_ff=2048, num_layers=12, num_decoder_layers=12)
LLAMA_160M = llama.config(hidden_size=768, num_attention_heads=12, num_key_value_heads=12, num_hidden_layers=12, intermediate_size=3072,
                          vocab_size=32000, tie_word_embeddings=False, rms_norm_eps=1e-6, eos_token_id=2)
SMOLLM2_360M = llama.config(hidden_size=960, num_attention_heads=15, num_key_value_heads=5, num_hidden_layers=32, intermediate_size=2560,
                            rope_theta=100000.0, max_position_embeddings=8192)
LLAMA2_7B = llama.config(hidden_size=4096, num_attention_heads=32, num_key_value_heads=32, num_hidden_layers=32, intermediate_size=11008,
                         vocab_size=32000, tie_word_embeddings=False, eos_token_id=2)
TINYLLAMA = llama.config(hidden_size=2048, num_attention_heads=32, num_key_value_heads=4, num_hidden_layers=22, intermediate_size=5632,
                         vocab_size=32000, tie_word_embeddings=False, eos_token_id=2)


class Parameters(WeftTest):
    """At full depth the parameters are as many as the models' authors (or Hugging Face's library) count."""

    def check(self, source, cfg, wanted, *options):
        config = self.write("config.json", json.dumps(cfg))
        told = self.ok("compile", EXAMPLES / source, "--config", config, "--random-weights=1", "--dry-run", *options, "-o", self.dir / "x.so").stdout
        self.assertEqual(int(re.search(r"parameters +(\d+)", told)[1]), wanted)

    def test_bert_large(self):
        self.check("bert/bert.weft", BERT_LARGE, 335_141_888, "-D", "pooler=true")

    def test_vit_l_16(self):
        self.check("vit/vit.weft", VIT_LARGE, 304_326_632)

    def test_gpt2_medium(self):
        self.check("gpt2/gpt2.weft", GPT2_MEDIUM, 354_823_168)

    def test_t5_v11_base(self):
        self.check("t5/t5.weft", T5_V11_BASE, 247_577_856)

    def test_llama_with_and_without_groups(self):
        self.check("llama/llama.weft", LLAMA2_7B, 6_738_415_616)
        self.check("llama/llama.weft", TINYLLAMA, 1_100_048_384)


class Widths(FamilyTest):
    """Real widths, heads and vocabularies; two layers stand for the depth."""

    def check_model(self, source, cfg, module, inputs, *outputs):
        tensors = module.random_checkpoint(cfg)
        wanted = module.forward(cfg, tensors, **inputs)
        self.check(self.build(source, cfg, tensors), inputs, {name: wanted[name] for name in outputs})

    @full_size
    def test_bert_large(self):
        cfg = BERT_LARGE | {"num_hidden_layers": 2}
        self.check_model("bert/bert.weft", cfg, bert, bert.batch(cfg, [17, 5]), "hidden", "embedding")

    @full_size
    def test_vit_l_16(self):
        cfg = VIT_LARGE | {"num_hidden_layers": 2}
        self.check_model("vit/vit.weft", cfg, vit, vit.batch(cfg, 1), "hidden", "logits")

    @full_size
    def test_gpt2_medium(self):
        cfg = GPT2_MEDIUM | {"n_layer": 2}
        self.check_model("gpt2/gpt2.weft", cfg, gpt2, gpt2.batch(cfg, 1, 19), "logits")

    @full_size
    def test_t5_v11_base(self):
        cfg = T5_V11_BASE | {"num_layers": 2, "num_decoder_layers": 2}
        self.check_model("t5/t5.weft", cfg, t5, t5.batch(cfg, [21, 9], 7), "memory", "logits")

    @full_size
    def test_llama_plain(self):
        cfg = LLAMA_160M | {"num_hidden_layers": 2}
        self.check_model("llama/llama.weft", cfg, llama, llama.batch(cfg, 1, 19), "logits")

    @full_size
    def test_llama_grouped(self):
        cfg = SMOLLM2_360M | {"num_hidden_layers": 2}
        self.check_model("llama/llama.weft", cfg, llama, llama.batch(cfg, 1, 19), "logits")


class Checkpoints(FamilyTest):
    """How tensors are stored makes no difference but their rounding."""

    CFG = bert.config(hidden=32, heads=4, layers=3, inner=48, vocab=60, context=40)

    def setUp(self):
        self.tensors, self.inputs = bert.random_checkpoint(self.CFG), bert.batch(self.CFG, [9, 4])

    def check_stored(self, stored, read, shards):
        wanted = bert.forward(self.CFG, {name: read(array) for name, array in stored.items()}, **self.inputs)
        library = self.build("bert/bert.weft", self.CFG, stored, shards=shards)
        self.check(library, self.inputs, {name: wanted[name] for name in ("hidden", "embedding")}, tolerance=1e-5)

    def test_f16(self):
        for shards in (1, 3):
            with self.subTest(shards=shards):
                self.check_stored({name: array.astype(np.float16) for name, array in self.tensors.items()}, lambda x: x.astype(np.float32), shards)

    def test_bf16(self):
        for shards in (1, 3):
            with self.subTest(shards=shards):
                self.check_stored({name: to_bf16(array) for name, array in self.tensors.items()}, from_bf16, shards)

    def test_index_file(self):
        """The index itself names the checkpoint as well as its folder does."""
        folder = save_checkpoint(self.dir / "sharded", self.CFG, self.tensors, 4)
        library = self.compile(EXAMPLES / "bert/bert.weft", "index.so", "--config", folder / "config.json",
                               weights=folder / "model.safetensors.index.json")
        self.check(library, self.inputs, {"embedding": bert.forward(self.CFG, self.tensors, **self.inputs)["embedding"]})

    def test_unused_tensors(self):
        more = {"embeddings.position_ids": np.arange(40)[None], "cls.predictions.bias": np.zeros(60, np.float32)}
        for shards in (1, 3):
            with self.subTest(shards=shards):
                folder = save_checkpoint(self.dir / f"more-{shards}", self.CFG, self.tensors | more, shards)
                self.assertEqual(self.ok("check", EXAMPLES / "bert/bert.weft", "--weights", folder).stderr, "")
                told = self.ok("check", EXAMPLES / "bert/bert.weft", "--weights", folder, "--unused").stderr
                self.assertRegex(told, r"'embeddings\.position_ids', i64\[1, 40\]")
                self.assertRegex(told, r"'cls\.predictions\.bias', f32\[60\]")
                # The pooler is read on demand.
                self.assertEqual(set(re.findall(r"does not read '([^']*)'", told)), {*more, "pooler.dense.weight", "pooler.dense.bias"})
                listed = json.loads(self.ok("check", EXAMPLES / "bert/bert.weft", "--weights", folder, "--unused", "--json").stdout)
                self.assertEqual(len(listed), 4)

    def test_none_unused(self):
        cfg = gpt2.config(n_embd=32, n_head=4, n_layer=2, vocab_size=60, n_positions=40)
        folder = save_checkpoint(self.dir / "all", cfg, gpt2.random_checkpoint(cfg))
        self.assertEqual(self.ok("check", EXAMPLES / "gpt2/gpt2.weft", "--weights", folder, "--unused").stderr, "")


if __name__ == "__main__":
    main()
