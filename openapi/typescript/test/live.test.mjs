// The package, its example and the first lines of /docs, against a real server.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createApi, createSession, createSocket, ParlorError } from "@parlor/client";
import { within } from "../../../tests/conformance/javascript/deadline.js";
import { Server } from "../../../tests/conformance/javascript/server.js";

const run = promisify(execFile);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

async function person(server, username) {
  const account = { username, email: `${username}@example.com`, password: "correct horse battery" };
  const { user, ...tokens } = await createApi(server.url)("register", { body: account });
  const getToken = createSession(server.url, tokens);
  return { account, user, tokens, getToken, api: createApi(server.url, getToken) };
}

/** Runs a script, and resolves as soon as it has printed what is waited for. */
function runs(t, script, env, ...args) {
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  const waiting = new Set();
  const hear = (text) => {
    said += text;
    for (const look of waiting) look();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return (what) => within(`${JSON.stringify(what)} of ${script}`, new Promise((resolve) => {
    const look = () => {
      const found = said.indexOf(what);
      if (found < 0) return;
      said = said.slice(found + what.length);
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  }), 20_000);
}

/** The first payload of an event. */
const told = (socket, event) => within(event, new Promise((resolve) => socket.once(event, resolve)));

test("a message goes from one person to another, with every part typed by the contract", async (t) => {
  const server = await Server.start(t);
  const [ada, bob] = [await person(server, "ada"), await person(server, "bob")];
  const room = await ada.api("createRoom", { body: { name: "kitchen" } });
  await bob.api("joinRoom", { path: { roomId: room.id } });
  const socket = createSocket(server.url, bob.getToken);
  t.after(() => socket.disconnect());
  await told(socket, "connect");
  const joined = await socket.timeout(5000).emitWithAck("join_room", { roomId: room.id });
  assert.equal(joined.ok, true);
  const heard = told(socket, "receive_message");
  const sent = await ada.api("sendMessage", { path: { roomId: room.id }, body: { content: "hi" } });
  assert.deepEqual(await heard, sent);
  const { data, nextCursor } = await bob.api("listRooms", { query: { limit: 1 } });
  assert.deepEqual([data.map(({ id }) => id), nextCursor], [[room.id], null]);
});

test("a failure is a ParlorError with the contract's type, also when nobody answers", async (t) => {
  const server = await Server.start(t);
  const { api } = await person(server, "ada");
  const refused = await api("createRoom", { body: { name: "a" } }).catch((error) => error);
  assert.ok(refused instanceof ParlorError);
  assert.deepEqual([refused.type, refused.errors.map(({ field }) => field)], ["VALIDATION", ["name"]]);
  const nobody = await createApi("http://127.0.0.1:1")("logIn", { body: { email: "a", password: "b" } }).catch((error) => error);
  assert.deepEqual([nobody instanceof ParlorError, nobody.type], [true, "UNAVAILABLE"]);
});

test("a session renews its token in time, once for all who ask at once", async (t) => {
  const server = await Server.start(t, { PARLOR_TOKEN_LIFETIME: "30s" });
  const { tokens } = await person(server, "ada");
  const kept = [];
  const getToken = createSession(server.url, tokens, (renewed) => kept.push(renewed));
  const given = await Promise.all([getToken(), getToken(), getToken()]);
  assert.equal(kept.length, 1);
  assert.deepEqual(given, Array(3).fill(kept[0].token));
  assert.notEqual(kept[0].token, tokens.token);
  const socket = createSocket(server.url, getToken);
  t.after(() => socket.disconnect());
  await told(socket, "connect");
  assert.equal(kept.length, 2, "a connect asks for the newest token");
});

/** The blocks of code of a page, as text. */
async function blocks(url) {
  const marks = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  const page = await fetch(url).then((answer) => answer.text());
  const text = (html) => html.replace(/&(lt|gt|quot|#39|amp);/g, (mark) => marks[mark]);
  return [...page.matchAll(/<pre[^>]*><code>(.*?)<\/code>/gs)].map(([, html]) => text(html));
}

test("the first lines of /docs are strict TypeScript, and two people hear each other by them", async (t) => {
  const server = await Server.start(t);
  const [hello] = (await blocks(`${server.url}/docs`)).filter((text) => text.startsWith("import "));
  const folder = await mkdtemp(at("../build/hello-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "hello.mts"), hello);
  const compiler = at("../node_modules/typescript/bin/tsc");
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  await run(process.execPath, [compiler, ...options, join(folder, "hello.mts")]).catch(({ stdout }) => assert.fail(stdout));
  const starts = (name) => runs(t, join(folder, "hello.mjs"), { SERVER: server.url }, name);
  const grace = starts("grace");
  await grace("grace listens to the kitchen");
  await grace("grace: Hello from grace");
  const alan = starts("alan");
  await alan("alan: Hello from alan");
  await grace("alan: Hello from alan");
  const again = starts("alan");
  await again("alan: Hello from alan");
});

test("the lines for curl of /docs store a message", async (t) => {
  const server = await Server.start(t);
  const [lines] = (await blocks(`${server.url}/docs`)).filter((text) => text.includes("curl "));
  const { stdout } = await run("bash", ["-euc", lines.replaceAll("http://localhost:5000", server.url)]);
  const { success, data } = JSON.parse(stdout);
  assert.deepEqual([success, data.content, data.clientMessageId], [true, "Hello, world", "my-first"]);
});

test("the bot greets everybody once, across a restart of the server", async (t) => {
  const server = await Server.start(t);
  const [ada, bot] = [await person(server, "ada"), await person(server, "bot")];
  const { id: roomId } = await ada.api("createRoom", { body: { name: "kitchen" } });
  await bot.api("joinRoom", { path: { roomId } });
  const { email, password } = bot.account;
  const says = runs(t, at("../build/bot.js"), { SERVER: server.url, EMAIL: email, PASSWORD: password, ROOM: roomId });
  await says("listening");
  const socket = createSocket(server.url, ada.getToken, { reconnectionDelay: 50 });
  t.after(() => socket.disconnect());
  const greets = (count) => within(`greeting ${count}`, (async () => {
    for (;;) {
      const { events } = await ada.api("listEvents", { path: { roomId }, query: { limit: 500 } });
      const greetings = events.filter(({ message }) => message?.content === "Hello, ada!");
      if (greetings.length >= count) return assert.equal(greetings.length, count);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })(), 20_000);
  await ada.api("sendMessage", { path: { roomId }, body: { content: "!hello" } });
  await greets(1);
  await server.down("SIGKILL");
  await says("away:");
  await server.up();
  await ada.api("sendMessage", { path: { roomId }, body: { content: "!hello" } });
  await greets(2);
  assert.match(await readFile(at("../examples/bot.ts"), "utf8"), /^(.*\n){1,60}$/, "the bot stays under 60 lines");
});
