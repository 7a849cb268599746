// Each event, with and without an acknowledgement, as the contract has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server } from './server.js';

const nowhere = '00000000-0000-7000-8000-000000000000';

async function twoInARoom(t) {
  const server = await Server.start(t);
  const [ada, bob] = await server.people(t, 'ada', 'bob');
  const room = await ada.roomWith(bob);
  return { server, ada, bob, room };
}

test('join_room is answered by room_joined, and by its acknowledgement if it has one', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const there = await ada.listening(room);
  const ear = await bob.socket();
  ear.emit('join_room', { roomId: room.id });
  const joined = await ear.told('room_joined');
  assert.equal(joined.roomId, room.id);
  assert.equal(typeof joined.message, 'string');
  assert.equal(typeof joined.epoch, 'string');
  const notice = await there.told('user_joined', (data) => data.type === 'temporary');
  assert.equal(notice.userId, bob.id);
  assert.equal(notice.username, bob.username);

  const ack = await ear.ask('join_room', { roomId: room.id });
  assert.deepEqual(ack, { roomId: room.id, epoch: joined.epoch, lastSeq: joined.lastSeq, events: [], complete: true, reset: false });
});

test('who is no member hears nothing of a room, and cannot tell it from an unknown one', async (t) => {
  const { server, ada, room } = await twoInARoom(t);
  const [eve] = await server.people(t, 'eve');
  const ear = await eve.socket();
  const there = await ada.listening(room);
  for (const roomId of [room.id, nowhere]) {
    for (const [event, more] of [
      ['join_room', {}], ['leave_room', {}], ['typing', { isTyping: true }], ['get_room_users', {}],
      ['send_message', { content: 'let me in' }], ['message_read', { messageId: nowhere }],
    ]) {
      assert.equal((await ear.refused(event, { roomId, ...more })).type, 'NOT_AUTHORIZED', event);
      ear.emit(event, { roomId, ...more });
      const error = await ear.told('error');
      assert.equal(error.type, 'NOT_AUTHORIZED', event);
      assert.equal(error.event, event);
      assert.equal(error.roomId, roomId);
    }
  }
  assert.deepEqual(ear.heard('error'), [], 'a failure is told in one place only');
  await there.ask('send_message', { roomId: room.id, content: 'are we alone?' });
  await there.told('receive_message');
  assert.deepEqual(ear.heard('receive_message'), []);
  assert.deepEqual(there.heard('user_left').concat(there.heard('user_typing')), [], 'refused events are seen by nobody');
});

test('send_message stores, acknowledges and delivers one and the same message', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const [from, to] = [await ada.listening(room), await bob.listening(room)];
  const sent = await from.ask('send_message', { roomId: room.id, content: 'Hello everyone! 👋🏽', clientMessageId: 'first-1' });
  assert.deepEqual(Object.keys(sent).sort(), ['clientMessageId', 'content', 'createdAt', 'id', 'roomId', 'sender', 'seq', 'status',
    'timestamp', 'updatedAt', 'userId', 'username']);
  assert.equal(sent.content, 'Hello everyone! 👋🏽');
  assert.equal(sent.status, 'delivered');
  assert.equal(sent.timestamp, sent.createdAt);
  assert.match(sent.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(sent.sender, { id: ada.id, username: ada.username });
  assert.deepEqual(await to.told('receive_message'), sent);
  const { messages } = await bob.call('GET', `/rooms/${room.id}/messages`);
  assert.deepEqual(messages, [sent], 'history says the same');

  from.emit('send_message', { roomId: room.id, content: 'no acknowledgement asked for' });
  const second = await to.told('receive_message');
  assert.equal(second.content, 'no acknowledgement asked for');
  assert.equal(second.seq, sent.seq + 1);
  assert.equal(second.clientMessageId, null);
});

test('a clientMessageId is stored and delivered once, and other content is a conflict', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const [from, again, to] = [await ada.listening(room), await ada.socket(), await bob.listening(room)];
  const message = { roomId: room.id, content: 'once', clientMessageId: 'id-1' };
  const acks = await Promise.all([from.ask('send_message', message), again.ask('send_message', message), from.ask('send_message', message)]);
  for (const ack of acks) assert.equal(ack.id, acks[0].id);
  assert.equal((await from.refused('send_message', { ...message, content: 'twice' })).type, 'CONFLICT');
  const last = await from.ask('send_message', { roomId: room.id, content: 'after it' });
  assert.equal((await to.told('receive_message')).id, acks[0].id);
  assert.equal((await to.told('receive_message')).id, last.id);
});

