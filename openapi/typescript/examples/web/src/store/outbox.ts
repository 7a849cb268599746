// Messages on their way: kept until the server has them, sent one after the other in each room.
import type { Message, RoomId } from "@parlor/client";

export interface Unsent {
  clientMessageId: string;
  roomId: RoomId;
  content: string;
  writtenAt: number;
}

/** `queued` waits, `sending` is under way, `sent` is stored but not yet seen in the timeline, `failed` waits for its writer. */
export type Progress = "queued" | "sending" | "sent" | "failed";
export type Pending = Unsent & { progress: Progress; reason?: string };

/** How a delivery went; `again` is worth another try after so many milliseconds, or at the next `flush`. */
export type Delivery = { sent: Message } | { again: number | null } | { failed: string };

/** The part of `Storage` that is used. */
export type Shelf = Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">;

interface Parts {
  /** Names the owner's messages in the storage. */
  prefix: string;
  shelf: Shelf;
  deliver: (message: Unsent) => Promise<Delivery>;
  /** Whether messages of a room can be delivered now. */
  isReady: (roomId: RoomId) => boolean;
  changed: () => void;
  /** Resolves after some milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
}

export class Outbox {
  #parts: Parts;
  #pending: Pending[];
  #running = new Set<RoomId>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#pending = this.#stored();
  }

  /** What is on its way to a room, in the order in which it was written. */
  of(roomId: RoomId): readonly Pending[] {
    return this.#pending.filter((entry) => entry.roomId === roomId);
  }

  /** How many messages have not reached the server, in all rooms. */
  get waiting(): number {
    return this.#pending.filter(({ progress }) => progress !== "sent").length;
  }

  add(message: Unsent): void {
    this.#parts.shelf.setItem(this.#key(message.clientMessageId), JSON.stringify(message));
    this.#pending.push({ ...message, progress: "queued" });
    this.#parts.changed();
    void this.flush(message.roomId);
  }

  retry(clientMessageId: string): void {
    const entry = this.#find(clientMessageId);
    if (entry?.progress !== "failed") return;
    this.#set(entry, "queued");
    void this.flush(entry.roomId);
  }

  discard(clientMessageId: string): void {
    const entry = this.#find(clientMessageId);
    if (!entry) return;
    this.#drop(entry);
    void this.flush(entry.roomId);
  }

  discardAll(): void {
    for (const entry of [...this.#pending]) this.#drop(entry);
  }

  /** The timeline has the message. */
  arrived(clientMessageId: string): void {
    const entry = this.#find(clientMessageId);
    if (entry) this.#drop(entry);
  }

  /** Another page has delivered the message, or discarded it. */
  removedElsewhere(key: string): void {
    const entry = this.#pending.find(({ clientMessageId }) => this.#key(clientMessageId) === key);
    if (entry?.progress === "queued" || entry?.progress === "failed") this.#drop(entry);
  }

  /** Delivers what waits in a room, until one fails: a later message never overtakes an earlier one. */
  async flush(roomId: RoomId): Promise<void> {
    if (this.#running.has(roomId)) return;
    this.#running.add(roomId);
    try {
      for (;;) {
        const entry = this.of(roomId).find(({ progress }) => progress !== "sent");
        if (!entry || entry.progress === "failed" || !this.#parts.isReady(roomId)) return;
        this.#set(entry, "sending");
        const delivery = await this.#parts.deliver(entry);
        if (!this.#find(entry.clientMessageId)) continue;
        if ("sent" in delivery) {
          this.#parts.shelf.removeItem(this.#key(entry.clientMessageId));
          this.#set(entry, "sent");
        } else if ("failed" in delivery) {
          this.#set(entry, "failed", delivery.failed);
        } else {
          this.#set(entry, "queued");
          if (delivery.again === null) return;
          await this.#parts.pause(delivery.again);
        }
      }
    } finally {
      this.#running.delete(roomId);
    }
  }

  #find(clientMessageId: string): Pending | undefined {
    return this.#pending.find((entry) => entry.clientMessageId === clientMessageId);
  }

  #set(entry: Pending, progress: Progress, reason?: string): void {
    entry.progress = progress;
    if (reason === undefined) delete entry.reason;
    else entry.reason = reason;
    this.#parts.changed();
  }

  #drop(entry: Pending): void {
    this.#parts.shelf.removeItem(this.#key(entry.clientMessageId));
    this.#pending = this.#pending.filter((other) => other !== entry);
    this.#parts.changed();
  }

  #key(clientMessageId: string): string {
    return this.#parts.prefix + clientMessageId;
  }

  #stored(): Pending[] {
    const { shelf, prefix } = this.#parts;
    const keys = Array.from({ length: shelf.length }, (_, index) => shelf.key(index) ?? "");
    const texts = keys.filter((key) => key.startsWith(prefix)).map((key) => shelf.getItem(key) ?? "null");
    const messages = texts.map((text) => JSON.parse(text) as Unsent);
    messages.sort((one, other) => one.writtenAt - other.writtenAt);
    return messages.map((message) => ({ ...message, progress: "queued" }));
  }
}
