// Questions that lie over the page.
import type { Room } from "@parlor/client";
import type { Chat } from "../chat";
import { inviteCodeIn, inviteHash, roomHash } from "../store/places";
import { h, setText, submits } from "./dom";
import { Field, Form } from "./fields";
import { icon } from "./icons";
import { failureText } from "./words";

/** Shows a dialog, which is gone when it is closed. */
function open(title: string, ...content: HTMLElement[]): HTMLDialogElement {
  const heading = h("h2", { id: "dialog-title" }, title);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() }, heading, ...content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const cancel = () => h("button", { type: "button", class: "plain", onclick: (event) => (event.target as Element).closest("dialog")?.close() }, "Cancel");

export function createRoomDialog(chat: Chat): void {
  const name = new Field("name", "Name", { maxlength: 64, required: true, autocomplete: "off" }, "3 to 64 characters");
  const about = new Field("description", "What it is about (optional)", { maxlength: 500, autocomplete: "off" });
  const isPrivate = h("input", { type: "checkbox", id: "is-private" });
  const form = new Form([name, about], "Create room", async () => {
    const description = about.value.trim() === "" ? null : about.value;
    const room = await chat.createRoom({ name: name.value, description, isPrivate: isPrivate.checked });
    dialog.close();
    location.hash = roomHash(room.id);
  }, [cancel()]);
  about.element.after(h("div", { class: "choice" }, isPrivate, h("label", { for: "is-private" }, "Private: only people with an invite see it")));
  const dialog = open("Create a room", form.element);
}

export function joinByInviteDialog(chat: Chat, code = ""): void {
  const field = new Field("token", "Invite link or code", { required: true, autocomplete: "off", spellcheck: "false", value: code });
  const form = new Form([field], "Join", async () => {
    const room = await chat.joinByInvite(inviteCodeIn(field.value));
    dialog.close();
    location.hash = roomHash(room.id);
  }, [cancel()]);
  const dialog = open("Join by invite", form.element);
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#/invite/")) location.hash = "#/";
  });
}

/** Makes an invite and shows its link. */
export function inviteDialog(chat: Chat, room: Room): void {
  const link = h("input", { id: "invite-link", readonly: true, onfocus: () => link.select() });
  const said = h("p", { class: "hint", role: "status" }, "Making an invite…");
  const copy = h("button", { type: "button", class: "primary", onclick: () => void copyLink() }, icon("copy"), "Copy link");
  copy.disabled = true;
  const copyLink = async () => {
    link.select();
    await navigator.clipboard.writeText(link.value).then(
      () => setText(said, "Copied."),
      () => setText(said, "Press Ctrl-C to copy the selected link."),
    );
  };
  const dialog = open(
    `Invite people to ${room.name}`,
    h("div", { class: "field" }, h("label", { for: "invite-link" }, "Link"), link, said),
    h("p", { class: "hint" }, "Whoever has the link can join for 7 days. A new invite replaces the one before."),
    h("div", { class: "actions" }, h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close"), copy),
  );
  chat.createInvite(room.id).then(
    (code) => {
      link.value = new URL(inviteHash(code), location.href).href;
      setText(said, "");
      copy.disabled = false;
      copy.focus();
    },
    (error: unknown) => setText(said, failureText(error)),
  );
}

/** Asks before something that can't be undone. */
export function confirmDialog(title: string, text: string, button: string, action: () => Promise<void>): void {
  const fault = h("p", { class: "fault", role: "alert" });
  const act = () => action().then(() => dialog.close(), (error: unknown) => setText(fault, failureText(error)));
  const form = h("form", { onsubmit: submits(() => void act()) }, h("p", {}, text), fault, h("div", { class: "actions" }, cancel(), h("button", { type: "submit", class: "danger" }, button)));
  const dialog = open(title, form);
}
