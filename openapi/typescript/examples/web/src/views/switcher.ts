// Ctrl-K: to a room by a few letters of its name.
import type { Room } from "@parlor/client";
import type { Chat } from "../chat";
import { roomHash } from "../store/places";
import { h, set } from "./dom";
import { icon } from "./icons";
import { counted } from "./words";

const MOST = 50;

export function openSwitcher(chat: Chat): void {
  if (document.querySelector("dialog[open]")) return;
  let found: Room[] = [];
  let at = 0;
  const list = h("ul", { id: "found", role: "listbox", "aria-label": "Rooms" });
  const none = h("p", { class: "hint", role: "status" });
  const input = h("input", {
    role: "combobox", "aria-label": "Find a room", "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "false", placeholder: "Find a room", oninput: () => search(), onkeydown: (event) => pressed(event),
  });
  const dialog: HTMLDialogElement = h("dialog", { class: "switcher", "aria-label": "Find a room", onclose: () => dialog.remove(), onclick: (event) => event.target === dialog && dialog.close() }, h("div", { class: "switcher-box" }, icon("search"), input), list, none);

  const go = (room: Room | undefined) => {
    if (!room) return;
    dialog.close();
    location.hash = roomHash(room.id);
  };
  const point = (to: number) => {
    at = (to + found.length) % Math.max(found.length, 1);
    [...list.children].forEach((option, index) => set(option, "aria-selected", index === at ? "true" : "false"));
    set(input, "aria-activedescendant", list.children[at]?.id);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const search = () => {
    const wanted = input.value.trim().toLowerCase();
    const own = chat.rooms.own;
    const unread = own.filter(({ membership }) => membership.unreadCount > 0);
    const rooms = [...unread, ...own.filter((room) => !unread.includes(room)), ...chat.rooms.others];
    found = rooms.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, MOST);
    list.replaceChildren(...found.map(option));
    none.textContent = found.length === 0 ? "No room has such a name." : "";
    point(0);
  };
  const option = (room: Room, index: number) => {
    const unread = room.membership?.unreadCount ?? 0;
    const about = !room.membership ? "not joined" : unread > 0 ? counted(unread, "unread", "unread") : "";
    return h("li", { role: "option", id: `found-${index}`, onclick: () => go(room) }, icon(room.isPrivate ? "lock" : "hash"), h("span", { class: "room-name", dir: "auto" }, room.name), h("span", { class: "room-about" }, about));
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") point(at + 1);
    else if (event.key === "ArrowUp") point(at - 1);
    else if (event.key === "Enter") go(found[at]);
    else return;
    event.preventDefault();
  };

  document.body.append(dialog);
  dialog.showModal();
  search();
  input.focus();
}
