"""Generation that can't be: prompts, options and tokens out of range, images and audio of wrong sizes. Each is one error with its words, and
leaves no output. What the C interface answers to the same, and that a context works on afterwards, is in tests/unit/GenerateCacheTest.cpp."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import gpt2  # noqa: E402
import vit  # noqa: E402
from checkpoint import save_checkpoint  # noqa: E402
from harness import ROOT, WeftTest, main  # noqa: E402

TEXT = gpt2.config(n_embd=16, n_head=2, n_layer=1, vocab_size=30, n_positions=12, eos_token_id=1)
IMAGE = vit.config(hidden_size=24, num_attention_heads=2, num_hidden_layers=1, intermediate_size=32, image_size=28, patch_size=7,
                   id2label={"0": "a", "1": "b"})


class BadGeneration(WeftTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = save_checkpoint(cls.dir / "checkpoint", TEXT, gpt2.random_checkpoint(TEXT))
        cls().compile(ROOT / "examples/gpt2/gpt2.weft", "gpt2.so", weights=folder)

    def arguments(self, prompt, *options):
        return ["run", self.dir / "gpt2.so", "--generate", *(["--input", f"tokens={prompt}"] if prompt else []),
                "--output", f"tokens={self.dir / 'new.npy'}", *options]

    def refuses(self, prompt, options, *patterns, status=1):
        self.fails(self.arguments(prompt, *options), *patterns, status=status)

    def test_the_good_prompt_is_continued(self):
        self.ok(*self.arguments("[[3, 4]]", "--max", "4"))
        self.assertEqual(np.load(self.dir / "new.npy").shape, (1, 4))
        (self.dir / "new.npy").unlink()

    def test_prompts(self):
        self.refuses(str([[3] * 13]), (), "time|prompt", "13")
        self.refuses("[[]]", (), "time|tokens|prompt")
        self.refuses("[]", (), "batch|tokens|prompt|rank")
        self.refuses(None, (), "tokens")
        self.refuses("[[3, 4], [5, 6]]", ("--input", "prompt_len=[2, 0]"), "prompt_len", "0")
        self.refuses("[[3, 4], [5, 6]]", ("--input", "prompt_len=[2, 3]"), "prompt_len", "3")
        self.refuses("[[3, 4]]", ("--input", "prompt_len=[2, 1]"), "prompt_len|batch")
        self.refuses("[[3, 30]]", (), "tokens", "30")
        self.refuses("[[-1, 3]]", (), "tokens", "-1")
        self.refuses(str([[3]] * 17), (), "batch", "17")

    def test_a_row_that_is_done_at_once(self):
        """A prompt at the limit gives no token; the other rows go on."""
        self.ok(*self.arguments(str([[3] * 12, [4] * 12]), "--input", "prompt_len=[12, 5]"))
        tokens = np.load(self.dir / "new.npy")
        (self.dir / "new.npy").unlink()
        self.assertTrue((tokens[0] == 1).all(), tokens)
        self.assertGreater(tokens.shape[1], 0)
        self.ok(*self.arguments(str([[3] * 12])))
        self.assertEqual(np.load(self.dir / "new.npy").shape, (1, 0))
        (self.dir / "new.npy").unlink()

    def test_options(self):
        """Wrong whatever the model holds: status 2; wrong for this model: status 1."""
        for options, words in ((("--max", "0"), "max"), (("--temperature", "nan"), "temperature"), (("--temperature", "-1"), "temperature"),
                               (("--beam", "0"), "beam"), (("--top-p", "0"), "top-p"), (("--top-k", "-1"), "top-k"), (("--seed", "x"), "seed")):
            with self.subTest(options=options):
                self.refuses("[[3]]", options, words, status=2)
        for options, words in ((("--beam", "17"), "beam 17.*dimension .* goes to"), (("--beam", "31"), "beams|vocabulary"), (("--temperature", "1", "--top-k", "31"), "top.k"),):
            with self.subTest(options=options):
                self.refuses("[[3]]", options, words)


class BadImages(WeftTest):
    def test_sizes_and_channels(self):
        folder = save_checkpoint(self.dir / "vit", IMAGE, vit.random_checkpoint(IMAGE))
        library = self.compile(ROOT / "examples/vit/vit.weft", "vit.so", weights=folder)
        for shape in ((1, 1, 28, 28), (1, 4, 28, 28), (1, 3, 27, 28), (1, 3, 28, 56), (1, 28, 28, 3), (3, 28, 28), (0, 3, 28, 28)):
            with self.subTest(shape=shape):
                np.save(self.dir / "wrong.npy", np.zeros(shape, np.float32))
                self.fails(["run", library, "--input", f"pixels={self.dir / 'wrong.npy'}"], "pixels|batch")


if __name__ == "__main__":
    main()
