"""Generation, weft against ONNX Runtime (with a cache that is never copied) and CTranslate2 in one run: the same weights, cores and threads, alternating.

Every contestant is a process of its own that sleeps while another runs (generator.c, generators.py). The machine's peak and bandwidth are measured before
every round. A roofline is the sum over the matrices of max(flops / peak, weight bytes / bandwidth). Of weft alone: what share of the bandwidth a step of
GPT-2 reads its weights at, what token 900 costs beside token 100, and what share of the FMA peak a prompt of 512 reaches.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

from compare import HERE, ROOT, Contestant, compile_c, compiled, measure_machine  # also the way to tests/support
import gpt2  # noqa: E402
import reference  # noqa: E402
import seq2seq  # noqa: E402
from checkpoint import load_safetensors, save_checkpoint  # noqa: E402

EXAMPLES = ROOT / "examples"
# (share of the better peer's time at most, or rooflines at most); the easier counts.
GOALS = {("gpt2", "step 128"): (0.85, 1.10), ("gpt2", "prefill 128"): (0.80, 1.08), ("transformer", "generate"): (0.80, 1.12),
         ("g2p-1", "generate"): (0.60, 0), ("g2p-32", "generate"): (0.60, 0)}


class Model:
    """A description with its checkpoint, and what is measured: {command: runs of a burst}."""

    def __init__(self, name, source, folder, rows, most, commands):
        self.name, self.source, self.folder, self.rows, self.most, self.commands = name, source, folder, rows, most, commands
        self.cfg = json.loads((folder / "config.json").read_text())
        self.columns = max(map(len, rows))

    def write_workload(self, path):
        lines = [f"{len(self.rows)} {self.columns} {self.most}"]
        lines += [" ".join(map(str, [len(row), *row, *[0] * (self.columns - len(row))])) for row in self.rows]
        path.write_text("\n".join(lines) + "\n")
        return path


def random_folder(build, name, cfg, draw):
    folder = build / name
    if not (folder / "model.safetensors").exists():
        tensors = draw(cfg)
        if "shared.weight" in tensors:
            tensors["shared.weight"][cfg["eos_token_id"]] = 0  # a score of 0 is never the largest: all rows go on to the end
        save_checkpoint(folder, cfg, tensors)
    return folder


def words(count):
    """The first held-out words of g2p as letters and the end symbol."""
    symbols = {symbol: i for i, symbol in enumerate(json.loads((EXAMPLES / "g2p/vocab.json").read_text()))}
    cfg = json.loads((EXAMPLES / "g2p/config.json").read_text())
    lines = (EXAMPLES / "g2p/heldout.tsv").read_text().splitlines()[7:7 + count]
    return [[symbols[letter] for letter in line.split("\t")[0]] + [cfg["eos_token_id"]] for line in lines]


def models(build):
    ids = [(1000 + 7 * i) % 30000 for i in range(900)]
    g2p = EXAMPLES / "g2p"
    return [Model("gpt2", EXAMPLES / "gpt2/gpt2.weft", random_folder(build, "gpt2", gpt2.config(), gpt2.random_checkpoint), [ids], 4,
                  {"step 128": 12, "prefill 128": 2}),
            Model("transformer", EXAMPLES / "transformer/transformer.weft", random_folder(build, "transformer", seq2seq.config(), seq2seq.random_checkpoint),
                  [ids[:32]], 32, {"generate": 2}),
            Model("g2p-1", g2p / "g2p.weft", g2p, words(1), 63, {"generate": 40}),
            Model("g2p-32", g2p / "g2p.weft", g2p, words(32), 63, {"generate": 6})]


def write_peers(model, folder):
    """The peers' forms of a model, once."""
    if (folder / "about.json").exists():
        return
    import ct2_generate
    import onnx_generate
    folder.mkdir(parents=True, exist_ok=True)
    cfg, w = model.cfg, load_safetensors(model.folder / "model.safetensors")
    about = {"stop": cfg["eos_token_id"], "vocabulary": cfg["vocab_size"], "source": "num_heads" in cfg}
    if about["source"]:
        positions = reference.sinusoidal(512, cfg["d_model"], "interleaved").astype(np.float32)
        masked = len({len(row) for row in model.rows}) > 1
        onnx_generate.save_encoder(folder / "encoder.onnx", cfg, w, positions, masked)
        onnx_generate.save_decoder(folder / "decoder.onnx", cfg, w, positions, masked)
        ct2_generate.save_seq2seq(folder / "ct2", cfg, w, positions)
        about |= {"layers": cfg["num_layers"], "heads": cfg["num_heads"], "width": cfg["d_model"] // cfg["num_heads"], "start": cfg["decoder_start_token_id"]}
    else:
        onnx_generate.save_gpt2(folder / "decoder.onnx", cfg, w)
        ct2_generate.save_gpt2(folder / "ct2", cfg, w)
        about |= {"layers": cfg["n_layer"], "heads": cfg["n_head"], "width": cfg["n_embd"] // cfg["n_head"], "room": cfg["n_positions"]}
    (folder / "about.json").write_text(json.dumps(about))


class Generator(Contestant):
    def __init__(self, name, command, cores):
        super().__init__(name, command, cores)
        self.tokens, self.times = self.first, {}

    def burst(self, command, runs):
        self.times.setdefault(command, []).extend(self.ask(f"{command} {runs}"))


def contestants(model, threads, options):
    build, cores = options.build / "generate", set(sorted(os.sched_getaffinity(0))[:threads])
    folder = build / f"{model.name}-peers"
    write_peers(model, folder)
    library = compiled(options.weft, model.source, build / f"{model.name}.so", "--weights", model.folder)
    workload = model.write_workload(build / f"{model.name}.txt")
    busy = ["busy"] if options.busy else []
    if busy:  # whatever core is free
        cores = os.sched_getaffinity(0)
    field = [Generator("weft", [options.build / "generator", library, threads, workload, *busy], cores)]
    for peer in filter(None, options.peers.split(",")):
        field.append(Generator(peer, [sys.executable, HERE / "generators.py", peer, folder, threads, workload, *busy], cores))
    return field


def check_agreement(model, field):
    stop = model.cfg["eos_token_id"]
    rows = lambda one: [row[:row.index(stop)] if stop in row else row for row in one.tokens]  # noqa: E731
    for one in field[1:]:
        if rows(one) != rows(field[0]):
            raise SystemExit(f"error: {one.name} and weft disagree on {model.name}: {str(rows(one))[:200]} and {str(rows(field[0]))[:200]}")


def matrices(cfg):
    """({columns x depth of all matrices that a step reads}, {those that each source position passes})."""
    if "n_embd" in cfg:
        d = cfg["n_embd"]
        return [(3 * d, d), (d, d), (4 * d, d), (d, 4 * d)] * cfg["n_layer"] + [(cfg["vocab_size"], d)], []
    d, inner, layers = cfg["d_model"], cfg["d_ff"], cfg["num_layers"]
    ffn = [(inner, d), (d, inner)]
    return ([(d, d)] * 6 + ffn) * layers + [(cfg["vocab_size"], d)], ([(d, d)] * 4 + ffn + [(d, d)] * 2) * layers


def roofline_ms(model, command, machine):
    peak, bandwidth = machine["gflops"] * 1e9, machine["gbytes"] * 1e9
    cost = lambda shapes, rows: 1e3 * sum(max(2 * rows * n * k / peak, 4 * n * k / bandwidth) for n, k in shapes)  # noqa: E731
    step, source = matrices(model.cfg)
    if command.startswith("prefill"):
        return cost(step[:-1], int(command.split()[1])) + cost(step[-1:], 1)
    if command.startswith("step"):
        return cost(step, 1)
    return cost(source, len(model.rows) * model.columns) + model.most * cost(step, len(model.rows))


def median_machine(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def compare(model, threads, options):
    field = contestants(model, threads, options)
    check_agreement(model, field)
    machines = []
    for _ in range(options.rounds):
        machines.append(measure_machine(options.build / "machine", threads))
        for command, runs in model.commands.items():
            for one in field:
                time.sleep(0.03)  # the last contestant's threads stop spinning
                one.burst(command, runs)
    alone, around = measure_alone(field[0], threads, options) if model.name == "gpt2" else ({}, None)
    for one in field:
        one.close()
    machine = median_machine(machines)
    rows = [row_of(model, command, threads, field, machine) for command in model.commands]
    return rows, [{"threads": threads, **line} for line in alone_lines(model, alone, around)]


def causal_attention(options):
    """What attention under a causal mask costs beside the same without, 2,048 keys, one thread."""
    folder, times = options.build / "generate", {"false": [], "true": []}
    for masked in times:
        compiled(options.weft, HERE / "attention.weft", folder / f"attention-{masked}.so", f"-Dmasked={masked}")
    for _ in range(options.rounds):
        for masked, found in times.items():
            command = [options.weft, "run", folder / f"attention-{masked}.so", "--random-inputs", "1", "--dim", "time=2048", "--bench", "3"]
            found.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["min_ms" if options.busy else "median_ms"])
    open_ms, masked_ms = (statistics.median(found) for found in times.values())
    return {"threads": 1, "what": f"causal attention over 2048 keys beside {open_ms:.1f} ms without a mask", "ms": masked_ms, "value": masked_ms / open_ms,
            "goal": 0.6, "met": masked_ms <= 0.6 * open_ms}


def row_of(model, command, threads, field, machine):
    medians = {one.name: statistics.median(one.times[command]) for one in field}
    row = {"model": model.name, "what": command, "threads": threads, "machine": machine, "median_ms": medians}
    if not model.name.startswith("g2p"):  # which lies in the caches
        row["roofline_ms"] = roofline_ms(model, command, machine)
        row["rooflines"] = {who: ms / row["roofline_ms"] for who, ms in medians.items()}
    if len(medians) > 1:
        best, row["best_peer"] = min((ms, who) for who, ms in medians.items() if who != "weft")
        row["ratio"] = medians["weft"] / best
        goal = GOALS[model.name, command]
        row["goal"], row["met"] = goal, row["ratio"] <= goal[0] or row.get("rooflines", {"weft": 9})["weft"] <= goal[1]
    return row


def measure_alone(weft, threads, options):
    """Medians of token 100, token 900 and prompts of 512 in turn, and the machine as it was in those rounds."""
    machines = []
    for _ in range(options.rounds):
        machines.append(measure_machine(options.build / "machine", threads))
        for command, runs in (("step 100", 8), ("step 892", 8), ("prefill 512", 1)):
            weft.burst(command, runs)
    return {command: statistics.median(weft.times[command]) for command in ("step 100", "step 892", "prefill 512")}, median_machine(machines)


def alone_lines(model, alone, machine):
    if not alone:
        return []
    step, _ = matrices(model.cfg)
    read = sum(4 * n * k for n, k in step)
    d, layers, seq = model.cfg["n_embd"], model.cfg["n_layer"], 512
    flops = 2 * seq * sum(n * k for n, k in step[:-1]) + 2 * step[-1][0] * step[-1][1] + 2 * layers * seq * seq * d  # causal: half of the scores
    share = read / alone["step 100"] / 1e6 / machine["gbytes"]
    return [{"what": "gpt2, token 100: share of the bandwidth", "ms": alone["step 100"], "value": share, "goal": 0.85, "met": share >= 0.85},
            {"what": "gpt2, token 900 over token 100", "ms": alone["step 892"], "value": alone["step 892"] / alone["step 100"], "goal": 1.3,
             "met": alone["step 892"] <= 1.3 * alone["step 100"]},
            {"what": "gpt2, prompt of 512: share of the FMA peak", "ms": alone["prefill 512"], "value": flops / alone["prefill 512"] / 1e6 / machine["gflops"],
             "goal": 0.80, "met": flops / alone["prefill 512"] / 1e6 >= 0.80 * machine["gflops"]}]


def show(rows, alone):
    verdict = {True: "met", False: "MISSED", None: ""}
    print(f"{'model':12} {'what':12} {'thr':>3} {'GB/s':>5} | {'weft ms':>8} {'x roof':>6} | {'best peer':>9} {'x roof':>6} {'':12}| ratio")
    for row in rows:
        ms, roofs, best = row["median_ms"], row.get("rooflines", {}), row.get("best_peer")
        times = lambda who: f"{ms[who]:8.2f} " + (f"{roofs[who]:6.2f}" if roofs else f"{'-':>6}")  # noqa: E731
        peer = f" {times(best)} {best:12}| {row['ratio']:.3f}  {verdict[row['met']]}" if best else ""
        others = ", ".join(f"{who} {value:.2f}" for who, value in ms.items() if who not in ("weft", best))
        print(f"{row['model']:12} {row['what']:12} {row['threads']:3} {row['machine']['gbytes']:5.1f} | {times('weft')} |{peer}  {others}")
    for line in alone:
        print(f"{line['threads']} thread(s): {line['what']}: {line['value']:.2f} (goal {line['goal']}; {line['ms']:.2f} ms)  {verdict[line['met']]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="attention,gpt2,transformer,g2p-1,g2p-32")
    parser.add_argument("--peers", default="onnxruntime,ctranslate2", help="empty: weft alone")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, help="write the rows here")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "bin" / "weft")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench", help="where models are written")
    parser.add_argument("--busy", action="store_true", help="count the processes' own time, for one thread on a machine that others use too")
    parser.add_argument("--prepare", action="store_true", help="write and compile the models, measure nothing")
    options = parser.parse_args()
    if options.busy and options.threads != "1":
        parser.error("--busy needs --threads 1")
    (options.build / "generate").mkdir(parents=True, exist_ok=True)
    for program in ("machine", "generator"):
        compile_c(HERE / f"{program}.c", options.build / program)
    rows, alone = [], [] if options.prepare or "attention" not in options.models.split(",") else [causal_attention(options)]
    for threads in map(int, options.threads.split(",")):
        for model in models(options.build / "generate"):
            if model.name not in options.models.split(","):
                continue
            if options.prepare:
                field = contestants(model, threads, options)
                check_agreement(model, field)
                [one.close() for one in field]
                continue
            of_model, lines = compare(model, threads, options)
            rows, alone = rows + of_model, alone + lines
            if options.json:
                options.json.write_text(json.dumps({"models": rows, "weft alone": alone}, indent=1))
    show(rows, alone)


if __name__ == "__main__":
    main()
