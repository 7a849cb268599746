// Lost connections, dead servers, ended sessions: nothing is missed, and nothing is said twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { account, composer, CUT, eventually, isOnline, message, REFUSED, say, scene, signIn, texts } from "./stage.mjs";

/** A page finds out that its session has ended by being refused. */
const ENDED = new RegExp(`${CUT.source}|${REFUSED.source}`);

/** Two people in a room; ada on a page, bob with calls. */
async function talk(t, { environment, ...options } = {}) {
  const { server, site, open } = await scene(t, environment);
  const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
  const { id } = await bob.call("POST", "/rooms", { name: "Kitchen" });
  await ada.call("POST", `/rooms/${id}/join`);
  const page = await open(`/#/r/${id}`, { mayComplain: CUT, ...options });
  await signIn(page, ada);
  const stored = async () => (await bob.call("GET", `/rooms/${id}/events?limit=500`)).events.flatMap((entry) => entry.message?.content ?? []);
  return { server, site, page, ada, bob, id, stored };
}

/** Someone new comes in and says something. */
async function stranger(server, id, text) {
  const carl = await account(server, "carl");
  await carl.call("POST", `/rooms/${id}/join`);
  await carl.send(id, text);
}

const banner = (page, text) => page.locator(".banner").getByText(text).waitFor();
const connected = (page) => page.locator(".banner").waitFor({ state: "hidden" });

