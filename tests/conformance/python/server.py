"""A server of one's own for a test, people with accounts on it, and their sockets with python-socketio."""

import asyncio
import os
import shutil
import socket
import tempfile
import time
import unittest

import aiohttp
import socketio

BINARY = os.environ["PARLOR_TEST_SERVER_BIN"]

# Limits that would stand in the way of tests that are about something else.
ROOMY = {
    "PARLOR_LIMIT_REGISTER": "off",
    "PARLOR_LIMIT_LOGIN": "off",
    "PARLOR_LIMIT_LOGIN_ADDRESS": "off",
    "PARLOR_LIMIT_MESSAGE": "off",
    "PARLOR_LIMIT_EVENTS": "off",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ear:
    """A socket and what it has been told, in order: nothing is missed between two waits."""

    def __init__(self, client):
        self.client = client
        self._told = []
        self._news = asyncio.Event()
        client.on("*", self._hear)
        for event in ("connect", "connect_error", "disconnect"):
            client.on(event, lambda *data, event=event: self._hear(event, *data))

    def _hear(self, event, *data):
        self._told.append((event, data[0] if data else None))
        self._news.set()

    async def told(self, event, fits=lambda data: True, seconds=5):
        """The first `event` (that fits) not yet asked for; waits for it if need be."""
        deadline = time.monotonic() + seconds
        while True:
            self._news.clear()
            for index, (name, data) in enumerate(self._told):
                if name == event and fits(data):
                    del self._told[index]
                    return data
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.monotonic())
            except (asyncio.TimeoutError, TimeoutError):
                raise AssertionError(f"waited {seconds} s for {event}; heard instead: {self._told}") from None

    def heard(self, event):
        return [data for name, data in self._told if name == event]

    async def emit(self, event, payload=None):
        await self.client.emit(event, payload)

    async def answer(self, event, payload=None):
        return await self.client.call(event, payload, timeout=5)

    async def ask(self, event, payload):
        """Emits with an acknowledgement that must be a success, and gives its data."""
        ack = await self.answer(event, payload)
        assert ack["ok"], (event, ack)
        return ack["data"]

    async def refused(self, event, payload=None):
        ack = await self.answer(event, payload)
        assert not ack["ok"], (event, ack)
        return ack["error"]


class Person:
    def __init__(self, case, signed_in):
        self.case, self.token = case, signed_in["token"]
        self.id, self.username = signed_in["user"]["id"], signed_in["user"]["username"]

    async def call(self, method, path, body=None):
        return await self.case.call(method, path, body, self.token)

    async def room_with(self, *others):
        room = await self.call("POST", "/rooms", {"name": "a room"})
        for other in others:
            await other.call("POST", f"/rooms/{room['id']}/join")
        return room

    def ear(self, **options):
        client = socketio.AsyncClient(reconnection_delay=0.05, reconnection_delay_max=0.2, **options)
        self.case.addAsyncCleanup(client.disconnect)
        return Ear(client)

    async def socket(self, transports=None, **options):
        ear = self.ear(**options)
        await ear.client.connect(self.case.url, auth={"token": self.token}, transports=transports)
        await ear.told("connect")
        return ear

    async def listening(self, room, transports=None):
        ear = await self.socket(transports)
        await ear.ask("join_room", {"roomId": room["id"]})
        return ear


class WithServer(unittest.IsolatedAsyncioTestCase):
    """Each test has a server with a temporary data folder on a free port."""

    async def asyncSetUp(self):
        self.folder = tempfile.mkdtemp(prefix="parlor-conformance-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {"PARLOR_LISTEN": f"127.0.0.1:{port}", "PARLOR_DATA_DIR": self.folder, **ROOMY}
        self.process = None
        self.people_so_far = 0
        self.addAsyncCleanup(self.down)
        await self.up()

    async def up(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                BINARY, cwd=self.folder, env=self.environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        await asyncio.wait_for(self._ready(), 20)

    async def _ready(self):
        async with aiohttp.ClientSession() as http:
            while True:
                if self.process.returncode is not None:
                    with open(f"{self.folder}/log", encoding="utf-8") as log:
                        raise AssertionError(f"the server ended with {self.process.returncode}:\n{log.read()}")
                try:
                    async with http.get(f"{self.url}/health/ready") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    async def down(self):
        """Kills the server, and returns when it is gone."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def call(self, method, path, body=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession() as http:
            async with http.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers) as response:
                answer = await response.json()
        assert answer["success"], (method, path, answer)
        return answer["data"]

    async def people(self, *names):
        people = []
        for name in names:
            self.people_so_far += 1
            name = f"{name}{self.people_so_far}"
            account = {"username": name, "email": f"{name}@example.com", "password": "four unlikely words"}
            people.append(Person(self, await self.call("POST", "/auth/register", account)))
        return people