test('a requestId comes back with success and with failure', async (t) => {
  const { ada, room } = await twoInARoom(t);
  const ear = await ada.socket();
  const good = await ear.answer('join_room', { roomId: room.id, requestId: 'request-7' });
  assert.deepEqual([good.ok, good.requestId], [true, 'request-7']);
  const bad = await ear.answer('send_message', { roomId: room.id, content: '  ', requestId: 'request-8' });
  assert.deepEqual([bad.ok, bad.error.type, bad.requestId], [false, 'VALIDATION', 'request-8']);
  const none = await ear.answer('join_room', { roomId: room.id });
  assert.equal('requestId' in none, false);
});

test('bad payloads and unknown events are answered, and harm nobody', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const [ear, other] = [await ada.socket(), await bob.listening(room)];
  const events = ['join_room', 'leave_room', 'send_message', 'message_read', 'typing', 'get_room_users', 'authenticate', 'no_such_event', 'it"s'];
  const payloads = [[], [null], [17], ['text'], [true], [[]], [[room.id]], [{}], [{ roomId: [room.id, nowhere] }], [{ roomId: { id: room.id } }],
    [{ roomId: 'no-id', content: { a: 1 }, messageId: {}, isTyping: 'yes', token: 5 }]];
  for (const event of events) {
    for (const payload of payloads) {
      const error = await ear.refused(event, ...payload);
      assert.equal(error.type, 'VALIDATION', `${event} ${JSON.stringify(payload)}: ${JSON.stringify(error)}`);
      ear.emit(event, ...payload);
      const told = await ear.told('error');
      assert.deepEqual([told.type, told.event], ['VALIDATION', event]);
    }
  }
  const several = await ear.refused('send_message', { roomId: 5, content: '' });
  assert.deepEqual(several.errors.map((error) => error.field).sort(), ['content', 'roomId'], 'every bad field at once');
  await other.ask('send_message', { roomId: room.id, content: 'all well' });
  assert.ok(ear.socket.connected);
});

test('content is 1 to 4000 characters, not blank, and comes back as it was', async (t) => {
  const { ada, room } = await twoInARoom(t);
  const ear = await ada.listening(room);
  for (const content of ['', '   \n', 'a\u0000b', 'x'.repeat(4001), '👋'.repeat(4001)]) {
    assert.equal((await ear.refused('send_message', { roomId: room.id, content })).type, 'VALIDATION');
  }
  for (const content of ['x', ' kept spaces ', '👋'.repeat(4000), '<b>\u202E‏\u001b[31m</b>', 'line\r\nline']) {
    assert.equal((await ear.ask('send_message', { roomId: room.id, content })).content, content);
    assert.equal((await ear.told('receive_message')).content, content);
  }
});

test('the sixth message within ten seconds is refused with the time to wait', async (t) => {
  const server = await Server.start(t, { PARLOR_LIMIT_MESSAGE: '5/10s' });
  const [ada] = await server.people(t, 'ada');
  const room = await ada.room();
  const ear = await ada.listening(room);
  for (let n = 0; n < 5; n++) await ear.ask('send_message', { roomId: room.id, content: `${n}`, clientMessageId: `${n}` });
  const error = await ear.refused('send_message', { roomId: room.id, content: '5' });
  assert.equal(error.type, 'RATE_LIMIT');
  assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 10_000, `${error.retryAfterMs}`);
  await ear.ask('send_message', { roomId: room.id, content: '0', clientMessageId: '0' });
  ear.emit('send_message', { roomId: room.id, content: '6' });
  assert.equal((await ear.told('error')).type, 'RATE_LIMIT');
  const other = await ada.room('another room');
  await ear.ask('send_message', { roomId: other.id, content: 'each room has its own' });
});

test('typing is told to the others, ends by itself, and at a disconnect', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const [from, to] = [await ada.listening(room), await bob.listening(room)];
  assert.equal(await from.ask('typing', { roomId: room.id, isTyping: true }), null);
  const began = await to.told('user_typing');
  assert.deepEqual([began.userId, began.username, began.roomId, began.isTyping], [ada.id, ada.username, room.id, true]);
  from.emit('typing', { roomId: room.id, isTyping: false });
  assert.equal((await to.told('user_typing')).isTyping, false);
  from.emit('typing', { roomId: room.id, isTyping: true });
  assert.equal((await to.told('user_typing')).isTyping, true);
  assert.equal((await to.told('user_typing', undefined, 9_000)).isTyping, false, 'after 6 s of silence');
  from.emit('typing', { roomId: room.id, isTyping: true });
  await to.told('user_typing');
  from.socket.disconnect();
  assert.equal((await to.told('user_typing', undefined, 2_000)).isTyping, false);
  assert.deepEqual(from.heard('user_typing'), [], 'not to oneself');
});

