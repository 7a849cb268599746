// The page of who is signed in: rooms on one side, the open room on the other.
import type { Account } from "../account";
import { Chat } from "../chat";
import { placeOf, roomHash } from "../store/places";
import { Announcer } from "./announcer";
import { Banner } from "./banner";
import { forgetDrafts } from "./composer";
import { confirmDialog, createRoomDialog, joinByInviteDialog } from "./dialogs";
import { h, set, setText } from "./dom";
import { joinView, nothingView, RoomView } from "./room-view";
import { Sidebar } from "./sidebar";
import { openSwitcher } from "./switcher";
import { counted } from "./words";

export class ChatPage {
  readonly element: HTMLElement;
  #account: Account;
  #chat: Chat;
  #sidebar: Sidebar;
  #banner: Banner;
  #announcer: Announcer;
  #status: HTMLElement;
  #main = h("main");
  #toast = h("p", { class: "toast", hidden: true });
  #room: RoomView | null = null;
  /** What `main` shows, to build it anew only when that changes. */
  #shown = "";
  #isDue = false;

  constructor(server: string, account: Account, log: HTMLElement, status: HTMLElement) {
    this.#account = account;
    this.#status = status;
    this.#chat = new Chat(server, account);
    this.#announcer = new Announcer(log);
    this.#banner = new Banner(this.#chat, status);
    this.#sidebar = new Sidebar(this.#chat, {
      create: () => createRoomDialog(this.#chat),
      joinByInvite: () => joinByInviteDialog(this.#chat),
      find: () => openSwitcher(this.#chat),
      signOut: () => this.#signOut(),
    });
    this.element = h("div", { class: "page" }, this.#sidebar.element, this.#main, this.#toast);
    this.#chat.onChange = () => this.#soon();
    this.#chat.onMessage = ({ roomId, username, content }) => {
      const isOpen = roomId === this.#chat.openRoom;
      this.#announcer.say(username, content, isOpen ? null : (this.#chat.rooms.get(roomId)?.name ?? null));
    };
    this.#chat.onLoss = (room, why) => this.#tell(`${why} ${room.name}.`);
    window.addEventListener("hashchange", this.#moved);
    window.addEventListener("keydown", this.#pressed);
    window.addEventListener("focus", this.#back);
    document.addEventListener("visibilitychange", this.#soon);
    this.#moved();
    this.#chat.start();
  }

  close(): void {
    window.removeEventListener("hashchange", this.#moved);
    window.removeEventListener("keydown", this.#pressed);
    window.removeEventListener("focus", this.#back);
    document.removeEventListener("visibilitychange", this.#soon);
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    this.#room?.close();
    this.#chat.stop();
    this.#announcer.clear();
    setText(this.#status, "");
    document.title = "Parlor";
  }

  #soon = (): void => {
    if (this.#isDue) return;
    this.#isDue = true;
    const draw = () => {
      this.#isDue = false;
      this.#draw();
    };
    if (document.visibilityState === "visible") requestAnimationFrame(draw);
    else setTimeout(draw, 50);
  };

  #draw(): void {
    this.#sidebar.update();
    this.#banner.update();
    this.#showPlace();
    this.#room?.update();
    const { unread } = this.#chat.rooms;
    const room = this.#chat.openRoom === null ? undefined : this.#chat.rooms.get(this.#chat.openRoom);
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${room ? `${room.name} · ` : ""}Parlor`;
  }

  #moved = (): void => {
    const place = placeOf(location.hash);
    const before = this.#chat.openRoom;
    this.#chat.openRoom = place.at === "room" ? place.roomId : null;
    set(this.element, "data-view", place.at === "room" ? "room" : "rooms");
    if (place.at === "invite") joinByInviteDialog(this.#chat, place.code);
    this.#draw();
    if (place.at === "home" && before !== null) this.#sidebar.focus(before);
  };

  #showPlace(): void {
    const { rooms, openRoom, isLoaded } = this.#chat;
    const room = openRoom === null ? undefined : rooms.get(openRoom);
    const kind = openRoom === null ? "home" : !room ? (isLoaded ? "unknown" : "loading") : room.membership ? "room" : "join";
    const shown = `${kind} ${openRoom ?? (rooms.own.length > 0 ? "some" : "none")}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#room?.close();
    this.#room = null;
    this.#announcer.clear();
    if (kind === "room" && room) {
      this.#room = new RoomView(this.#chat, room, this.#banner.element);
      this.#main.replaceChildren(this.#room.element);
      this.#room.opened();
      return;
    }
    this.#main.replaceChildren(this.#banner.element, kind === "join" && room ? joinView(this.#chat, room) : this.#nothing(kind));
  }

  #nothing(kind: string): HTMLElement {
    const create = h("button", { type: "button", class: "primary", onclick: () => createRoomDialog(this.#chat) }, "Create a room");
    const join = h("button", { type: "button", class: "plain", onclick: () => joinByInviteDialog(this.#chat) }, "Join by invite");
    if (kind === "loading") return nothingView("One moment", "Your rooms are on their way.");
    if (kind === "unknown") return nothingView("There is no such room", "It was deleted, or it is private and you are not a member. Ask its owner for an invite.", join);
    if (this.#chat.rooms.own.length > 0) return nothingView("Pick a room", "Choose one from the list, or press Ctrl K to find it by name.", create);
    return nothingView(`Welcome, ${this.#chat.me.username}`, "Create a room and invite others, or join one with an invite.", create, join);
  }

  #pressed = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openSwitcher(this.#chat);
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") this.#room?.escape();
    if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#step(event.key === "ArrowDown" ? 1 : -1);
    }
  };

  /** To the next or previous of one's rooms. */
  #step(by: number): void {
    const { own } = this.#chat.rooms;
    const at = own.findIndex(({ id }) => id === this.#chat.openRoom);
    const room = own[(at + by + own.length) % own.length];
    if (room) location.hash = roomHash(room.id);
  }

  /** Whoever comes back finds rooms that were made or joined elsewhere, and has seen what is on the screen. */
  #back = (): void => {
    this.#soon();
    if (this.#chat.connection.link.state === "online") this.#chat.refresh().catch(() => {});
  };

  #signOut(): void {
    const { waiting } = this.#chat.outbox;
    const text = waiting > 0 ? `${counted(waiting, "message")} not sent yet will be discarded.` : "You can sign in again at any time.";
    confirmDialog("Sign out?", text, "Sign out", async () => {
      await this.#account.logOut();
      this.#chat.outbox.discardAll();
      forgetDrafts();
    });
  }

  #tell(text: string): void {
    setText(this.#toast, text);
    setText(this.#status, text);
    this.#toast.hidden = false;
    setTimeout(() => (this.#toast.hidden = true), 8_000);
  }
}
