// What the browser tests stand on: a server, the built page before it as a server would serve it, and people with a browser.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
process.env.PARLOR_TEST_SERVER_BIN ??= at("../../../../../target/debug/parlor-server");
const { Server } = await import("../../../../../tests/conformance/javascript/server.js");
const { within } = await import("../../../../../tests/conformance/javascript/deadline.js");
export { within };

/** The policy that the server sends with the page. */
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** The page and the server behind one origin. What leads to the server can be cut, and mended. */
class Site {
  #port;
  #isCut = false;
  #lines = new Set();

  static async start(t, server) {
    const site = new Site();
    site.#port = server.port;
    const listener = createServer((asked, answer) => void site.#answer(asked, answer));
    listener.on("upgrade", (asked, socket, head) => site.#upgrade(asked, socket, head));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    site.url = `http://localhost:${listener.address().port}`;
    t.after(() => {
      site.cut();
      listener.close();
      listener.closeAllConnections();
    });
    return site;
  }

  cut() {
    this.#isCut = true;
    for (const line of this.#lines) line.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  async #answer(asked, answer) {
    const { pathname } = new URL(asked.url, this.url);
    if (/^\/(api|socket\.io)\//.test(pathname)) return this.#pass(asked, answer);
    const path = pathname === "/" ? "/index.html" : normalize(pathname);
    const content = await readFile(join(at("../dist"), path)).catch(() => null);
    answer.writeHead(content ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "text/plain", "content-security-policy": POLICY });
    answer.end(content ?? "not found");
  }

  #pass(asked, answer) {
    if (this.#isCut) return asked.socket.destroy();
    this.#keep(asked.socket);
    const { method, url: path, headers } = asked;
    const passed = request({ host: "127.0.0.1", port: this.#port, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    passed.on("error", () => asked.socket.destroy());
    asked.pipe(passed);
  }

  #upgrade({ method, url, rawHeaders, socket: from }, socket, head) {
    if (this.#isCut) return socket.destroy();
    const behind = connect(this.#port, "127.0.0.1", () => {
      const headers = rawHeaders.map((part, index) => part + (index % 2 ? "\r\n" : ": ")).join("");
      behind.write(`${method} ${url} HTTP/1.1\r\n${headers}\r\n`);
      behind.write(head);
      socket.pipe(behind).pipe(socket);
    });
    for (const line of [socket, behind]) {
      this.#keep(line);
      line.on("error", () => {});
      line.on("close", () => (socket.destroy(), behind.destroy()));
    }
    from.setNoDelay(true);
  }

  #keep(line) {
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    line.on("close", () => this.#lines.delete(line));
  }
}

/** What a browser says of a line that is cut on purpose. */
export const CUT = /net::ERR_|WebSocket connection to|status of 50[234]/;
/** What it says of an answer that refuses. */
export const REFUSED = /status of 4\d\d/;

/** A server, the page before it, and `open` for pages in it. All of it is gone after the test, the last first. */
export async function scene(t, environment) {
  const ends = [];
  t.after(async () => {
    const failures = [];
    for (const end of ends.reverse()) await Promise.resolve().then(end).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  });
  const last = { after: (end) => ends.push(end) };
  const server = await Server.start(last, environment);
  const site = await Site.start(last, server);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  last.after(() => browser.close());
  return { server, site, open: (path, options) => openPage(last, browser, site.url + path, options) };
}

/** A page with a storage of its own. Whatever it complains of fails the test, but for what `mayComplain` allows. */
async function openPage(t, browser, url, { mayComplain = /^$/, script, watch, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  const complain = (text) => mayComplain.test(text) || complaints.push(text);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
  page.on("pageerror", (error) => complain(String(error)));
  page.on("dialog", (dialog) => (complain(`dialog: ${dialog.message()}`), dialog.dismiss()));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => console.error(`policy: ${violatedDirective} ${blockedURI}`)));
  if (watch) page.on("websocket", watch);
  if (script) await page.addInitScript(script);
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], "the page complained");
  });
  await page.goto(url);
  return page;
}

const PASSWORD = "four unlikely words";
let count = 0;

/** An account made behind the page's back, with calls of its own. */
export async function account(server, name) {
  const username = `${name}${(count += 1)}`;
  const { data } = await server.call("POST", "/auth/register", { username, email: `${username}@example.com`, password: PASSWORD });
  const call = async (method, path, body) => (await server.call(method, path, body, data.token)).data;
  const send = (roomId, content) => call("POST", `/rooms/${roomId}/messages`, { content });
  return { ...data, username, email: data.user.email, password: PASSWORD, call, send };
}

/** Signs in by the form. */
export async function signIn(page, { email, password }) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await isOnline(page);
}

/** Makes an account by the form. */
export async function signUp(page, name) {
  const username = `${name}${(count += 1)}`;
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill(username);
  await page.getByLabel("E-mail").fill(`${username}@example.com`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await isOnline(page);
  return username;
}

/** On a small screen the list of rooms, which says so, is there but not shown. */
export const isOnline = (page) => page.locator(".my-state.online").waitFor({ state: "attached" });

export const composer = (page) => page.locator(".composer textarea");

export async function say(page, text) {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The texts on the screen, oldest first. */
export const texts = (page) => page.locator(".message .body").allTextContents();

/** A message with this text, with a mark if given. */
export const message = (page, text, mark) => page.locator(mark ? `.message[data-mark="${mark}"]` : ".message").filter({ has: page.getByText(text, { exact: true }) });

/** Waits until a question has the answer that is wanted. */
export async function eventually(what, ask, wanted, milliseconds = 15_000) {
  let last;
  const end = Date.now() + milliseconds;
  const settle = async () => {
    while (Date.now() < end) {
      last = await ask();
      try {
        return assert.deepEqual(last, wanted);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await within(what, settle(), milliseconds).catch(() => assert.deepEqual(last, wanted, what));
}

/** Two people in a room; ada on a page, bob with calls. */
export async function talk(t, { environment, ...options } = {}) {
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
export async function stranger(server, id, text) {
  const carl = await account(server, "carl");
  await carl.call("POST", `/rooms/${id}/join`);
  await carl.send(id, text);
}
