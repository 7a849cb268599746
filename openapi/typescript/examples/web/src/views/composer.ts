// Where one writes.
import type { RoomId } from "@parlor/client";
import type { Chat } from "../chat";
import { h, set, setText, submits } from "./dom";
import { icon } from "./icons";
import { counted } from "./words";

const LONGEST = 4_000;
/** The count of what is left shows from here on. */
const TELL_FROM = 200;
/** One tells again that one types after this, and that one no longer does after this long a pause. */
const TELL_AGAIN = 3_000;
const IDLE = 5_000;

/** Texts that were begun are kept over a reload, in this window. */
const DRAFTS = "parlor.draft.";

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFTS)) sessionStorage.removeItem(key);
}

export class Composer {
  readonly element: HTMLFormElement;
  #chat: Chat;
  #roomId: RoomId;
  #text: HTMLTextAreaElement;
  #send: HTMLButtonElement;
  #left = h("p", { class: "left", id: "left", role: "status" });
  #sent: () => void;
  #toldAt = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(chat: Chat, roomId: RoomId, name: string, sent: () => void) {
    this.#chat = chat;
    this.#roomId = roomId;
    this.#sent = sent;
    this.#text = h("textarea", { rows: 1, "aria-label": `Message to ${name}`, "aria-describedby": "left", placeholder: "Write a message", dir: "auto", enterkeyhint: "send", oninput: () => this.#typed(), onkeydown: (event) => this.#pressed(event) });
    this.#send = h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
    this.element = h("form", { class: "composer", onsubmit: submits(() => this.#submit()) }, this.#left, h("div", { class: "composer-box" }, this.#text, this.#send));
    this.#text.value = sessionStorage.getItem(this.#draft) ?? "";
    this.#show();
  }

  focus(): void {
    this.#text.focus();
  }

  /** To be called once it is on the page, where it has a width. */
  fit(): void {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  close(): void {
    this.#stopTyping();
  }

  get #draft(): string {
    return `${DRAFTS}${this.#chat.me.id}.${this.#roomId}`;
  }

  get #room(): number {
    // The server counts characters, not halves of them.
    return LONGEST - [...this.#text.value].length;
  }

  #show(): void {
    const isBlank = this.#text.value.trim() === "";
    const left = this.#room;
    set(this.#send, "aria-disabled", isBlank || left < 0 ? "true" : undefined);
    set(this.#left, "class", left < 0 ? "left fault" : "left");
    setText(this.#left, left < 0 ? `${counted(-left, "character")} too many` : left < TELL_FROM ? `${counted(left, "character")} left` : "");
  }

  #typed(): void {
    if (this.#text.value === "") sessionStorage.removeItem(this.#draft);
    else sessionStorage.setItem(this.#draft, this.#text.value);
    this.#show();
    this.fit();
    if (this.#text.value.trim() === "") return this.#stopTyping();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#stopTyping(), IDLE);
    if (Date.now() - this.#toldAt < TELL_AGAIN) return;
    this.#toldAt = Date.now();
    this.#chat.typing(this.#roomId, true);
  }

  #stopTyping(): void {
    clearTimeout(this.#idle);
    if (this.#toldAt === 0) return;
    this.#toldAt = 0;
    this.#chat.typing(this.#roomId, false);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    if (this.#send.getAttribute("aria-disabled") === "true") return;
    const content = this.#text.value;
    this.#text.value = "";
    this.#stopTyping();
    this.#typed();
    this.focus();
    this.#chat.send(this.#roomId, content);
    this.#sent();
  }
}
