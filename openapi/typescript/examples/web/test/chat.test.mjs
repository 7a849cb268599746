// What two people see of each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { account, composer, eventually, message, REFUSED, say, scene, signIn, signUp, texts } from "./stage.mjs";

test("two people make accounts, meet by an invite, and talk", async (t) => {
  const { open } = await scene(t);
  const [ada, bob] = await Promise.all([open("/"), open("/")]);
  const [adaName, bobName] = [await signUp(ada, "ada"), await signUp(bob, "bob")];

  await ada.getByRole("main").getByRole("button", { name: "Create a room" }).click();
  await ada.getByLabel("Name").fill("The kitchen");
  await ada.getByLabel("Private").check();
  await ada.getByRole("button", { name: "Create room" }).click();
  await ada.getByRole("heading", { name: "The kitchen" }).waitFor();
  await say(ada, "Is anybody there?");
  await message(ada, "Is anybody there?", "sent").waitFor();

  await ada.getByRole("button", { name: "Invite", exact: true }).click();
  await ada.getByRole("button", { name: "Copy link", disabled: false }).waitFor();
  const link = await ada.getByLabel("Link").inputValue();
  assert.match(link, /\/#\/invite\/.+/);
  await ada.getByRole("button", { name: "Close" }).click();

  await bob.goto(link);
  await bob.getByRole("button", { name: "Join", exact: true }).click();
  await bob.getByRole("heading", { name: "The kitchen" }).waitFor();
  await message(bob, "Is anybody there?").waitFor();
  await ada.getByText(`${bobName} joined`).waitFor();
  await say(ada, "Welcome");
  await message(ada, "Welcome", "read").waitFor();

  await composer(bob).pressSequentially("Y");
  await ada.getByText(`${bobName} is typing…`).waitFor();
  await composer(bob).press("Backspace");
  await eventually("bob types no longer", () => ada.locator(".typing").textContent(), "", 4_000);
  await say(bob, "Yes, me");
  await message(ada, "Yes, me").waitFor();
  await message(bob, "Yes, me", "read").waitFor();
  await eventually("the order is the same for both", () => texts(ada), await texts(bob));

  await ada.locator(".members li").filter({ hasText: bobName }).getByText("Online").waitFor();
  await bob.context().close();
  await ada.locator(".members li").filter({ hasText: bobName }).getByText("Offline").waitFor();
  await ada.locator(".members li").filter({ hasText: adaName }).getByText("Online").waitFor();
});

test("what is said elsewhere is counted until it is read", async (t) => {
  const { server, open } = await scene(t);
  const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
  const [kitchen, garden] = [await bob.call("POST", "/rooms", { name: "Kitchen" }), await bob.call("POST", "/rooms", { name: "Garden" })];
  for (const { id } of [kitchen, garden]) await ada.call("POST", `/rooms/${id}/join`);
  await bob.send(garden.id, "before");
  const page = await open(`/#/r/${kitchen.id}`);
  await signIn(page, ada);
  const badge = (name) => page.getByRole("navigation").getByRole("link").filter({ hasText: name }).locator(".badge:visible");
  await eventually("what was said before", () => badge("Garden").allTextContents(), ["1 unread"]);
  await bob.send(garden.id, "live");
  await bob.send(kitchen.id, "here");
  await message(page, "here").waitFor();
  await eventually("what is said now", () => badge("Garden").allTextContents(), ["2 unread"]);
  await eventually("the title counts too", () => page.title(), "(2) Kitchen · Parlor");
  assert.equal(await badge("Kitchen").count(), 0);
  const unread = async () => (await ada.call("GET", `/rooms/${garden.id}`)).membership.unreadCount;
  assert.equal(await unread(), 2, "nothing is read that was not on the screen");

  await page.getByRole("navigation").getByRole("link", { name: "Garden" }).click();
  await message(page, "live").waitFor();
  await eventually("where the unread begins", () => page.locator(".unread-mark + .message .body").allTextContents(), ["before"]);
  await eventually("it is read", () => badge("Garden").count(), 0);
  await eventually("the server knows", unread, 0);
});

test("scrolling up brings what was before, and where one reads stays", async (t) => {
  const { server, open } = await scene(t);
  const ada = await account(server, "ada");
  const { id } = await ada.call("POST", "/rooms", { name: "Kitchen" });
  for (let number = 1; number <= 360; number += 1) await ada.send(id, `number ${number}${" and so on".repeat(number % 23)}`);
  const page = await open(`/#/r/${id}`);
  await signIn(page, ada);
  await message(page, "number 345", "sent").waitFor();
  const scroller = page.locator(".scroller");
  const loaded = () => page.locator(".message").count();
  assert.ok((await loaded()) < 150, "not all at once");
  const first = page.locator(".message").first();
  const height = () => scroller.evaluate((element) => element.scrollHeight);
  for (const more of [190, 290, 360]) {
    const before = await height();
    // Where the first line of the page before will stand is watched in every frame.
    await scroller.evaluate((element) => {
      element.scrollTop = 300;
      const line = [...element.querySelectorAll(".message")].find((one) => one.getBoundingClientRect().bottom > element.getBoundingClientRect().top);
      window.places = [];
      const watch = () => {
        window.places.push(Math.round(line.getBoundingClientRect().top));
        if (window.places.length < 5 || element.scrollHeight === window.height) requestAnimationFrame(watch);
        else window.watched = true;
      };
      window.watched = false;
      window.height = element.scrollHeight;
      requestAnimationFrame(watch);
    });
    await eventually(`${more} messages`, async () => (await loaded()) >= more, true);
    assert.ok((await height()) > before);
    await eventually("the watch is over", () => page.evaluate(() => window.watched), true);
    const places = await page.evaluate(() => window.places);
    assert.ok(Math.max(...places) - Math.min(...places) <= 1, `the line moved: ${places}`);
  }
  assert.match(await first.locator(".body").textContent(), /^number 1 /);
  await page.getByText("This is the beginning of Kitchen.").waitFor();
  const numbers = (await texts(page)).map((text) => Number(/\d+/.exec(text)[0]));
  assert.deepEqual(numbers, Array.from({ length: 360 }, (_, index) => index + 1));

  await ada.send(id, "the newest");
  await message(page, "the newest").waitFor({ state: "attached" });
  assert.ok(await scroller.evaluate((element) => element.scrollTop < element.scrollHeight / 2), "what comes below moves nothing");
  await page.getByRole("button", { name: "Jump to the newest" }).click();
  await eventually("the end is reached", () => scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2), true);
});

