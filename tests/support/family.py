"""The base of the model families' parity tests: a description of examples/, a checkpoint, the compiled model against float64."""
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import unittest

import numpy as np

import generation
from checkpoint import save_checkpoint
from harness import ROOT, WeftTest

EXAMPLES = ROOT / "examples"

# Models of a hundred million parameters: not under sanitizers, and not in a quick round (WEFT_QUICK=1).
full_size = unittest.skipIf(os.environ.get("WEFT_SANITIZED") or os.environ.get("WEFT_QUICK"), "a full-size model")


class FamilyTest(WeftTest):
    def build(self, source, cfg, tensors, *options, shards=1):
        """Compiles examples/SOURCE with a checkpoint of these tensors and returns the library's path; once a class, if all is the same."""
        content = hashlib.blake2b(json.dumps(cfg, sort_keys=True).encode())
        for name, array in sorted(tensors.items()):
            content.update(f"{name} {array.dtype} {array.shape}".encode())
            content.update(np.ascontiguousarray(array))
        key = (source, content.digest(), options, shards)
        if key not in self.libraries:
            self.libraries[key] = self.build_anew(source, cfg, tensors, options, shards)
        return self.libraries[key]

    def build_anew(self, source, cfg, tensors, options, shards):
        folder = save_checkpoint(pathlib.Path(tempfile.mkdtemp(prefix="checkpoint-", dir=self.dir)), cfg, tensors, shards)
        library = self.compile(EXAMPLES / source, f"{folder.name}.so", *options, weights=folder)
        shutil.rmtree(folder)  # full-size checkpoints are large, and the library holds the weights
        return library

    def check(self, library, inputs, wanted, *options, tolerance=1e-4):
        """Runs the model; every output named in WANTED is within the tolerance."""
        got = self.run_model(library, inputs, list(wanted), *options)
        for name, value in wanted.items():
            with self.subTest(output=name, shapes=[a.shape for a in inputs.values()]):
                self.assertParity(got[name], value, tolerance, what=name)

    def generate(self, library, inputs, *options):
        """`weft run --generate`: the new tokens [batch, n] and the logits that chose them [batch, n, vocabulary]."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="generate-", dir=self.dir))
        arguments = ["run", library, "--generate", "--output", f"tokens={folder / 'tokens.npy'}", "--logits", folder / "logits.npy", *options]
        for name, value in inputs.items():
            np.save(folder / f"in-{name}.npy", value)
            arguments += ["--input", f"{name}={folder / f'in-{name}.npy'}"]
        self.ok(*arguments)
        result = np.load(folder / "tokens.npy"), np.load(folder / "logits.npy")
        shutil.rmtree(folder)
        return result

    def assertGreedy(self, got, wanted, tolerance=1e-4, exact=False):
        """Tokens and logits agree with the reference's. Where its two best scores are nearer to each other than the tolerance, either
        is right and the row is compared no further, unless EXACT."""
        (tokens, logits), (best, scores) = got, wanted
        self.assertEqual(tokens.dtype, np.int32)
        if exact:
            np.testing.assert_array_equal(tokens, best)
        self.assertLessEqual(best.shape[0], tokens.shape[0])
        scale, same = np.nanmax(np.abs(scores)), True
        for row in range(best.shape[0]):
            for step in range(min(best.shape[1], tokens.shape[1])):
                if np.isnan(scores[row, step, 0]):  # the row has ended
                    np.testing.assert_array_equal(tokens[row, step:], best[row, step:tokens.shape[1]])
                    break
                error = np.abs(logits[row, step] - scores[row, step]).max() / scale
                self.assertLessEqual(error, tolerance, f"row {row}, step {step}: logits differ by {error:.3g}")
                if tokens[row, step] != best[row, step]:
                    gap = (scores[row, step].max() - scores[row, step, tokens[row, step]]) / scale
                    self.assertLessEqual(gap, 2 * tolerance, f"row {row}, step {step}: {tokens[row, step]} for {best[row, step]}")
                    same = False  # another way from here on
                    break
        if same:
            self.assertEqual(tokens.shape[1], best.shape[1])

    def assertBeam(self, tokens, logits_of, prompt, stop, most, beams, tolerance=1e-3):
        """The best sequence of a beam search from one prompt [time] is the reference's, or scores as well within the tolerance (in nats a token)."""
        stops = set(np.atleast_1d(stop).tolist())
        ends = next((i + 1 for i, token in enumerate(tokens) if token in stops), len(tokens))
        found = list(map(int, tokens[:ends]))
        (score, wanted), *_ = generation.beam(logits_of, prompt, stop, most, beams)
        if found != wanted:
            self.assertGreaterEqual(generation.score_of(logits_of, prompt, found), score - tolerance, f"{found} for {wanted}")
        self.assertTrue(all(int(token) in stops for token in tokens[ends:]), "what follows the end is not the stop token")

    def assertDrawn(self, tokens, logits_of, prompt, stop, top_k=None, top_p=None, temperature=1.0, slack=1e-3):
        """Every token drawn after a prompt [time] is among the TOP_K likeliest, and among those that have TOP_P together."""
        stops, row = set(np.atleast_1d(stop).tolist()), list(map(int, prompt))
        for token in map(int, tokens):
            logits = logits_of(np.array([row], np.int32))[0, -1] / temperature
            above = logits > logits[token] + slack
            if top_k:
                self.assertLess(above.sum(), top_k, f"{token} after {row}")
            if top_p:
                share = np.exp(generation.log_softmax(logits))
                self.assertLess(share[above].sum(), top_p, f"{token} after {row}")
            if token in stops:
                return
            row.append(token)

    def check_searches(self, library, inputs, logits_of, prompts, stop, most, beams=3):
        """Beam search and seeded draws of a batch: LOGITS_OF(row) scores that row's continuations (of_row), PROMPTS are the rows' own."""
        best, _ = self.generate(library, inputs, "--max", str(most), "--beam", str(beams))
        drawn, _ = self.generate(library, inputs, "--max", str(most), "--temperature", "1.5", "--top-k", "5", "--top-p", "0.9", "--seed", "3")
        for row, prompt in enumerate(prompts):
            with self.subTest(row=row):
                self.assertBeam(best[row], logits_of(row), prompt, stop, most, beams)
                self.assertDrawn(drawn[row], logits_of(row), prompt, stop, top_k=5, temperature=1.5)


