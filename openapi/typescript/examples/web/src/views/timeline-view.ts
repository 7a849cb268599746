// The messages of the open room: where one stands in them stays, whatever comes above or below.
import type { RoomId } from "@parlor/client";
import type { Chat } from "../chat";
import { linesOf, type Line } from "../store/lines";
import { h, Keyed, setText } from "./dom";
import { icon } from "./icons";
import { makeLine, updateLine } from "./message";
import { counted, failureText } from "./words";

/** So near to an end counts as being there. */
const NEAR = 48;
/** So near to the top the page before is fetched. */
const AHEAD = 600;

export class TimelineView {
  readonly element: HTMLElement;
  #chat: Chat;
  #roomId: RoomId;
  #scroller: HTMLElement;
  #list = h("ol", { role: "list" });
  #top = h("div", { class: "top" });
  #jump: HTMLButtonElement;
  #jumpText = h("span");
  #lines: Keyed<Line>;
  /** Up to where one had read when the room was opened. */
  #readUpTo: number | null;
  #isAtEnd = true;
  #isPlaced = false;
  #loading: "no" | "yes" | { failed: string } = "no";
  /** The newest entry that was on the screen. */
  #seen = 0;
  #resizes = new ResizeObserver(() => this.#isAtEnd && this.#toEnd());

  constructor(chat: Chat, roomId: RoomId, name: string) {
    this.#chat = chat;
    this.#roomId = roomId;
    const membership = chat.rooms.get(roomId)?.membership;
    this.#readUpTo = membership && membership.unreadCount > 0 ? membership.lastReadSeq : null;
    const answers = { retry: (id: string) => chat.outbox.retry(id), discard: (id: string) => chat.outbox.discard(id) };
    this.#lines = new Keyed(this.#list, (line) => makeLine(line, answers), updateLine);
    this.#scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": `Messages in ${name}`, onscroll: () => this.#scrolled() }, this.#top, this.#list);
    this.#jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.jump() }, icon("down"), this.#jumpText);
    this.element = h("div", { class: "timeline" }, this.#scroller, this.#jump);
    this.#resizes.observe(this.#scroller);
    this.#resizes.observe(this.#list);
  }

  /** To the newest message. */
  jump(): void {
    this.#toEnd();
    this.update();
  }

  focus(): void {
    this.#scroller.focus();
  }

  close(): void {
    this.#resizes.disconnect();
  }

  update(): void {
    const timeline = this.#chat.timelineOf(this.#roomId);
    const anchor = this.#isAtEnd ? null : this.#anchor();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    const pending = this.#chat.outbox.of(this.#roomId);
    this.#showTop();
    this.#lines.show(linesOf({ me: this.#chat.me, entries: timeline.entries, pending, readUpTo: this.#readUpTo }));
    if (!this.#isPlaced && timeline.entries.length > 0 && this.#loading === "no") this.#place();
    else if (this.#isAtEnd) this.#toEnd();
    else if (anchor?.isConnected) this.#scroller.scrollTop += anchor.getBoundingClientRect().top - before;
    if (this.#isAtEnd) this.#seen = timeline.last;
    if (this.#isAtEnd && this.#isPlaced && document.visibilityState === "visible" && document.hasFocus()) this.#chat.markRead(this.#roomId);
    this.#showJump();
    this.#loadIfNear();
  }

  /** Shows the first new message, or the newest if all fit. */
  #place(): void {
    this.#isPlaced = true;
    this.#toEnd();
    const mark = this.#lines.get("unread");
    if (!mark || mark.getBoundingClientRect().top >= this.#scroller.getBoundingClientRect().top) return;
    mark.scrollIntoView({ block: "start", behavior: "instant" });
    this.#isAtEnd = false;
  }

  #showTop(): void {
    const timeline = this.#chat.timelineOf(this.#roomId);
    const name = this.#chat.rooms.get(this.#roomId)?.name ?? "";
    if (typeof this.#loading === "object") {
      this.#top.replaceChildren(h("span", {}, this.#loading.failed), h("button", { type: "button", class: "link", onclick: () => void this.#load() }, "Try again"));
    } else if (timeline.epoch === undefined || timeline.hasOlder) {
      if (!this.#top.querySelector(".spinner")) this.#top.replaceChildren(h("span", { class: "spinner" }), "Loading messages…");
    } else {
      const text = `This is the beginning of ${name}.`;
      if (this.#top.textContent !== text) this.#top.replaceChildren(h("bdi", {}, text));
    }
  }

  #showJump(): void {
    this.#jump.hidden = this.#isAtEnd;
    const { entries } = this.#chat.timelineOf(this.#roomId);
    let fresh = 0;
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const entry = entries[index];
      if (!entry || entry.seq <= this.#seen) break;
      if (entry.type === "message" && entry.message.userId !== this.#chat.me.id) fresh += 1;
    }
    setText(this.#jumpText, fresh > 0 ? counted(fresh, "new message") : "Jump to the newest");
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const wasAtEnd = this.#isAtEnd;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#isAtEnd !== wasAtEnd) this.update();
    else this.#loadIfNear();
  }

  #toEnd(): void {
    this.#isAtEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** The first line on the screen. */
  #anchor(): Element | undefined {
    const { top } = this.#scroller.getBoundingClientRect();
    return [...this.#list.children].find((line) => line.getBoundingClientRect().bottom > top);
  }

  #loadIfNear(): void {
    const timeline = this.#chat.timelineOf(this.#roomId);
    if (timeline.epoch === undefined || !timeline.hasOlder || this.#loading !== "no") return;
    if (this.#scroller.scrollTop < AHEAD && this.element.isConnected) void this.#load();
  }

  async #load(): Promise<void> {
    this.#loading = "yes";
    try {
      await this.#chat.loadOlder(this.#roomId);
      this.#loading = "no";
    } catch (error) {
      this.#loading = { failed: `Earlier messages could not be loaded. ${failureText(error)}` };
    }
    this.update();
  }
}

