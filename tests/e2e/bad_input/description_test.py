"""Descriptions and config files that are no such thing: clear errors with a place, in bounded time, and no output."""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from harness import ROOT, WeftTest, main  # noqa: E402

BERT = ROOT / "examples" / "bert" / "bert.weft"
GOOD = """model tiny {
  dim batch in 1..4
  input x : f32[batch, 8]
  output y = relu(x)
}
"""


class BadDescription(WeftTest):
    def refuses(self, text, *patterns, errors=1):
        path = self.write("bad.weft", text)
        for command in (["check", path], ["compile", path, "--random-weights=1", "-o", self.dir / "bad.so"]):
            with self.subTest(command=command[0]):
                self.fails(command, r"bad\.weft", *patterns, errors=errors)

    def test_the_good_text_is_taken(self):
        path = self.write("good.weft", GOOD)
        self.ok("check", path)

    def test_missing_file(self):
        self.fails(["check", self.dir / "nowhere.weft"], r"nowhere\.weft")

    def test_weights_larger_than_the_memory(self):
        path = self.write("huge.weft", GOOD.replace("relu(x)", "relu(linear(linear(x, 1000000) @ \"a\", 1000000) @ \"b\")"))
        for command in (["compile", path, "--random-weights=1", "-o", self.dir / "huge.so"], ["verify", path, "--random-weights=1"]):
            with self.subTest(command=command[0]):
                self.fails(command, r"the model's weights are 4\.0 TB.*--random-weights")
        self.ok("compile", path, "--random-weights=1", "--dry-run")

    @unittest.skipIf(os.environ.get("WEFT_SANITIZED"), "the address sanitizer ends the program by itself")
    def test_inputs_larger_than_the_memory(self):
        path = self.write("wide.weft", GOOD.replace("1..4", "1..1000000").replace("8", "1000000"))
        library = self.compile(path, "wide.so")
        self.fails(["run", library, "--random-inputs", "1", "--dim", "batch=1000000"], "not enough memory for the inputs and outputs")
        self.fails(["verify", path, "--sizes", "batch=1000000"], "out of memory")
        self.fails(["compile", self.dir / "nowhere.weft", "-o", self.dir / "x.so"], r"nowhere\.weft")

    def test_folder_instead_of_a_file(self):
        folder = self.dir / "folder.weft"
        folder.mkdir(exist_ok=True)
        self.fails(["check", folder], r"folder\.weft")

    def test_empty_and_blank(self):
        for text in ("", "\n\n", "// nothing\n"):
            self.refuses(text)

    def test_unterminated(self):
        self.refuses('model m {\n  const a = "never ends\n  output y = a\n}\n', r"bad\.weft:2:\d+", errors=None)
        self.refuses("model m {\n  dim batch in 1..4\n", r"bad\.weft:\d+:\d+")
        self.refuses("model m {\n  output y = relu((1\n}\n", r"bad\.weft:\d+:\d+", errors=None)

    def test_invalid_utf8_and_nul(self):
        self.refuses(b"model m {\n  // \xff\xfe\n  output \xc3\x28 = 1\n}\n", r"bad\.weft:2:\d+|bad\.weft:3:\d+", errors=None)
        self.refuses(b"model m {\n  output y = \0 1\n}\n", r"bad\.weft:2:\d+", errors=None)
        self.refuses(b"\x7fELF\x02\x01\x01\0" * 1000, errors=None)

    def test_deep_nesting(self):
        for open_, close in (("(", ")"), ("-", ""), ("relu(", ")"), ("[", "]")):
            with self.subTest(open_=open_):
                self.refuses("model m {\n  output y = " + open_ * 100000 + "1" + close * 100000 + "\n}\n", errors=None)
        self.refuses("model m {\n" + "if true {\n" * 50000 + "}\n" * 50000 + "}\n", errors=None)

    def test_long_chain(self):
        self.refuses("model m {\n  output y = 1" + " + 1" * 200000 + "\n}\n", errors=None)

    def test_a_hundred_thousand_lines(self):
        lines = "".join(f"  const c{i} = {i}\n" for i in range(100000))
        self.ok("check", self.write("long.weft", GOOD.replace("  dim", lines + "  dim", 1)))
        errors = "".join(f"  let v{i} = unknown{i}\n" for i in range(100000))
        self.refuses(GOOD.replace("  output", errors + "  output", 1), r"bad\.weft:4:", errors=None)

    def test_all_errors_at_once(self):
        text = GOOD.replace("  output", "  let a = nowhere\n  let b = relu(x, x, x)\n  output", 1)
        self.refuses(text, r"bad\.weft:4:11", r"bad\.weft:5:", errors=2)

    def test_no_follow_up_errors(self):
        text = GOOD.replace("  output y = relu(x)", "  let a = nowhere\n  let b = relu(a) + a\n  output y = b", 1)
        self.refuses(text, r"bad\.weft:4:11", "nowhere")

    def test_nearest_name(self):
        self.refuses(GOOD.replace("relu", "rleu"), r"bad\.weft:4:", "relu")

    def test_endless_recursion(self):
        self.refuses("model m {\n  dim n in 1..4\n  input x : f32[n]\n  block f(a) { return f(a) }\n  output y = f(x)\n}\n", errors=None)
        self.write("a.weft", 'import "b.weft"\n' + GOOD)
        self.write("b.weft", 'import "a.weft"\n')
        self.assertIn(self.weft("check", self.dir / "a.weft").returncode, (0, 1))

    def test_sizes_without_bound(self):
        for shape in ("9223372036854775807", "99999999999999999999999", "4611686018427387904, 4", "-1", "0 - 3"):
            with self.subTest(shape=shape):
                self.refuses(f"model m {{\n  input x : f32[{shape}]\n  output y = relu(x)\n}}\n", errors=None)
        self.refuses("model m {\n  dim n in 5..2\n  input x : f32[n]\n  output y = relu(x)\n}\n", r"bad\.weft:2")


