// What is known of one room's log: a stretch of it without gaps, from some entry up to the newest.
import type { Epoch, Message, TimelineEvent, UserId } from "@parlor/client";

export class Timeline {
  /** Which history the numbers belong to; unknown until the room has been joined. */
  epoch: Epoch | undefined;
  /** All entries after this one, up to `last`, are here. */
  #start: number;
  #entries: TimelineEvent[] = [];
  /** Entries that came before the ones they follow. */
  #ahead = new Map<number, TimelineEvent>();
  /** The newest entry that the server is known to have. */
  #end: number;

  /** Knows nothing up to `last`, and will know everything after it. */
  constructor(last: number, epoch?: Epoch) {
    this.#start = last;
    this.#end = last;
    this.epoch = epoch;
  }

  get entries(): readonly TimelineEvent[] {
    return this.#entries;
  }

  /** The newest entry up to which nothing is missing. */
  get last(): number {
    return this.#start + this.#entries.length;
  }

  /** Whether there are entries before the ones that are here. */
  get hasOlder(): boolean {
    return this.#start > 0;
  }

  /** Whether entries after `last` are known to exist. */
  get isBehind(): boolean {
    return this.#end > this.last;
  }

  /** The newest message that is not by `author`. */
  newestNotBy(author: UserId): Message | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const entry = this.#entries[index];
      if (entry?.type === "message" && entry.message.userId !== author) return entry.message;
    }
    return undefined;
  }

  /** The server has entries up to this one. */
  expect(seq: number): void {
    this.#end = Math.max(this.#end, seq);
  }

  /** Takes an entry in whatever order it comes; gives those that it completes, oldest first. */
  add(entry: TimelineEvent): TimelineEvent[] {
    if (entry.seq <= this.last) return [];
    this.expect(entry.seq);
    this.#ahead.set(entry.seq, entry);
    const completed: TimelineEvent[] = [];
    for (let next = this.#ahead.get(this.last + 1); next; next = this.#ahead.get(this.last + 1)) {
      this.#ahead.delete(next.seq);
      this.#entries.push(next);
      completed.push(next);
    }
    return completed;
  }

  /** What to ask for, to get at most `limit` entries before those that are here. */
  olderThanHere(limit: number): { after: number; limit: number } {
    const after = Math.max(0, this.#start - limit);
    return { after, limit: this.#start - after };
  }

  /** Takes entries before those that are here, as far as they follow without a gap. */
  prepend(entries: TimelineEvent[]): void {
    const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
    const older: TimelineEvent[] = [];
    for (let entry = bySeq.get(this.#start); entry; entry = bySeq.get(this.#start)) {
      older.push(entry);
      this.#start -= 1;
    }
    this.#entries.unshift(...older.reverse());
  }

  /** `reader` has read up to `seq`; one's own messages don't become read by oneself. */
  markRead(seq: number, reader: UserId): void {
    for (const message of this.#messages()) {
      if (message.seq <= seq && message.userId !== reader) message.status = "read";
    }
  }

  /** Takes over what became read while nobody listened. */
  refresh(messages: Message[]): void {
    const read = new Set(messages.filter(({ status }) => status === "read").map(({ seq }) => seq));
    for (const message of this.#messages()) if (read.has(message.seq)) message.status = "read";
  }

  /** Whether a message of `author` that is here has been read by nobody yet. */
  hasUnreadBy(author: UserId): boolean {
    return this.#messages().some(({ userId, status }) => userId === author && status !== "read");
  }

  /** Forgets everything up to `last`: the position was not honoured, or is too far behind. */
  restart(last: number, epoch: Epoch | undefined): void {
    this.epoch = epoch;
    this.#start = last;
    this.#end = last;
    this.#entries = [];
    for (const seq of [...this.#ahead.keys()]) if (seq <= last) this.#ahead.delete(seq);
  }

  #messages(): Message[] {
    return this.#entries.flatMap((entry) => (entry.type === "message" ? [entry.message] : []));
  }
}