def of_row(decode, *arrays):
    """DECODE(arrays..., tokens) for one row of the arrays: row -> (tokens [n, time] -> logits), as beam search and draws are checked by."""
    return lambda row: lambda tokens: decode(*(np.repeat(array[row:row + 1], len(tokens), 0) for array in arrays), tokens)


def check_texts(test, source, folder):
    """A trained encoder-decoder answers its held-out texts as result.json says it did in training."""
    from tokenizers import Tokenizer

    words, stated = Tokenizer.from_file(str(folder / "tokenizer.json")), json.loads((folder / "result.json").read_text())
    stop, told = json.loads((folder / "config.json").read_text())["eos_token_id"], []
    library = test.compile(EXAMPLES / source, "texts.so", weights=folder)
    for at in range(0, len(stated["examples"]), 25):
        rows = [words.encode(example["text"]).ids + [stop] for example in stated["examples"][at:at + 25]]
        lengths = np.array([len(row) for row in rows], np.int32)
        padded = np.array([row + [0] * (lengths.max() - len(row)) for row in rows], np.int32)
        tokens, _ = test.generate(library, {"source": padded, "source_len": lengths}, "--max", "47")
        told += [words.decode(row[:row.index(stop)] if stop in row else row) for row in tokens.tolist()]
    test.assertEqual(told, [example["told"] for example in stated["examples"]])
    test.assertEqual(sum(a == example["wanted"] for a, example in zip(told, stated["examples"])), stated["right"])
