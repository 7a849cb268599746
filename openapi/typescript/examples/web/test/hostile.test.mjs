// Texts that want to be more than texts.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { account, eventually, message, scene, signIn, texts } from "./stage.mjs";

const RUN = "window.ran=1;alert(1)";

/** At least 300 texts, each a different one. */
function hostileTexts() {
  const tags = [
    `<script>${RUN}</script>`, `<img src=x onerror="${RUN}">`, `<svg onload="${RUN}">`, `<svg><script>${RUN}</script></svg>`, `<iframe srcdoc="<script>parent.ran=1</script>">`,
    `<body onload="${RUN}">`, `<input autofocus onfocus="${RUN}">`, `<details open ontoggle="${RUN}">x</details>`, `<a href="javascript:${RUN}">click</a>`, `<style>*{display:none}</style>`,
    `<link rel=stylesheet href=//evil.example>`, `<base href="//evil.example/">`, `<meta http-equiv=refresh content="0;url=//evil.example">`, `<form action=//evil.example><button>x`, `<video><source onerror="${RUN}">`,
    `<object data="javascript:${RUN}">`, `<embed src="javascript:${RUN}">`, `<math><mi xlink:href="javascript:${RUN}">`, `<template><script>${RUN}</script></template>`, `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  ];
  const around = [(tag) => tag, (tag) => `"'>${tag}`, (tag) => `</p></li></ol>${tag}`, (tag) => `<!--${tag}-->`, (tag) => tag.toUpperCase(), (tag) => tag.replaceAll("<", "&lt;").replaceAll(">", "&gt;"), (tag) => `\`\`\`\n${tag}\n\`\`\``, (tag) => `[${tag}](${tag})`];
  const addresses = ["javascript:", "JaVaScRiPt:", "java\tscript:", "\u0001javascript:", "vbscript:", "data:text/html,", "blob:", "file:///etc/passwd?", "https://javascript:", "http://javascript:0/?", "https://example.com/\"onmouseover=\"", "https://example.com/'><script>", "https://user:pw@example.com/", "https://example.com/\u202e", "//evil.example/", "https://[::1"].map((address) => `${address}${RUN}`);
  const directions = ["\u202e", "\u202d", "\u2066", "\u2067", "\u2068", "\u200f", "\u061c", "\u2069\u2069\u2069"].flatMap((mark) => [`${mark}gnp.exe`, `safe${mark}txt.exe <b>`, `${mark.repeat(500)}end`]);
  const invisible = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u3164", "\ufe0f", "\u{e0001}", "\u{e0041}"].flatMap((mark) => [`a${mark}b`, `x${mark.repeat(1000)}`, `<${mark}script>${RUN}</script>`]);
  const towers = ["\u0301", "\u0489", "\u20dd", "\u0e47", "\u1ab0", "\u0f7b", "\u0340\u0316\u0489"].flatMap((mark) => [`Z${mark.repeat(200)}`, `a${mark}`.repeat(300)]);
  const long = ["W", "ﷺ", "𒐫", "_", "-", "/", "\u00a0x", "漢", "👨‍👩‍👧‍👦", "🏳️‍🌈", "ا", "ഈ"].flatMap((part) => [part.repeat(Math.floor(3900 / [...part].length)), `${part.repeat(90)} word`]);
  const controls = Array.from({ length: 31 }, (_, index) => `control ${index + 1} ${String.fromCharCode(index + 1)} end`);
  const words = ["constructor", "__proto__", "undefined", "null", "NaN", "[object Object]", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "%s%n%x", "'; DROP TABLE messages; --", "\\", "\\u003cscript\\u003e", "&#60;script&#62;", "&amp;", "%3Cscript%3E", "../../etc/passwd", "\ud83d\ude00", "a\r\nb", "\n\n\nx\n\n\n", "\tx", "x".padStart(2000), "\u2028line\u2029", "x\n".repeat(1500), "\uffff", "\ufffe", "\u{10ffff}", "own 1", "unread"];
  return [...new Set([...tags.flatMap((tag) => around.map((wrap) => wrap(tag))), ...addresses, ...directions, ...invisible, ...towers, ...long, ...controls, ...words])];
}

test("300 hostile texts are shown as they are, at 360 pixels", async (t) => {
  const hostile = hostileTexts();
  assert.ok(hostile.length >= 300, String(hostile.length));
  const { server, open } = await scene(t);
  const [ada, bob] = [await account(server, "ada"), await account(server, "bob")];
  const name = `<img src=x onerror=${RUN}> ${"W".repeat(20)}`;
  const { id } = await bob.call("POST", "/rooms", { name, description: `</p><script>${RUN}</script>${"W".repeat(300)}` });
  await ada.call("POST", `/rooms/${id}/join`);
  const half = Math.floor(hostile.length / 2);
  for (const text of hostile.slice(0, half)) await bob.send(id, text);
  const page = await open(`/#/r/${id}`, { viewport: { width: 360, height: 740 } });
  await signIn(page, ada);
  await page.locator(".message").first().waitFor();
  for (const text of hostile.slice(half)) await bob.send(id, text);
  await eventually("the newest is there", async () => (await texts(page)).at(-1), hostile.at(-1), 30_000);
  for (let last = -1; last !== (await page.locator(".message").count()); ) {
    last = await page.locator(".message").count();
    await page.locator(".scroller").evaluate((element) => (element.scrollTop = 0));
    if (await page.getByText("This is the beginning of").count()) break;
    await eventually("an older page", async () => (await page.locator(".message").count()) > last || (await page.getByText("This is the beginning of").count()) > 0, true);
  }
  const shown = await texts(page);
  assert.equal(shown.length, hostile.length);
  // Each by itself, so that a failure names the text.
  hostile.forEach((text, index) => assert.equal(shown[index], text, JSON.stringify(text.slice(0, 80))));

  const seen = await page.evaluate(() => {
    const { body } = document;
    const width = document.documentElement.clientWidth;
    const inside = [...document.querySelectorAll(".message .body *, .room-title *, .room-name *, #log *")].map(({ localName }) => localName);
    const links = [...document.querySelectorAll(".message .body a")].map(({ href, rel, target }) => `${new URL(href).protocol} ${rel} ${target}`);
    const wide = [...document.querySelectorAll(".message, .message .body, header, header *")].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -0.5 || right > width + 0.5;
    });
    const overflows = [document.documentElement, body, document.querySelector(".scroller")].filter((element) => element.scrollWidth > element.clientWidth + 1);
    const bodies = [...document.querySelectorAll(".message .body")];
    // What hangs out of a text is cut off at its edge; that is a tower of accents, all else goes on in the next line.
    const unclipped = bodies.filter((element) => getComputedStyle(element).overflow !== "clip");
    const cut = bodies.filter((element) => element.scrollWidth > element.clientWidth + 1 && !/\p{M}{50}/u.test(element.textContent));
    return { ran: window.ran ?? null, inside: [...new Set(inside)], links: [...new Set(links)].sort(), wide: wide.length, overflows: overflows.map(({ localName, className }) => `${localName} ${className}`), unclipped: unclipped.length, cut: cut.map(({ textContent }) => textContent.slice(0, 40)) };
  });
  assert.deepEqual(seen, { ran: null, inside: ["h1", "p", "a"], links: ["http: noopener noreferrer _blank", "https: noopener noreferrer _blank"], wide: 0, overflows: [], unclipped: 0, cut: [] });
  assert.ok((await page.title()).includes("<img src=x"));
  await message(page, hostile.at(-1)).waitFor();
});

test("nothing in the source makes HTML or code out of text", async () => {
  const folder = new URL("../src/", import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
  assert.ok(files.length > 20);
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc|\beval\b|new Function|trustedTypes/;
  for (const name of files) {
    const lines = (await readFile(new URL(name, folder), "utf8")).split("\n");
    assert.ok(lines.length <= 400, `${name} is too long`);
    lines.forEach((line, index) => assert.doesNotMatch(line, forbidden, `${name}:${index + 1}`));
  }
});

test("the policy that the tests serve the page with does stop a script", async (t) => {
  const { open } = await scene(t);
  const page = await open("/", { mayComplain: /policy: |TrustedHTML|Trusted Type|Content Security Policy/ });
  const outcome = await page.evaluate(() => {
    try {
      document.body.innerHTML = "<b>x</b>";
      return "made";
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(outcome, "TypeError");
});
