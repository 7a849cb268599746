// Who is in the open room.
import type { RoomUser } from "@parlor/client";
import type { Chat } from "../chat";
import { h, Keyed, set, setText } from "./dom";
import { icon } from "./icons";
import { hueOf } from "./words";

type Item = RoomUser & { key: string };

export class Members {
  readonly element: HTMLElement;
  #chat: Chat;
  #roomId: string;
  #list: Keyed<Item>;

  constructor(chat: Chat, roomId: string, close: () => void, leave: () => void) {
    this.#chat = chat;
    this.#roomId = roomId;
    const list = h("ul", { role: "list" });
    this.#list = new Keyed(list, make, update);
    const isOwner = chat.rooms.get(roomId)?.membership?.role === "owner";
    this.element = h(
      "aside",
      { class: "members", "aria-label": "Members" },
      h("div", { class: "members-head" }, h("h2", {}, "Members"), h("button", { type: "button", class: "icon-button", "aria-label": "Hide members", onclick: close }, icon("close"))),
      list,
      h("button", { type: "button", class: "plain leave", onclick: leave }, isOwner ? "Delete room" : "Leave room"),
    );
  }

  update(): void {
    const users = [...this.#chat.membersOf(this.#roomId)];
    users.sort((one, other) => Number(other.isOnline) - Number(one.isOnline) || one.username.localeCompare(other.username, "en"));
    this.#list.show(users.map((user) => ({ ...user, key: user.userId })));
  }
}

function make({ userId, username }: Item): HTMLElement {
  return h("li", {}, h("span", { class: `avatar hue-${hueOf(userId)}`, "aria-hidden": "true" }, username.slice(0, 1).toUpperCase()), h("span", { class: "member-name" }, username), h("span", { class: "presence" }));
}

function update(element: HTMLElement, { isOnline }: Item): void {
  const presence = element.querySelector(".presence") as HTMLElement;
  setText(presence, isOnline ? "Online" : "Offline");
  set(presence, "class", isOnline ? "presence online" : "presence");
}
