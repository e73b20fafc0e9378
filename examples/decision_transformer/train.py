"""Trains both forms of this folder on offline episodes of Pendulum-v1 (pendulum.py) and writes their checkpoints.

python train.py [FORM]...   needs torch, transformers and gymnasium; FORM is decision_transformer (a Hugging Face checkpoint) or state_memory,
both when none is named. Writes FORM/model.safetensors, FORM/config.json and FORM/result.json here: the mean return over 20 new episodes for
each of some asked returns, beside that of the data. Steps are counted, not minutes: run again, it writes the same weights.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import DecisionTransformerConfig, DecisionTransformerModel

import pendulum

STEPS = {"decision_transformer": 3000, "state_memory": 2000}
WANTED, EPISODES, BATCH = (-150.0, -500.0, -1000.0), 20, 64
SIZES = {"state_dim": 3, "act_dim": 1, "hidden_size": 64, "n_layer": 3, "n_head": 2, "max_ep_len": pendulum.STEPS, "n_positions": 64,
         "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": None, "eos_token_id": None}
torch.set_num_threads(1)


class Attention(nn.Module):
    """Causal attention of x over a memory of the same steps."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, memory, bias):
        batch, time_, width = x.shape
        q, k, v = (y.view(batch, time_, self.heads, -1).transpose(1, 2) for y in (self.q_proj(x), self.k_proj(memory), self.v_proj(memory)))
        seen = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out_proj(seen.transpose(1, 2).reshape(batch, time_, width))


class Layer(nn.Module):
    def __init__(self, width, heads, cross):
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        if cross:
            self.encoder_attn, self.encoder_attn_layer_norm = Attention(width, heads), nn.LayerNorm(width)
        self.fc1, self.fc2, self.final_layer_norm = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.LayerNorm(width)

    def forward(self, x, bias, memory=None):
        h = self.self_attn_layer_norm(x)
        x = x + self.self_attn(h, h, bias)
        if memory is not None:
            x = x + self.encoder_attn(self.encoder_attn_layer_norm(x), memory, bias)
        return x + self.fc2(nn.functional.gelu(self.fc1(self.final_layer_norm(x))))


class Stack(nn.Module):
    def __init__(self, width, heads, layers, cross):
        super().__init__()
        self.layers, self.layer_norm = nn.ModuleList(Layer(width, heads, cross) for _ in range(layers)), nn.LayerNorm(width)

    def forward(self, x, bias, memory=None):
        for layer in self.layers:
            x = layer(x, bias, memory)
        return self.layer_norm(x)


class StateMemory(nn.Module):
    """state_memory.weft. Its biases start by preferring what is near, the first head by far; distances here are exact buckets."""

    def __init__(self, cfg):
        super().__init__()
        d = cfg["hidden_size"]
        self.embed_timestep = nn.Embedding(cfg["max_ep_len"], d)
        self.embed_return, self.embed_state, self.embed_action = nn.Linear(1, d), nn.Linear(cfg["state_dim"], d), nn.Linear(cfg["act_dim"], d)
        self.embed_ln, self.distance = nn.LayerNorm(d), nn.Embedding(64, cfg["n_head"])
        nn.init.normal_(self.embed_timestep.weight, std=0.1)
        with torch.no_grad():
            self.distance.weight.copy_(-4 * torch.arange(64.0)[:, None] / 8 ** torch.arange(cfg["n_head"]))
        self.encoder = Stack(d, cfg["n_head"], cfg["n_layer"], False)
        self.decoder = Stack(d, cfg["n_head"], cfg["n_layer"], True)
        self.predict_action = nn.Linear(d, cfg["act_dim"])

    def forward(self, returns, states, previous, timesteps):
        when, order = self.embed_timestep(timesteps), torch.arange(timesteps.shape[1])
        distance = order[:, None] - order
        bias = self.distance(distance.clamp(min=0)).permute(2, 0, 1).masked_fill(distance < 0, -torch.inf)[None]
        memory = self.encoder(self.embed_ln(self.embed_state(states) + self.embed_return(returns) + when), bias)
        return torch.tanh(self.predict_action(self.decoder(self.embed_action(previous) + when, bias, memory)))


