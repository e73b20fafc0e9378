"""examples/llama against float64: heads grouped and not, tied and not, several stop tokens, and a published size."""
import json
import pathlib
import sys

import numpy as np
from tokenizers import Tokenizer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import llama  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size  # noqa: E402
from generation import greedy  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "llama/llama.weft"
SMALL = {"hidden_size": 48, "num_attention_heads": 6, "num_key_value_heads": 2, "num_hidden_layers": 3, "intermediate_size": 100,
         "vocab_size": 65, "max_position_embeddings": 96, "eos_token_id": 3}


class LlamaTest(FamilyTest):
    def check_config(self, cfg, sizes, prompt_lengths, new, written=None):
        """CFG is what the reference goes by; WRITTEN is config.json where it says the same otherwise."""
        tensors = llama.random_checkpoint(cfg)
        library = self.build(SOURCE, written or cfg, tensors)
        for rows, time in sizes:
            inputs = llama.batch(cfg, rows, time, seed=time)
            self.check(library, inputs, llama.forward(cfg, tensors, **inputs))
        prompt, lengths = llama.batch(cfg, len(prompt_lengths), max(prompt_lengths), seed=5)["tokens"], np.array(prompt_lengths, np.int32)
        limit = min(prompt_lengths) + new
        wanted = greedy(lambda t: llama.forward(cfg, tensors, t)["logits"], prompt, cfg["eos_token_id"], limit, lengths)
        tokens, logits = self.generate(library, {"tokens": prompt, "prompt_len": lengths}, "--max", str(new))
        if len(set(prompt_lengths)) > 1:  # rows with longer prompts go on for longer than the reference's common limit
            steps = limit - max(prompt_lengths)
            tokens, logits, wanted = tokens[:, :steps], logits[:, :steps], tuple(x[:, :steps] for x in wanted)
        self.assertGreedy((tokens, logits), wanted)
        prompts = [row[:length] for row, length in zip(prompt, lengths)]
        self.check_searches(library, {"tokens": prompt, "prompt_len": lengths}, lambda row: lambda t: llama.forward(cfg, tensors, t)["logits"],
                            prompts, cfg["eos_token_id"], min(new, 8))

    def test_grouped(self):
        self.check_config(llama.config(**SMALL), ((1, 1), (2, 13), (1, 96)), [9, 1, 4], 30)

    def test_ungrouped_untied(self):
        cfg = llama.config(**SMALL | {"num_key_value_heads": 6, "tie_word_embeddings": False})
        self.check_config(cfg, ((1, 1), (2, 13)), [4], 30)

    def test_missing_keys(self):
        """Older files name no kv heads, newer ones nest theta."""
        cfg = llama.config(**SMALL | {"num_key_value_heads": None, "rope_theta": 500000.0})
        written = {k: v for k, v in cfg.items() if k not in ("num_key_value_heads", "rope_theta")} | {"rope_parameters": {"rope_theta": 500000.0}}
        self.check_config(cfg, ((2, 13),), [4], 10, written)

    def test_scaled_rotations(self):
        """Llama 3.1's, where some pairs keep their speed, some are slowed down and some lie between; linear ones; under both names."""
        llama3 = llama.LLAMA3 | {"original_max_position_embeddings": 32}
        cfg = llama.config(**SMALL | {"rope_theta": 100.0, "rope_scaling": llama3})
        turns = 32 / (2 * np.pi) * 100.0 ** (-2 * np.arange(4) / 8)
        self.assertTrue((turns > 4).any() and (turns < 1).any() and ((turns > 1) & (turns < 4)).any())
        self.check_config(cfg, ((1, 1), (2, 90)), [9, 1, 4], 40)
        linear = llama.config(**SMALL | {"rope_scaling": {"type": "linear", "factor": 4.0}})
        self.check_config(linear, ((2, 33),), [4], 20)
        nested = {k: v for k, v in cfg.items() if k not in ("rope_scaling", "rope_theta")} | {"rope_parameters": llama3 | {"rope_theta": 100.0}}
        self.check_config(cfg, ((2, 40),), [4], 10, nested)

    def test_scalings_that_are_refused(self):
        """What would give other numbers is an error."""
        for given, words in (({"rope_type": "yarn", "factor": 4.0}, r'no scaling "yarn"'), ({"type": "dynamic", "factor": 2.0}, r'no scaling "dynamic"'),
                             ({"rope_type": "llama3", "factor": 8.0}, r'"llama3" needs .low.'), ({"type": "linear"}, r'"linear" needs .factor.'),
                             ({"type": "linear", "factor": 0}, "above 0, not 0"), ({"type": 3}, "expected a string")):
            with self.subTest(given=given):
                config = self.write("config.json", json.dumps(llama.config(**SMALL | {"rope_scaling": given})))
                self.fails(["check", EXAMPLES / SOURCE, "--config", config], words, errors=None)

    def test_biases_and_head_width(self):
        self.check_config(llama.config(**SMALL | {"attention_bias": True, "mlp_bias": True, "head_dim": 12}), ((2, 13),), [4], 10)

    def test_several_stop_tokens(self):
        self.check_config(llama.config(**SMALL | {"eos_token_id": [11, 3, 40, 41, 42, 43]}), ((2, 13),), [4, 4, 4, 4], 60)

    @full_size
    def test_135m(self):
        self.check_config(llama.config(), ((1, 33),), [7], 8)


class Trained(FamilyTest):
    """Sums of two numbers; "." ends an even one, "!" an odd one."""

    def test_score(self):
        folder = EXAMPLES / "llama"
        words, stated = Tokenizer.from_file(str(folder / "tokenizer.json")), json.loads((folder / "result.json").read_text())
        library, agreed = self.compile(EXAMPLES / SOURCE, "sums.so", weights=folder), 0
        for at in range(0, len(stated["examples"]), 16):
            part = stated["examples"][at:at + 16]
            rows = [words.encode(example["text"]).ids for example in part]
            lengths = np.array([len(row) for row in rows], np.int32)
            prompt = np.array([row + [0] * (lengths.max() - len(row)) for row in rows], np.int32)
            tokens, _ = self.generate(library, {"tokens": prompt, "prompt_len": lengths}, "--max", "8")
            for ids, example in zip(tokens.tolist(), part):
                told = "".join(words.id_to_token(i) for i in ids)
                agreed += told.startswith(example["told"])
        self.assertEqual(agreed, len(stated["examples"]))


if __name__ == "__main__":
    main()
