// Lost connections and dead servers: nothing is missed, and nothing is said twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { composer, eventually, isOnline, message, say, talk, texts } from "./stage.mjs";

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
