"""Greedy generation by running the whole sequence again at every step: what an incremental decoder must agree with."""
import numpy as np


def greedy(logits_of, prompt, stop, limit, lengths=None):
    """The new tokens [batch, n] and the logits [batch, n, vocabulary] that chose them.

    LOGITS_OF maps tokens i32[batch, time] to float64 [batch, time, vocabulary]. Each row of PROMPT starts with its own LENGTHS
    tokens. A row ends with the first token in STOP (a number or a list), or when prompt and new tokens are LIMIT together; rows
    that ended are filled with the stop token that ended them (the first, where the limit did), and their logits are NaN.
    """
    stops = [stop] if np.isscalar(stop) else list(stop)
    rows, tokens, scores = len(prompt), [], []
    lengths = np.full(rows, prompt.shape[1]) if lengths is None else np.asarray(lengths)
    stream = np.zeros((rows, max(limit, prompt.shape[1])), np.int32)
    stream[:, :prompt.shape[1]] = np.where(np.arange(prompt.shape[1]) < lengths[:, None], prompt, 0)
    at, done, filler = lengths.copy(), lengths >= limit, np.full(rows, stops[0], np.int32)
    while not done.all():
        logits = logits_of(stream[:, :at.max()])[np.arange(rows), at - 1]
        chosen = np.where(done, filler, logits.argmax(-1)).astype(np.int32)
        tokens.append(chosen)
        scores.append(np.where(done[:, None], np.nan, logits))
        live = np.flatnonzero(~done)
        stream[live, at[live]] = chosen[live]
        at[live] += 1
        filler = np.where(~done & np.isin(chosen, stops), chosen, filler)
        done |= np.isin(chosen, stops) | (at >= limit)
    if not tokens:
        return np.zeros((rows, 0), np.int32), np.zeros((rows, 0, 0))
    return np.stack(tokens, 1), np.stack(scores, 1)


def log_softmax(logits):
    top = logits.max(-1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))


def beam(logits_of, prompt, stop, most, beams, length_penalty=1.0):
    """Beam search from one prompt [time]: the ended sequences as (score, new tokens), best first, at most BEAMS.

    A sequence of n tokens scores its log probability / n^length_penalty. Each step goes on from the 2 * beams best continuations; one that
    ends counts if it is among the first BEAMS. The search is over when no open sequence, judged at its length, beats the worst of
    BEAMS ended ones, or after MOST tokens, where open ones count as they are.
    """
    stops, opened, ended = np.atleast_1d(stop), [(0.0, [])], []
    for length in range(1, most + 1):
        rows = np.array([list(prompt) + tokens for _, tokens in opened], np.int32)
        scores = log_softmax(logits_of(rows)[:, -1]) + np.array([score for score, _ in opened])[:, None]
        best = np.argsort(-scores, axis=None, kind="stable")[:2 * beams]
        following = []
        for rank, place in enumerate(best):
            parent, token = divmod(int(place), scores.shape[1])
            item = (scores[parent, token], opened[parent][1] + [token])
            if token not in stops:
                following.append(item)
            elif rank < beams:
                ended.append((item[0] / length ** length_penalty, item[1]))
            if len(following) == beams:
                break
        if length == most:
            ended += [(score / length ** length_penalty, tokens) for score, tokens in following]
        ended = sorted(ended, key=lambda item: -item[0])[:beams]
        opened = following
        if not opened or (len(ended) == beams and ended[-1][0] >= opened[0][0] / length ** length_penalty):
            break
    return ended


def score_of(logits_of, prompt, tokens, length_penalty=1.0):
    """The score that beam search gives to these new tokens after a prompt [time]."""
    row = np.array([list(prompt) + list(tokens)], np.int32)
    chosen = log_softmax(logits_of(row)[0, len(prompt) - 1:-1])[np.arange(len(tokens)), list(tokens)]
    return chosen.sum() / len(tokens) ** length_penalty
