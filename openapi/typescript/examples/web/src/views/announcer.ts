// Tells a screen reader what others say, and nothing else.
import { h } from "./dom";

/** A long text is cut: whoever wants the rest reads the message. */
const LONGEST = 300;
const KEPT = 20;

export class Announcer {
  constructor(private readonly log: HTMLElement) {}

  say(who: string, text: string, room: string | null): void {
    const said = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    this.log.append(h("p", {}, room === null ? `${who}: ${said}` : `${who} in ${room}: ${said}`));
    while (this.log.childElementCount > KEPT) this.log.firstElementChild?.remove();
  }

  clear(): void {
    this.log.replaceChildren();
  }
}
