"""Greedy generation by running the whole sequence again at every step: what an incremental decoder must agree with."""
import numpy as np


def greedy(logits_of, prompt, stop, limit, lengths=None):
    """The new tokens [batch, n] and the logits [batch, n, vocabulary] that chose them.

    LOGITS_OF maps tokens i32[batch, time] to float64 [batch, time, vocabulary]. Each row of PROMPT starts with its own LENGTHS
    tokens. A row ends with the first token in STOP (a number or a list), or when prompt and new tokens are LIMIT together; rows
    that ended are filled with the first stop token.
    """
    stops = [stop] if np.isscalar(stop) else list(stop)
    rows, tokens, scores = len(prompt), [], []
    lengths = np.full(rows, prompt.shape[1]) if lengths is None else np.asarray(lengths)
    stream = np.zeros((rows, max(limit, prompt.shape[1])), np.int32)
    stream[:, :prompt.shape[1]] = np.where(np.arange(prompt.shape[1]) < lengths[:, None], prompt, 0)
    at, done = lengths.copy(), lengths >= limit
    while not done.all():
        logits = logits_of(stream[:, :at.max()])[np.arange(rows), at - 1]
        chosen = np.where(done, stops[0], logits.argmax(-1)).astype(np.int32)
        tokens.append(chosen)
        scores.append(logits)
        live = np.flatnonzero(~done)
        stream[live, at[live]] = chosen[live]
        at[live] += 1
        done |= np.isin(chosen, stops) | (at >= limit)
    if not tokens:
        return np.zeros((rows, 0), np.int32), np.zeros((rows, 0, 0))
    return np.stack(tokens, 1), np.stack(scores, 1)