test("a message that is refused stays, with its text and what to do", async (t) => {
  const { server, open } = await scene(t);
  const ada = await account(server, "ada");
  const { id } = await ada.call("POST", "/rooms", { name: "Kitchen" });
  const page = await open(`/#/r/${id}`);
  await signIn(page, ada);
  await say(page, "no text has a \u0000");
  await page.locator(".failure:visible").getByText("Not sent: must not have a U+0000").waitFor();
  await say(page, "behind it");
  await message(page, "behind it", "queued").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".message[data-mark=failed]").waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await message(page, "behind it", "sent").waitFor();
  assert.deepEqual(await texts(page), ["behind it"]);
});

test("a wrong password, a taken name and a used-up invite say what to do", async (t) => {
  const { server, open } = await scene(t);
  const ada = await account(server, "ada");
  const page = await open("/", { mayComplain: REFUSED });
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill("five other unlikely words");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The e-mail address or the password is wrong. Check both and try again.").waitFor();
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill("a!");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Name").and(page.locator("[aria-invalid]")).waitFor();
  assert.equal(await page.locator("[aria-invalid]").count(), 2);
  await page.getByRole("button", { name: "Sign in" }).click();
  await signIn(page, ada);
  await page.getByRole("navigation").getByRole("button", { name: "Join by invite" }).click();
  await page.getByLabel("Invite link or code").fill("no-such-code");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await page.getByRole("dialog").locator(".fault:visible").waitFor();
});

test("who is removed sees the room go, and a deleted room is gone for all", async (t) => {
  const { server, open } = await scene(t);
  const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
  const kitchen = await bob.call("POST", "/rooms", { name: "Kitchen" });
  const garden = await bob.call("POST", "/rooms", { name: "Garden" });
  const page = await open(`/#/r/${kitchen.id}`);
  await signIn(page, ada);
  await page.getByRole("button", { name: "Join room" }).click();
  await page.getByText(`${ada.username} joined`).waitFor();
  await bob.call("DELETE", `/rooms/${kitchen.id}/members/${ada.user.id}`);
  await page.locator(".toast").getByText("You are no longer a member of Kitchen.").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Garden" }).click();
  await page.getByRole("button", { name: "Join room" }).click();
  await page.getByText(`${ada.username} joined`).waitFor();
  await bob.call("DELETE", `/rooms/${garden.id}`);
  await page.getByText("There is no such room").waitFor();
});
