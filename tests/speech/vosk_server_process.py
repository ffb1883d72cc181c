"""vosk-server's websocket protocol over the real Vosk model, and servers that misbehave: a program for tests.

Written from the public protocol: a `config` message, then binary sound, each answered by a partial or a
result; `{"eof" : 1}` is answered by the last result, and ends the connection.

    python -m tests.speech.vosk_server_process MODEL    prints its port; the mode is the address's path
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from typing import Any

import vosk
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

END = '{"eof" : 1}'


class Utterance:
    """One connection. Modes: normal, plain (no alternatives), silent, babble, breaks (in it), once."""

    broken = 0

    def __init__(self, model: Any, line: ServerConnection) -> None:
        self.model = model
        self.line = line
        self.mode = line.request.path.strip("/") if line.request else ""
        self.asked: dict[str, Any] = {}
        self.recognizer: Any = None

    def serve(self) -> None:
        """Until the end of sound, or of the connection."""
        heard = 0
        for message in self.line:
            if isinstance(message, str) and "config" in message:
                self.asked = json.loads(message)["config"]
                continue
            heard += len(message)
            if self.mode == "silent":
                threading.Event().wait(30)
            if self.mode == "babble":
                self.line.send("[42]")
                continue
            if heard > 4000 and (self.mode == "breaks" or (self.mode == "once" and not Utterance.broken)):
                Utterance.broken += 1
                self.line.socket.close()
                return
            if self._answered(message):
                return

    def _answered(self, message: str | bytes) -> bool:
        """Whether that was the end."""
        if self.recognizer is None:
            phrases = self.asked.get("phrase_list")
            words = [json.dumps(phrases, ensure_ascii=False)] if phrases else []
            self.recognizer = vosk.KaldiRecognizer(self.model, float(self.asked["sample_rate"]), *words)
            most = 0 if self.mode == "plain" else int(self.asked["max_alternatives"])
            self.recognizer.SetMaxAlternatives(most)
        if message == END:
            self.line.send(self.recognizer.FinalResult())
            return True
        done = self.recognizer.AcceptWaveform(message)
        self.line.send(self.recognizer.Result() if done else self.recognizer.PartialResult())
        return False


def main() -> None:
    """Serves until standard input ends."""
    vosk.SetLogLevel(-1)
    model = vosk.Model(sys.argv[1])

    def utterance(line: ServerConnection) -> None:
        with suppress(ConnectionClosed, OSError):
            Utterance(model, line).serve()

    server = serve(utterance, "127.0.0.1", 0)
    print(server.socket.getsockname()[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
