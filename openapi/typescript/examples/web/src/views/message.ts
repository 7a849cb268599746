// One line of a timeline.
import type { Line, Mark, MessageLine } from "../store/lines";
import { partsOf } from "../store/links";
import { h, set, setText } from "./dom";
import { icon, type Icon } from "./icons";
import { dayOf, hueOf, timeOf } from "./words";

const MARKS: Record<Mark, { icon: Icon; text: string }> = {
  queued: { icon: "clock", text: "Waiting to be sent" },
  sending: { icon: "clock", text: "Sending" },
  sent: { icon: "check", text: "Sent" },
  read: { icon: "read", text: "Read" },
  failed: { icon: "bell", text: "Not sent" },
};

export interface Answers {
  retry: (clientMessageId: string) => void;
  discard: (clientMessageId: string) => void;
}

export function makeLine(line: Line, answers: Answers): HTMLElement {
  switch (line.kind) {
    case "day":
      return h("li", { class: "day" }, h("span", {}, dayOf(line.at)));
    case "unread":
      return h("li", { class: "unread-mark" }, h("span", {}, "New"));
    case "note":
      return h("li", { class: "note", dir: "auto" }, line.text);
    case "message":
      return makeMessage(line, answers);
  }
}

function makeMessage(line: MessageLine, { retry, discard }: Answers): HTMLElement {
  const { author, content, isOwn } = line;
  const datetime = new Date(line.at).toISOString();
  const body = h("p", { class: "body", dir: "auto" }, ...partsOf(content).map(({ text, href }) => (href === undefined ? text : h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text))));
  const act = (label: string, action: (id: string) => void) => h("button", { type: "button", class: "link", onclick: () => line.clientMessageId && action(line.clientMessageId) }, label);
  return h(
    "li",
    { class: isOwn ? "message own" : "message" },
    h("span", { class: `avatar hue-${hueOf(author.id)}`, "aria-hidden": "true" }, author.username.slice(0, 1).toUpperCase()),
    h("div", { class: "head" }, h("span", { class: "author" }, author.username), isOwn && h("span", { class: "you" }, "you"), h("time", { datetime }, timeOf(line.at))),
    h("time", { class: "beside", datetime, "aria-hidden": "true" }, timeOf(line.at)),
    body,
    isOwn && h("span", { class: "mark" }),
    isOwn && h("div", { class: "failure", hidden: true }, h("span", { class: "reason" }), act("Try again", retry), act("Discard", discard)),
  );
}

export function updateLine(element: HTMLElement, line: Line): void {
  if (line.kind !== "message") return;
  element.classList.toggle("first", line.isFirst);
  if (line.mark === null) return;
  const find = (selector: string) => element.querySelector(selector) as HTMLElement;
  const mark = find(".mark");
  if (mark.dataset.mark !== line.mark) {
    const { icon: name, text } = MARKS[line.mark];
    mark.dataset.mark = line.mark;
    mark.title = text;
    mark.replaceChildren(icon(name), h("span", { class: "unseen" }, text));
  }
  set(element, "data-mark", line.mark);
  find(".failure").hidden = line.mark !== "failed";
  setText(find(".reason"), `Not sent: ${line.reason ?? ""}`);
  for (const time of element.querySelectorAll("time")) {
    setText(time, timeOf(line.at));
    set(time, "datetime", new Date(line.at).toISOString());
  }
}
