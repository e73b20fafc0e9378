"""The Decision Transformer (Chen et al. 2021) in Hugging Face's layout, and the form whose action decoder attends to a memory of states:
random checkpoints and float64 forward passes."""
import numpy as np

import gpt2
import reference as ref
from checkpoint import Random


def config(**changes):
    """A config.json; the defaults are those of the published models for the hopper."""
    return {"model_type": "decision_transformer", "state_dim": 11, "act_dim": 3, "hidden_size": 128, "max_ep_len": 1000, "n_layer": 3,
            "n_head": 1, "n_inner": None, "n_positions": 1024, "activation_function": "relu", "layer_norm_epsilon": 1e-5,
            "action_tanh": True} | changes


def draw_embeddings(draw, cfg):
    d = cfg["hidden_size"]
    draw.tensor("embed_timestep.weight", cfg["max_ep_len"], d, scale=0.3)
    draw.linear("embed_return", d, 1)
    draw.linear("embed_state", d, cfg["state_dim"])
    draw.linear("embed_action", d, cfg["act_dim"])
    draw.norm("embed_ln", d)


def random_checkpoint(cfg, seed=1):
    draw, d = Random(seed), cfg["hidden_size"]
    draw_embeddings(draw, cfg)
    draw.tensor("encoder.wpe.weight", cfg["n_positions"], d, scale=0.3)
    gpt2.draw_blocks(draw, "encoder.", cfg | {"n_embd": d})
    draw.linear("predict_action.0", cfg["act_dim"], d)
    draw.linear("predict_state", cfg["state_dim"], d)
    draw.linear("predict_return", 1, d)
    return draw.tensors


def forward(cfg, tensors, returns, states, actions, timesteps):
    """{action_preds: [batch, time, act_dim], state_preds: [batch, time, state_dim], return_preds: [batch, time, 1]}."""
    w, (batch, time), d = ref.Weights(tensors), timesteps.shape, cfg["hidden_size"]
    when = w["embed_timestep.weight"][timesteps]
    parts = [ref.linear(np.asarray(x, np.float64), w(f"embed_{name}")) + when
             for x, name in ((returns, "return"), (states, "state"), (actions, "action"))]
    x = ref.layer_norm(np.stack(parts, 2).reshape(batch, 3 * time, d), w("embed_ln")) + w["encoder.wpe.weight"][0]
    x = gpt2.blocks(cfg | {"n_embd": d}, w("encoder"), x).reshape(batch, time, 3, d)
    action = ref.linear(x[:, :, 1], w("predict_action.0"))
    return {"action_preds": np.tanh(action) if cfg["action_tanh"] else action, "state_preds": ref.linear(x[:, :, 2], w("predict_state")),
            "return_preds": ref.linear(x[:, :, 2], w("predict_return"))}


def random_memory_checkpoint(cfg, seed=1):
    draw, d = Random(seed), cfg["hidden_size"]
    draw_embeddings(draw, cfg)
    draw.tensor("distance.weight", 64, cfg["n_head"], scale=1.0)
    for stack, parts in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        for i in range(cfg["n_layer"]):
            layer = f"{stack}.layers.{i}."
            for part in parts:
                for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    draw.linear(f"{layer}{part}.{name}", d, d)
                draw.norm(f"{layer}{part}_layer_norm", d)
            draw.linear(f"{layer}fc1", 4 * d, d)
            draw.linear(f"{layer}fc2", d, 4 * d)
            draw.norm(f"{layer}final_layer_norm", d)
        draw.norm(f"{stack}.layer_norm", d)
    draw.linear("predict_action", cfg["act_dim"], d)
    return draw.tensors


def forward_memory(cfg, tensors, returns, states, previous, timesteps):
    """{action_preds: [batch, time, act_dim]} of the form with a state memory."""
    w, heads, time = ref.Weights(tensors), cfg["n_head"], timesteps.shape[1]
    when, past = w["embed_timestep.weight"][timesteps], ref.causal(time, time)
    returns, states, previous = (np.asarray(x, np.float64) for x in (returns, states, previous))
    near = ref.relative_bias(w["distance.weight"], time, time, 256, False)

    def attend(w, x, memory):
        q, k, v = ref.linear(x, w("q_proj")), ref.linear(memory, w("k_proj")), ref.linear(memory, w("v_proj"))
        return ref.linear(ref.attention(q, k, v, heads, past, bias=near), w("out_proj"))

    def stack(name, x, memory=None):
        for i in range(cfg["n_layer"]):
            layer = w(f"{name}.layers.{i}")
            h = ref.layer_norm(x, layer("self_attn_layer_norm"))
            x = x + attend(layer("self_attn"), h, h)
            if memory is not None:
                x = x + attend(layer("encoder_attn"), ref.layer_norm(x, layer("encoder_attn_layer_norm")), memory)
            x = x + ref.linear(ref.gelu(ref.linear(ref.layer_norm(x, layer("final_layer_norm")), layer("fc1"))), layer("fc2"))
        return ref.layer_norm(x, w(f"{name}.layer_norm"))

    known = ref.linear(states, w("embed_state")) + ref.linear(returns, w("embed_return")) + when
    memory = stack("encoder", ref.layer_norm(known, w("embed_ln")))
    chosen = stack("decoder", ref.linear(previous, w("embed_action")) + when, memory)
    return {"action_preds": np.tanh(ref.linear(chosen, w("predict_action")))}


def batch(cfg, rows, time, seed=0, action="actions"):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, cfg["max_ep_len"] - time + 1, (rows, 1))
    return {"returns": rng.standard_normal((rows, time, 1), np.float32),
            "states": rng.standard_normal((rows, time, cfg["state_dim"]), np.float32),
            action: rng.uniform(-1, 1, (rows, time, cfg["act_dim"])).astype(np.float32),
            "timesteps": (start + np.arange(time)).astype(np.int32)}
