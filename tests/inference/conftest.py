"""What the tests of the inference room share."""

import time

import pytest
import soundfile
from emotalk.inference.worker.client import WorkerClient


@pytest.fixture(scope="session")
def write_silence():
    """A function that writes hours of silence as a sparse WAV file, which takes no room on the disk."""

    def write(path, seconds, rate, channels=1):
        soundfile.write(path, [[0.0] * channels], rate, "PCM_16")
        length = seconds * rate * channels * 2
        with path.open("r+b") as file:
            file.seek(40)
            file.write(length.to_bytes(4, "little"))
            file.truncate(44 + length)
        return path

    return write


@pytest.fixture
def ask_worker():
    """A function: the last message about one request to a worker of its own, in a given Python."""

    def ask(python, request):
        client = WorkerClient()
        client.start(python)
        client.submit(request)
        while True:
            for message in client.messages():
                if message["kind"] != "progress":
                    client.close()
                    return message
            time.sleep(0.01)

    return ask
