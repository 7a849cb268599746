// For those who use a keyboard, a screen reader, a small screen or a dark one.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { account, composer, CUT, eventually, message, say, scene, signIn } from "./stage.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails on every fault that axe calls serious or critical, and on whatever is wider than the screen. */
async function inspect(page, where) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const faults = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(faults.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`), [], where);
  const beyond = await page.evaluate(() => {
    const shown = [...document.querySelectorAll("body *")].filter((element) => !element.closest(".unseen") && element.checkVisibility());
    const outside = shown.filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -0.5 || right > document.documentElement.clientWidth + 0.5;
    });
    return outside.map(({ localName, className }) => `${localName} ${className}`);
  });
  assert.deepEqual(beyond, [], `${where} is too wide`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1440]) {
    test(`axe finds nothing serious at ${width} pixels, ${colorScheme}`, async (t) => {
      const { server, site, open } = await scene(t);
      const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
      const { id } = await ada.call("POST", "/rooms", { name: "The kitchen", description: "Who cooks what, and when", isPrivate: true });
      const { invite } = await ada.call("POST", `/rooms/${id}/invites`);
      await bob.call("POST", `/rooms/invites/${invite.inviteCode}/join`);
      const garden = await bob.call("POST", "/rooms", { name: "Garden" });
      await ada.call("POST", `/rooms/${garden.id}/join`);
      await bob.call("POST", "/rooms", { name: "Workshop" });
      for (const text of ["Soup?", "Yes! https://example.com/soup", "At seven"]) await bob.send(id, text);
      await bob.send(garden.id, "It rains");
      const page = await open("/", { colorScheme, viewport: { width, height: 800 }, script: axe, mayComplain: CUT });

      await page.getByRole("heading", { name: "Sign in to Parlor" }).waitFor();
      await inspect(page, "sign in");
      await page.getByRole("button", { name: "Create an account" }).click();
      await page.getByRole("button", { name: "Create account" }).click();
      await page.locator("[aria-invalid]").first().waitFor();
      await inspect(page, "an account, with faults");
      await page.getByRole("button", { name: "Sign in" }).click();
      await signIn(page, ada);
      await page.locator(".badge").getByText("3").waitFor();
      await inspect(page, "the rooms");

      await page.getByRole("navigation").getByRole("link", { name: "The kitchen" }).click();
      await message(page, "At seven").waitFor();
      await say(page, "I bring bread");
      await message(page, "I bring bread", "sent").waitFor();
      await say(page, "not to be sent \u0000");
      await page.locator(".failure:visible").waitFor();
      await inspect(page, "a room");
      if (width < 1200) await page.getByRole("button", { name: "Members", exact: true }).click();
      await page.getByRole("complementary", { name: "Members" }).getByText(bob.username).waitFor();
      await inspect(page, "the members");
      await page.getByRole("button", { name: "Hide members" }).click();
      await page.getByRole("button", { name: "Invite", exact: true }).click();
      await page.getByRole("button", { name: "Copy link", disabled: false }).waitFor();
      await inspect(page, "an invite");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.getByRole("option", { name: "Garden" }).waitFor();
      await inspect(page, "the switcher");
      await page.keyboard.press("Escape");
      site.cut();
      await page.locator(".banner").getByText("The server can't be reached.").waitFor();
      await inspect(page, "the banner");
    });
  }
}

test("from the sign-in to a sent message by the keyboard alone", async (t) => {
  const { server, open } = await scene(t);
  const ada = await account(server, "ada");
  for (const name of ["Attic", "Kitchen", "Zoo"]) await ada.call("POST", "/rooms", { name });
  const page = await open("/");
  const focused = () => page.evaluate(() => document.activeElement?.closest("label, [aria-label], a, button, input")?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  await page.getByLabel("E-mail").and(page.locator(":focus")).waitFor();
  await page.keyboard.type(ada.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  const rooms = page.getByRole("navigation").getByRole("link");
  await eventually("the rooms", () => rooms.count(), 3);
  for (let presses = 0; !(await focused()).startsWith("Attic"); presses += 1) {
    assert.ok(presses < 12, "the first room is not far");
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", `where the focus is can be seen: ${await focused()}`);
  }
  await page.keyboard.press("End");
  await eventually("the last room", async () => (await focused()).startsWith("Zoo"), true);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Kitchen", exact: true }).waitFor();
  await composer(page).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await eventually("it is one message", () => page.locator(".message[data-mark=sent] .body").allTextContents(), ["first line\nsecond line"]);

  await page.keyboard.press("Control+k");
  await page.keyboard.type("o");
  await page.getByRole("option", { name: "Zoo" }).and(page.locator("[aria-selected=true]")).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Zoo" }).waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByRole("heading", { name: "Kitchen", exact: true }).waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Escape");
  await composer(page).and(page.locator(":focus")).waitFor();
});

test("a screen reader hears what others say now, and nothing of what was before", async (t) => {
  const { server, open } = await scene(t);
  const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
  const { id } = await bob.call("POST", "/rooms", { name: "Kitchen" });
  const garden = await bob.call("POST", "/rooms", { name: "Garden" });
  for (const room of [id, garden.id]) await ada.call("POST", `/rooms/${room}/join`);
  await bob.send(id, "long ago");
  const page = await open(`/#/r/${id}`);
  await signIn(page, ada);
  await message(page, "long ago").waitFor();
  await say(page, "my own");
  await message(page, "my own", "sent").waitFor();
  await bob.send(id, "just now");
  await bob.send(garden.id, "over here");
  const said = () => page.getByRole("log").locator("p").allTextContents();
  await eventually("what is told", said, [`${bob.username}: just now`, `${bob.username} in Garden: over here`]);
  const live = await page.evaluate(() => [...document.querySelectorAll(".timeline, .timeline *")].filter((element) => element.matches("[aria-live], [role=log], [role=status], [role=alert]")).length);
  assert.equal(live, 0, "the list itself is not told");
});

test("on a small screen the rooms and the room take turns", async (t) => {
  const { server, open } = await scene(t);
  const ada = await account(server, "ada");
  await ada.call("POST", "/rooms", { name: "Kitchen" });
  const page = await open("/", { viewport: { width: 360, height: 640 } });
  await signIn(page, ada);
  const [rooms, room] = [page.getByRole("navigation"), page.getByRole("heading", { name: "Kitchen", exact: true })];
  await rooms.getByRole("link", { name: "Kitchen" }).click();
  await room.waitFor();
  assert.equal(await rooms.isVisible(), false);
  const members = page.getByRole("complementary", { name: "Members" });
  await page.getByRole("button", { name: "Members", exact: true }).click();
  await members.waitFor();
  await page.keyboard.press("Escape");
  await members.waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Back to the rooms" }).click();
  await rooms.waitFor();
  assert.equal(await room.isVisible(), false);
  await rooms.getByRole("link", { name: "Kitchen" }).and(page.locator(":focus")).waitFor();
});

test("whoever wants less motion gets less", async (t) => {
  const { open } = await scene(t);
  const page = await open("/", { reducedMotion: "reduce" });
  const animation = await page.evaluate(() => {
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    document.body.append(spinner);
    return getComputedStyle(spinner).animationName;
  });
  assert.equal(animation, "none");
});
