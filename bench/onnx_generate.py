"""Writes decoders as ONNX graphs in the form in which ONNX Runtime generates fastest on a CPU.

That is what its own generation tools write: merged projections, its fused operators (GroupQueryAttention over a cache that is shared by input and output
and so never copied, MultiHeadAttention, SkipLayerNormalization, FastGelu), the last position's logits only, the likeliest token chosen in the graph.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper

from onnx_bert import Graph

MICROSOFT = "com.microsoft"
FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


class Decoder(Graph):
    """A graph with named inputs and outputs; operators with several results return all of their names."""

    def __init__(self):
        super().__init__()
        self.inputs, self.outputs = [], []

    def takes(self, name, kind, *shape):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def gives(self, name, kind, *shape):
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def several(self, kind, inputs, outputs, **attributes):
        self.count += 1
        outputs = [f"{kind}_{self.count}_{i}" if name is None else name for i, name in enumerate(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"{kind}_{self.count}", **attributes))
        return outputs

    def linear(self, x, weight, bias=None):
        """WEIGHT as [in, out]."""
        product = self("MatMul", x, self.constant(np.asarray(weight, np.float32)))
        return product if bias is None else self("Add", product, self.constant(bias))

    def norm(self, x, gain, bias, eps):
        return self("LayerNormalization", x, self.constant(gain), self.constant(bias), axis=-1, epsilon=eps)

    def skip_norm(self, x, skip, gain, bias, added, eps):
        """(norm(x + skip + added), x + skip + added)."""
        inputs = [x, skip, self.constant(gain), self.constant(bias), self.constant(added)]
        out = self.several("SkipLayerNormalization", inputs, [None, "", "", None], domain=MICROSOFT, epsilon=eps)
        return out[0], out[3]

    def cached_attention(self, qkv, layer, heads, width):
        """Causal attention that appends to the cache of LAYER; qkv are merged."""
        past = [self.takes(f"past_{part}_{layer}", FLOAT, "batch", heads, "room", width) for part in "kv"]
        present = [self.gives(f"present_{part}_{layer}", FLOAT, "batch", heads, "room", width) for part in "kv"]
        inputs = [qkv, "", "", *past, "last", "total"]
        return self.several("GroupQueryAttention", inputs, [None, *present], domain=MICROSOFT, num_heads=heads, kv_num_heads=heads)[0]

    def choose(self, x, table):
        """The likeliest token after the last position of x."""
        last = self("Gather", x, self.constant(np.array([-1], np.int64)), axis=1)
        self.gives("logits", FLOAT, "batch", 1, table.shape[0])
        self("MatMul", last, self.constant(np.ascontiguousarray(table.T)), output="logits")
        self.gives("token", INT64, "batch", 1)
        self("ArgMax", "logits", axis=-1, keepdims=0, output="token")

    def save(self, path, name):
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), str(path))


def start_decoder(g):
    for name, shape in (("ids", ("batch", "time")), ("places", ("batch", "time"))):
        g.takes(name, INT64, *shape)
    g.takes("last", INT32, "batch")
    g.takes("total", INT32)


def save_gpt2(path, cfg, w):
    """Prompt and step in one graph: ids, places [batch, time], last [batch] and total (positions - 1, positions), caches."""
    g, heads, eps = Decoder(), cfg["n_head"], cfg["layer_norm_epsilon"]
    w = {name.removeprefix("transformer."): value for name, value in w.items()}
    start_decoder(g)
    x = g("Add", g("Gather", g.constant(w["wte.weight"]), "ids"), g("Gather", g.constant(w["wpe.weight"]), "places"))
    normed = g.norm(x, w["h.0.ln_1.weight"], w["h.0.ln_1.bias"], eps)
    for i in range(cfg["n_layer"]):
        part = lambda name: (w[f"h.{i}.{name}.weight"], w[f"h.{i}.{name}.bias"])  # noqa: E731
        merged = g.cached_attention(g.linear(normed, *part("attn.c_attn")), i, heads, cfg["n_embd"] // heads)
        weight, bias = part("attn.c_proj")
        normed, x = g.skip_norm(g.linear(merged, weight), x, *part("ln_2"), bias, eps)
        weight, bias = part("mlp.c_fc")
        wide = g("FastGelu", g.linear(normed, weight), g.constant(bias), domain=MICROSOFT)
        weight, bias = part("mlp.c_proj")
        after = f"h.{i + 1}.ln_1" if i + 1 < cfg["n_layer"] else "ln_f"
        normed, x = g.skip_norm(g.linear(wide, weight), x, w[f"{after}.weight"], w[f"{after}.bias"], bias, eps)
    g.choose(normed, w["wte.weight"])
    g.save(path, "gpt2")


def embed(g, cfg, w, positions):
    """Scaled embeddings plus the position table's rows."""
    table = g.constant(w["shared.weight"] * np.float32(cfg["d_model"] ** 0.5))
    return g("Add", g("Gather", table, "ids"), g("Gather", g.constant(positions), "places"))


