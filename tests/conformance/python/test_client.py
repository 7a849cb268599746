"""The official Python client against the contract."""

import unittest

import socketio

from server import WithServer

NOWHERE = "00000000-0000-7000-8000-000000000000"
WAYS = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": ["polling", "websocket"]}


class Transports(WithServer):
    async def test_a_message_goes_out_and_comes_in_over_each_transport(self):
        ada, bob = await self.people("ada", "bob")
        room = await ada.room_with(bob)
        for name, transports in WAYS.items():
            with self.subTest(name):
                sender, listener = await ada.listening(room, transports), await bob.listening(room, transports)
                expected = "polling" if name == "polling" else "websocket"
                self.assertEqual(sender.client.transport(), expected)
                sent = await sender.ask("send_message", {"roomId": room["id"], "content": name})
                self.assertEqual(await listener.told("receive_message"), sent)
                self.assertEqual(await sender.told("receive_message"), sent)
                await sender.client.disconnect()
                await listener.client.disconnect()

    async def test_the_token_is_taken_from_the_authorization_header_too(self):
        (ada,) = await self.people("ada")
        for transports in (["websocket"], ["polling"]):
            ear = ada.ear()
            await ear.client.connect(self.url, headers={"Authorization": f"Bearer {ada.token}"}, transports=transports)
            self.assertTrue(ear.client.connected)

    async def test_a_bad_token_is_refused_in_the_words_of_the_original(self):
        (ada,) = await self.people("ada")
        for auth in (None, {}, {"token": ""}, {"token": "nonsense"}, {"token": ada.token[:-4] + "AAAA"}):
            for transports in (["websocket"], ["polling"]):
                with self.subTest(auth=auth, transports=transports):
                    ear = ada.ear(reconnection=False)
                    with self.assertRaises(socketio.exceptions.ConnectionError):
                        await ear.client.connect(self.url, auth=auth, transports=transports)
                    error = await ear.told("connect_error")
                    self.assertEqual(error["message"], "Invalid or expired token")


class Events(WithServer):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.ada, self.bob = await self.people("ada", "bob")
        self.room = await self.ada.room_with(self.bob)
        self.here = {"roomId": self.room["id"]}

    async def test_events_without_an_acknowledgement_are_answered_by_events(self):
        ear = await self.ada.socket()
        await ear.emit("join_room", self.here)
        self.assertEqual((await ear.told("room_joined"))["roomId"], self.room["id"])
        await ear.emit("send_message", {**self.here, "content": "hello"})
        self.assertEqual((await ear.told("receive_message"))["content"], "hello")
        await ear.emit("get_room_users", self.here)
        users = (await ear.told("room_users"))["users"]
        self.assertEqual([(user["username"], user["isOnline"]) for user in users], [(self.ada.username, True), (self.bob.username, False)])

    async def test_failures_come_as_error_or_in_the_acknowledgement_but_not_both(self):
        ear = await self.ada.socket()
        self.assertEqual((await ear.refused("join_room", {"roomId": NOWHERE}))["type"], "NOT_AUTHORIZED")
        self.assertEqual((await ear.refused("no_such_event", {}))["type"], "VALIDATION")
        self.assertEqual((await ear.refused("send_message"))["type"], "VALIDATION")
        self.assertEqual(ear.heard("error"), [])
        await ear.emit("no_such_event", {})
        error = await ear.told("error")
        self.assertEqual((error["type"], error["event"]), ("VALIDATION", "no_such_event"))

    async def test_a_name_that_is_written_with_escapes_is_answered_over_each_transport(self):
        for name, transports in WAYS.items():
            with self.subTest(name):
                ear = await self.ada.socket(transports)
                self.assertEqual((await ear.refused("früh", {}))["type"], "VALIDATION")
                await ear.emit("früh", {})
                error = await ear.told("error")
                self.assertEqual((error["type"], error["event"]), ("VALIDATION", "früh"))

    async def test_a_request_id_comes_back(self):
        ear = await self.ada.socket()
        self.assertEqual((await ear.answer("join_room", {**self.here, "requestId": "r1"}))["requestId"], "r1")
        self.assertEqual((await ear.answer("send_message", {**self.here, "requestId": "r2"}))["requestId"], "r2")

    async def test_typing_presence_and_receipts_are_told(self):
        listener = await self.ada.listening(self.room)
        sender = await self.bob.listening(self.room)
        status = await listener.told("user_status", lambda data: data["userId"] == self.bob.id)
        self.assertEqual(status["status"], "online")
        await sender.emit("typing", {**self.here, "isTyping": True})
        self.assertTrue((await listener.told("user_typing"))["isTyping"])
        message = await listener.ask("send_message", {**self.here, "content": "read me"})
        await sender.ask("message_read", {**self.here, "messageId": message["id"]})
        self.assertEqual((await listener.told("message_status_updated"))["messageId"], message["id"])
        self.assertEqual((await listener.told("messages_read"))["lastReadSeq"], message["seq"])

    async def test_a_thousand_messages_keep_their_order(self):
        ear = await self.ada.listening(self.room)
        for number in range(1000):
            await ear.emit("send_message", {**self.here, "content": str(number)})
        heard = [await ear.told("receive_message", seconds=20) for _ in range(1000)]
        self.assertEqual([message["content"] for message in heard], [str(number) for number in range(1000)])


class Lifecycle(WithServer):
    async def test_after_a_restart_the_client_comes_back_and_catches_up(self):
        ada, bob = await self.people("ada", "bob")
        room = await ada.room_with(bob)
        ear = await bob.socket()
        position = await ear.ask("join_room", {"roomId": room["id"]})
        await self.down()
        await ear.told("disconnect")
        await self.up()
        await ear.told("connect", seconds=10)
        missed = await ada.call("POST", f"/rooms/{room['id']}/messages", {"content": "while away"})
        caught = await ear.ask("join_room", {"roomId": room["id"], "after": position["lastSeq"], "epoch": position["epoch"]})
        self.assertEqual([event["message"] for event in caught["events"]], [missed])

    async def test_after_a_logout_the_client_stays_away(self):
        (ada,) = await self.people("ada")
        ear = await ada.socket()
        await ada.call("POST", "/auth/logout")
        self.assertEqual((await ear.told("error", seconds=2))["type"], "UNAUTHENTICATED")
        await ear.told("disconnect", seconds=2)
        self.assertFalse(ear.client.connected)


if __name__ == "__main__":
    unittest.main()
