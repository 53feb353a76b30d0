"""A Docker engine to run the functions' containers in, if one can be had here."""
import ipaddress
import os
import pathlib
import subprocess
import sys
import time

from desk import ROOT

# What `sam local` runs functions in, and how long getting it from its registry may take.
BASE_IMAGE = "public.ecr.aws/lambda/provided:al2023-x86_64"
PULL_SECONDS = 120
# A script that prints the exports of an engine, made ready where there was none; `--stop` ends what it started.
HOST = pathlib.Path(os.environ.get("SAM_LOCAL_HOST", ROOT.parent / "shared/tools/sam-local-host"))
HOST_SECONDS = 900
# How long containers may take to go.
CLEAR_SECONDS = 30


class NoEngine(Exception):
    """Why there is none, in a line."""


class DockerEngine:
    """An engine that answers and has the base image; what was started for it ends with the `with` block."""

    def __init__(self):
        self.env = dict(os.environ)
        self._host = None

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self):
        if os.access(HOST, os.X_OK):
            self._host = HOST
            self.env = exports(HOST)
        if not self._answers():
            raise NoEngine("no Docker engine answers")
        if not self.docker("images", "--quiet", BASE_IMAGE):
            try:
                self.docker("pull", "--quiet", BASE_IMAGE, seconds=PULL_SECONDS)
            except subprocess.SubprocessError:
                raise NoEngine(f"the image {BASE_IMAGE} cannot be had") from None

    def docker(self, *arguments, seconds=30):
        done = subprocess.run(["docker", *arguments], env=self.env, check=True, timeout=seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.stdout.decode().strip()

    def bridge(self):
        """The address that containers reach this machine by."""
        found = self.docker("network", "inspect", "bridge", "--format",
                            "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}}\n{{end}}")
        gateway, _, subnet = found.splitlines()[0].rpartition(" ")
        return gateway or str(next(ipaddress.ip_network(subnet).hosts()))

    def clear(self, folder):
        """Removes the containers that have something below this folder mounted."""
        for _ in range(CLEAR_SECONDS):
            left = [container for mounted in folder.iterdir()
                    for container in self.docker("ps", "--all", "--quiet", "--filter", f"volume={mounted}").split()]
            if not left:
                return
            try:
                self.docker("rm", "--force", *left)
            except subprocess.CalledProcessError:
                # One is on its way out already.
                time.sleep(1)
        sys.exit(f"containers cannot be removed: {left}")

    def __exit__(self, *_):
        # Somebody else's containers keep the engine running.
        if self._host and self._answers() and not self.docker("ps", "--quiet"):
            subprocess.run([self._host, "--stop"], check=True, timeout=60)
            for _ in range(CLEAR_SECONDS):
                # Whoever wants one again must not meet the end of this one.
                if not self._answers():
                    return
                time.sleep(1)

    def _answers(self):
        try:
            self.docker("version")
        except (OSError, subprocess.SubprocessError):
            return False
        return True


def exports(host):
    """This process's environment and what the script exports."""
    shell = ["bash", "-euc", 'exported=$("$1") && eval "$exported" && env -0', "_", str(host)]
    try:
        done = subprocess.run(shell, check=True, timeout=HOST_SECONDS, stdout=subprocess.PIPE)
    except subprocess.SubprocessError:
        raise NoEngine(f"{host} made none ready") from None
    return dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
