// The list of rooms, and who one is.
import type { Room } from "@parlor/client";
import type { Chat } from "../chat";
import { roomHash } from "../store/places";
import { h, Keyed, set, setText } from "./dom";
import { icon } from "./icons";
import { counted, hueOf } from "./words";

interface Actions {
  create: () => void;
  joinByInvite: () => void;
  find: () => void;
  signOut: () => void;
}

interface Item {
  key: string;
  id: string;
  name: string;
  isPrivate: boolean;
  unread: number;
  about: string;
  isOnline: boolean;
  isOpen: boolean;
}

export class Sidebar {
  readonly element: HTMLElement;
  #chat: Chat;
  #own: Keyed<Item>;
  #others: Keyed<Item>;
  #none = h("p", { class: "empty-list" });
  #othersHeading = h("h2", {}, "Public rooms");
  #state = h("span", { class: "my-state" });

  constructor(chat: Chat, actions: Actions) {
    this.#chat = chat;
    const own = h("ul", { role: "list", "aria-labelledby": "own-rooms" });
    const others = h("ul", { role: "list", "aria-labelledby": "public-rooms" });
    this.#own = new Keyed(own, make, update);
    this.#others = new Keyed(others, make, update);
    this.#othersHeading.id = "public-rooms";
    const button = (label: string, name: Parameters<typeof icon>[0], action: () => void) =>
      h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: action }, icon(name));
    const me = chat.me.username;
    this.element = h(
      "nav",
      { class: "sidebar", "aria-label": "Rooms", onkeydown: (event) => this.#move(event) },
      h("div", { class: "sidebar-head" }, h("h1", {}, "Parlor"), button("Join by invite", "ticket", actions.joinByInvite), button("Create a room", "plus", actions.create)),
      h("button", { type: "button", class: "find", onclick: actions.find }, icon("search"), "Find a room", h("kbd", {}, "Ctrl K")),
      h("div", { class: "lists" }, h("h2", { id: "own-rooms" }, "Your rooms"), own, this.#none, this.#othersHeading, others),
      h(
        "div",
        { class: "me" },
        h("span", { class: `avatar hue-${hueOf(chat.me.id)}`, "aria-hidden": "true" }, me.slice(0, 1).toUpperCase()),
        h("span", { class: "my-name" }, me, this.#state),
        button("Sign out", "out", actions.signOut),
      ),
    );
  }

  update(): void {
    const { rooms, isLoaded, connection, openRoom } = this.#chat;
    const item = (room: Room) => this.#item(room, room.id === openRoom);
    this.#own.show(rooms.own.map(item));
    this.#others.show(rooms.others.map(item));
    this.#othersHeading.hidden = rooms.others.length === 0;
    this.#none.hidden = rooms.own.length > 0;
    setText(this.#none, isLoaded ? "None yet. Create one, join a public room, or use an invite." : "Loading…");
    const isOnline = connection.link.state === "online";
    set(this.#state, "class", isOnline ? "my-state online" : "my-state");
    setText(this.#state, isOnline ? "Online" : connection.link.state === "away" ? "Offline" : "Connecting…");
  }

  /** Puts the focus on a room, where one has come from. */
  focus(roomId: string): void {
    (this.#own.get(roomId) ?? this.#others.get(roomId))?.querySelector("a")?.focus();
  }

  #item(room: Room, isOpen: boolean): Item {
    const online = this.#chat.membersOf(room.id).filter(({ userId, isOnline }) => isOnline && userId !== this.#chat.me.id).length;
    const about = room.membership && online > 0 ? `${online} online` : counted(room.memberCount, "member");
    const unread = room.membership?.unreadCount ?? 0;
    return { key: room.id, id: room.id, name: room.name, isPrivate: room.isPrivate, unread, about, isOnline: online > 0, isOpen };
  }

  #move(event: KeyboardEvent): void {
    const links = [...this.element.querySelectorAll<HTMLElement>("a")];
    const at = links.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    links[Math.max(0, Math.min(to, links.length - 1))]?.focus();
  }
}

function make({ id, isPrivate }: Item): HTMLElement {
  const name = h("span", { class: "room-name", dir: "auto" });
  const about = h("span", { class: "room-about" });
  const badge = h("span", { class: "badge" });
  return h("li", {}, h("a", { href: roomHash(id) }, icon(isPrivate ? "lock" : "hash"), h("span", { class: "room-words" }, name, about), badge));
}

function update(element: HTMLElement, { name, unread, about, isOnline, isOpen }: Item): void {
  const find = (selector: string) => element.querySelector(selector) as HTMLElement;
  setText(find(".room-name"), name);
  setText(find(".room-about"), about);
  set(find(".room-about"), "class", isOnline ? "room-about online" : "room-about");
  const badge = find(".badge");
  badge.hidden = unread === 0;
  badge.replaceChildren(unread > 99 ? "99+" : String(unread), h("span", { class: "unseen" }, " unread"));
  set(find("a"), "aria-current", isOpen ? "page" : undefined);
  element.classList.toggle("has-unread", unread > 0);
}
