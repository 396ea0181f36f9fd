"""Runs a module with every look-up and connection but those to one port refused and written down.

``python guarded.py PORT LOG MODULE WORDS...``
"""

import runpy
import sys

port, log, module = int(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.argv = [module, *sys.argv[4:]]


def guard(event: str, words: tuple) -> None:  # type: ignore[type-arg]
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        # asking for a numeric address looks nothing up
        what = words[0] if isinstance(words[0], str) else words[0] and words[0][0]
        if what in ("127.0.0.1", None, ""):
            return
    elif event in ("socket.connect", "socket.sendto"):
        address = words[1]
        if not isinstance(address, tuple) or address[:2] == ("127.0.0.1", port):
            return
        if event == "socket.sendto" and not address:
            return
    else:
        return
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{event} {words[1:] if 'connect' in event else words}\n")
    raise PermissionError(f"refused: {event} {words}")


sys.addaudithook(guard)
runpy.run_module(module, run_name="__main__", alter_sys=True)