def feed_forward(g, w, layer, x):
    wide = g("Relu", g.linear(x, w[f"{layer}.fc1.weight"].T, w[f"{layer}.fc1.bias"]))
    return finish(g, w, f"{layer}.fc2", f"{layer}.final_layer_norm", wide, x)


def finish(g, w, name, norm, x, skip):
    """norm(skip + linear(x))."""
    product = g.linear(x, w[f"{name}.weight"].T)
    return g.skip_norm(product, skip, w[f"{norm}.weight"], w[f"{norm}.bias"], w[f"{name}.bias"], 1e-5)[0]


def merged(w, name, parts):
    """The projections PARTS of NAME as one ([in, out], [out])."""
    return (np.concatenate([w[f"{name}.{part}_proj.weight"].T for part in parts], 1), np.concatenate([w[f"{name}.{part}_proj.bias"] for part in parts]))


def split_heads(g, x, heads, width):
    return g("Transpose", g("Reshape", x, g.constant(np.array([0, 0, heads, width], np.int64))), perm=[0, 2, 1, 3])


def save_encoder(path, cfg, w, positions, masked):
    """ids, places [batch, time] and, if MASKED, lengths i32 [batch]; gives every decoder layer's keys and values of the memory."""
    g, heads, d = Decoder(), cfg["num_heads"], cfg["d_model"]
    for name in ("ids", "places"):
        g.takes(name, INT64, "batch", "time")
    mask = g.takes("mask", INT32, "batch", "time") if masked else ""
    x = embed(g, cfg, w, positions)
    for i in range(cfg["num_layers"]):
        layer = f"encoder.layers.{i}"
        weight, bias = merged(w, f"{layer}.self_attn", "qkv")
        parts = g.several("Split", [g.linear(x, weight)], [None] * 3, axis=-1)
        seen = g("MultiHeadAttention", *parts, g.constant(bias), mask, domain=MICROSOFT, num_heads=heads)
        x = finish(g, w, f"{layer}.self_attn.out_proj", f"{layer}.self_attn_layer_norm", seen, x)
        x = feed_forward(g, w, layer, x)
    for i in range(cfg["num_layers"]):
        for part in "kv":
            name = f"decoder.layers.{i}.encoder_attn.{part}_proj"
            lines = split_heads(g, g.linear(x, w[f"{name}.weight"].T, w[f"{name}.bias"]), heads, d // heads)
            g("Identity", lines, output=g.gives(f"memory_{part}_{i}", FLOAT, "batch", heads, "time", d // heads))
    g.save(path, "encoder")


def save_decoder(path, cfg, w, positions, masked):
    """As save_gpt2, over the encoder's memory_k_i, memory_v_i and `mask`."""
    g, heads, d = Decoder(), cfg["num_heads"], cfg["d_model"]
    start_decoder(g)
    mask = g.takes("mask", INT32, "batch", "source") if masked else ""
    x = embed(g, cfg, w, positions)
    for i in range(cfg["num_layers"]):
        layer = f"decoder.layers.{i}"
        merged_self = g.cached_attention(g.linear(x, *merged(w, f"{layer}.self_attn", "qkv")), i, heads, d // heads)
        x = finish(g, w, f"{layer}.self_attn.out_proj", f"{layer}.self_attn_layer_norm", merged_self, x)
        memory = [g.takes(f"memory_{part}_{i}", FLOAT, "batch", heads, "source", d // heads) for part in "kv"]
        query = g.linear(x, *merged(w, f"{layer}.encoder_attn", "q"))
        seen = g("MultiHeadAttention", query, *memory, "", mask, domain=MICROSOFT, num_heads=heads)
        x = finish(g, w, f"{layer}.encoder_attn.out_proj", f"{layer}.encoder_attn_layer_norm", seen, x)
        x = feed_forward(g, w, layer, x)
    g.choose(x, w["shared.weight"])
    g.save(path, "decoder")
