// The store, without a browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "vite";

let vite, Timeline, Outbox, Rooms, Typists, linesOf, partsOf, places;

before(async () => {
  vite = await createServer({ configFile: false, root: new URL("..", import.meta.url).pathname, appType: "custom", logLevel: "error", optimizeDeps: { noDiscovery: true }, server: { middlewareMode: true, ws: false, watch: null } });
  const load = (name) => vite.ssrLoadModule(`/src/store/${name}.ts`);
  ({ Timeline } = await load("timeline"));
  ({ Outbox } = await load("outbox"));
  ({ Rooms } = await load("rooms"));
  ({ Typists } = await load("typists"));
  ({ linesOf } = await load("lines"));
  ({ partsOf } = await load("links"));
  places = await load("places");
});
after(() => vite.close());

const roomId = "room";
const START = Date.parse("2026-03-01T12:00:00.000Z");

/** An entry of the log, a message unless told otherwise. */
function entry(seq, { by = "bob", content = `text ${seq}`, status = "delivered", clientMessageId = null, at = START + seq * 1000, ...rest } = {}) {
  const timestamp = new Date(at).toISOString();
  if (rest.type) return { seq, roomId, timestamp, ...rest };
  const message = { id: `id ${seq}`, roomId, userId: by, username: by, content, status, seq, clientMessageId, createdAt: timestamp, updatedAt: timestamp, timestamp, sender: { id: by, username: by } };
  return { seq, roomId, timestamp, type: "message", message };
}
const seqs = (entries) => entries.map(({ seq }) => seq);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("entries in any order, and doubled, become one stretch without gaps", () => {
  // Every order of six entries, each of them twice.
  const orders = (items) => (items.length < 2 ? [items] : items.flatMap((item) => orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest])));
  for (const order of orders(range(11, 16))) {
    const timeline = new Timeline(10);
    const told = order.flatMap((seq) => [...timeline.add(entry(seq)), ...timeline.add(entry(seq))]);
    assert.deepEqual(seqs(timeline.entries), range(11, 16));
    assert.deepEqual(seqs(told), range(11, 16), "each is told once, in order");
    assert.equal(timeline.isBehind, false);
  }
});

test("a gap is seen, and closed by what was missing", () => {
  const timeline = new Timeline(10);
  timeline.add(entry(11));
  assert.deepEqual(seqs(timeline.add(entry(14))), []);
  assert.deepEqual([timeline.last, timeline.isBehind], [11, true]);
  assert.deepEqual(seqs(timeline.add(entry(12))), [12]);
  assert.deepEqual(seqs(timeline.add(entry(13))), [13, 14]);
  assert.equal(timeline.isBehind, false);
  timeline.expect(20);
  assert.equal(timeline.isBehind, true, "what a join promises is missing too");
});

test("pages go back to the first entry, and one that leaves a gap is not taken", () => {
  const timeline = new Timeline(250);
  timeline.add(entry(251));
  const asked = [];
  while (timeline.hasOlder) {
    const { after, limit } = timeline.olderThanHere(100);
    asked.push([after, limit]);
    timeline.prepend(range(after + 1, after + limit).map((seq) => entry(seq)));
  }
  assert.deepEqual(asked, [[150, 100], [50, 100], [0, 50]]);
  assert.deepEqual(seqs(timeline.entries), range(1, 251));
  const other = new Timeline(250);
  other.prepend([entry(247), entry(249), entry(250), entry(251)]);
  assert.deepEqual(seqs(other.entries), [249, 250]);
});

test("a receipt marks what others wrote, and nothing becomes unread again", () => {
  const timeline = new Timeline(0);
  for (const [seq, by] of [[1, "ada"], [2, "bob"], [3, "ada"], [4, "ada"]]) timeline.add(entry(seq, { by }));
  const status = () => timeline.entries.map(({ message }) => message.status === "read");
  timeline.markRead(3, "bob");
  assert.deepEqual(status(), [true, false, true, false], "not the reader's own");
  assert.equal(timeline.hasUnreadBy("ada"), true);
  timeline.refresh([entry(3).message, entry(4, { status: "read" }).message]);
  assert.deepEqual(status(), [true, false, true, true]);
  assert.equal(timeline.hasUnreadBy("ada"), false);
  assert.equal(timeline.newestNotBy("ada").seq, 2);
  assert.equal(timeline.newestNotBy("bob").seq, 4);
});

test("a restart forgets what was there, but not what came after it", () => {
  const timeline = new Timeline(0, "one");
  range(1, 5).forEach((seq) => timeline.add(entry(seq)));
  timeline.add(entry(9));
  timeline.restart(8, "two");
  assert.deepEqual([timeline.epoch, timeline.last, seqs(timeline.entries)], ["two", 8, []]);
  assert.deepEqual(seqs(timeline.add(entry(10))), [9, 10]);
});

