"""A peer's contestant of the comparison of generation: generators.py onnxruntime|ctranslate2 MODEL-FOLDER THREADS WORKLOAD [busy].

Speaks as generator.c does: prints the greedy tokens of all rows of the workload as JSON, then answers the lines "generate RUNS", "prefill LENGTH RUNS" and
"step POSITION RUNS" with times in milliseconds. MODEL-FOLDER holds what generate.py wrote: a folder `ct2`, and .onnx graphs.
"""
import json
import pathlib
import sys
import time

import numpy as np

# With `busy` times are the process's own, for one thread on a machine that others use too.
clock = time.process_time if sys.argv[5:] == ["busy"] else time.perf_counter


class Workload:
    def __init__(self, path):
        numbers = np.array(pathlib.Path(path).read_text().split(), np.int64)
        self.rows, self.columns, self.most = (int(n) for n in numbers[:3])
        table = numbers[3:].reshape(self.rows, self.columns + 1)
        self.lengths, self.tokens = table[:, 0], np.ascontiguousarray(table[:, 1:])


class OnnxRuntime:
    """Sessions over buffers that are bound once; a cache is input and output in one."""

    def __init__(self, folder, threads, work):
        import onnxruntime
        self.ort, self.work = onnxruntime, work
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = lambda name: onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])  # noqa: E731
        self.about = json.loads((folder / "about.json").read_text())
        self.decoder = session("decoder.onnx")
        self.encoder = session("encoder.onnx") if (folder / "encoder.onnx").exists() else None
        self.masked = any(value.name == "mask" for value in self.decoder.get_inputs())
        self.at = {}

    def state(self, rows, time_, room=None, caches=None):
        """Bound buffers for a prompt of TIME positions (1: a step)."""
        binding, arrays = self.decoder.io_binding(), {}

        def bind(name, array, output=False):
            arrays[name] = array
            value = self.ort.OrtValue.ortvalue_from_numpy(array)
            arrays[name + " value"] = value
            (binding.bind_ortvalue_output if output else binding.bind_ortvalue_input)(name, value)
        for name, array in (("ids", np.zeros((rows, time_), np.int64)), ("places", np.zeros((rows, time_), np.int64)), ("last", np.zeros(rows, np.int32)),
                            ("total", np.zeros((), np.int32))):
            bind(name, array)
        about = self.about
        arrays["caches"] = caches or [self.ort.OrtValue.ortvalue_from_numpy(np.zeros((rows, about["heads"], room, about["width"]), np.float32))
                                      for _ in range(2 * about["layers"])]
        for i, value in enumerate(arrays["caches"]):
            binding.bind_ortvalue_input(f"past_{'kv'[i % 2]}_{i // 2}", value)
            binding.bind_ortvalue_output(f"present_{'kv'[i % 2]}_{i // 2}", value)
        bind("token", np.zeros((rows, 1), np.int64), output=True)
        bind("logits", np.zeros((rows, 1, about["vocabulary"]), np.float32), output=True)
        return binding, arrays

    def run(self, state, ids, position):
        """Runs the prompt or step IDS that begins at POSITION; the next token of every row."""
        binding, arrays = state
        time_ = arrays["ids"].shape[1]
        arrays["ids"][:] = ids
        arrays["places"][:] = np.arange(position, position + time_)
        arrays["last"][:] = position + time_ - 1
        arrays["total"][...] = position + time_
        self.decoder.run_with_iobinding(binding)
        return arrays["token"]

    def bind_memory(self, binding, memory, mask):
        for name, value in memory.items():
            binding.bind_ortvalue_input(name, value)
        if self.masked:
            binding.bind_ortvalue_input("mask", mask)

    def encode(self):
        work = self.work
        binding = self.encoder.io_binding()
        mask = (np.arange(work.columns) < work.lengths[:, None]).astype(np.int32)
        places = np.broadcast_to(np.arange(work.columns), work.tokens.shape).copy()
        mask_value = self.ort.OrtValue.ortvalue_from_numpy(mask)
        for name, array in (("ids", work.tokens), ("places", places)):
            binding.bind_ortvalue_input(name, self.ort.OrtValue.ortvalue_from_numpy(array))
        if self.masked:
            binding.bind_ortvalue_input("mask", mask_value)
        names = [value.name for value in self.encoder.get_outputs()]
        for name in names:
            binding.bind_output(name, "cpu")
        self.encoder.run_with_iobinding(binding)
        return dict(zip(names, binding.get_outputs())), mask_value

    def generate(self):
        work, about = self.work, self.about
        if "generate" not in self.at:
            step = self.state(work.rows, 1, work.most if self.encoder else work.columns + work.most)
            self.at["generate"] = step, None if self.encoder else self.state(work.rows, work.columns, caches=step[1]["caches"])
        step, prompt = self.at["generate"]
        if self.encoder:
            self.bind_memory(step[0], *self.encode())
            position, token = 1, self.run(step, about["start"], 0).copy()
        else:
            position, token = work.columns, self.run(prompt, work.tokens, 0).copy()
        made, done = [token[:, 0]], token[:, 0] == about["stop"]
        while len(made) < work.most and not done.all():
            token = self.run(step, token, position).copy()
            position += 1
            made.append(token[:, 0])
            done |= token[:, 0] == about["stop"]
        return np.stack(made, 1)

    def prefill(self, length):
        if length not in self.at:
            self.at[length] = self.state(1, length, self.about["room"])
        return self.run(self.at[length], self.work.tokens[:1, :length], 0)

    def prepare_step(self, position):
        if ("step", position) not in self.at:
            prompt = self.state(1, position, self.about["room"])
            token = self.run(prompt, self.work.tokens[:1, :position], 0).copy()
            self.at["step", position] = [self.state(1, 1, caches=prompt[1]["caches"]), token, position]

    def steps(self, position, runs):
        self.prepare_step(position)
        one, times = self.at["step", position], []
        for _ in range(runs + 1):
            begin = clock()
            one[1] = self.run(one[0], one[1], one[2]).copy()
            times.append(1e3 * (clock() - begin))
            one[2] += 1
        return times[1:]


