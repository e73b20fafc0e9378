"""Compares the float64 references of the model families with Hugging Face's own implementation: against_transformers.py [FAMILY]...

Not part of ./test: it needs torch and transformers (seen: 2.15 and 5.24), which nothing else here does. Run it after a change to a
reference. Every family gets a small random checkpoint of ours, loaded under its own names with nothing missing and nothing left over,
in float64. Prints the largest difference relative to the largest value; fails above 1e-9, or 1e-6 where the library computes a part in f32.
"""
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers as hf

import bert
import captioner
import clip
import decision
import gpt2
import llama
import seq2seq
import t5
import vit
import whisper
from checkpoint import save_checkpoint

TINY_TEXT = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 64, "vocab_size": 70,
             "max_position_embeddings": 16, "eos_token_id": 69, "bos_token_id": 1}
TINY_IMAGE = {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 80, "image_size": 28, "patch_size": 7}
TINY_GPT2 = {"n_embd": 32, "n_head": 4, "n_layer": 2, "vocab_size": 60, "n_positions": 40, "eos_token_id": 1, "bos_token_id": 1}


def load(kind, cfg, tensors):
    """The library's model from our config.json and .safetensors, in float64; only tied weights and tables by formula may be missing."""
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(pathlib.Path(folder), {k: v for k, v in cfg.items() if v is not None}, tensors)
        model, info = kind.from_pretrained(folder, dtype=torch.float64, output_loading_info=True)
    derived = ("embed_tokens.weight", "lm_head", "proj_out", "embed_positions", "wte", "pooler")
    missing = [name for name in info["missing_keys"] if not any(part in name for part in derived)]
    assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()


def tensors_of(inputs):
    return {k: torch.from_numpy(v).long() if v.dtype == np.int32 else torch.from_numpy(v).double() for k, v in inputs.items()}


def mask_of(lengths, time):
    return (torch.arange(time) < torch.from_numpy(lengths)[:, None]).long()


def check(name, got, wanted, tolerance=1e-9):
    got = got.detach().numpy()
    error = np.abs(got - wanted).max() / np.abs(wanted).max()
    print(f"{name:32} {error:.2e}")
    assert got.shape == wanted.shape and error < tolerance, name


def check_gpt2():
    cfg = gpt2.config(**TINY_GPT2)
    weights, inputs = gpt2.random_checkpoint(cfg), gpt2.batch(cfg, 2, 23)
    check("gpt2", load(hf.GPT2LMHeadModel, cfg, weights)(tensors_of(inputs)["tokens"]).logits, gpt2.forward(cfg, weights, **inputs)["logits"])


def check_bert():
    cfg = bert.config(hidden=32, heads=4, layers=2, inner=48, vocab=60, context=40)
    weights, inputs = bert.random_checkpoint(cfg), bert.batch(cfg, [9, 4], pairs=True)
    x = tensors_of(inputs)
    got = load(hf.BertModel, cfg, weights)(x["ids"], mask_of(inputs["lengths"], 9), x["types"])
    wanted = bert.forward(cfg, weights, **inputs)
    check("bert", got.last_hidden_state[:, :4], wanted["hidden"][:, :4])
    check("bert pooled", got.pooler_output, wanted["pooled"])


def check_vit():
    cfg = vit.config(**TINY_IMAGE, id2label={str(i): str(i) for i in range(5)})
    weights, inputs = vit.random_checkpoint(cfg), vit.batch(cfg, 3)
    got = load(hf.ViTForImageClassification, cfg, weights)(tensors_of(inputs)["pixels"])
    check("vit", got.logits, vit.forward(cfg, weights, **inputs)["logits"])


def check_marian():
    cfg = seq2seq.marian_config(d_model=32, encoder_layers=2, decoder_layers=3, encoder_attention_heads=4, decoder_attention_heads=2,
                                encoder_ffn_dim=48, decoder_ffn_dim=56, vocab_size=60, pad_token_id=59, decoder_start_token_id=59,
                                max_position_embeddings=40)
    weights, inputs = seq2seq.random_checkpoint(cfg), seq2seq.batch(cfg, [9, 4], 7)
    x = tensors_of(inputs)
    got = load(hf.MarianMTModel, cfg, weights)(x["source"], mask_of(inputs["source_len"], 9), x["target"], torch.ones_like(x["target"]))
    check("marian", got.logits[..., :59], seq2seq.forward(cfg, weights, **inputs)["logits"], 1e-6)  # the library's sines are f32