/** A shelf in memory, and an outbox whose deliveries are answered by hand. */
function post(stored = new Map()) {
  const shelf = {
    get length() { return stored.size; },
    key: (index) => [...stored.keys()][index] ?? null,
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, text) => stored.set(key, text),
    removeItem: (key) => stored.delete(key),
  };
  const asked = [];
  const pauses = [];
  const gate = { isOpen: true };
  const outbox = new Outbox({
    prefix: "box.", shelf, changed: () => {}, isReady: () => gate.isOpen,
    deliver: ({ content }) => new Promise((answer) => asked.push({ content, answer })),
    pause: (milliseconds) => new Promise((resume) => pauses.push({ milliseconds, resume })),
  });
  const write = (...texts) => texts.forEach((content, index) => outbox.add({ clientMessageId: content, roomId, content, writtenAt: index }));
  const states = () => outbox.of(roomId).map(({ content, progress }) => `${content} ${progress}`);
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { outbox, stored, asked, pauses, gate, write, states, settled };
}

test("messages go out one after the other, and stay until the timeline has them", async () => {
  const { outbox, stored, asked, write, states, settled } = post();
  write("one", "two");
  assert.deepEqual(states(), ["one sending", "two queued"]);
  assert.equal(asked.length, 1);
  asked[0].answer({ sent: {} });
  await settled();
  assert.deepEqual(states(), ["one sent", "two sending"]);
  assert.deepEqual([...stored.keys()], ["box.two"], "what the server has is not sent after a reload");
  outbox.arrived("one");
  assert.deepEqual(states(), ["two sending"]);
  assert.equal(outbox.waiting, 1);
  outbox.arrived("two");
  asked[1].answer({ again: null });
  await settled();
  assert.deepEqual([states(), asked.length, stored.size], [[], 2, 0], "seen in the timeline: the answer that was lost does not matter");
});

test("what waits is kept over a reload, in the order in which it was written", async () => {
  const first = post();
  first.gate.isOpen = false;
  first.write("z", "a", "m");
  assert.deepEqual(first.states(), ["z queued", "a queued", "m queued"]);
  first.stored.set("other.thing", "not ours");
  const second = post(first.stored);
  assert.deepEqual(second.states(), ["z queued", "a queued", "m queued"]);
  void second.outbox.flush(roomId);
  for (const content of ["z", "a", "m"]) {
    assert.equal(second.asked.at(-1).content, content);
    second.asked.at(-1).answer({ sent: {} });
    await second.settled();
  }
  assert.deepEqual([...second.stored.keys()], ["other.thing"]);
});

test("a failed message holds back the later ones until it is tried again or discarded", async () => {
  const { outbox, asked, write, states, settled, stored } = post();
  write("one", "two");
  asked[0].answer({ failed: "too long" });
  await settled();
  assert.deepEqual(states(), ["one failed", "two queued"]);
  assert.equal(outbox.of(roomId)[0].reason, "too long");
  void outbox.flush(roomId);
  assert.equal(asked.length, 1);
  outbox.retry("one");
  assert.equal(asked.at(-1).content, "one");
  asked[1].answer({ failed: "still" });
  await settled();
  outbox.discard("one");
  assert.deepEqual(states(), ["two sending"]);
  assert.deepEqual([...stored.keys()], ["box.two"]);
});

test("a delivery is tried again when it was told to, or with the next connection", async () => {
  const { outbox, asked, pauses, gate, write, states, settled } = post();
  write("one");
  asked[0].answer({ again: 700 });
  await settled();
  assert.equal(pauses[0].milliseconds, 700);
  assert.deepEqual(states(), ["one queued"]);
  pauses[0].resume();
  await settled();
  gate.isOpen = false;
  asked[1].answer({ again: null });
  await settled();
  assert.deepEqual([states(), asked.length], [["one queued"], 2]);
  gate.isOpen = true;
  void outbox.flush(roomId);
  assert.equal(asked.length, 3);
});

test("what another window delivered or discarded is not sent by this one", () => {
  const { outbox, gate, write, states } = post();
  gate.isOpen = false;
  write("one", "two");
  outbox.removedElsewhere("box.one");
  assert.deepEqual(states(), ["two queued"]);
});

const room = (id, { lastSeq = 5, unread = 0, read = 5, name = id, isMember = true } = {}) => ({
  id, name, description: null, isPrivate: false, memberCount: 2, lastSeq,
  membership: isMember ? { role: "member", lastReadSeq: read, unreadCount: unread, joinedAt: "" } : null,
});

test("each message of others counts once, whether the list or the stream brings it", () => {
  const rooms = new Rooms("ada");
  rooms.replace([room(roomId, { lastSeq: 7, unread: 2, read: 5 }), room("other", { isMember: false })]);
  const unread = () => rooms.get(roomId).membership.unreadCount;
  for (const seq of [6, 7]) rooms.hear(entry(seq));
  assert.equal(unread(), 2, "the list had counted these");
  rooms.hear(entry(8));
  rooms.hear(entry(9, { by: "ada" }));
  assert.equal(unread(), 3, "one's own is not unread");
  rooms.replace([room(roomId, { lastSeq: 8, unread: 3 })]);
  rooms.hear(entry(9));
  assert.equal(unread(), 3, "an answer older than the stream");
  rooms.read(roomId, 9, 0);
  rooms.read(roomId, 6, 4);
  assert.equal(unread(), 0, "a cursor never moves back");
  rooms.put(room(roomId, { lastSeq: 9, unread: 3, read: 5 }));
  assert.equal(unread(), 0, "nor by an answer that was on its way");
  assert.equal(rooms.unread, 0);
});

