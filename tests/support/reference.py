"""Transformer operations in float64 numpy, written from their papers and from PyTorch's documentation.

Nothing here knows of the compiler: it is the second opinion that compiled models are compared with. Arrays are
[batch, time, width] unless said otherwise; masks are bool, true where a query sees a key, and broadcast to
[batch, heads, query, key].
"""
import math

import numpy as np

_erf = np.frompyfunc(math.erf, 1, 1)


class Weights:
    """A checkpoint widened to float64 on demand, under a scope: `w("encoder")["norm.weight"]`."""

    def __init__(self, tensors, scope=""):
        self.tensors, self.scope = tensors, scope

    def __call__(self, scope):
        return Weights(self.tensors, f"{self.scope}{scope}.")

    def __getitem__(self, name):
        return np.asarray(self.tensors[self.scope + name], np.float64)

    def get(self, name):
        """The tensor, or None where the checkpoint has none."""
        return self[name] if self.scope + name in self.tensors else None


# --- activations ------------------------------------------------------------------------------------------------------
def relu(x):
    return np.maximum(x, 0)


def gelu(x):
    """x * Phi(x), exact."""
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)).astype(np.float64))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def quick_gelu(x):
    return x * sigmoid(1.702 * x)


def silu(x):
    return x * sigmoid(x)


# --- rows -------------------------------------------------------------------------------------------------------------
def linear(x, w, transposed=False):
    """x W^T + b with the weights of a scope; `transposed` where the checkpoint stores [in, out]."""
    weight, bias = w["weight"], w.get("bias")
    y = x @ (weight if transposed else weight.T)
    return y if bias is None else y + bias


def layer_norm(x, w, eps=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + eps) * w["weight"] + w["bias"]


def rms_norm(x, w, eps=1e-6):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + eps) * w["weight"]


def l2_normalize(x, eps=1e-12):
    return x / np.maximum(np.sqrt((x ** 2).sum(-1, keepdims=True)), eps)


def softmax(x, axis=-1):
    """Softmax in which -inf is hidden; nothing visible gives zeros."""
    top = x.max(axis, keepdims=True)
    e = np.exp(x - np.where(np.isfinite(top), top, 0))
    total = e.sum(axis, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0)


def mean_pool(x, lengths):
    """The mean over the first LENGTHS positions; zeros for a length of 0."""
    seen = np.arange(x.shape[1])[None, :, None] < np.asarray(lengths)[:, None, None]
    return (x * seen).sum(1) / np.maximum(np.asarray(lengths), 1)[:, None]


# --- masks, [.., query, key] ------------------------------------------------------------------------------------------
def padding(lengths, keys):
    return (np.arange(keys) < np.asarray(lengths)[:, None])[:, None, None, :]


def causal(queries, keys, offset=0):
    """Query i sees keys 0..i + offset; an offset per batch row is an array."""
    shift = np.asarray(offset).reshape(-1, 1, 1, 1)
    return np.arange(keys) <= np.arange(queries)[:, None] + shift


def window(queries, keys, before, after):
    """Keys from query - before to query + after, both included."""
    distance = np.arange(keys) - np.arange(queries)[:, None]
    return ((distance >= -before) & (distance <= after))[None, None]


# --- attention --------------------------------------------------------------------------------------------------------
def split_heads(x, heads):
    batch, time, width = x.shape
    return x.reshape(batch, time, heads, width // heads).transpose(0, 2, 1, 3)


def merge_heads(x):
    batch, heads, time, width = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, time, heads * width)


