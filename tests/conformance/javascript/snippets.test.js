// What READMEs show works as written: the original server's example for frontends, and our own run-it-in-a-minute.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { io } from 'socket.io-client';
import { within } from './deadline.js';
import { Server } from './server.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const run = promisify(execFile);
const readme = () => readFile(at('../../../README.md'), 'utf8');

/** The code blocks of a language in our README. */
async function snippets(language) {
  return [...(await readme()).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]);
}

test("the original README's frontend works after a change of its URL", async (t) => {
  const server = await Server.start(t, { PARLOR_LIMIT_MESSAGE: '5/10s' });
  const [ada, bob] = await server.people(t, 'ada', 'bob');
  const room = await ada.room();
  const written = await readFile(at('original-frontend.ts'), 'utf8');
  // The types go, and `fetch`, which a browser resolves against the page, gets the page's address.
  const code = written.replaceAll('https://chat.example.com', server.url).replace(/: (string|NodeJS\.Timeout)\b/g, '');
  let show;
  const heard = new Promise((resolve) => (show = resolve));
  const names = ['io', 'localStorage', 'fetch', 'token', 'addMessageToChat'];
  const start = new Function(...names, `${code}\nreturn { socket, joinRoom, sendMessage, handleTyping };`);
  const page = start(io, { getItem: () => bob.token }, (path, options) => fetch(server.url + path, options), bob.token, show);
  t.after(() => page.socket.disconnect());
  const there = await ada.listening(room);
  await page.joinRoom(room.id);
  await there.told('user_joined', (data) => data.type === 'permanent');
  await there.told('user_joined', (data) => data.type === 'temporary');
  page.handleTyping(room.id);
  assert.equal((await there.told('user_typing')).isTyping, true);
  assert.equal((await there.told('user_typing')).isTyping, false, 'its own timer ends it');
  page.sendMessage(room.id, 'hello from the page');
  const message = await heard;
  assert.deepEqual([message.content, message.username], ['hello from the page', bob.username]);
  assert.deepEqual(await there.told('receive_message'), message);
});

test('the curl and JavaScript lines of the README print a received message', async (t) => {
  const server = await Server.start(t);
  const [shell] = (await snippets('sh')).filter((text) => text.includes('curl '));
  const [script] = (await snippets('js')).filter((text) => text.includes('socket.io-client'));
  assert.ok(shell && script, 'the README has both');
  const here = (text) => text.replaceAll('http://127.0.0.1:5000', server.url);
  const { stdout: values } = await run('bash', ['-euc', `${here(shell)}\nprintf '%s\\n' "$TOKEN" "$ROOM"`]);
  const [TOKEN, ROOM] = values.trim().split('\n');
  // As pasted into a prompt, line by line.
  const node = spawn(process.execPath, ['-i'], { cwd: at('.'), env: { ...process.env, TOKEN, ROOM } });
  t.after(() => node.kill());
  let said = '';
  const printed = new Promise((resolve) => node.stdout.on('data', (text) => {
    said += text;
    if (/^\W*ada: Hello from Node!$/m.test(said)) resolve();
  }));
  node.stdin.write(here(script));
  await within('the message', printed, 10_000).catch((late) => assert.fail(`${late.message}; it said:\n${said}`));
});

test('the README lists the settings that there are', async () => {
  const { stdout } = await run(process.env.PARLOR_TEST_SERVER_BIN, ['settings'], { env: {} });
  const listed = /<!-- settings -->\n(.*?)<!-- \/settings -->/s.exec(await readme())[1];
  assert.equal(listed.trim(), stdout.trim(), 'put what `parlor-server settings` prints between the markers');
});