test('presence is by sockets, and told to those who share a room', async (t) => {
  const { server, ada, bob, room } = await twoInARoom(t);
  const [eve] = await server.people(t, 'eve');
  const [ear, stranger] = [await ada.socket(), await eve.socket()];
  const [first, second] = [await bob.socket(), await bob.socket()];
  const online = await ear.told('user_status', (data) => data.userId === bob.id);
  assert.deepEqual([online.username, online.status], [bob.username, 'online']);
  first.socket.disconnect();
  const users = await ear.ask('get_room_users', { roomId: room.id });
  assert.deepEqual(users.users, [
    { userId: ada.id, username: ada.username, isOnline: true },
    { userId: bob.id, username: bob.username, isOnline: true },
  ]);
  assert.deepEqual(await ear.told('room_users'), users);
  second.socket.disconnect();
  const offline = await ear.told('user_status', (data) => data.userId === bob.id, 8_000);
  assert.equal(offline.status, 'offline');
  assert.deepEqual(stranger.heard('user_status').filter((data) => data.userId !== eve.id), []);
});

test('reading a message tells its sender', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const [from, to] = [await ada.listening(room), await bob.listening(room)];
  await from.ask('send_message', { roomId: room.id, content: 'one' });
  const newest = await from.ask('send_message', { roomId: room.id, content: 'two' });
  assert.deepEqual(await to.ask('message_read', { roomId: room.id, messageId: newest.id }), { lastReadSeq: newest.seq });
  const update = await from.told('message_status_updated');
  assert.deepEqual([update.messageId, update.roomId, update.status, update.readerId, update.seq], [newest.id, room.id, 'read', bob.id, newest.seq]);
  const receipt = await from.told('messages_read', (data) => data.userId === bob.id);
  assert.deepEqual([receipt.username, receipt.roomId, receipt.lastReadSeq], [bob.username, room.id, newest.seq]);
  assert.ok(Date.parse(receipt.readAt));
  const { messages } = await ada.call('GET', `/rooms/${room.id}/messages`);
  assert.deepEqual(messages.map((message) => message.status), ['read', 'read']);
  assert.equal((await to.refused('message_read', { roomId: room.id, messageId: nowhere })).type, 'NOT_FOUND');
});

test('coming and going is told: for a while without a seq, for good with one', async (t) => {
  const { server, ada, bob, room } = await twoInARoom(t);
  const [there, ear] = [await ada.listening(room), await bob.listening(room)];
  assert.deepEqual(await ear.ask('leave_room', { roomId: room.id }), { roomId: room.id });
  const left = await there.told('user_left');
  assert.deepEqual([left.userId, left.username, left.type, left.seq], [bob.id, bob.username, 'temporary', undefined]);

  const [cyd] = await server.people(t, 'cyd');
  await cyd.call('POST', `/rooms/${room.id}/join`);
  const came = await there.told('user_joined', (data) => data.userId === cyd.id);
  assert.deepEqual([came.type, came.name, came.username], ['permanent', cyd.username, cyd.username]);
  await cyd.call('POST', `/rooms/${room.id}/leave`);
  const gone = await there.told('user_left', (data) => data.userId === cyd.id);
  assert.deepEqual([gone.type, gone.name, gone.seq], ['permanent', cyd.username, came.seq + 1]);
});

test('joining with a position brings what came since, once', async (t) => {
  const { ada, bob, room } = await twoInARoom(t);
  const from = await ada.listening(room);
  const ear = await bob.socket();
  const { lastSeq, epoch } = await ear.ask('join_room', { roomId: room.id });
  ear.socket.disconnect();
  const missed = [];
  for (let n = 0; n < 3; n++) missed.push(await from.ask('send_message', { roomId: room.id, content: `missed ${n}` }));

  const back = await bob.socket();
  const caught = await back.ask('join_room', { roomId: room.id, after: lastSeq, epoch });
  assert.deepEqual(caught.events.map((event) => [event.type, event.seq, event.message]), missed.map((m) => ['message', m.seq, m]));
  assert.deepEqual([caught.complete, caught.reset, caught.lastSeq], [true, false, missed.at(-1).seq]);
  const live = await from.ask('send_message', { roomId: room.id, content: 'live' });
  assert.deepEqual(await back.told('receive_message'), live, 'nothing of the catch-up comes a second time');

  for (const wrong of [{ after: lastSeq, epoch: nowhere }, { after: live.seq + 1, epoch }]) {
    const reset = await back.ask('join_room', { roomId: room.id, ...wrong });
    assert.deepEqual([reset.reset, reset.events], [true, []]);
  }
});
