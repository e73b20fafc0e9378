"""One contestant of the comparison in a process of its own: contestant.py onnxruntime|openvino MODEL SEQ THREADS.

Prints a line when ready (then the embedding of the fixed input, as JSON), then for each line "N" on standard input runs the model N times
after one run of warm-up and answers with the times in milliseconds. weft's contestant (contestant.c) speaks the same.
"""
import json
import sys
import time

import numpy as np


def fixed_inputs(seq):
    """Token ids every contestant gets: 1000 + 7 i, all of them visible."""
    ids = (1000 + 7 * np.arange(seq, dtype=np.int64))[None]
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def onnxruntime_runner(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(["hidden", "embedding"], inputs)


def openvino_runner(path, threads):
    import openvino
    # f32, since on machines with bf16 units OpenVINO would otherwise compute in bf16.
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()

    def run(inputs):
        result = request.infer(inputs, share_inputs=True, share_outputs=True)
        return result["hidden"], result["embedding"]
    return run


def main():
    kind, path, seq, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    run = {"onnxruntime": onnxruntime_runner, "openvino": openvino_runner}[kind](path, threads)
    inputs = fixed_inputs(seq)
    print(json.dumps([float(value) for value in np.array(run(inputs)[1]).ravel()]), flush=True)
    for line in sys.stdin:
        run(inputs)
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run(inputs)
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
