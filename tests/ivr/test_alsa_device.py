"""The sound device through PortAudio and ALSA, without a card: ALSA plays into a WAV and hears a pipe."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from esl.switch import FRAME_SECONDS, SAMPLE_RATE

CONFIGURATION = """
pcm.nowhere {{ type null }}
pcm.loudspeaker {{
  type file
  slave.pcm nowhere
  file "{folder}/played.wav"
  format wav
}}
pcm.microphone {{
  type file
  slave.pcm nowhere
  file /dev/null
  infile "{folder}/microphone"
  format raw
}}
pcm.!default {{
  type asym
  playback.pcm loudspeaker
  capture.pcm microphone
}}
"""
SECONDS = 1.0
FRAME = round(SAMPLE_RATE * FRAME_SECONDS)
LIBRARY = os.environ.get("PORTAUDIO_LIBRARY") or ctypes.util.find_library("portaudio")
DESK = f"""
import sys, time
from ctypes import util
find = util.find_library
util.find_library = lambda name: {LIBRARY!r} if name == "portaudio" else find(name)
from ivr.workshop.sound_device import SoundDevice
heard = b""
until = time.monotonic() + 20
with SoundDevice() as device:
    while len(heard) < {round(SECONDS * SAMPLE_RATE * 2)} and time.monotonic() < until:
        frame = device.read()
        if frame is None:
            time.sleep(0.005)
            continue
        heard += frame
        device.play(frame)
    time.sleep(0.1)
sys.stdout.buffer.write(heard)
"""


SINGER = f"""
import math, struct, sys, time
while True:
    with open(sys.argv[1], "wb", buffering=0) as microphone:
        begun, place = time.monotonic(), 0
        try:
            while True:
                when = range(place, place + {FRAME})
                sound = [round(8000 * math.sin(2 * math.pi * 440 * n / {SAMPLE_RATE})) for n in when]
                microphone.write(struct.pack("<{FRAME}h", *sound))
                place += {FRAME}
                time.sleep(max(0.0, begun + place / {SAMPLE_RATE} - time.monotonic()))
        except BrokenPipeError:
            pass
"""
"""A tone in real time, for whoever listens; a device is opened several times."""


@pytest.mark.skipif(LIBRARY is None, reason="no PortAudio (apt install libportaudio2)")
@pytest.mark.skipif(
    find_spec("sounddevice") is None, reason='no sounddevice (pip install "sounddevice>=0.5")'
)
@pytest.mark.skipif(ctypes.util.find_library("asound") is None, reason="no ALSA")
def test_sound_goes_through_a_real_device(tmp_path: Path) -> None:
    """What the microphone hears comes in, and what is played goes out, at the pitch that it has."""
    (tmp_path / "asound.conf").write_text(CONFIGURATION.format(folder=tmp_path), "utf-8")
    pipe = tmp_path / "microphone"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", SINGER, str(pipe)]) as singer:
        try:
            path = os.pathsep.join(filter(None, sys.path))
            environment = {
                **os.environ,
                "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf"),
                "PYTHONPATH": path,
            }
            desk = subprocess.run(
                [sys.executable, "-c", DESK], env=environment, capture_output=True, timeout=25, check=False
            )
        finally:
            singer.kill()
    assert desk.returncode == 0, desk.stderr.decode()
    played = (tmp_path / "played.wav").read_bytes()[44:]
    for sound in (desk.stdout, played[: len(played) & ~1]):
        samples = np.frombuffer(sound, "<i2").astype(float)
        middle = samples[len(samples) // 4 : len(samples) * 3 // 4]
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
        assert np.argmax(spectrum) * SAMPLE_RATE / len(middle) == pytest.approx(440, abs=4)
        assert np.abs(middle).max() > 7000
