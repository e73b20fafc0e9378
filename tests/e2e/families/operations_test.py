"""The smaller operations of the language, one compiled model a group, each output against one line of numpy."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import reference as ref  # noqa: E402
from harness import TARGET, WeftTest, main  # noqa: E402


def erf_free(x):
    """The activations by the names that a config.json gives."""
    return {"gelu": ref.gelu(x), "gelu_new": ref.gelu_tanh(x), "gelu_pytorch_tanh": ref.gelu_tanh(x), "quick_gelu": ref.quick_gelu(x),
            "relu": ref.relu(x), "silu": ref.silu(x), "swish": ref.silu(x), "tanh": np.tanh(x), "sigmoid": ref.sigmoid(x)}


class Operations(WeftTest):
    def group(self, name, declarations, outputs, inputs):
        """Compiles `output o0 = text` for each (text, value) and compares; INPUTS are the arrays of the run."""
        lines = [f"  output o{index} = {text}" for index, (text, _) in enumerate(outputs)]
        source = self.write(f"{name}.weft", "model operations {\n" + declarations + "\n" + "\n".join(lines) + "\n}\n")
        library = self.dir / f"{name}.so"
        self.ok("compile", source, f"--target={TARGET}", "-o", library)
        got = self.run_model(library, inputs, [f"o{index}" for index in range(len(outputs))])
        for index, (text, value) in enumerate(outputs):
            with self.subTest(text=text):
                self.assertParity(got[f"o{index}"], value, 1e-5, what=text)

    DIMS = "  dim batch in 1..8\n  dim time in 1..64\n"

    def setUp(self):
        rng = np.random.default_rng(0)
        self.x32 = rng.standard_normal((3, 11, 10), np.float32) * 3
        self.x = self.x32.astype(np.float64)

    def test_activations(self):
        x = self.x
        named = [(f'activation(x, "{name}")', value) for name, value in erf_free(x).items()]
        direct = [("relu(x)", ref.relu(x)), ("gelu(x)", ref.gelu(x)), ("gelu_tanh(x)", ref.gelu_tanh(x)), ("quick_gelu(x)", ref.quick_gelu(x)),
                  ("silu(x)", ref.silu(x)), ("tanh(x)", np.tanh(x)), ("sigmoid(x)", ref.sigmoid(x)), ("exp(x)", np.exp(x)),
                  ("log(exp(x))", x), ("sqrt(x * x)", np.abs(x))]
        self.group("activations", self.DIMS + "  input x : f32[batch, time, 10]", named + direct, {"x": self.x32})

    def test_extremes(self):
        x32 = np.array([[0, -0.0, 1e-30, 20, -20, 88, -88, 200, -200, 1e4, -1e4]], np.float32)
        x = x32.astype(np.float64)
        with np.errstate(over="ignore"):
            outputs = [("tanh(x)", np.tanh(x)), ("sigmoid(x)", ref.sigmoid(x)), ("gelu(x)", ref.gelu(x)), ("gelu_tanh(x)", ref.gelu_tanh(x)),
                       ("silu(x)", ref.silu(x)), ("softmax(x)", ref.softmax(x))]
        self.group("extremes", "  dim batch in 1..8\n  input x : f32[batch, 11]", outputs, {"x": x32})

    def test_arithmetic_and_broadcasting(self):
        x, b = self.x, np.random.default_rng(1).standard_normal((11, 1)).astype(np.float32)
        c = b.astype(np.float64)
        outputs = [("x + b", x + c), ("x - b * 2", x - c * 2), ("2 / (x * x + 1)", 2 / (x * x + 1)), ("-x / 4 + 0.5", -x / 4 + 0.5), ("b - x", c - x),
                   ("where(x < b, x, 0)", np.where(x < c, x, 0)), ("where(x < 0, -1, x)", np.where(x < 0, -1, x)), ("f32(i32(x))", np.trunc(x)),
                   ("i32(x)", np.trunc(x).astype(np.int32)), ("f32(x < b)", (x < c) * 1.0)]
        self.group("arithmetic", self.DIMS + "  input x : f32[batch, time, 10]\n  input b : f32[time, 1]", outputs, {"x": self.x32, "b": b})

    def test_reductions(self):
        x = self.x
        outputs = []
        for axis in (0, 1, 2, -1):
            outputs += [(f"mean(x, {axis})", x.mean(axis)), (f"sum(x, {axis})", x.sum(axis)), (f"max(x, {axis}, keep = true)", x.max(axis, keepdims=True)),
                        (f"argmax(x, {axis})", x.argmax(axis).astype(np.int32)), (f"softmax(x, axis = {axis})", ref.softmax(x, axis))]
        outputs += [("mean_pool(x, lengths)", ref.mean_pool(x, [11, 0, 4])), ("l2_normalize(x)", ref.l2_normalize(x)),
                    ("argmax(x * 0, -1)", np.zeros((3, 11), np.int32))]
        self.group("reductions", self.DIMS + "  input x : f32[batch, time, 10]\n  input lengths : i32[batch]", outputs,
                   {"x": self.x32, "lengths": np.array([11, 0, 4], np.int32)})

    def test_shapes(self):
        x = self.x
        outputs = [("reshape(x, [batch, -1, 5])", x.reshape(3, 22, 5)), ("flatten(x)", x.reshape(3, 110)), ("transpose(x)", x.swapaxes(1, 2)),
                   ("transpose(x, [1, 0, 2])", x.transpose(1, 0, 2)), ("concat(x, x * 2, axis = 1)", np.concatenate([x, x * 2], 1)),
                   ("concat(x, x, -x, axis = -1)", np.concatenate([x, x, -x], -1)), ("x[:, 0]", x[:, 0]), ("x[..., -1]", x[..., -1]), ("x[:, :, 2:7]", x[:, :, 2:7]),
                   ("x[:, :, 1:-1] * 2", x[:, :, 1:-1] * 2), ("interleave(x, -x, axis = 1)", np.stack([x, -x], 2).reshape(3, 22, 10)),
                   ("split_heads(x, 2)", ref.split_heads(x, 2)), ("merge_heads(split_heads(x, 5))", x),
                   ("repeat_heads(split_heads(x, 2), 3)", np.repeat(ref.split_heads(x, 2), 3, 1)),
                   ("broadcast(mean(x, 1, keep = true), [batch, 4, 10])", np.broadcast_to(x.mean(1, keepdims=True), (3, 4, 10)))]
        self.group("shapes", self.DIMS + "  input x : f32[batch, time, 10]", outputs, {"x": self.x32})

    def test_split(self):
        x = self.x
        declarations = self.DIMS + "  input x : f32[batch, time, 10]\n  let a, b = split(x, 2)\n  let c, d, e = split(x, [1, 3, 6])\n  let f, g = split(x, 2, axis = -1)"
        outputs = [("a * b", x[..., :5] * x[..., 5:]), ("c + 1", x[..., :1] + 1), ("d", x[..., 1:4]), ("e", x[..., 4:]), ("f - g", x[..., :5] - x[..., 5:])]
        self.group("split", declarations, outputs, {"x": self.x32})

    def test_gathers(self):
        x, ids = self.x, np.array([[4, 0, 9, 9], [1, 2, 3, 4], [0, 0, 0, 5]], np.int32)
        at, lengths = np.array([0, 10, 5], np.int32), np.array([11, 1, 6], np.int32)
        declarations = self.DIMS + ("  dim n in 1..9\n  input x : f32[batch, time, 10]\n  input ids : i32[batch, n]\n  input table : f32[10, 6]\n"
                                    "  input at : i32[batch]\n  input lengths : i32[batch]")
        table = np.random.default_rng(2).standard_normal((10, 6)).astype(np.float32)
        rows = np.arange(3)
        outputs = [("lookup(table, ids)", table.astype(np.float64)[ids]), ("take(x, at)", x[rows, at]), ("last(x, lengths)", x[rows, lengths - 1]),
                   ("x + sinusoidal(10)", x + ref.sinusoidal(11, 10)), ('x * 2 + sinusoidal(10, "half")', x * 2 + ref.sinusoidal(11, 10, "half")),
                   ("where(ids == 0, 1, f32(ids))", np.where(ids == 0, 1, ids).astype(np.float64))]
        self.group("gathers", declarations, outputs, {"x": self.x32, "ids": ids, "table": table, "at": at, "lengths": lengths})

    def test_products(self):
        x, y32 = self.x, np.random.default_rng(3).standard_normal((3, 10, 7)).astype(np.float32)
        y = y32.astype(np.float64)
        outputs = [("matmul(x, y)", x @ y), ("matmul(x, transpose(x))", x @ x.swapaxes(1, 2)), ("matmul(transpose(y), transpose(x))", (x @ y).swapaxes(1, 2)),
                   ("rope(x, 5)", ref.rope(x, 5)), ('rope(x, 1, 100, style = "interleaved")', ref.rope(x, 1, 100, "interleaved"))]
        self.group("products", self.DIMS + "  input x : f32[batch, time, 10]\n  input y : f32[batch, 10, 7]", outputs, {"x": self.x32, "y": y32})


if __name__ == "__main__":
    main()
