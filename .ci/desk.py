"""A dev server for the scripts beside this file, on free ports and in a folder of its own."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port, address="127.0.0.1"):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def wait_for(ready, what, seconds=10):
    for _ in range(seconds * 20):
        if ready():
            return
        time.sleep(0.05)
    sys.exit(f"{what} did not start")


class Desk:
    """A running dev server and what was started beside it; all of it ends with the `with` block."""

    def __init__(self, address="127.0.0.1"):
        self._address = address

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.data = pathlib.Path(self._folder.name)
        self._started = []
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self):
        self.start([str(ROOT / "target/debug/dev-server"), "--port", "0", "--aws-port", "0", "--upstream-port", "0",
                    "--ephemeral", "--data-dir", str(self.data), "--listen", self._address],
                   open(self.data / "dev-server.log", "wb"))
        wait_for((self.data / "sam-env.json").exists, "the dev server")
        self.credentials = json.loads((self.data / "credentials.json").read_text())
        port = int(self.credentials["baseUrl"].rsplit(":", 1)[1])
        wait_for(lambda: listens(port, self._address), "the dev server")

    def start(self, command, log=subprocess.DEVNULL, **options):
        self._started.append(subprocess.Popen(command, stdout=log, stderr=log, **options))

    def key(self, app):
        return self.credentials["apiKeys"][app]

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.terminate()
            process.wait(timeout=10)
        self._folder.cleanup()
