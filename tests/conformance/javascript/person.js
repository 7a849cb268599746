// Someone with an account, and the sockets they open with the official client.
import assert from 'node:assert/strict';
import { io } from 'socket.io-client';
import { within } from './deadline.js';

export class Person {
  constructor(server, t, { user, token, refreshToken }) {
    Object.assign(this, { server, t, user, token, refreshToken, id: user.id, username: user.username });
  }

  call(method, path, body) {
    return this.server.call(method, path, body, this.token).then((answer) => answer.data);
  }

  try(method, path, body) {
    return this.server.try(method, path, body, this.token);
  }

  async room(name = 'a room', more = {}) {
    return this.call('POST', '/rooms', { name, ...more });
  }

  async roomWith(...others) {
    const room = await this.room();
    for (const other of others) await other.call('POST', `/rooms/${room.id}/join`);
    return room;
  }

  /** A socket that is on its way; `options` are the official client's own. */
  open(options = {}) {
    const socket = io(this.server.url, { auth: { token: this.token }, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    this.t.after(() => socket.disconnect());
    return new Ear(socket);
  }

  /** A socket that is connected. */
  async socket(options) {
    const ear = this.open(options);
    await ear.connected();
    return ear;
  }

  /** A connected socket that is subscribed to `room`. */
  async listening(room, options) {
    const ear = await this.socket(options);
    await ear.ask('join_room', { roomId: room.id });
    return ear;
  }
}

/** A socket and what it has been told, in order: nothing is missed between two waits. */
export class Ear {
  #told = [];
  #waiting = [];

  constructor(socket) {
    this.socket = socket;
    socket.onAny((event, data) => this.#hear({ event, data }));
    for (const event of ['connect', 'connect_error', 'disconnect']) {
      socket.on(event, (data) => this.#hear({ event, data }));
    }
  }

  #hear(heard) {
    const index = this.#waiting.findIndex(({ matches }) => matches(heard));
    if (index < 0) this.#told.push(heard);
    else this.#waiting.splice(index, 1)[0].resolve(heard.data);
  }

  /** The first `event` (that fits) not yet asked for; waits for it if need be. */
  told(event, fits = () => true, milliseconds = 5_000) {
    const matches = (heard) => heard.event === event && fits(heard.data);
    const index = this.#told.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#told.splice(index, 1)[0].data);
    const waited = new Promise((resolve) => this.#waiting.push({ matches, resolve }));
    return within(`${event}; heard instead: ${JSON.stringify(this.#told).slice(0, 800)}`, waited, milliseconds);
  }

  /** What has been heard of `event` and not yet asked for. */
  heard(event) {
    return this.#told.filter((heard) => heard.event === event).map((heard) => heard.data);
  }

  connected() {
    return this.told('connect');
  }

  emit(event, ...payload) {
    this.socket.emit(event, ...payload);
  }

  /** Emits with an acknowledgement, and gives it as it came. */
  answer(event, ...payload) {
    return within(`the acknowledgement of ${event}`, new Promise((resolve) => this.socket.emit(event, ...payload, resolve)));
  }

  /** Emits with an acknowledgement that must be a success, and gives its data. */
  async ask(event, payload) {
    const ack = await this.answer(event, payload);
    assert.equal(ack.ok, true, `${event}: ${JSON.stringify(ack)}`);
    return ack.data;
  }

  /** Emits with an acknowledgement that must be a failure, and gives its error. */
  async refused(event, ...payload) {
    const ack = await this.answer(event, ...payload);
    assert.equal(ack.ok, false, `${event}: ${JSON.stringify(ack)}`);
    assert.ok(ack.error.message, 'a failure has words for people');
    return ack.error;
  }

  /** Returns when everything that this socket emitted before has been answered: events of one socket take effect in order. */
  async settled(room) {
    await this.ask('get_room_users', { roomId: room.id });
  }
}
