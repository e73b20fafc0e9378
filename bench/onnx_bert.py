"""Writes a BERT checkpoint as an ONNX graph, node for node as PyTorch's exporter writes Hugging Face's model.

That form is the one whose patterns the peers' own optimizers look for (attention, skip + LayerNorm, bias + Gelu). Outputs are those of
examples/bert: the hidden states and the pooled, normalized embedding.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Nodes and initializers under construction; every call returns the name of its result."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, value, name=None):
        name = name or f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def __call__(self, kind, *inputs, output=None, **attributes):
        self.count += 1
        output = output or f"{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}_{self.count}", **attributes))
        return output


def linear(g, x, w, name):
    """MatMul with the transposed weight, then Add of the bias, as exported."""
    product = g("MatMul", x, g.constant(w[f"{name}.weight"].T, f"{name}.weight_t"))
    return g("Add", g.constant(w[f"{name}.bias"], f"{name}.bias"), product)


def layer_norm(g, x, w, name, eps):
    return g("LayerNormalization", x, g.constant(w[f"{name}.weight"], f"{name}.weight"),
             g.constant(w[f"{name}.bias"], f"{name}.bias"), axis=-1, epsilon=eps)


def gelu(g, x):
    half = g("Div", x, g.constant(np.float32(np.sqrt(2))))
    one = g("Add", g("Erf", half), g.constant(np.float32(1)))
    return g("Mul", g("Mul", x, one), g.constant(np.float32(0.5)))


def attention(g, x, w, name, heads, width, mask):
    split = g.constant(np.array([0, 0, heads, width], np.int64))
    q, k, v = (g("Reshape", linear(g, x, w, f"{name}.self.{part}"), split) for part in ("query", "key", "value"))
    q, k, v = g("Transpose", q, perm=[0, 2, 1, 3]), g("Transpose", k, perm=[0, 2, 3, 1]), g("Transpose", v, perm=[0, 2, 1, 3])
    scores = g("Div", g("MatMul", q, k), g.constant(np.float32(np.sqrt(width))))
    probs = g("Softmax", g("Add", scores, mask), axis=-1)
    merged = g("Transpose", g("MatMul", probs, v), perm=[0, 2, 1, 3])
    merged = g("Reshape", merged, g.constant(np.array([0, 0, heads * width], np.int64)))
    return linear(g, merged, w, f"{name}.output.dense")


def embeddings(g, w, eps, seq):
    table = {kind: g.constant(w[f"embeddings.{kind}_embeddings.weight"], f"{kind}_table") for kind in ("word", "token_type")}
    words = g("Gather", table["word"], "input_ids")
    both = g("Add", words, g("Gather", table["token_type"], "token_type_ids"))
    places = g.constant(w["embeddings.position_embeddings.weight"][None, :seq], "positions")
    return layer_norm(g, g("Add", both, places), w, "embeddings.LayerNorm", eps)


def pooled(g, hidden):
    """Mean over the visible positions, then l2 normalization, as sentence-transformers exports them."""
    axes = g.constant(np.array([1], np.int64))
    seen = g("Unsqueeze", g("Cast", "attention_mask", to=TensorProto.FLOAT), g.constant(np.array([-1], np.int64)))
    total = g("ReduceSum", g("Mul", hidden, seen), axes, keepdims=0)
    mean = g("Div", total, g("Clip", g("ReduceSum", seen, axes, keepdims=0), g.constant(np.float32(1e-9))))
    norm = g("ReduceL2", mean, axes=[-1], keepdims=1)
    return g("Div", mean, g("Clip", norm, g.constant(np.float32(1e-12))), output="embedding")


def save(path, cfg, w, seq):
    """Writes the model for one sequence length and batch 1 (static shapes: the peers' best case) to PATH."""
    g, heads, d, eps = Graph(), cfg["num_attention_heads"], cfg["hidden_size"], cfg["layer_norm_eps"]
    wide = g("Unsqueeze", g("Unsqueeze", "attention_mask", g.constant(np.array([1], np.int64))), g.constant(np.array([2], np.int64)))
    hidden_keys = g("Sub", g.constant(np.float32(1)), g("Cast", wide, to=TensorProto.FLOAT))
    mask = g("Mul", hidden_keys, g.constant(np.float32(-3.4028234663852886e38)))
    x = embeddings(g, w, eps, seq)
    for i in range(cfg["num_hidden_layers"]):
        name, last = f"encoder.layer.{i}", i == cfg["num_hidden_layers"] - 1
        x = layer_norm(g, g("Add", attention(g, x, w, f"{name}.attention", heads, d // heads, mask), x), w,
                       f"{name}.attention.output.LayerNorm", eps)
        inner = gelu(g, linear(g, x, w, f"{name}.intermediate.dense"))
        x = layer_norm(g, g("Add", linear(g, inner, w, f"{name}.output.dense"), x), w, f"{name}.output.LayerNorm", eps)
        if last:
            x = g("Identity", x, output="hidden")
    pooled(g, x)
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, [1, seq]) for n in ("input_ids", "attention_mask", "token_type_ids")]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, seq, d]),
               helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, d])]
    graph = helper.make_graph(g.nodes, "bert", inputs, outputs, g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))


def save_fused(source, path, cfg):
    """Lets ONNX Runtime's own Transformer optimizer fuse SOURCE into PATH; returns how often each fused operator stands in it."""
    from onnxruntime.transformers import optimizer
    model = optimizer.optimize_model(str(source), model_type="bert", num_heads=cfg["num_attention_heads"],
                                     hidden_size=cfg["hidden_size"], opt_level=0, use_gpu=False)
    model.save_model_to_file(str(path))
    return {kind: count for kind, count in model.get_fused_operator_statistics().items() if count}
