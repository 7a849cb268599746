// What READMEs show works as written: the original server's example for frontends, and our own run-it-in-a-minute.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { io } from 'socket.io-client';
import { Server } from './server.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The code blocks of a language in our README. */
async function snippets(language) {
  const readme = await readFile(at('../../../README.md'), 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]);
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
  const here = (text) => text.replaceAll('http://localhost:5000', server.url);
  const { stdout: values } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${here(shell)}\nprintf '%s\\n' "$TOKEN" "$ROOM"`]);
  const [TOKEN, ROOM] = values.trim().split('\n').slice(-2);
  assert.match(TOKEN, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', here(script)], {
    cwd: at('.'), env: { ...process.env, TOKEN, ROOM }, timeout: 20_000 });
  assert.match((await run).stdout, /hello/i);
});
