// The rooms that one can see, and how much is unread in them.
import type { Membership, Room, RoomId, TimelineEvent, UserId } from "@parlor/client";

/** A room that one is a member of. */
export type OwnRoom = Room & { membership: Membership };

export class Rooms {
  #me: UserId;
  #rooms = new Map<RoomId, Room>();

  constructor(me: UserId) {
    this.#me = me;
  }

  get(roomId: RoomId): Room | undefined {
    return this.#rooms.get(roomId);
  }

  /** One's own rooms, by name. */
  get own(): OwnRoom[] {
    return this.#sorted().filter((room): room is OwnRoom => room.membership !== null);
  }

  /** Public rooms to join, by name. */
  get others(): Room[] {
    return this.#sorted().filter(({ membership }) => membership === null);
  }

  get unread(): number {
    return this.own.reduce((sum, { membership }) => sum + membership.unreadCount, 0);
  }

  isMember(roomId: RoomId): boolean {
    return this.get(roomId)?.membership != null;
  }

  /** Takes the server's whole list; what is not in it is gone. */
  replace(rooms: Room[]): void {
    const before = this.#rooms;
    this.#rooms = new Map();
    for (const room of rooms) this.put(room, before.get(room.id));
  }

  /** Takes the server's word for a room, but for what has been heard and read here in the meantime. */
  put(room: Room, before = this.#rooms.get(room.id)): void {
    const own = room.membership;
    if (before && before.lastSeq > room.lastSeq) {
      room.lastSeq = before.lastSeq;
      room.memberCount = before.memberCount;
      if (own && before.membership) own.unreadCount = before.membership.unreadCount;
    }
    const readHere = before?.membership?.lastReadSeq ?? 0;
    if (own && readHere > own.lastReadSeq) {
      own.lastReadSeq = readHere;
      if (readHere >= room.lastSeq) own.unreadCount = 0;
    }
    this.#rooms.set(room.id, room);
  }

  remove(roomId: RoomId): void {
    this.#rooms.delete(roomId);
  }

  /** Takes an entry of a room's timeline; one that the server's list has counted already changes nothing. */
  hear(entry: TimelineEvent): void {
    const room = this.#rooms.get(entry.roomId);
    if (!room || entry.seq <= room.lastSeq) return;
    room.lastSeq = entry.seq;
    switch (entry.type) {
      case "message":
        if (room.membership && entry.message.userId !== this.#me) room.membership.unreadCount += 1;
        break;
      case "member_joined":
        room.memberCount += 1;
        break;
      case "member_left":
        room.memberCount -= 1;
        break;
      case "room_updated":
        room.name = entry.room.name;
        room.description = entry.room.description;
        break;
    }
  }

  /** One has read up to `seq`, `unread` messages of others come after it. */
  read(roomId: RoomId, seq: number, unread: number): void {
    const own = this.#rooms.get(roomId)?.membership;
    if (!own || seq < own.lastReadSeq) return;
    own.lastReadSeq = seq;
    own.unreadCount = unread;
  }

  #sorted(): Room[] {
    return [...this.#rooms.values()].sort((one, other) => one.name.localeCompare(other.name, "en") || (one.id < other.id ? -1 : 1));
  }
}
