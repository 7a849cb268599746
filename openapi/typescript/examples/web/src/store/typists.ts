// Who is typing where.
import type { RoomId, TypingNotice, UserId } from "@parlor/client";

/** The server ends it after 6 s; this is for the case that its word is lost. */
const LONGEST = 8_000;

export class Typists {
  #rooms = new Map<RoomId, Map<UserId, { username: string; until: number }>>();

  hear({ roomId, userId, username, isTyping }: TypingNotice, now: number): void {
    if (!isTyping) return this.stop(roomId, userId);
    const room = this.#rooms.get(roomId) ?? new Map();
    this.#rooms.set(roomId, room.set(userId, { username, until: now + LONGEST }));
  }

  stop(roomId: RoomId, userId: UserId): void {
    this.#rooms.get(roomId)?.delete(userId);
  }

  clear(): void {
    this.#rooms.clear();
  }

  /** Who types in a room, as a sentence; empty when nobody does. */
  sentence(roomId: RoomId, now: number): string {
    const names = [...(this.#rooms.get(roomId)?.values() ?? [])].filter(({ until }) => until > now).map(({ username }) => username);
    const [first, second] = names;
    if (first === undefined) return "";
    if (second === undefined) return `${first} is typing…`;
    if (names.length === 2) return `${first} and ${second} are typing…`;
    return `${first}, ${second} and ${names.length - 2} more are typing…`;
  }
}
