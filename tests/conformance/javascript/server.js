// A server of one's own for a test: a process with a temporary data folder on a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './deadline.js';
import { Person } from './person.js';

const binary = process.env.PARLOR_TEST_SERVER_BIN;
if (!binary) throw new Error('PARLOR_TEST_SERVER_BIN must name the server to test; tests/run sets it');

// Limits that would stand in the way of tests that are about something else.
const roomy = {
  PARLOR_LIMIT_REGISTER: 'off',
  PARLOR_LIMIT_LOGIN: 'off',
  PARLOR_LIMIT_LOGIN_ADDRESS: 'off',
  PARLOR_LIMIT_MESSAGE: 'off',
  PARLOR_LIMIT_EVENTS: 'off',
};

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Server {
  #process;
  #folder;
  #environment;
  #people = 0;

  /** Starts a server; it is gone when the test `t` has ended. */
  static async start(t, environment = {}) {
    const server = new Server();
    server.#folder = await mkdtemp(join(tmpdir(), 'parlor-conformance-'));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.#environment = {
      PATH: process.env.PATH,
      PARLOR_LISTEN: `127.0.0.1:${server.port}`,
      PARLOR_DATA_DIR: server.#folder,
      ...roomy,
      ...environment,
    };
    t.after(() => server.#end());
    await server.up();
    return server;
  }

  /** Starts the process, after `down` too: same folder, same port. */
  async up() {
    this.#process = spawn(binary, { env: this.#environment, cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on('data', (text) => (said += text));
    const gone = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}:\n${said}`);
    });
    gone.catch(() => {});
    await within('the server to be ready', Promise.race([this.#ready(), gone]), 20_000);
  }

  async #ready() {
    for (;;) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the process with a signal and gives its exit code. */
  async down(signal = 'SIGTERM') {
    const exit = once(this.#process, 'exit');
    this.#process.kill(signal);
    const [code] = await within('the server to end', exit, 25_000);
    return code;
  }

  async #end() {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Registers people: `const [ada, bob] = await server.people(t, 'ada', 'bob')`. */
  async people(t, ...names) {
    const people = [];
    for (const name of names) {
      const account = { username: `${name}${++this.#people}`, email: `${name}${this.#people}@example.com`, password: 'four unlikely words' };
      const { data } = await this.call('POST', '/auth/register', account);
      people.push(new Person(this, t, data));
    }
    return people;
  }

  /** A REST call that must succeed; gives the whole answer. */
  async call(method, path, body, token) {
    const { status, answer } = await this.try(method, path, body, token);
    if (!answer?.success) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** A REST call, however it ends. */
  async try(method, path, body, token) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const response = await fetch(`${this.url}/api/v1${path}`, options);
    return { status: response.status, headers: response.headers, answer: await response.json() };
  }
}
