"""A stand-in for `taiga-notes lsp`: notes how it is started, and takes part in nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

log = Path(os.environ["SERVER_LOG"])
while header := sys.stdin.buffer.readline():
    size = int(header.partition(b":")[2])
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(size))
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"arguments": sys.argv[1:], "message": message}) + "\n")
    if "id" in message:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": None}
        if message["method"] == "initialize":
            capabilities = {"textDocumentSync": 1, "codeLensProvider": {}}
            answer["result"] = {"capabilities": capabilities}
        body = json.dumps(answer).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        sys.stdout.buffer.flush()
