// Sessions that are renewed, shared, slept through and ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import { composer, CUT, eventually, isOnline, message, REFUSED, say, signIn, stranger, talk } from "./stage.mjs";

/** A page finds out that its session has ended by being refused. */
const ENDED = new RegExp(`${CUT.source}|${REFUSED.source}`);

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