class CTranslate2:
    def __init__(self, folder, threads, work):
        import ctranslate2
        self.about, self.work = json.loads((folder / "about.json").read_text()), work
        kind = ctranslate2.Translator if self.about["source"] else ctranslate2.Generator
        self.model = kind(str(folder / "ct2"), device="cpu", compute_type="float32", inter_threads=1, intra_threads=threads)
        self.rows = [[str(token) for token in row[:length]] for row, length in zip(work.tokens, work.lengths)]

    def generate(self):
        if self.about["source"]:
            results = self.model.translate_batch(self.rows, beam_size=1, max_decoding_length=self.work.most)
            return [[int(token) for token in result.hypotheses[0]] for result in results]
        return self.continue_row(len(self.rows[0]), self.work.most)

    def continue_row(self, length, most, callback=None):
        result = self.model.generate_batch([self.rows[0][:length]], beam_size=1, max_length=most, min_length=most, include_prompt_in_result=False,
                                           cache_static_prompt=False, **({"callback": callback} if callback else {}))
        return [[int(token) for token in result[0].sequences[0]]]

    def prefill(self, length):
        return self.continue_row(length, 1)

    def steps(self, position, runs):
        """The time between one token and the next of one call."""
        stamps = []
        self.continue_row(position, runs + 2, lambda result: bool(stamps.append(clock())))
        return [1e3 * (b - a) for a, b in zip(stamps[1:], stamps[2:])]


def rows_of(tokens, stop):
    """Each row up to its stop token, which CTranslate2 leaves out."""
    rows = []
    for row in tokens:
        row = [int(token) for token in row]
        rows.append(row[:row.index(stop)] if stop in row else row)
    return rows


def timed(call, runs):
    call()
    times = []
    for _ in range(runs):
        begin = clock()
        call()
        times.append(1e3 * (clock() - begin))
    return times


def main():
    kind, folder, threads, work = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), Workload(sys.argv[4])
    model = {"onnxruntime": OnnxRuntime, "ctranslate2": CTranslate2}[kind](folder, threads, work)
    print(json.dumps(rows_of(model.generate(), model.about["stop"])), flush=True)
    for line in sys.stdin:
        what, *numbers = line.split()
        if what == "generate":
            times = timed(model.generate, int(numbers[0]))
        elif what == "prefill":
            times = timed(lambda: model.prefill(int(numbers[0])), int(numbers[1]))  # noqa: B023
        else:
            times = model.steps(int(numbers[0]), int(numbers[1]))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