test("rooms stand by name, one's own and the others", () => {
  const rooms = new Rooms("ada");
  rooms.replace([room("3", { name: "zoo" }), room("1", { name: "Attic" }), room("2", { name: "barn", isMember: false })]);
  assert.deepEqual([rooms.own.map(({ name }) => name), rooms.others.map(({ name }) => name)], [["Attic", "zoo"], ["barn"]]);
  rooms.hear(entry(6, { type: "member_joined", userId: "x", username: "x" }));
  const renamed = { ...entry(6, { type: "room_updated", room: { name: "cellar", description: "dark" } }), roomId: "3" };
  rooms.hear(renamed);
  assert.deepEqual(rooms.own.map(({ name, description }) => [name, description]), [["Attic", null], ["cellar", "dark"]]);
});

test("lines have days, groups, the mark of what is new, and the state of one's own", () => {
  const me = { id: "ada", username: "ada" };
  const day = 86_400_000;
  const entries = [
    entry(1, { type: "room_created", room: { name: "Kitchen", creator: { username: "ada" } }, at: START }),
    entry(2, { by: "ada", at: START + 1, status: "read" }),
    entry(3, { by: "ada", at: START + 2 }),
    entry(4, { by: "ada", at: START + 10 * 60_000 }),
    entry(5, { at: START + day }),
    entry(6, { at: START + day + 1 }),
    entry(7, { type: "of a later version", at: START + day + 2 }),
    entry(8, { type: "member_left", username: "carl", userId: "carl", at: START + day + 3 }),
  ];
  const pending = [{ clientMessageId: "x", roomId, content: "on its way", writtenAt: START + 2 * day, progress: "queued" }];
  const lines = linesOf({ me, entries, pending, readUpTo: 4 });
  const shown = lines.map((line) => (line.kind === "message" ? `${line.isFirst ? "first " : ""}${line.content} ${line.mark}` : (line.text ?? line.kind)));
  assert.deepEqual(shown, [
    "day", "ada created the room", "first text 2 read", "text 3 sent", "first text 4 sent",
    "day", "unread", "first text 5 null", "text 6 null", "carl left", "day", "first on its way queued",
  ]);
  assert.equal(new Set(lines.map(({ key }) => key)).size, lines.length, "keys are unique");
  const arrived = linesOf({ me, entries: [entry(9, { by: "ada", clientMessageId: "x" })], pending: [], readUpTo: null });
  assert.equal(arrived.at(-1).key, lines.at(-1).key, "an echo and its message are one line");
});

test("who types is said in a sentence, and not for ever", () => {
  const typists = new Typists();
  const types = (name, now = 0, isTyping = true) => typists.hear({ roomId, userId: name, username: name, isTyping }, now);
  types("ada");
  assert.equal(typists.sentence(roomId, 0), "ada is typing…");
  types("bob");
  assert.equal(typists.sentence(roomId, 0), "ada and bob are typing…");
  types("carl", 5_000), types("dora", 5_000);
  assert.equal(typists.sentence(roomId, 5_000), "ada, bob and 2 more are typing…");
  assert.equal(typists.sentence(roomId, 10_000), "carl and dora are typing…");
  types("dora", 10_000, false);
  typists.stop(roomId, "carl");
  assert.equal(typists.sentence(roomId, 10_000), "");
});

test("only web addresses become links, and the text stays what it was", () => {
  const links = (text) => {
    const parts = partsOf(text);
    assert.equal(parts.map((part) => part.text).join(""), text);
    return parts.flatMap(({ href }) => href ?? []);
  };
  assert.deepEqual(links("see https://example.com/a?b=c#d, or (http://x.example)."), ["https://example.com/a?b=c#d", "http://x.example"]);
  for (const text of ["javascript:alert(1)", "data:text/html,<b>", "https://", "http://%", "https://user:pass@evil.example", "plain", ""]) assert.deepEqual(links(text), [], text);
  assert.deepEqual(links("https://a.example\u202egnp.exe"), ["https://a.example"]);
});

test("an address of the page says where one is, and an invite is found in whatever was pasted", () => {
  const { placeOf, roomHash, inviteHash, inviteCodeIn } = places;
  assert.deepEqual(placeOf(roomHash("a b/c")), { at: "room", roomId: "a b/c" });
  assert.deepEqual(placeOf(inviteHash("x-y_z")), { at: "invite", code: "x-y_z" });
  for (const hash of ["", "#", "#/", "#/r/", "#/what/ever"]) assert.deepEqual(placeOf(hash), { at: "home" });
  assert.deepEqual(placeOf("#/r/%E0%A4%A"), { at: "room", roomId: "%E0%A4%A" });
  for (const pasted of ["code", " code\n", "https://chat.example/#/invite/code", "https://chat.example/api/v1/rooms/invites/code/join"]) assert.equal(inviteCodeIn(pasted), "code");
});
