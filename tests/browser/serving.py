"""Servers that run for one test, and the kernels they keep."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import psutil
import pytest


@dataclass(frozen=True)
class Server:
    """A server that runs for one test."""

    url: str
    token: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """The page's address with its token."""
        return f"{self.url}?token={self.token}"

    def kernels(self) -> dict[str, psutil.Process]:
        """The kernels that the server keeps, by their id."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        commands = {child: _command(child) for child in children}
        return {_kernel_id(words): child for child, words in commands.items() if "ipykernel_launcher" in words}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _kernel_id(command: str) -> str:
    return command.rpartition("kernel-")[2].partition(".json")[0]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], ready: str, env: dict[str, str], port: int, token: str) -> Iterator[Server]:
    """Start a server, wait for the line that says it is ready, end it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **env}
    )
    try:
        _wait_for(process, ready)
        yield Server(f"http://127.0.0.1:{port}/", token, process)
    finally:
        _end(process)


def _wait_for(process: subprocess.Popen[str], ready: str) -> None:
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if ready in line:
            Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop the server
            return
    pytest.fail(f"the server ended before it said {ready!r}: {''.join(said)}")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
