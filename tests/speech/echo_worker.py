"""A worker process for the tests of `speech.workers`: does as it is told, including dying."""

from __future__ import annotations

import json
import os
import sys
import threading

from speech.worker_link import ParentLink, stdin_socket


def main() -> None:
    """Modes: normal, never_ready, fatal, crash."""
    mode = json.loads(sys.argv[1]).get("mode", "normal")
    link = ParentLink(stdin_socket())
    link.progress("loading")
    if mode == "never_ready":
        threading.Event().wait()
    if mode == "fatal":
        link.send({"op": "fatal", "text": "the model is broken"})
        return
    if mode == "crash":
        raise SystemError("out of luck")
    print("a library that prints")
    link.ready(colour="green")
    while (frame := link.receive()) is not None:
        header, body = frame
        match header["op"]:
            case "die":
                os._exit(7)
            case "hang":
                threading.Event().wait()
            case "echo":
                link.send({"op": "partial", "id": header["id"], "text": "soon"})
                link.send({"op": "echo", "id": header["id"]}, body)


if __name__ == "__main__":
    main()
