"""From a .wav file to the log-mel spectrogram that Whisper was trained on (Radford et al. 2022, section 2.2): numpy and the standard library.

16,000 samples a second; windows of 400 samples every 160; 80 mel bands on Slaney's scale from 0 to 8,000 Hz; 30 seconds are 3,000 columns.
"""
import wave

import numpy as np

RATE, WINDOW, HOP, SECONDS = 16000, 400, 160, 30


class AudioError(Exception):
    """A file that can't be heard, in words for the user."""


def read_wav(path):
    """The samples of a .wav file, f64 in -1 to 1: PCM of 8 to 32 bits, any rate; several channels are averaged."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate, count = file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()
            data = file.readframes(count)
    except (wave.Error, EOFError, OSError) as error:
        raise AudioError(f"{path}: {str(error) or 'it ends too early'}") from error
    if not 1 <= width <= 4 or rate < 1:
        raise AudioError(f"{path}: {8 * width} bits a sample at {rate} a second; expected 8 to 32 bits at any rate")
    data = np.frombuffer(data[:len(data) // (width * channels) * (width * channels)], np.uint8)
    if not len(data):
        raise AudioError(f"{path}: it holds no samples")
    if width == 1:
        samples = (data.astype(np.float64) - 128) / 128
    else:  # little-endian integers of 2 to 4 bytes, as the high bytes of 32 bits
        wide = np.zeros((len(data) // width, 4), np.uint8)
        wide[:, 4 - width:] = data.reshape(-1, width)
        samples = wide.view("<i4")[:, 0] / 2.0 ** 31
    return resample(samples.reshape(-1, channels).mean(1), rate)


def resample(samples, rate):
    """At 16,000 samples a second: what is above the new half rate is removed in the frequency domain."""
    if rate == RATE:
        return samples
    count = max(1, round(len(samples) * RATE / rate))
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, complex)
    common = min(len(kept), len(spectrum))
    kept[:common] = spectrum[:common]
    return np.fft.irfft(kept, count) * (count / len(samples))


def mel_filters(bands):
    """[bands, WINDOW / 2 + 1] triangles on Slaney's mel scale (linear below 1,000 Hz, logarithmic above), each of area 1."""
    def to_mel(hertz):
        return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)

    mels = np.linspace(0, to_mel(RATE / 2), bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(samples, bands=80, seconds=SECONDS):
    """The spectrogram f32[bands, 100 * seconds] of at most SECONDS of samples; silence is added at the end."""
    samples = np.pad(samples[:RATE * seconds], (0, max(0, RATE * seconds - len(samples))))
    padded = np.pad(samples, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[:RATE * seconds:HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    level = np.log10(np.maximum(mel_filters(bands) @ power.T, 1e-10))
    return ((np.maximum(level, level.max() - 8) + 4) / 4).astype(np.float32)