def attention(q, k, v, heads, mask=None, kv_heads=None, scale=None, bias=None, softcap=None):
    """Scaled dot-product attention of Vaswani et al. 2017; a query that sees no key gets zeros."""
    kv_heads = kv_heads or heads
    q, k, v = split_heads(q, heads), split_heads(k, kv_heads), split_heads(v, kv_heads)
    k, v = (np.repeat(x, heads // kv_heads, axis=1) for x in (k, v))
    scores = q @ k.swapaxes(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if softcap is not None:
        scores = softcap * np.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return merge_heads(softmax(scores) @ v)


# --- positions --------------------------------------------------------------------------------------------------------
def sinusoidal(time, width, style="interleaved"):
    """The table of Vaswani et al. 2017; "half": all sines, then all cosines (Marian)."""
    angle = np.arange(time)[:, None] / 10000 ** (2 * np.arange(width // 2) / width)
    if style == "half":
        return np.concatenate([np.sin(angle), np.cos(angle)], -1)
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(time, width)


def scaled_rates(rates, kind="default", factor=1.0, low=1.0, high=4.0, context=8192):
    """Rotations a position, slowed down as Hugging Face's modeling_rope_utils does for rope_type KIND."""
    if kind == "linear":
        return rates / factor
    if kind == "llama3":
        wavelength = 2 * np.pi / rates
        smooth = (context / wavelength - low) / (high - low)
        between = (1 - smooth) * rates / factor + smooth * rates
        return np.where(wavelength > context / low, rates / factor, np.where(wavelength < context / high, rates, between))
    assert kind == "default"
    return rates


def rope(x, heads, theta=10000.0, style="half", width=None, scaling=None):
    """Rotary embedding of Su et al. 2021 on the first WIDTH features of each head; SCALING are arguments of scaled_rates."""
    h = split_heads(x, heads)
    width = width or h.shape[-1]
    angle = np.arange(h.shape[2])[:, None] * scaled_rates(theta ** (-2 * np.arange(width // 2) / width), **(scaling or {}))
    cos, sin = np.cos(angle), np.sin(angle)
    turned, rest = h[..., :width], h[..., width:]
    if style == "half":
        a, b = turned[..., :width // 2], turned[..., width // 2:]
        turned = np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
    else:
        a, b = turned[..., 0::2], turned[..., 1::2]
        turned = np.stack([a * cos - b * sin, b * cos + a * sin], -1).reshape(turned.shape)
    return merge_heads(np.concatenate([turned, rest], -1))


def alibi(heads, queries, keys):
    """-slope * distance with the slopes of Press et al. 2022, any number of heads; [1, heads, query, key]."""
    def power_of_two(n):
        start = 2 ** (-8 / n)
        return [start ** (i + 1) for i in range(n)]

    near = 2 ** int(math.log2(heads))
    slopes = power_of_two(near) + power_of_two(2 * near)[0::2][:heads - near]
    distance = np.abs(np.arange(queries)[:, None] - np.arange(keys))
    return -np.array(slopes)[None, :, None, None] * distance


def relative_bias(table, queries, keys, max_distance, bidirectional):
    """T5's bucketed bias (Raffel et al. 2020); table [buckets, heads] -> [1, heads, query, key]."""
    buckets = table.shape[0]
    bucket = np.empty((queries, keys), np.int64)
    for query in range(queries):
        for key in range(keys):
            distance, base, half = query - key, 0, buckets
            if bidirectional:
                half = buckets // 2
                base = half if distance < 0 else 0
                distance = abs(distance)
            distance = max(distance, 0)
            exact = half // 2
            if distance >= exact:
                step = math.log(distance / exact) / math.log(max_distance / exact) * (half - exact)
                distance = min(exact + int(step), half - 1)
            bucket[query, key] = base + distance
    return table[bucket].transpose(2, 0, 1)[None]


# --- convolution ------------------------------------------------------------------------------------------------------
def conv1d(x, w, stride=1, pad=0):
    """[batch, channels, length] with weight [out, channels, kernel], as torch.nn.Conv1d."""
    return conv2d(x[:, :, None, :], w, (1, stride), (0, pad), weight=w["weight"][:, :, None, :])[:, :, 0, :]


def conv2d(x, w, stride=1, pad=0, weight=None):
    """NCHW with weight [out, channels, height, width], as torch.nn.Conv2d."""
    weight = w["weight"] if weight is None else weight
    (sh, sw), (ph, pw) = (((s, s) if np.isscalar(s) else s) for s in (stride, pad))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kh, kw = weight.shape[2:]
    views = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    y = np.einsum("bchwij,ocij->bohw", views, weight, optimize=True)
    bias = w.get("bias")
    return y if bias is None else y + bias[:, None, None]
