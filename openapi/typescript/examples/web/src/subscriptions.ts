// Listening to rooms, without a gap between what one has and what comes.
import { ParlorError, type Api, type RoomId, type TimelineEvent } from "@parlor/client";
import { passed, type Connection } from "./connection";
import type { Timeline } from "./store/timeline";

/** Entries that are fetched at once. */
const PAGE = 100;

interface Parts {
  connection: Connection;
  api: Api;
  timelineOf: (roomId: RoomId) => Timeline;
  take: (entry: TimelineEvent) => void;
}

export class Subscriptions {
  #parts: Parts;
  #joined = new Set<RoomId>();
  #filling = new Map<RoomId, Promise<void>>();
  #paging = new Map<RoomId, Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.connection.socket.on("disconnect", () => this.#joined.clear());
  }

  has(roomId: RoomId): boolean {
    return this.#joined.has(roomId);
  }

  /** Subscribes to a room and catches up with it. */
  async join(roomId: RoomId): Promise<void> {
    const { connection, timelineOf, take } = this.#parts;
    const timeline = timelineOf(roomId);
    const { last: after, epoch } = timeline;
    const answer = await patiently(() => connection.ask("join_room", { roomId, after, ...(epoch !== undefined && { epoch }) }));
    if (answer.reset) {
      timeline.restart(answer.lastSeq, answer.epoch);
    } else {
      timeline.epoch = answer.epoch;
      timeline.expect(answer.lastSeq);
      answer.events.forEach(take);
    }
    this.#joined.add(roomId);
    await this.fill(roomId);
  }

  leave(roomId: RoomId): void {
    this.#joined.delete(roomId);
  }

  /** Fetches entries that are known to be missing. */
  fill(roomId: RoomId): Promise<void> {
    return once(this.#filling, roomId, async () => {
      const timeline = this.#parts.timelineOf(roomId);
      while (timeline.isBehind) {
        const query = { after: timeline.last, limit: PAGE };
        const { events } = await patiently(() => this.#parts.api("listEvents", { path: { roomId }, query }));
        if (events.length === 0) return;
        events.forEach(this.#parts.take);
      }
    });
  }

  /** Fetches a page of entries before the ones that are known. */
  older(roomId: RoomId): Promise<void> {
    return once(this.#paging, roomId, async () => {
      const timeline = this.#parts.timelineOf(roomId);
      if (!timeline.hasOlder) return;
      const query = timeline.olderThanHere(PAGE);
      const { events, epoch } = await this.#parts.api("listEvents", { path: { roomId }, query });
      if (timeline.epoch === undefined || timeline.epoch === epoch) timeline.prepend(events);
    });
  }
}

/** Runs a task once for all who ask while it runs. */
function once(running: Map<RoomId, Promise<void>>, roomId: RoomId, task: () => Promise<void>): Promise<void> {
  const started = running.get(roomId) ?? task().finally(() => running.delete(roomId));
  running.set(roomId, started);
  return started;
}

/** Tries again when told that it was too often. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ParlorError) || error.type !== "RATE_LIMIT") throw error;
      await passed(error.retryAfterMs ?? 1_000);
    }
  }
}
