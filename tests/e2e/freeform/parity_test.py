"""examples/freeform against float64: small random models and the sizes of its defaults."""
import json
import os
import pathlib
import subprocess
import sys
import wave

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import freeform  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest, full_size, of_row  # noqa: E402
from generation import greedy  # noqa: E402
from harness import WEFT, main  # noqa: E402

sys.path.insert(0, str(EXAMPLES / "freeform"))
import dial  # noqa: E402

SOURCE = "freeform/freeform.weft"
SMALL = {"d_model": 32, "heads": 4, "d_ff": 48, "layers": 2, "vocab_size": 60, "mels": 10, "audio_window": 4, "text_window": 5}


class Freeform(FamilyTest):
    def check_config(self, cfg, sizes, new):
        tensors = freeform.random_checkpoint(cfg)
        library = self.build(SOURCE, cfg, tensors)
        for frames, draft, time in sizes:
            inputs = freeform.batch(cfg, frames, draft, time, seed=time)
            self.check(library, inputs, freeform.forward(cfg, tensors, **inputs))
        del inputs["tokens"]
        memories, start = freeform.encode(cfg, tensors, **inputs), np.full((len(frames), 1), cfg["start"], np.int32)
        wanted = greedy(lambda t: freeform.decode(cfg, tensors, memories, inputs["mel_len"], inputs["rough_len"], t), start, cfg["stop"], new + 1)
        self.assertGreedy(self.generate(library, inputs, "--max", str(new)), wanted)
        decode = of_row(lambda audio, text, mel_len, rough_len, t: freeform.decode(cfg, tensors, (audio, text), mel_len, rough_len, t),
                        *memories, inputs["mel_len"], inputs["rough_len"])
        self.check_searches(library, inputs, decode, start, cfg["stop"], min(new, 12))

    # More tokens than the decoder's window: its ring goes round.
    def test_small(self):
        self.check_config(freeform.config(**SMALL), (([1], [1], 1), ([40, 9], [3, 33], 30), ([13, 6], [9, 11], 12)), 25)

    @full_size
    def test_full(self):
        self.check_config(freeform.config(), (([200, 150], [20, 30], 70),), 70)


FOLDER = EXAMPLES / "freeform"


class Trained(FamilyTest):
    """Dialled numbers, heard and roughly written down."""

    def test_held_out(self):
        """What is tested is not trained on, and both are drawn alike."""
        held = [number for number, _, _ in dial.test_examples(50)]
        rng = np.random.default_rng(0)
        trained = [dial.example(rng, held=False)[0] for _ in range(50)]
        self.assertTrue(all(map(dial.held_out, held)))
        self.assertFalse(any(map(dial.held_out, trained)))
        for numbers in (held, trained):
            self.assertEqual({len(number) for number in numbers}, set(range(dial.SHORTEST, dial.LONGEST + 1)))

    def test_score(self):
        """As many are right as after training; neither memory alone does half as well."""
        stated, library = json.loads((FOLDER / "result.json").read_text()), self.compile_once(EXAMPLES / SOURCE, FOLDER)
        numbers, sounds, roughs = zip(*dial.test_examples(stated["numbers"]))
        given, none = dial.inputs(sounds, roughs), np.zeros(len(numbers), np.int32)
        for name, lengths in (("right", {}), ("right_by_sound_alone", {"rough_len": none}), ("right_by_rough_alone", {"mel_len": none})):
            told = []
            for at in range(0, len(numbers), 16):
                tokens, _ = self.generate(library, {key: value[at:at + 16] for key, value in (given | lengths).items()}, "--max", "12")
                told += [dial.decode(row) for row in tokens]
            self.assertEqual(sum(a == b for a, b in zip(told, numbers)), stated[name], name)
        self.assertEqual(sum(a == b for a, b in zip(roughs, numbers)), stated["rough_is_right"])
        self.assertGreater(stated["right"], 2 * max(stated["right_by_sound_alone"], stated["right_by_rough_alone"], stated["rough_is_right"]))

    def test_trained_weights(self):
        cfg, tensors = json.loads((FOLDER / "config.json").read_text()), load_safetensors(FOLDER / "model.safetensors")
        _, sounds, roughs = zip(*dial.test_examples(3))
        inputs = dial.inputs(sounds, roughs) | {"tokens": np.random.default_rng(1).integers(0, cfg["vocab_size"], (3, 9), dtype=np.int32)}
        self.check(self.compile_once(EXAMPLES / SOURCE, FOLDER), inputs, freeform.forward(cfg, tensors, **inputs))

    def test_inputs_of_wrong_sizes(self):
        library = self.compile_once(EXAMPLES / SOURCE, FOLDER)
        _, sounds, roughs = zip(*dial.test_examples(1))
        good = dial.inputs(sounds, roughs)
        for name, value, words in (("mel", good["mel"][:, :40], "mel"), ("mel", good["mel"][:, :, :0], "frames"), ("mel", good["mel"][:, :, :199], "mel"),
                                   ("mel_len", np.array([101], np.int32), "mel_len"), ("rough", np.full((1, 513), 5, np.int32), "draft"),
                                   ("rough", np.full((1, 3), 99, np.int32), "rough")):
            with self.subTest(input=name, shape=value.shape):
                np.savez(self.dir / "wrong.npz", **good | {name: value})
                self.fails(["run", library, "--generate", "--input", self.dir / "wrong.npz", "--output", f"tokens={self.dir / 'wrong.npy'}"], words)

    def save(self, name, samples, rate, channels):
        """A .wav file of 16 bits."""
        at = np.arange(int(len(samples) * rate / dial.audio.RATE)) * dial.audio.RATE / rate
        loud = np.round(np.interp(at, np.arange(len(samples)), samples) * 32767).astype("<i2")
        with wave.open(str(self.dir / name), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.repeat(loud, channels).tobytes())
        return self.dir / name

    def program(self, *arguments):
        done = subprocess.run([sys.executable, FOLDER / "correct.py", *map(str, arguments), "--out", self.dir / "out"], capture_output=True, text=True,
                              env=os.environ | {"WEFT": str(WEFT)})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\n")

    def test_program(self):
        """A .wav file and a rough transcript in, the number out: also from two channels at another rate, and what it dialled itself."""
        keys, drowned = "20357647", [False, True, False, False, False, True, False, False]
        samples = dial.sound(keys, drowned, np.random.default_rng(5))
        for name, rate, channels in (("mono.wav", 16000, 1), ("stereo.wav", 44100, 2), ("slow.wav", 8000, 1)):
            self.assertEqual(self.program(self.save(name, samples, rate, channels), "20?5647"), [keys, ""], name)
        lines = self.program()
        for shown, told, dialled in zip(lines[::3], lines[1::3], lines[2::3]):
            path, rough = shown.split(", written down as ")
            self.assertEqual(self.program(path, rough), [told.split()[1], ""])
            self.assertTrue(dial.held_out(dialled.split()[1]))
        self.assertEqual(len(lines), 13)


if __name__ == "__main__":
    main()
