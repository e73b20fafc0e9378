"""examples/gpt2 against float64: the trained model that is committed with it, small random ones, and the 124M size."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import gpt2  # noqa: E402
from checkpoint import from_bf16, load_safetensors, to_bf16  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size  # noqa: E402
from generation import greedy, log_softmax  # noqa: E402
from harness import main  # noqa: E402

SOURCE = "gpt2/gpt2.weft"
SMALL = {"n_embd": 40, "n_head": 5, "n_layer": 3, "vocab_size": 77, "n_positions": 48, "eos_token_id": 7}


class Trained(FamilyTest):
    """The model of Debian's package descriptions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = EXAMPLES / "gpt2"
        cls.cfg, cls.tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        cls.result = json.loads((folder / "result.json").read_text())

    def library(self):
        return self.compile_once(EXAMPLES / SOURCE, EXAMPLES / "gpt2")

    def test_whole_sequences(self):
        library = self.library()
        for rows, time in ((1, 1), (3, 17), (1, 256)):
            inputs = gpt2.batch(self.cfg, rows, time, seed=time)
            self.check(library, inputs, gpt2.forward(self.cfg, self.tensors, **inputs))

    def test_continues_as_in_training(self):
        library = self.library()
        for example in self.result["examples"]:
            with self.subTest(prompt=example["prompt"]):
                tokens, _ = self.generate(library, {"tokens": np.array([example["ids"]], np.int32)}, "--max", "64")
                self.assertEqual(tokens[0].tolist(), example["greedy"])

    def test_stated_loss(self):
        """Nats a token on text that training never saw; the whole of it is in result.json's nats_per_token."""
        held = np.load(EXAMPLES / "gpt2" / "heldout.npy").astype(np.int32)
        logits = np.concatenate([self.run_model(self.library(), {"tokens": held[at:at + 16, :-1]}, ["logits"])["logits"] for at in (0, 16)])
        chosen = np.take_along_axis(log_softmax(logits.astype(np.float64)), held[:, 1:, None].astype(np.int64), 2)
        self.assertAlmostEqual(-chosen.mean(), self.result["nats_per_token_of_heldout_npy"], places=4)

    def test_two_hundred_tokens(self):
        cfg = self.cfg | {"eos_token_id": 4095}  # goes on after the end of a text
        config = self.write("endless.json", json.dumps(cfg))
        library = self.compile(EXAMPLES / SOURCE, "endless.so", "--config", config, weights=EXAMPLES / "gpt2")
        prompt = np.array([self.result["examples"][2]["ids"]], np.int32)
        wanted = greedy(lambda t: gpt2.forward(cfg, self.tensors, t)["logits"], prompt, 4095, prompt.shape[1] + 200)
        self.assertEqual(wanted[0].shape[1], 200)
        self.assertGreedy(self.generate(library, {"tokens": prompt}, "--max", "200"), wanted, exact=True)

    def test_rows_of_different_lengths(self):
        library, rows = self.library(), [e["ids"] for e in self.result["examples"][:5]]
        lengths = np.array([len(row) for row in rows], np.int32)
        prompt = np.zeros((len(rows), lengths.max()), np.int32)
        for row, ids in enumerate(rows):
            prompt[row, :len(ids)] = ids
        tokens, _ = self.generate(library, {"tokens": prompt, "prompt_len": lengths}, "--max", "64")
        for row, example in enumerate(self.result["examples"][:5]):
            self.assertEqual(tokens[row, :len(example["greedy"])].tolist(), example["greedy"])
            self.assertTrue((tokens[row, len(example["greedy"]):] == self.cfg["eos_token_id"]).all())

    def test_beam_search_and_draws(self):
        library, rows = self.library(), [e["ids"][:6] for e in self.result["examples"][2:6]]
        lengths = np.array([len(row) for row in rows], np.int32)
        prompt = np.array([row + [0] * (lengths.max() - len(row)) for row in rows], np.int32)
        logits_of = lambda t: gpt2.forward(self.cfg, self.tensors, t)["logits"]  # noqa: E731
        inputs = {"tokens": prompt, "prompt_len": lengths}
        tokens, _ = self.generate(library, inputs, "--max", "20", "--beam", "3")
        drawn, _ = self.generate(library, inputs, "--max", "20", "--temperature", "0.8", "--top-k", "40", "--seed", "7")
        for row, ids in enumerate(rows):
            with self.subTest(row=row):
                self.assertBeam(tokens[row], logits_of, ids, 0, 20, 3)
                self.assertDrawn(drawn[row], logits_of, ids, 0, top_k=40, temperature=0.8)

    def test_refused(self):
        """Wrong prompts and options: a clear error each, and nothing written."""
        library, out = self.library(), self.dir / "refused.npy"
        one, long = "tokens=[[625, 19, 13]]", self.dir / "long.npy"
        np.save(long, np.ones((1, 257), np.int32))
        for options, words in (([f"tokens={long}"], "time|257"), (["tokens=[[625, 4096]]"], "4096"), (["tokens=[[-1]]"], "-1"),
                               ([one, "--input", "prompt_len=[0]"], "prompt"), ([one, "--input", "prompt_len=[4]"], "prompt"),
                               ([one, "--input", "prompt_len=[1, 2]"], "prompt"), ([one, "--max", "0"], "max"), ([one, "--beam", "0"], "beam"),
                               ([one, "--beam", "100000"], "beam"), ([one, "--temperature", "nan"], "temperature"),
                               ([one, "--temperature", "-1"], "temperature"), ([one, "--top-k", "4097", "--temperature", "1"], "top"),
                               ([one, "--top-p", "1.5", "--temperature", "1"], "top"), (["wrong=[[1]]"], "wrong")):
            with self.subTest(options=options):
                done = self.weft("run", library, "--generate", "--output", f"tokens={out}", "--input", *options)
                self.assertIn(done.returncode, (1, 2), done.stderr)
                self.assertRegex(done.stderr, f"error: .*({words})")
                self.assertFalse(out.exists())


