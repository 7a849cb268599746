// How the official client fares when its server goes away, and when its session ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server } from './server.js';

for (const signal of ['SIGTERM', 'SIGKILL']) {
  for (const transports of [['websocket'], ['polling']]) {
    test(`after ${signal} a client over ${transports} comes back by itself and misses nothing`, async (t) => {
      const server = await Server.start(t);
      const [ada, bob] = await server.people(t, 'ada', 'bob');
      const room = await ada.roomWith(bob);
      const ear = await bob.socket({ transports });
      const { epoch, lastSeq } = await ear.ask('join_room', { roomId: room.id });
      const before = await ada.call('POST', `/rooms/${room.id}/messages`, { content: 'before' });
      assert.deepEqual(await ear.told('receive_message'), before);

      const code = await server.down(signal);
      const reason = await ear.told('disconnect');
      assert.ok(['transport close', 'transport error'].includes(reason), reason);
      assert.equal(ear.socket.active, true, 'it tries again');
      if (signal === 'SIGTERM') assert.equal(code, 0);
      // A client that is between two polls when the server goes down finds no one to tell it.
      if (signal === 'SIGTERM' && transports[0] === 'websocket') {
        assert.equal(reason, 'transport close');
        assert.equal(typeof (await ear.told('server_restart')).reconnectAfterMs, 'number');
      }

      await server.up();
      await ear.connected();
      const missed = await ada.call('POST', `/rooms/${room.id}/messages`, { content: 'while away' });
      const caught = await ear.ask('join_room', { roomId: room.id, after: before.seq, epoch });
      assert.deepEqual(caught.events.map((event) => event.message), [missed]);
      assert.equal(before.seq, lastSeq + 1);
    });
  }
}

const endings = {
  'a logout': (ada) => ada.call('POST', '/auth/logout'),
  'a revoked session': async (ada) => {
    const sessions = await ada.call('GET', '/auth/sessions');
    await ada.call('DELETE', `/auth/sessions/${sessions.find((session) => session.current).id}`);
  },
};

for (const [ending, end] of Object.entries(endings)) {
  for (const transports of [['websocket'], ['polling']]) {
    test(`after ${ending} a client over ${transports} stays away`, async (t) => {
      const server = await Server.start(t);
      const [ada] = await server.people(t, 'ada');
      const ear = await ada.socket({ transports });
      await end(ada);
      assert.equal((await ear.told('error', undefined, 2_000)).type, 'UNAUTHENTICATED');
      assert.equal(await ear.told('disconnect', undefined, 2_000), 'io server disconnect');
      assert.equal(ear.socket.active, false, 'the client library itself does not try again');
      const again = ada.open({ transports, reconnection: false });
      assert.equal((await again.told('connect_error')).message, 'Invalid or expired token');
    });
  }
}

test('a socket ends with its token, unless it has been given a fresh one', async (t) => {
  const server = await Server.start(t, { PARLOR_TOKEN_LIFETIME: '3s' });
  const [ada, bob] = await server.people(t, 'ada', 'bob');
  const [kept, left] = [await ada.socket(), await bob.socket()];
  const fresh = await ada.call('POST', '/auth/refresh', { refreshToken: ada.refreshToken });
  const { expiresAt } = await kept.ask('authenticate', { token: fresh.token });
  assert.equal(expiresAt, fresh.expiresAt);
  assert.equal((await kept.refused('authenticate', { token: bob.token })).type, 'UNAUTHENTICATED', 'of the same user only');
  assert.equal((await left.told('error', undefined, 6_000)).type, 'UNAUTHENTICATED');
  assert.equal(await left.told('disconnect'), 'io server disconnect');
});
