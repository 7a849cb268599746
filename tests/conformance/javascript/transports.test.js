// The official client reaches the server over each transport, and is turned away with the words that frontends look for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from './deadline.js';
import { Server } from './server.js';

const upgraded = (ear) => {
  const { engine } = ear.socket.io;
  if (engine.transport.name === 'websocket') return Promise.resolve();
  return within('the upgrade', new Promise((resolve) => engine.once('upgrade', resolve)));
};

const ways = [
  { name: 'WebSocket alone', transports: ['websocket'], ends: 'websocket' },
  { name: 'polling alone', transports: ['polling'], ends: 'polling' },
  { name: 'polling, then an upgrade', transports: ['polling', 'websocket'], ends: 'websocket' },
];

for (const { name, transports, ends } of ways) {
  test(`a message goes out and comes in over ${name}`, async (t) => {
    const server = await Server.start(t);
    const [ada, bob] = await server.people(t, 'ada', 'bob');
    const room = await ada.roomWith(bob);
    const [from, to] = [await ada.socket({ transports }), await bob.socket({ transports })];
    if (ends === 'websocket') await Promise.all([upgraded(from), upgraded(to)]);
    for (const ear of [from, to]) {
      assert.equal(ear.socket.io.engine.transport.name, ends);
      await ear.ask('join_room', { roomId: room.id });
    }
    const sent = await from.ask('send_message', { roomId: room.id, content: `over ${name}` });
    assert.deepEqual(await to.told('receive_message'), sent);
    assert.deepEqual(await from.told('receive_message'), sent, 'the sender hears it too');
  });

  test(`a hundred messages keep their order over ${name}`, async (t) => {
    const server = await Server.start(t);
    const [ada] = await server.people(t, 'ada');
    const room = await ada.room();
    const ear = await ada.listening(room, { transports });
    const said = Array.from({ length: 100 }, (_, n) => `message ${n}`);
    for (const content of said) ear.emit('send_message', { roomId: room.id, content });
    const heard = [];
    while (heard.length < said.length) heard.push(await ear.told('receive_message'));
    assert.deepEqual(heard.map((message) => message.content), said);
    assert.deepEqual(heard.map((message) => message.seq), said.map((_, n) => heard[0].seq + n), 'without gaps');
  });
}

test('the token is taken from the Authorization header too', async (t) => {
  const server = await Server.start(t);
  const [ada] = await server.people(t, 'ada');
  for (const transports of [['websocket'], ['polling']]) {
    const ear = await ada.socket({ transports, auth: {}, extraHeaders: { Authorization: `Bearer ${ada.token}` } });
    assert.ok(ear.socket.connected);
  }
});

test('a handshake without a good token is refused in the words of the original', async (t) => {
  const server = await Server.start(t);
  const [ada] = await server.people(t, 'ada');
  const [head, body, signature] = ada.token.split('.');
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`;
  const refused = [{}, { token: '' }, { token: 'nonsense' }, { token: 17 }, { token: null }, { token: unsigned },
    { token: `${head}.${body}.${signature.slice(0, -4)}AAAA` }];
  for (const transports of [['websocket'], ['polling']]) {
    for (const auth of refused) {
      const ear = ada.open({ transports, auth, reconnection: false });
      assert.equal((await ear.told('connect_error')).message, 'Invalid or expired token', JSON.stringify(auth));
      ear.socket.disconnect();
    }
  }
  const inTheUrl = ada.open({ auth: {}, query: { token: ada.token }, reconnection: false });
  await inTheUrl.told('connect_error');
  assert.equal(inTheUrl.socket.connected, false, 'a token in a URL ends up in logs');
});