class BadConfig(WeftTest):
    GOOD = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 10,
            "type_vocab_size": 2, "max_position_embeddings": 16, "hidden_act": "gelu", "layer_norm_eps": 1e-12}

    def refuses(self, config, *patterns, errors=1):
        path = self.write("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
        return self.fails(["compile", BERT, "--config", path, "--random-weights=1", "-o", self.dir / "bert.so"], *patterns, errors=errors)

    def test_the_good_one_is_taken(self):
        path = self.write("config.json", json.dumps(self.GOOD))
        self.ok("compile", BERT, "--config", path, "--random-weights=1", "-o", self.dir / "good.so")

    def test_no_json(self):
        for text in ("", "{", '{"hidden_size": }', "[]", "12", b"\xff\xfe", '{"hidden_size": 1e400}', "[" * 200000):
            with self.subTest(text=text[:20]):
                self.refuses(text, r"config\.json")

    def test_wrong_types(self):
        for key, value in (("hidden_size", "8"), ("hidden_size", 8.5), ("hidden_size", [8]), ("hidden_act", 3), ("num_hidden_layers", True)):
            with self.subTest(key=key, value=value):
                self.refuses({**self.GOOD, key: value}, key)

    def test_wrong_values(self):
        for key, value in (("hidden_size", 0), ("hidden_size", -8), ("num_attention_heads", 3), ("num_attention_heads", 0),
                           ("vocab_size", 1 << 62), ("hidden_size", 1 << 40), ("hidden_act", "no_such_act"), ("num_hidden_layers", -1)):
            with self.subTest(key=key, value=value):
                self.refuses({**self.GOOD, key: value})

    def test_missing_key(self):
        source = self.write("strict.weft", GOOD.replace("  dim", '  const d = config("sizes.width")\n  dim', 1))
        config = self.write("empty.json", "{}")
        self.fails(["compile", source, "--config", config, "-o", self.dir / "x.so"], r"strict\.weft:2", r"sizes\.width", r"empty\.json")

    def test_missing_file(self):
        self.fails(["compile", BERT, "--config", self.dir / "none.json", "--random-weights=1", "-o", self.dir / "x.so"], r"none\.json")

    def test_unknown_override(self):
        path = self.write("config.json", json.dumps(self.GOOD))
        self.fails(["compile", BERT, "--config", path, "-D", "hiden=3", "--random-weights=1", "-o", self.dir / "x.so"], "hiden")


if __name__ == "__main__":
    main()
