"""
Stand-in for a process: has the prepared process run a command, forwards signals, and ends as the command does.

It imports the built-in modules alone, because it runs for each process of each command.
"""

import _socket
import os
import signal
import sys
from _struct import pack, unpack


def open_descriptors() -> list[int]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
        except OSError:
            continue
        found.append(int(name))
    return sorted(found)


descriptors = open_descriptors()
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect(os.environ["WARM_PYTHON_SOCKET"])
request = {
    "arguments": sys.argv[1:],
    "folder": os.getcwd(),
    "variables": dict(os.environ),
    "descriptors": descriptors,
}
content = repr(request).encode()
rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, pack(f"{len(descriptors)}i", *descriptors))]
connection.sendmsg([pack("!I", len(content))], rights)
connection.sendall(content)
(child,) = unpack("!i", connection.recv(4))
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, lambda number, _frame: os.kill(child, number))
# The command alone holds its files: whoever reads its output must see its end.
for descriptor in descriptors:
    os.close(descriptor)
answer = connection.recv(4)
code = unpack("!i", answer)[0] if answer else 1
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
