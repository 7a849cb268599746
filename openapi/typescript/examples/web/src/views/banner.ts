// What is told of the connection, when there is something to tell.
import type { Chat } from "../chat";
import { h, setText } from "./dom";
import { counted } from "./words";

/** A short loss is not worth a word. */
const GRACE = 1_500;

export class Banner {
  readonly element: HTMLElement;
  #chat: Chat;
  #text = h("span");
  #status: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasAway = false;

  /** `status` is the live region that tells it to a screen reader. */
  constructor(chat: Chat, status: HTMLElement) {
    this.#chat = chat;
    this.#status = status;
    const tryNow = h("button", { type: "button", class: "link", onclick: () => chat.connection.tryNow() }, "Try now");
    this.element = h("div", { class: "banner", hidden: true }, h("span", { class: "spinner" }), this.#text, tryNow);
  }

  update(): void {
    const { link } = this.#chat.connection;
    clearTimeout(this.#timer);
    if (link.state === "online") {
      this.element.hidden = true;
      if (this.#wasAway) setText(this.#status, "Connected again.");
      this.#wasAway = false;
      return;
    }
    if (link.state !== "away") return;
    const early = link.why === "server" ? link.since + GRACE - Date.now() : 0;
    if (early > 0) {
      this.#timer = setTimeout(() => this.update(), early);
      return;
    }
    const reason = {
      network: "You are offline.",
      server: "The server can't be reached. Trying again…",
      restart: "The server is restarting. Back in a moment…",
    }[link.why];
    const { waiting } = this.#chat.outbox;
    setText(this.#text, waiting > 0 ? `${reason} ${counted(waiting, "message")} waiting.` : reason);
    setText(this.#status, reason);
    this.element.hidden = false;
    this.#wasAway = true;
  }
}