def dataset(rng, episodes=1000):
    """Episodes of every skill: [episodes, steps, ...] of returns still to come, states and actions."""
    parts = [pendulum.episode(rng) for _ in range(episodes)]
    states, actions, rewards = (np.stack(column) for column in zip(*parts))
    returns = np.flip(np.cumsum(np.flip(rewards, 1), 1), 1) / pendulum.RETURN_UNIT
    return returns.astype(np.float32), states, actions


def chooser(form, model):
    """The model as `pendulum.play` wants it."""
    @torch.no_grad()
    def choose(returns, states, actions, timesteps):
        r, s, a, t = (torch.from_numpy(np.ascontiguousarray(x)) for x in (returns, states, actions, timesteps))
        return predict(form, model, r, s, a, t.long())[:, -1].numpy()
    return choose


def predict(form, model, returns, states, actions, timesteps):
    if form == "state_memory":
        previous = torch.cat([torch.zeros_like(actions[:, :1]), actions[:, :-1]], 1)
        return model(returns, states, previous, timesteps)
    return model(states=states, actions=actions, rewards=None, returns_to_go=returns, timesteps=timesteps,
                 attention_mask=torch.ones(timesteps.shape, dtype=torch.long)).action_preds


def train(form, model, data):
    """Some thousand steps; the processor seconds they took."""
    rng, (returns, states, actions) = np.random.default_rng(1), data
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3)
    begin = time.process_time()
    for step in range(STEPS[form]):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * step / STEPS[form]))
        rows = rng.integers(0, len(returns), BATCH)[:, None]
        # Starts before the episode's own are cut: early steps are seen with short contexts too.
        length = int(rng.integers(1, pendulum.CONTEXT + 1)) if step % 4 == 0 else pendulum.CONTEXT
        columns = rng.integers(0, pendulum.STEPS - length + 1, (BATCH, 1)) * (step % 4 != 0) + np.arange(length)
        r, s, a = (torch.from_numpy(x[rows, columns]) for x in (returns, states, actions))
        loss = ((predict(form, model, r, s, a, torch.from_numpy(columns)) - a) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        if step % 500 == 499:
            print(f"{form} step {step + 1} loss {loss.item():.4f} {time.process_time() - begin:.0f} s", flush=True)
    return time.process_time() - begin


def main():
    forms = sys.argv[1:] or list(STEPS)
    if unknown := set(forms) - set(STEPS):
        sys.exit(f"error: no form '{unknown.pop()}': {', '.join(STEPS)}")
    data = dataset(np.random.default_rng(0))
    totals = data[0][:, 0, 0] * pendulum.RETURN_UNIT
    print(f"data: returns {totals.min():.0f} to {totals.max():.0f}, mean {totals.mean():.0f}", flush=True)
    for form in forms:
        torch.manual_seed(0)
        model = StateMemory(SIZES) if form == "state_memory" else DecisionTransformerModel(DecisionTransformerConfig(**SIZES, vocab_size=1))
        seconds = train(form, model, data)
        model.eval()
        reached = [round(float(pendulum.play(chooser(form, model), wanted, EPISODES).mean()), 1) for wanted in WANTED]
        folder = pathlib.Path(__file__).resolve().parent / form
        folder.mkdir(exist_ok=True)
        if form == "state_memory":
            save_file({name: value.detach().contiguous() for name, value in model.state_dict().items()}, folder / "model.safetensors")
            (folder / "config.json").write_text(json.dumps({k: v for k, v in SIZES.items() if not k.endswith(("pdrop", "token_id"))}, indent=1))
        else:
            model.save_pretrained(folder)
        (folder / "model.safetensors").chmod(0o644)
        (folder / "result.json").write_text(json.dumps({
            "steps": STEPS[form], "minutes": round(seconds / 60, 1), "episodes": EPISODES, "wanted": WANTED, "return": reached,
            "data_mean": round(float(totals.mean()), 1), "data_best": round(float(totals.max()), 1)}, indent=1) + "\n")
        print(f"{form}: {STEPS[form]} steps in {seconds / 60:.1f} minutes, " + ", ".join(f"asked for {wanted:.0f}: {got:.0f}" for wanted, got in zip(WANTED, reached)), flush=True)


if __name__ == "__main__":
    main()
