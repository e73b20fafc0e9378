"""The control task of this example: gymnasium's Pendulum-v1, swing a rod up and hold it, by torques of -2 to 2 over 200 steps.

Shared by train.py (which makes its offline data here) and play.py: what the models see of an episode, and how they are played.
"""
import gymnasium
import numpy as np

STEPS = 200  # of an episode
CONTEXT = 20  # steps that a model sees
RETURN_UNIT = 500.0  # returns are given to the models in five hundreds


def state_of(observation):
    """What the models see: cosine and sine of the angle, and its speed as a part of the largest."""
    return np.asarray(observation, np.float32) * np.array([1, 1, 1 / 8], np.float32)


def controller(observation):
    """A classical controller: pumps energy in, then holds the rod by its angle and speed."""
    cosine, sine, speed = observation
    angle = np.arctan2(sine, cosine)
    energy = speed ** 2 / 2 + 15 * (cosine - 1)
    if abs(angle) < 0.6 and abs(speed) < 4:
        return float(np.clip(-8 * angle - 1.5 * speed, -2, 2))
    return float(np.clip(-0.4 * energy * (speed + 0.3 * (1 if speed >= 0 else -1)), -2, 2))


def episode(rng):
    """One offline episode, of a quality that is drawn: states, actions, rewards.

    The controller idles for some time first (in half of the episodes), by random torques, and then a share of its own torques is random. Which
    steps are random is drawn anew for each, so that what was done before does not give away what comes next: the return still to come does.
    """
    environment, rows = gymnasium.make("Pendulum-v1"), []
    idle, share = int(rng.integers(0, STEPS)) * int(rng.integers(0, 2)), rng.random() ** 2
    observation, _ = environment.reset(seed=int(rng.integers(1 << 31)))
    for step in range(STEPS):
        random = step < idle or rng.random() < share
        torque = float(rng.uniform(-2, 2)) if random else controller(observation)
        before = state_of(observation)
        observation, reward, *_ = environment.step(np.array([torque], np.float32))
        rows.append((before, [torque / 2], [reward]))
    environment.close()
    return tuple(np.array(column, np.float32) for column in zip(*rows))


def play(choose, wanted, episodes, seed=0):
    """Plays episodes with a model and gives their returns.

    CHOOSE maps returns [n, t, 1], states [n, t, 3], actions so far [n, t, 1] (the last is not known: 0) and the steps' numbers
    i32 [n, t] to the next actions [n, 1], from -1 to 1. WANTED is the return that the models are asked for.
    """
    environments = [gymnasium.make("Pendulum-v1") for _ in range(episodes)]
    seen = [environment.reset(seed=seed + i)[0] for i, environment in enumerate(environments)]
    returns = np.full((episodes, 1, 1), wanted / RETURN_UNIT, np.float32)
    states = np.zeros((episodes, 0, 3), np.float32)
    actions = np.zeros((episodes, 0, 1), np.float32)
    total = np.zeros(episodes)
    for step in range(STEPS):
        states = np.concatenate([states, np.stack([state_of(o) for o in seen])[:, None]], 1)[:, -CONTEXT:]
        actions = np.concatenate([actions, np.zeros((episodes, 1, 1), np.float32)], 1)[:, -CONTEXT:]
        first = step + 1 - states.shape[1]
        numbers = np.broadcast_to(np.arange(first, step + 1, dtype=np.int32), states.shape[:2])
        chosen = np.asarray(choose(returns, states, actions, np.ascontiguousarray(numbers)), np.float32)
        actions[:, -1] = chosen
        rewards = np.zeros((episodes, 1, 1), np.float32)
        for i, environment in enumerate(environments):
            seen[i], rewards[i, 0, 0], *_ = environment.step(2 * chosen[i])
        total += rewards[:, 0, 0]
        returns = np.concatenate([returns, returns[:, -1:] - rewards / RETURN_UNIT], 1)[:, -CONTEXT:]
    return total