class Small(FamilyTest):
    def check_config(self, cfg, seed, **tensors_as):
        tensors = gpt2.random_checkpoint(cfg, seed, **tensors_as)
        library = self.build(SOURCE, cfg, tensors)
        for rows, time in ((1, 1), (2, 11), (1, 48)):
            inputs = gpt2.batch(cfg, rows, time, seed=time)
            self.check(library, inputs, gpt2.forward(cfg, tensors, **inputs))
        return library, tensors

    def test_random(self):
        self.check_config(gpt2.config(**SMALL), 1)

    def test_other_options_and_names(self):
        self.check_config(gpt2.config(**SMALL | {"n_inner": 50, "activation_function": "relu", "layer_norm_epsilon": 1e-6}), 2, prefix="")

    def test_greedy(self):
        cfg = gpt2.config(**SMALL)
        library, tensors = self.check_config(cfg, 1)
        prompt = gpt2.batch(cfg, 3, 6, seed=9)["tokens"]
        wanted = greedy(lambda t: gpt2.forward(cfg, tensors, t)["logits"], prompt, 7, 48, [6, 1, 4])
        self.assertGreedy(self.generate(library, {"tokens": prompt, "prompt_len": np.array([6, 1, 4], np.int32)}), wanted)

    def test_bf16_in_shards(self):
        cfg = gpt2.config(**SMALL)
        halves = {name: to_bf16(array) for name, array in gpt2.random_checkpoint(cfg).items()}
        inputs = gpt2.batch(cfg, 2, 9)
        exact = gpt2.forward(cfg, {name: from_bf16(array) for name, array in halves.items()}, **inputs)
        self.check(self.build(SOURCE, cfg, halves, shards=3), inputs, exact)


class Full(FamilyTest):
    @full_size
    def test_124m(self):
        cfg = gpt2.config()
        tensors = gpt2.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for rows, time in ((1, 1), (1, 128), (2, 33)):
            inputs = gpt2.batch(cfg, rows, time, seed=time)
            self.check(library, inputs, gpt2.forward(cfg, tensors, **inputs))
        prompt, lengths = gpt2.batch(cfg, 2, 9)["tokens"], np.array([9, 9], np.int32)
        logits_of = lambda t: gpt2.forward(cfg, tensors, t)["logits"]  # noqa: E731
        self.assertGreedy(self.generate(library, {"tokens": prompt}, "--max", "8"), greedy(logits_of, prompt, cfg["eos_token_id"], 17))
        self.check_searches(library, {"tokens": prompt, "prompt_len": lengths}, lambda row: logits_of, prompt, cfg["eos_token_id"], 4)


if __name__ == "__main__":
    main()
