// The open room: its name, its messages, and where one writes.
import type { Room } from "@parlor/client";
import type { Chat } from "../chat";
import { Composer } from "./composer";
import { confirmDialog, inviteDialog } from "./dialogs";
import { h, set, setText } from "./dom";
import { icon } from "./icons";
import { Members } from "./members";
import { TimelineView } from "./timeline-view";
import { counted, failureText } from "./words";

/** From this width on the members stand beside the messages. */
const WIDE = window.matchMedia("(min-width: 1200px)");
const TOUCH = window.matchMedia("(pointer: coarse)");

export class RoomView {
  readonly element: HTMLElement;
  readonly #chat: Chat;
  readonly #roomId: string;
  #name = h("h1", { dir: "auto", tabindex: -1 });
  #about = h("p", { class: "about" });
  #typing = h("p", { class: "typing" });
  #timeline: TimelineView;
  #composer: Composer;
  #members: Members;
  #showMembers: HTMLButtonElement;
  #nextTyping: ReturnType<typeof setTimeout> | undefined;

  constructor(chat: Chat, room: Room, banner: HTMLElement) {
    this.#chat = chat;
    this.#roomId = room.id;
    this.#timeline = new TimelineView(chat, room.id, room.name);
    this.#composer = new Composer(chat, room.id, room.name, () => this.#timeline.jump());
    this.#members = new Members(chat, room.id, () => this.#toggleMembers(false), () => this.#leave());
    this.#showMembers = h("button", { type: "button", class: "icon-button", "aria-label": "Members", title: "Members", onclick: () => this.#toggleMembers() }, icon("people"));
    const canInvite = room.isPrivate && room.membership?.role === "owner";
    this.element = h(
      "div",
      { class: "room" },
      h(
        "header",
        {},
        h("a", { class: "icon-button back", href: "#/", "aria-label": "Back to the rooms" }, icon("back")),
        h("div", { class: "room-title" }, this.#name, this.#about),
        canInvite && h("button", { type: "button", class: "invite", onclick: () => inviteDialog(chat, room) }, icon("plus"), "Invite"),
        this.#showMembers,
      ),
      h("div", { class: "talk" }, banner, this.#timeline.element, this.#typing, this.#composer.element),
      this.#members.element,
    );
    this.#toggleMembers(WIDE.matches);
  }

  /** To be called once it is on the page. */
  opened(): void {
    this.#composer.fit();
    // A finger's keyboard would cover what one came to read.
    if (!TOUCH.matches) this.#composer.focus();
    this.update();
  }

  /** Escape leads back to where one writes. */
  escape(): void {
    if (!WIDE.matches && !this.#members.element.hidden) this.#toggleMembers(false);
    else this.#composer.focus();
  }

  close(): void {
    clearTimeout(this.#nextTyping);
    this.#timeline.close();
    this.#composer.close();
  }

  update(): void {
    const room = this.#chat.rooms.get(this.#roomId);
    if (!room) return;
    setText(this.#name, room.name);
    const online = this.#chat.membersOf(room.id).filter(({ isOnline }) => isOnline).length;
    const people = counted(room.memberCount, "member") + (online > 0 ? `, ${online} online` : "");
    setText(this.#about, room.description ? `${people} · ${room.description}` : people);
    this.#about.title = room.description ?? "";
    const typing = this.#chat.typists.sentence(room.id, Date.now());
    setText(this.#typing, typing);
    clearTimeout(this.#nextTyping);
    if (typing !== "") this.#nextTyping = setTimeout(() => this.update(), 1_000);
    this.#timeline.update();
    this.#members.update();
  }

  #toggleMembers(shown = this.#members.element.hidden): void {
    this.#members.element.hidden = !shown;
    set(this.#showMembers, "aria-expanded", String(shown));
    this.element.classList.toggle("with-members", shown);
    if (!shown && this.element.isConnected) this.#showMembers.focus();
  }

  #leave(): void {
    const room = this.#chat.rooms.get(this.#roomId);
    if (!room) return;
    if (room.membership?.role === "owner") {
      confirmDialog(`Delete ${room.name}?`, "Everything in it goes, for everybody. This can't be undone.", "Delete room", () => this.#chat.deleteRoom(room.id));
    } else {
      confirmDialog(`Leave ${room.name}?`, room.isPrivate ? "You need a new invite to come back." : "You can join again at any time.", "Leave room", () => this.#chat.leaveRoom(room.id));
    }
  }
}

/** A public room that one is not a member of. */
export function joinView(chat: Chat, room: Room): HTMLElement {
  const fault = h("p", { class: "fault", role: "alert" });
  const join = () => chat.joinRoom(room.id).then(() => {}, (error: unknown) => setText(fault, failureText(error)));
  return h(
    "div",
    { class: "nothing" },
    h("a", { class: "icon-button back", href: "#/", "aria-label": "Back to the rooms" }, icon("back")),
    h("h1", { dir: "auto" }, room.name),
    h("p", {}, room.description ?? `${counted(room.memberCount, "member")}. Join to read and write.`),
    h("button", { type: "button", class: "primary", onclick: () => void join() }, "Join room"),
    fault,
  );
}

/** Nothing to show, and what one can do. */
export function nothingView(title: string, text: string, ...buttons: HTMLElement[]): HTMLElement {
  return h(
    "div",
    { class: "nothing" },
    h("a", { class: "icon-button back", href: "#/", "aria-label": "Back to the rooms" }, icon("back")),
    h("img", { src: "./icon.svg", alt: "", width: 56, height: 56 }),
    h("h1", {}, title),
    h("p", {}, text),
    h("div", { class: "actions" }, ...buttons),
  );
}
