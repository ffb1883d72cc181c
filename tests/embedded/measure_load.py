"""What calls on the embedded switch cost: `python -m tests.embedded.measure_load [CALLS] [SECONDS]`.

The switch runs as a child, in real time, with a live audio tap and a prompt on every call. Its CPU
share is taken from the operating system; callers and server are in this process and not counted.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - patching comes first
import socket  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
import numpy as np  # noqa: E402

from esl.embedded.caller import ScriptedCaller  # noqa: E402
from esl.embedded.clock import RealClock  # noqa: E402
from esl.embedded.config import split_address  # noqa: E402
from ivr.load.freeswitch import cpu_seconds  # noqa: E402
from tests.embedded.replay import Peer, Server  # noqa: E402
from tests.embedded.sound import tone  # noqa: E402

CLOCK = RealClock()


def serve(server: Server, taps: str) -> None:
    while True:
        gevent.spawn(control, server.accept(600), taps)


def control(peer: Peer, taps: str) -> None:
    uuid = peer.ask("connect").about["Unique-ID"]
    peer.ask("linger 1")
    peer.ask("myevents")
    peer.ask("sendmsg\ncall-command: execute\nexecute-app-name: answer")
    style = "enable_file_write_buffering=false;RECORD_READ_ONLY=true;RECORD_PRE_BUFFER_FRAMES=0"
    peer.ask(f"api uuid_setvar_multi {uuid} {style}")
    peer.ask(f"api uuid_record {uuid} start {taps}/{uuid}.r8")
    sound = "tone_stream://%(1000,0,300);loops=-1"
    peer.ask(f"sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: {sound}")


def measure(calls: int, seconds: float) -> dict[str, object]:
    server = Server()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as taps:
        config = Path(taps) / "switch.json"
        config.write_text(
            json.dumps(
                {
                    "event_socket": "127.0.0.1:0",
                    "line": "127.0.0.1:0",
                    "calls_per_second": 1000,
                    "extensions": [
                        {"destination": "9100", "actions": [["socket", f"{server.address} async full"]]}
                    ],
                }
            )
        )
        child = subprocess.Popen(
            [sys.executable, "-m", "esl.embedded", "--config", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdin is not None
        ready = json.loads(child.stdout.readline())
        serving = gevent.spawn(serve, server, taps)
        client = Peer(socket.create_connection(split_address(ready["event_socket"])))
        client.ask(f"auth {ready['password']}")
        callers = [ScriptedCaller(split_address(ready["line"]), destination="9100") for _ in range(calls)]
        for caller in callers:
            caller.join()
            CLOCK.sleep(0.02)
        CLOCK.sleep(1.0)
        used, began = cpu_seconds(child.pid), time.monotonic()
        for caller in callers[: calls // 2]:
            caller.start_speaking(tone(seconds))
        CLOCK.sleep(seconds)
        share = (cpu_seconds(child.pid) - used) / (time.monotonic() - began)
        lateness = client.ask("api embedded_lateness").body.decode()
        gaps = [len(caller.heard) / 2 / 8000 for caller in callers]
        stopped = [barge_in(client, caller) for caller in callers[:10]]
        for caller in callers:
            caller.hang_up()
        CLOCK.sleep(0.5)
        serving.kill()
        client.close()
        child.stdin.close()
        child.wait(20)
    return {
        "calls": calls,
        "seconds": seconds,
        "cpu_share_of_a_core": round(share, 3),
        **json.loads(lateness),
        "heard_seconds_min": round(min(gaps), 2),
        "break_to_quiet_ms_max": round(max(stopped) * 1000, 1),
        "break_to_quiet_ms_p50": round(float(np.median(stopped)) * 1000, 1),
    }


def barge_in(client: Peer, caller: ScriptedCaller) -> float:
    """Seconds from sending `uuid_break` to the last of the prompt, on the caller's timeline."""
    onset = caller.position
    client.ask(f"api uuid_break {caller.uuid} all")
    caller.silent(0.3)
    return caller.barge_in_latency(onset) or 0.0


if __name__ == "__main__":
    wanted = [float(word) for word in sys.argv[1:]] or [50, 20]
    print(json.dumps(measure(int(wanted[0]), wanted[1] if len(wanted) > 1 else 20.0)))
