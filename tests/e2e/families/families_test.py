"""Small random models of other families, whole sequences, against float64 numpy: what BERT does not use must be right too."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import reference as ref  # noqa: E402
from checkpoint import Random, save_checkpoint  # noqa: E402
from harness import WeftTest, main  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


class FamilyTest(WeftTest):
    def build(self, name, cfg, draw):
        """Compiles NAME.weft with a checkpoint of the drawn tensors."""
        return self.compile(HERE / f"{name}.weft", f"{name}.so", weights=save_checkpoint(self.dir / name, cfg, draw.tensors))

    def check(self, library, inputs, wanted, *options):
        got = self.run_model(library, inputs, list(wanted), *options)
        for name, value in wanted.items():
            with self.subTest(output=name, shapes=[a.shape for a in inputs.values()]):
                self.assertParity(got[name], value, what=name)


class Transformer(FamilyTest):
    CFG = {"d_model": 32, "num_heads": 4, "d_ff": 56, "num_layers": 3, "vocab_size": 90}

    def attend(self, w, x, memory, mask):
        q, k, v = ref.linear(x, w("q_proj")), ref.linear(memory, w("k_proj")), ref.linear(memory, w("v_proj"))
        return ref.linear(ref.attention(q, k, v, 4, mask), w("out_proj"))

    def feed_forward(self, w, x):
        return ref.linear(ref.relu(ref.linear(x, w("fc1"))), w("fc2"))

    def forward(self, tensors, source, source_len, target):
        w = ref.Weights(tensors)
        table, (src, tgt) = w["shared.weight"], (source.shape[1], target.shape[1])
        x = table[source] * 32 ** 0.5 + ref.sinusoidal(src, 32)
        for i in range(3):
            layer = w(f"encoder.layers.{i}")
            x = ref.layer_norm(x + self.attend(layer("self_attn"), x, x, ref.padding(source_len, src)), layer("self_attn_layer_norm"))
            x = ref.layer_norm(x + self.feed_forward(layer, x), layer("final_layer_norm"))
        y = table[target] * 32 ** 0.5 + ref.sinusoidal(tgt, 32)
        for i in range(3):
            layer = w(f"decoder.layers.{i}")
            y = ref.layer_norm(y + self.attend(layer("self_attn"), y, y, ref.causal(tgt, tgt)), layer("self_attn_layer_norm"))
            y = ref.layer_norm(y + self.attend(layer("encoder_attn"), y, x, ref.padding(source_len, src)), layer("encoder_attn_layer_norm"))
            y = ref.layer_norm(y + self.feed_forward(layer, y), layer("final_layer_norm"))
        return {"encoded": x, "logits": y @ table.T}

    def test_parity(self):
        draw = Random(1)
        draw.tensor("shared.weight", 90, 32, scale=0.3)
        for stack, parts in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
            for i in range(3):
                layer = f"{stack}.layers.{i}"
                for part in parts:
                    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                        draw.linear(f"{layer}.{part}.{name}", 32, 32)
                    draw.norm(f"{layer}.{part}_layer_norm", 32)
                draw.linear(f"{layer}.fc1", 56, 32)
                draw.linear(f"{layer}.fc2", 32, 56)
                draw.norm(f"{layer}.final_layer_norm", 32)
        library, rng = self.build("transformer", self.CFG, draw), np.random.default_rng(2)
        for batch, src, tgt in ((1, 1, 1), (2, 9, 5), (3, 17, 33), (1, 3, 20)):
            lengths = np.maximum(src - np.arange(batch) * 3, 1).astype(np.int32)
            inputs = {"source": rng.integers(0, 90, (batch, src), np.int32), "source_len": lengths, "target": rng.integers(0, 90, (batch, tgt), np.int32)}
            self.check(library, inputs, self.forward(draw.tensors, **inputs))


class Gpt2(FamilyTest):
    CFG = {"n_embd": 40, "n_head": 5, "n_layer": 3, "vocab_size": 77, "n_positions": 48}

    def test_parity(self):
        draw = Random(2)
        draw.tensor("transformer.wte.weight", 77, 40, scale=0.2)
        draw.tensor("transformer.wpe.weight", 48, 40, scale=0.1)
        for i in range(3):
            for name, out, width in (("attn.c_attn", 120, 40), ("attn.c_proj", 40, 40), ("mlp.c_fc", 160, 40), ("mlp.c_proj", 40, 160)):
                draw.linear(f"transformer.h.{i}.{name}", out, width, transposed=True)
            draw.norm(f"transformer.h.{i}.ln_1", 40)
            draw.norm(f"transformer.h.{i}.ln_2", 40)
        draw.norm("transformer.ln_f", 40)
        library, w = self.build("gpt2", self.CFG, draw), ref.Weights(draw.tensors, "transformer.")
        for batch, time in ((1, 1), (2, 11), (1, 48)):
            tokens = np.random.default_rng(time).integers(0, 77, (batch, time), np.int32)
            x = w["wte.weight"][tokens] + w["wpe.weight"][:time]
            for i in range(3):
                layer = w(f"h.{i}")
                q, k, v = np.split(ref.linear(ref.layer_norm(x, layer("ln_1")), layer("attn.c_attn"), transposed=True), 3, -1)
                x = x + ref.linear(ref.attention(q, k, v, 5, ref.causal(time, time)), layer("attn.c_proj"), transposed=True)
                inner = ref.gelu_tanh(ref.linear(ref.layer_norm(x, layer("ln_2")), layer("mlp.c_fc"), transposed=True))
                x = x + ref.linear(inner, layer("mlp.c_proj"), transposed=True)
            self.check(library, {"tokens": tokens}, {"logits": ref.layer_norm(x, w("ln_f")) @ w["wte.weight"].T})


class Llama(FamilyTest):
    CFG = {"hidden_size": 48, "num_attention_heads": 6, "num_key_value_heads": 2, "num_hidden_layers": 2, "intermediate_size": 100,
           "vocab_size": 65, "rope_theta": 500000.0, "rms_norm_eps": 1e-5}

    def test_parity(self):
        draw = Random(3)
        draw.tensor("model.embed_tokens.weight", 65, 48, scale=0.5)
        for i in range(2):
            layer = f"model.layers.{i}"
            for name, out, width in (("self_attn.q_proj", 48, 48), ("self_attn.k_proj", 16, 48), ("self_attn.v_proj", 16, 48), ("self_attn.o_proj", 48, 48),
                                     ("mlp.gate_proj", 100, 48), ("mlp.up_proj", 100, 48), ("mlp.down_proj", 48, 100)):
                draw.linear(f"{layer}.{name}", out, width, bias=False)
            draw.norm(f"{layer}.input_layernorm", 48, bias=False)
            draw.norm(f"{layer}.post_attention_layernorm", 48, bias=False)
        draw.norm("model.norm", 48, bias=False)
        draw.linear("lm_head", 65, 48, bias=False)
        library, w = self.build("llama", self.CFG, draw), ref.Weights(draw.tensors, "model.")
        for batch, time in ((1, 1), (2, 13), (1, 70)):
            tokens = np.random.default_rng(time).integers(0, 65, (batch, time), np.int32)
            x = w["embed_tokens.weight"][tokens]
            for i in range(2):
                layer = w(f"layers.{i}")
                h = ref.rms_norm(x, layer("input_layernorm"), 1e-5)
                q, k = (ref.rope(ref.linear(h, layer(f"self_attn.{n}_proj")), heads, 500000.0) for n, heads in (("q", 6), ("k", 2)))
                seen = ref.attention(q, k, ref.linear(h, layer("self_attn.v_proj")), 6, ref.causal(time, time), kv_heads=2)
                x = x + ref.linear(seen, layer("self_attn.o_proj"))
                g = ref.rms_norm(x, layer("post_attention_layernorm"), 1e-5)
                x = x + ref.linear(ref.silu(ref.linear(g, layer("mlp.gate_proj"))) * ref.linear(g, layer("mlp.up_proj")), layer("mlp.down_proj"))
            logits = ref.linear(ref.rms_norm(x, w("norm"), 1e-5), ref.Weights(draw.tensors)("lm_head"))
            self.check(library, {"tokens": tokens}, {"logits": logits})


class Vit(FamilyTest):
    CFG = {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 80, "image_size": 28, "patch_size": 7}

    def test_parity(self):
        draw = Random(4)
        draw.tensor("vit.embeddings.cls_token", 1, 1, 36)
        draw.tensor("vit.embeddings.position_embeddings", 1, 17, 36, scale=0.2)
        draw.tensor("vit.embeddings.patch_embeddings.projection.weight", 36, 3, 7, 7, scale=0.08)
        draw.tensor("vit.embeddings.patch_embeddings.projection.bias", 36, scale=0.1)
        for i in range(2):
            layer = f"vit.encoder.layer.{i}"
            for name, out, width in (("attention.attention.query", 36, 36), ("attention.attention.key", 36, 36), ("attention.attention.value", 36, 36),
                                     ("attention.output.dense", 36, 36), ("intermediate.dense", 80, 36), ("output.dense", 36, 80)):
                draw.linear(f"{layer}.{name}", out, width)
            draw.norm(f"{layer}.layernorm_before", 36)
            draw.norm(f"{layer}.layernorm_after", 36)
        draw.norm("vit.layernorm", 36)
        library, w = self.build("vit", self.CFG, draw), ref.Weights(draw.tensors, "vit.")
        for batch in (1, 3):
            pixels = np.random.default_rng(batch).standard_normal((batch, 3, 28, 28), np.float32)
            patches = ref.conv2d(pixels.astype(np.float64), w("embeddings.patch_embeddings.projection"), stride=7)
            x = patches.reshape(batch, 36, 16).transpose(0, 2, 1)
            x = np.concatenate([np.broadcast_to(w["embeddings.cls_token"], (batch, 1, 36)), x], 1) + w["embeddings.position_embeddings"]
            for i in range(2):
                layer = w(f"encoder.layer.{i}")
                h = ref.layer_norm(x, layer("layernorm_before"), 1e-12)
                q, k, v = (ref.linear(h, layer(f"attention.attention.{n}")) for n in ("query", "key", "value"))
                x = x + ref.linear(ref.attention(q, k, v, 3), layer("attention.output.dense"))
                x = x + ref.linear(ref.gelu(ref.linear(ref.layer_norm(x, layer("layernorm_after"), 1e-12), layer("intermediate.dense"))), layer("output.dense"))
            hidden = ref.layer_norm(x, w("layernorm"), 1e-12)
            self.check(library, {"pixels": pixels}, {"hidden": hidden, "image_state": hidden[:, 0]})


class T5(FamilyTest):
    CFG = {"d_model": 40, "num_heads": 3, "d_kv": 8, "num_layers": 2, "d_ff": 72, "vocab_size": 55}

    def test_parity(self):
        draw = Random(5)
        draw.tensor("shared.weight", 55, 40, scale=1.0)
        draw.tensor("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 32, 3, scale=1.0)
        for i in range(2):
            block = f"encoder.block.{i}"
            for name, out, width in (("layer.0.SelfAttention.q", 24, 40), ("layer.0.SelfAttention.k", 24, 40), ("layer.0.SelfAttention.v", 24, 40),
                                     ("layer.0.SelfAttention.o", 40, 24), ("layer.1.DenseReluDense.wi", 72, 40), ("layer.1.DenseReluDense.wo", 40, 72)):
                draw.linear(f"{block}.{name}", out, width, bias=False, gain=0.7)
            draw.norm(f"{block}.layer.0.layer_norm", 40, bias=False)
            draw.norm(f"{block}.layer.1.layer_norm", 40, bias=False)
        draw.norm("encoder.final_layer_norm", 40, bias=False)
        library, w = self.build("t5", self.CFG, draw), ref.Weights(draw.tensors)
        table = w["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        for lengths, seq in (([1], 1), ([9, 4], 9), ([150, 7], 150)):
            ids = np.random.default_rng(seq).integers(0, 55, (len(lengths), seq), np.int32)
            bias, x = ref.relative_bias(table, seq, seq, 128, True), w["shared.weight"][ids]
            for i in range(2):
                first, second = w(f"encoder.block.{i}")("layer.0"), w(f"encoder.block.{i}")("layer.1")
                h = ref.rms_norm(x, first("layer_norm"))
                q, k, v = (ref.linear(h, first(f"SelfAttention.{n}")) for n in "qkv")
                seen = ref.attention(q, k, v, 3, ref.padding(lengths, seq), scale=1.0, bias=bias)
                x = x + ref.linear(seen, first("SelfAttention.o"))
                x = x + ref.linear(ref.relu(ref.linear(ref.rms_norm(x, second("layer_norm")), second("DenseReluDense.wi"))), second("DenseReluDense.wo"))
            self.check(library, {"ids": ids, "lengths": np.array(lengths, np.int32)}, {"hidden": ref.rms_norm(x, w("encoder.final_layer_norm"))})


class Audio(FamilyTest):
    CFG = {"d_model": 32, "encoder_attention_heads": 4, "encoder_layers": 2, "encoder_ffn_dim": 64, "num_mel_bins": 10, "max_source_positions": 50}

    def test_parity(self):
        draw = Random(6)
        for name, channels in (("conv1", 10), ("conv2", 32)):
            draw.tensor(f"{name}.weight", 32, channels, 3, scale=(3 * channels) ** -0.5)
            draw.tensor(f"{name}.bias", 32, scale=0.1)
        draw.tensor("embed_positions.weight", 50, 32, scale=0.2)
        for i in range(2):
            for name, out, width in (("self_attn.q_proj", 32, 32), ("self_attn.v_proj", 32, 32), ("self_attn.out_proj", 32, 32), ("fc1", 64, 32), ("fc2", 32, 64)):
                draw.linear(f"layers.{i}.{name}", out, width)
            draw.linear(f"layers.{i}.self_attn.k_proj", 32, 32, bias=False)
            draw.norm(f"layers.{i}.self_attn_layer_norm", 32)
            draw.norm(f"layers.{i}.final_layer_norm", 32)
        draw.norm("layer_norm", 32)
        library, w = self.build("audio", self.CFG, draw), ref.Weights(draw.tensors)
        for batch, time in ((1, 1), (2, 13), (1, 50)):
            mel = np.random.default_rng(time).standard_normal((batch, 10, 2 * time), np.float32)
            x = ref.gelu(ref.conv1d(mel.astype(np.float64), w("conv1"), pad=1))
            x = ref.gelu(ref.conv1d(x, w("conv2"), stride=2, pad=1)).transpose(0, 2, 1) + w["embed_positions.weight"][:time]
            for i in range(2):
                layer = w(f"layers.{i}")
                h = ref.layer_norm(x, layer("self_attn_layer_norm"))
                q, k, v = (ref.linear(h, layer(f"self_attn.{n}_proj")) for n in "qkv")
                x = x + ref.linear(ref.attention(q, k, v, 4), layer("self_attn.out_proj"))
                x = x + ref.linear(ref.gelu(ref.linear(ref.layer_norm(x, layer("final_layer_norm")), layer("fc1"))), layer("fc2"))
            self.check(library, {"mel": mel}, {"hidden": ref.layer_norm(x, w("layer_norm"))})


class Masks(FamilyTest):
    def test_parity(self):
        draw, d, heads = Random(7), 24, 4
        for name in "qkv":
            draw.linear(f"plain.{name}", d, d, gain=2)
        for name in "kv":
            draw.linear(f"few.{name}", 12, d, gain=2)
        library, w = self.build("masks", {}, draw), ref.Weights(draw.tensors)
        for lengths, seq in (([1], 1), ([7, 0, 3], 7), ([40, 21], 40), ([64], 64)):
            rng = np.random.default_rng(seq)
            x32 = rng.standard_normal((len(lengths), seq, d), np.float32)
            inputs = {"x": x32, "lengths": np.array(lengths, np.int32), "visible": rng.random((len(lengths), 1, seq, seq)) < 0.6}
            inputs["visible"][:, :, 0] = False  # a row that sees nothing
            x = x32.astype(np.float64)
            q, k, v = (ref.linear(x, w("plain")(n)) for n in "qkv")
            few = [ref.linear(x, w("few")(n)) for n in "kv"]
            padded, causal = ref.padding(lengths, seq), ref.causal(seq, seq)

            def attend(mask=None, q=q, k=k, **options):
                return ref.attention(q, k, v, heads, mask, **options)

            self.check(library, inputs, {
                "plain": attend(), "windowed": attend(padded & ref.window(seq, seq, 2, 2)), "one_sided": attend(ref.window(seq, seq, 2, 1)),
                "causal_window": attend(causal & ref.window(seq, seq, 3, 3)), "shifted": attend(ref.causal(seq, seq, -2)),
                "given": attend(inputs["visible"]), "sloped": attend(padded, bias=ref.alibi(heads, seq, seq)), "capped": attend(padded, softcap=1.5),
                "scaled": attend(scale=0.25), "grouped": ref.attention(q, *few, heads, kv_heads=2), "written": attend(padded), "written_causal": attend(causal),
                "turned": attend(q=ref.rope(q, heads, style="interleaved"), k=ref.rope(k, heads, style="interleaved")),
                "partly_turned": attend(q=ref.rope(q, heads, 500, width=4), k=ref.rope(k, heads, 500, width=4))})


if __name__ == "__main__":
    main()
