"""The Python programs of examples/ refuse what they can't use, before anything is compiled: one error in words, no traceback."""
import os
import pathlib
import subprocess
import sys
import wave

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from family import EXAMPLES  # noqa: E402
from harness import WEFT, WeftTest, main  # noqa: E402


class Programs(WeftTest):
    def refuses(self, program, arguments, words, status=1):
        with self.subTest(program=program, arguments=arguments):
            done = subprocess.run([sys.executable, EXAMPLES / program, *map(str, arguments), "--out", self.dir / "out"], capture_output=True, text=True,
                                  cwd=self.dir, env=os.environ | {"WEFT": str(WEFT)}, timeout=120)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertEqual(done.stderr.count("error: "), 1, done.stderr)
            self.assertRegex(done.stderr, words)
            self.assertEqual(list(self.dir.glob("out/**/*.so")), [])

    def sound(self, name, data, channels=1, width=2, rate=16000):
        path = self.dir / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(data)
        return path

    def test_checkpoints(self):
        """No folder, no tokenizer, another family's, a config.json that is none."""
        for program in ("gpt2/complete.py", "llama/complete.py", "marian/translate.py", "t5/answer.py"):
            self.refuses(program, ["--weights", self.dir / "nowhere", "two"], r"nowhere/config\.json: No such file")
            self.refuses(program, ["--weights", EXAMPLES / "vit", "two"], r"vit/tokenizer\.json: No such file")
        self.refuses("bert/similarity.py", ["--weights", self.dir / "nowhere", "two"], "nowhere: no such file")
        self.refuses("bert/similarity.py", ["--weights", EXAMPLES / "vit", "two"], r'config\("model_type", "bert"\) is "vit"')
        self.refuses("t5/answer.py", ["--weights", EXAMPLES / "marian", "two"], r'config\("model_type", "t5"\) is "marian"')
        self.refuses("llama/complete.py", ["--weights", EXAMPLES / "gpt2", "two"], r'config\("model_type", "llama"\) is "gpt2"')
        self.write("broken/config.json", "{")
        self.refuses("gpt2/complete.py", ["--weights", self.dir / "broken", "two"], r"broken/config\.json: Expecting")
        self.write("broken2/config.json", "{}")
        self.write("broken2/tokenizer.json", "[]")
        self.refuses("gpt2/complete.py", ["--weights", self.dir / "broken2", "two"], r"broken2/tokenizer\.json: ")

    def test_texts(self):
        self.refuses("marian/translate.py", ["two", " "], "empty text")
        self.refuses("marian/translate.py", ["日本"], "the model knows none of it")
        self.refuses("llama/complete.py", ["abc"], "the model knows none of it")
        self.refuses("gpt2/complete.py", [""], "nothing to continue")
        self.refuses("g2p/phonemes.py", ["W3ft"], "'w3ft' is no word")
        self.refuses("g2p/phonemes.py", ["a" * 64], "1 to 63 letters")

    def test_sounds(self):
        """No file, no sound in it, another format, a part of one."""
        tone = self.sound("tone.wav", b"\x00\x10" * 16000)
        cut = self.write("cut.wav", tone.read_bytes()[:30])
        compressed = self.write("law.wav", tone.read_bytes()[:20] + b"\x07" + tone.read_bytes()[21:])
        wide = self.write("wide.wav", tone.read_bytes()[:32] + b"\x05\x00\x28\x00" + tone.read_bytes()[36:])
        for path, words in ((self.dir / "none.wav", "No such file"), (self.sound("empty.wav", b""), "it holds no samples"), (cut, "ends too early"),
                            (compressed, "unknown format: 7"), (wide, "40 bits a sample"), (EXAMPLES / "gpt2/tokenizer.json", "RIFF"),
                            (EXAMPLES, "Is a directory")):
            self.refuses("whisper/transcribe.py", [path], words)
            self.refuses("freeform/correct.py", [path, "1?"], words)
        self.refuses("whisper/transcribe.py", [tone, "--weights", self.dir / "nowhere"], r"nowhere/config\.json: No such file")
        for rough in ("12a", "", "1" * 9):
            self.refuses("freeform/correct.py", [tone, rough], f"'{rough}' is no rough number: 1 to 8 of the keys")
        self.refuses("freeform/correct.py", [tone], "'' is no rough number")
        self.refuses("freeform/correct.py", [self.sound("long.wav", bytes(2 * 48001)), "1"], "3.0 seconds; 2 at most")

    def test_pictures(self):
        self.refuses("clip/match.py", ["a photograph of a cat"], "is not one of the captions")
        self.refuses("vit/digits.py", ["360"], "images 0 to 359")
        self.refuses("captioner/tell.py", ["--count", "0"], "1 to 1000", status=2)

    def test_episodes(self):
        self.refuses("decision_transformer/play.py", ["--episodes", "0"], "1 to 64", status=2)
        self.refuses("decision_transformer/play.py", ["--wanted", "nan"], "is a number", status=2)
        self.refuses("decision_transformer/play.py", ["other"], "invalid choice", status=2)


if __name__ == "__main__":
    main()
