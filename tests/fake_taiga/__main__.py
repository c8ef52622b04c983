"""Run a Taiga as a process: `python -m tests.fake_taiga --stories 1000`."""

from __future__ import annotations

import argparse
import sys
import threading

from tests.fake_taiga.populate import populate
from tests.fake_taiga.serve import serve
from tests.fake_taiga.taiga import Taiga


def main(arguments: list[str]) -> None:
    """Serve until standard input ends or a signal comes.

    The first line of the output is the API's address, once it answers.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fake_taiga")
    parser.add_argument("--port", type=int, default=0, help="on loopback; a free one by default")
    parser.add_argument("--stories", type=int, default=1000, help="in the project acme")
    parser.add_argument("--seed", type=int, default=1, help="of the project's content")
    options = parser.parse_args(arguments)
    taiga = Taiga()
    populate(taiga, stories=options.stories, seed=options.seed)
    with serve(taiga, options.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