test("offline and back: what was written meanwhile arrives once and in order, what others said is there", async (t) => {
  const joins = [];
  const watch = (socket) => socket.on("framesent", ({ payload }) => joins.push(.../\["join_room".*/.exec(payload) ?? []));
  const { page, bob, id, stored } = await talk(t, { watch });
  await say(page, "before");
  await message(page, "before", "sent").waitFor();
  await page.context().setOffline(true);
  await banner(page, "You are offline.");
  await eventually("it is told", () => page.locator("#status").textContent(), "You are offline.");
  for (const text of ["one", "two", "three"]) await say(page, text);
  await message(page, "three", "queued").waitFor();
  await banner(page, "3 messages waiting");
  for (let number = 1; number <= 230; number += 1) await bob.send(id, `meanwhile ${number}`);
  await page.context().setOffline(false);
  await connected(page);
  await message(page, "three", "sent").waitFor();
  await bob.send(id, "after");
  await message(page, "after").waitFor();
  const wanted = ["before", ...Array.from({ length: 230 }, (_, index) => `meanwhile ${index + 1}`), "one", "two", "three", "after"];
  assert.deepEqual(await stored(), wanted);
  await eventually("the page shows what is stored", () => texts(page), wanted);
  await eventually("it is told", () => page.locator("#status").textContent(), "Connected again.");
  assert.match(joins.at(-1), /"after":\d+,"epoch":"/, "the return names what is there already");
});

test("what waits to be sent outlives a reload", async (t) => {
  const { page, site, stored } = await talk(t);
  site.cut();
  await say(page, "one");
  await say(page, "two");
  await composer(page).fill("half a thou");
  await banner(page, "The server can't be reached. Trying again… 2 messages waiting.");
  await page.reload();
  site.mend();
  await connected(page);
  await message(page, "two", "sent").waitFor();
  assert.deepEqual(await stored(), ["one", "two"]);
  await eventually("the page shows them once", () => texts(page), ["one", "two"]);
  assert.equal(await composer(page).inputValue(), "half a thou");
  await page.reload();
  await message(page, "two", "sent").waitFor();
  assert.deepEqual(await texts(page), ["one", "two"]);
});

test("a line that breaks again and again loses nothing and doubles nothing", async (t) => {
  const { page, site, bob, id, stored } = await talk(t);
  for (let number = 1; number <= 12; number += 1) {
    await say(page, `mine ${number}`);
    if (number % 3 === 0) site.cut();
    await bob.send(id, `theirs ${number}`);
    if (number % 3 === 0) {
      site.mend();
      await isOnline(page);
    }
  }
  await message(page, "mine 12", "sent").waitFor();
  await message(page, "theirs 12").waitFor();
  const all = await stored();
  const by = (whose) => all.filter((text) => text.startsWith(whose));
  for (const whose of ["mine", "theirs"]) assert.deepEqual(by(whose), Array.from({ length: 12 }, (_, index) => `${whose} ${index + 1}`));
  await eventually("the page shows what is stored", () => texts(page), all);
});

test("a server that is killed and comes back leaves no gap", async (t) => {
  const { page, server, bob, id, stored } = await talk(t);
  await bob.send(id, "before");
  await message(page, "before").waitFor();
  await server.down("SIGKILL");
  await say(page, "into the dark");
  await banner(page, "The server can't be reached.");
  await server.up();
  await bob.send(id, "right after");
  await connected(page);
  await message(page, "into the dark", "sent").waitFor();
  await message(page, "right after").waitFor();
  await bob.send(id, "later");
  await message(page, "later").waitFor();
  assert.deepEqual([...(await stored())].sort(), ["before", "into the dark", "later", "right after"]);
  await eventually("the page shows what is stored", () => texts(page), await stored());
});

test("a restart in order is called one", async (t) => {
  const { page, server, bob, id } = await talk(t);
  const down = server.down("SIGTERM");
  await banner(page, "The server is restarting.");
  await down;
  await server.up();
  await connected(page);
  await bob.send(id, "back");
  await message(page, "back").waitFor();
});

test("what others said and read while one was away shows after the return", async (t) => {
  const { page, site, bob, id } = await talk(t);
  await say(page, "read me");
  await message(page, "read me", "sent").waitFor();
  site.cut();
  await banner(page, "The server can't be reached.");
  await bob.call("POST", `/rooms/${id}/messages/read`);
  await bob.send(id, "I did");
  site.mend();
  await message(page, "I did").waitFor();
  await message(page, "read me", "read").waitFor();
});

test("who has missed very much begins at the newest, and finds the rest by scrolling up", async (t) => {
  const { page, site, bob, id } = await talk(t);
  await bob.send(id, "number 0");
  await message(page, "number 0").waitFor();
  site.cut();
  for (let number = 1; number <= 1_050; number += 1) await bob.send(id, `number ${number}`);
  site.mend();
  await message(page, "number 1050").waitFor();
  assert.ok((await texts(page)).length <= 300, "not all of it is fetched");
  const scrolled = async () => {
    await page.locator(".scroller").evaluate((element) => (element.scrollTop = 0));
    return (await texts(page)).length > 300;
  };
  await eventually("earlier ones", scrolled, true);
  const shown = await texts(page);
  assert.deepEqual(shown, Array.from({ length: shown.length }, (_, index) => `number ${1_051 - shown.length + index}`));
});

test("the session of a live page is renewed, and its socket with it", async (t) => {
  const sent = [];
  let closed = 0;
  const { page, server, id } = await talk(t, {
    environment: { PARLOR_TOKEN_LIFETIME: "20s" },
    watch: (socket) => {
      socket.on("framesent", ({ payload }) => String(payload).includes('"authenticate"') && sent.push(Date.now()));
      socket.on("close", () => (closed += 1));
    },
  });
  const from = Date.now();
  await eventually("two renewals", () => sent.length >= 2, true, 45_000);
  assert.ok(Date.now() - from > 20_000, "the first token has ended");
  await stranger(server, id, "still there?");
  await message(page, "still there?").waitFor();
  assert.equal(closed, 0, "the socket was never cut");
});

test("a page that slept through its token's end comes back by itself", async (t) => {
  // Shorter than the turn in which a page renews its socket: the server cuts it.
  let opened = 0;
  const { page, server, id } = await talk(t, { environment: { PARLOR_TOKEN_LIFETIME: "5s" }, watch: () => (opened += 1) });
  await eventually("two sockets more", () => opened >= 3, true, 30_000);
  await stranger(server, id, "good morning");
  await message(page, "good morning").waitFor();
});

test("two windows share their refresh token, which is good for one use", async (t) => {
  const { page } = await talk(t, { mayComplain: ENDED });
  const inTwoHours = () => {
    const now = Date.now;
    Date.now = () => now() + 7_200_000;
  };
  const second = await page.context().newPage();
  // To this window every token is old: it gets new ones with each call.
  await second.addInitScript(inTwoHours);
  await second.goto(page.url());
  await isOnline(second);
  // The server forgives the use of a spent one for 10 s, and for as long as its successor has not been used.
  const from = Date.now();
  await eventually("it forgives no longer", () => Date.now() - from > 10_500, true);
  const renewal = page.waitForResponse(/auth\/refresh/);
  await page.evaluate(inTwoHours);
  await page.evaluate(() => void dispatchEvent(new Event("focus")));
  assert.equal((await renewal).status(), 200);
  await say(page, "still here");
  await message(second, "still here").waitFor();
});

test("a clock that is wrong by an hour costs nobody their session", async (t) => {
  let opened = 0;
  const script = "const now = Date.now; Date.now = () => now() - 3_600_000;";
  const { page, server, id } = await talk(t, { environment: { PARLOR_TOKEN_LIFETIME: "5s" }, script, watch: () => (opened += 1), mayComplain: ENDED });
  await eventually("two sockets more", () => opened >= 3, true, 30_000);
  await stranger(server, id, "what time is it?");
  await message(page, "what time is it?").waitFor();
});

test("a session that was ended elsewhere leads to the sign-in, which says why", async (t) => {
  const { page, ada, stored, site } = await talk(t, { mayComplain: ENDED });
  site.cut();
  await say(page, "not lost");
  const sessions = (await ada.call("GET", "/auth/sessions")).filter(({ current }) => !current);
  assert.equal(sessions.length, 1);
  await ada.call("DELETE", `/auth/sessions/${sessions[0].id}`);
  site.mend();
  await page.getByRole("alert").getByText("Your session has ended. Sign in again to go on.").waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("parlor.session")), null);
  await signIn(page, ada);
  await message(page, "not lost", "sent").waitFor();
  assert.deepEqual(await stored(), ["not lost"]);
});

test("two windows share a session, also its end", async (t) => {
  const { page, bob, id } = await talk(t, { mayComplain: ENDED });
  const second = await page.context().newPage();
  await second.goto(page.url());
  await isOnline(second);
  await say(second, "from the second");
  await message(page, "from the second", "sent").waitFor();
  await bob.send(id, "to both");
  await message(page, "to both").waitFor();
  await message(second, "to both").waitFor();
  await composer(second).fill("half a thought");
  await second.getByRole("button", { name: "Sign out" }).click();
  await second.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Parlor" }).waitFor();
  await second.getByText("You have signed out.").waitFor();
  const kept = () => second.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith("parlor")));
  await eventually("nothing of them stays", kept, []);
});