def check_t5():
    for name, base in (("t5 1.0", t5.config), ("t5 1.1", t5.v11_config)):
        cfg = base(d_model=40, num_heads=3, d_kv=8, num_layers=2, num_decoder_layers=3, d_ff=72, vocab_size=55)
        weights, inputs = t5.random_checkpoint(cfg), t5.batch(cfg, [150, 4], 140)
        x = tensors_of(inputs)
        model = load(hf.T5ForConditionalGeneration, cfg, weights)
        got = model(x["source"], mask_of(inputs["source_len"], 150), decoder_input_ids=x["target"])
        check(name, got.logits, t5.forward(cfg, weights, **inputs)["logits"], 1e-6)  # the library's softmax is f32


def check_llama():
    for name, changes in (("llama grouped", {"num_key_value_heads": 2}), ("llama plain, untied", {"num_key_value_heads": 6, "tie_word_embeddings": False}),
                          ("llama 3.1", {"num_key_value_heads": 2, "rope_theta": 100.0, "rope_scaling": llama.LLAMA3 | {"original_max_position_embeddings": 16}}),
                          ("llama linear", {"num_key_value_heads": 2, "rope_scaling": {"type": "linear", "factor": 2.5}})):
        cfg = llama.config(hidden_size=48, num_attention_heads=6, num_hidden_layers=2, intermediate_size=100, vocab_size=65, rope_theta=500000.0) | changes
        weights, inputs = llama.random_checkpoint(cfg), llama.batch(cfg, 2, 23)
        got = load(hf.LlamaForCausalLM, cfg, weights)(tensors_of(inputs)["tokens"])
        check(name, got.logits, llama.forward(cfg, weights, **inputs)["logits"], 1e-6)  # the library's rotations are f32


def check_whisper():
    cfg = whisper.config(d_model=32, encoder_attention_heads=4, decoder_attention_heads=2, encoder_layers=2, decoder_layers=3, encoder_ffn_dim=64,
                         decoder_ffn_dim=48, num_mel_bins=10, max_source_positions=50, max_target_positions=30, vocab_size=70,
                         pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3)
    weights, inputs = whisper.random_checkpoint(cfg), whisper.batch(cfg, 2, 50, 11)
    x = tensors_of(inputs)
    got = load(hf.WhisperForConditionalGeneration, cfg, weights)(x["mel"], decoder_input_ids=x["tokens"])
    check("whisper", got.logits, whisper.forward(cfg, weights, **inputs)["logits"])


def check_clip():
    cfg = clip.config(TINY_TEXT, TINY_IMAGE, 24)
    weights, inputs = clip.random_checkpoint(cfg), clip.batch(cfg, 3, 4, 11)
    x = tensors_of(inputs)
    got = load(hf.CLIPModel, cfg, weights)(x["tokens"], x["pixels"])
    check("clip", got.logits_per_image, clip.forward(cfg, weights, **inputs)["logits_per_image"])


def check_captioner():
    for name, image in (("captioner", TINY_IMAGE), ("captioner, one width", TINY_IMAGE | {"hidden_size": 32, "num_attention_heads": 2})):
        cfg = captioner.config(image, TINY_GPT2 | {"n_embd": 32})
        weights, inputs = captioner.random_checkpoint(cfg), captioner.batch(cfg, 2, 11)
        cfg["decoder"]["add_cross_attention"] = True
        model = load(hf.VisionEncoderDecoderModel, cfg, weights)
        x = tensors_of(inputs)
        check(name, model(x["pixels"], x["tokens"]).logits, captioner.forward(cfg, weights, **inputs)["logits"])


def check_decision():
    cfg = decision.config(state_dim=5, act_dim=2, hidden_size=32, n_layer=2, n_head=2, max_ep_len=50)
    weights, inputs = decision.random_checkpoint(cfg), decision.batch(cfg, 2, 13)
    x = tensors_of(inputs)
    model = load(hf.DecisionTransformerModel, cfg, weights)
    got = model(states=x["states"], actions=x["actions"], rewards=None, returns_to_go=x["returns"], timesteps=x["timesteps"],
                attention_mask=torch.ones(2, 13, dtype=torch.long))
    wanted = decision.forward(cfg, weights, **inputs)
    for name in ("action_preds", "state_preds", "return_preds"):
        check(f"decision transformer {name}", getattr(got, name), wanted[name])


if __name__ == "__main__":
    checks = {name[6:]: function for name, function in list(globals().items()) if name.startswith("check_")}
    for family in sys.argv[1:] or checks:
        checks[family]()
