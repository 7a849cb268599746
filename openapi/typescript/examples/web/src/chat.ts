// Everything that the page shows, kept true by what the server tells.
import { ParlorError, type Api, type Message, type NewRoom, type Room, type RoomId, type RoomUser, type TimelineEvent, type UserId } from "@parlor/client";
import type { Account } from "./account";
import { Connection, passed } from "./connection";
import { Outbox, type Delivery, type Unsent } from "./store/outbox";
import { Rooms } from "./store/rooms";
import { Timeline } from "./store/timeline";
import { Typists } from "./store/typists";
import { Subscriptions } from "./subscriptions";

/** Who has missed more entries than this begins anew at the newest, and finds the rest by scrolling up. */
const TOO_FAR = 1_000;
/** Rooms with more members than this don't show who is online in the list. */
const SMALL = 200;

export class Chat {
  readonly me: { id: UserId; username: string };
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly typists = new Typists();
  readonly connection: Connection;
  /** Something has changed. */
  onChange: () => void = () => {};
  /** Someone else has just said something. */
  onMessage: (message: Message) => void = () => {};
  /** A room that one was in is gone, for the reason given. */
  onLoss: (room: Room, why: string) => void = () => {};
  /** The room on the screen. */
  openRoom: RoomId | null = null;
  /** Whether the list of rooms has come. */
  isLoaded = false;
  #api: Api;
  #subscriptions: Subscriptions;
  #timelines = new Map<RoomId, Timeline>();
  #members = new Map<RoomId, RoomUser[]>();
  #marking = new Set<RoomId>();

  constructor(server: string, account: Account) {
    this.me = account.user;
    this.#api = account.api;
    this.rooms = new Rooms(account.user.id);
    this.connection = new Connection(server, account, () => this.refresh(), () => this.onChange());
    const take = (entry: TimelineEvent) => this.#take(entry);
    const timelineOf = (roomId: RoomId) => this.timelineOf(roomId);
    this.#subscriptions = new Subscriptions({ connection: this.connection, api: this.#api, timelineOf, take });
    this.outbox = new Outbox({
      prefix: `parlor.outbox.${account.user.id}.`,
      shelf: localStorage,
      deliver: (message) => this.#deliver(message),
      isReady: (roomId) => this.#subscriptions.has(roomId),
      changed: () => this.onChange(),
      pause: passed,
    });
    window.addEventListener("storage", this.#onStorage);
    this.#listen();
  }

  start(): void {
    this.connection.open();
  }

  stop(): void {
    this.onChange = () => {};
    window.removeEventListener("storage", this.#onStorage);
    this.connection.close();
  }

  timelineOf(roomId: RoomId): Timeline {
    const known = this.#timelines.get(roomId);
    if (known) return known;
    const timeline = new Timeline(this.rooms.get(roomId)?.lastSeq ?? 0);
    this.#timelines.set(roomId, timeline);
    return timeline;
  }

  membersOf(roomId: RoomId): readonly RoomUser[] {
    return this.#members.get(roomId) ?? [];
  }

  isListening(roomId: RoomId): boolean {
    return this.#subscriptions.has(roomId);
  }

  /** Brings the list of rooms up to date, and listens to those that are new in it; to the open one first. */
  async refresh(): Promise<void> {
    const [visible, own] = await Promise.all([
      this.#api("listRooms", { query: { limit: 200 } }),
      this.#api("listRoomsOfUser", { path: { userId: this.me.id } }),
    ]);
    this.rooms.replace([...visible.data, ...own.map(({ room }) => room)]);
    this.isLoaded = true;
    this.onChange();
    const ids = this.rooms.own.map(({ id }) => id).filter((id) => !this.isListening(id));
    ids.sort((one, other) => Number(other === this.openRoom) - Number(one === this.openRoom));
    for (let at = 0; at < ids.length; at += 20) await Promise.all(ids.slice(at, at + 20).map((id) => this.#subscribe(id)));
  }

  /** Loads a page of entries before the ones that are shown. */
  async loadOlder(roomId: RoomId): Promise<void> {
    await this.#subscriptions.older(roomId);
    this.onChange();
  }

  async createRoom(body: NewRoom): Promise<Room> {
    return this.#enter(await this.#api("createRoom", { body }));
  }

  async joinRoom(roomId: RoomId): Promise<Room> {
    return this.#enter((await this.#api("joinRoom", { path: { roomId } })).room);
  }

  async joinByInvite(code: string): Promise<Room> {
    return this.#enter(await this.#api("joinByInvite", { path: { token: code } }));
  }

  /** The code of a new invite; it replaces the one before. */
  async createInvite(roomId: RoomId): Promise<string> {
    return (await this.#api("createInvite", { path: { roomId } })).invite.inviteCode ?? "";
  }

  async leaveRoom(roomId: RoomId): Promise<void> {
    await this.#api("leaveRoom", { path: { roomId } });
    this.#lose(roomId, null);
  }

  async deleteRoom(roomId: RoomId): Promise<void> {
    await this.#api("deleteRoom", { path: { roomId } });
    this.#lose(roomId, null);
  }

  send(roomId: RoomId, content: string): void {
    const writtenAt = Math.max(Date.now(), (this.outbox.of(roomId).at(-1)?.writtenAt ?? 0) + 1);
    this.outbox.add({ clientMessageId: crypto.randomUUID(), roomId, content, writtenAt });
  }

  /** Tells that one types, or no longer; it is no harm if that is lost. */
  typing(roomId: RoomId, isTyping: boolean): void {
    if (this.isListening(roomId)) this.connection.ask("typing", { roomId, isTyping }).catch(() => {});
  }

  /** One has read a room to its end. */
  markRead(roomId: RoomId): void {
    const membership = this.rooms.get(roomId)?.membership;
    const newest = this.timelineOf(roomId).newestNotBy(this.me.id);
    if (!membership || !newest || newest.seq <= membership.lastReadSeq || !this.isListening(roomId)) return;
    if (membership.unreadCount > 0) {
      membership.unreadCount = 0;
      this.onChange();
    }
    if (this.#marking.has(roomId)) return;
    this.#marking.add(roomId);
    this.connection.ask("message_read", { roomId, messageId: newest.id }).then(
      ({ lastReadSeq }) => {
        this.#marking.delete(roomId);
        this.rooms.read(roomId, lastReadSeq, this.rooms.get(roomId)?.membership?.unreadCount ?? 0);
        this.onChange();
      },
      () => this.#marking.delete(roomId),
    );
  }

  #onStorage = ({ key, newValue }: StorageEvent): void => {
    if (key !== null && newValue === null) this.outbox.removedElsewhere(key);
  };

  async #subscribe(roomId: RoomId): Promise<void> {
    const timeline = this.timelineOf(roomId);
    const newest = this.rooms.get(roomId)?.lastSeq ?? 0;
    if (newest - timeline.last > TOO_FAR) timeline.restart(newest, timeline.epoch);
    try {
      await this.#subscriptions.join(roomId);
    } catch (error) {
      if (error instanceof ParlorError && error.type === "NOT_AUTHORIZED") return this.#lose(roomId, "You are no longer a member of");
      throw error;
    }
    this.onChange();
    void this.outbox.flush(roomId);
    void this.#askReceipts(roomId).catch(() => {});
    if ((this.rooms.get(roomId)?.memberCount ?? 0) <= SMALL) void this.askMembers(roomId);
  }

  /** Asks who is in a room and online. */
  async askMembers(roomId: RoomId): Promise<void> {
    await this.connection.ask("get_room_users", { roomId }).catch(() => {});
  }

  /** Receipts are not in the timeline: those that were missed show in the messages. */
  async #askReceipts(roomId: RoomId): Promise<void> {
    if (!this.timelineOf(roomId).hasUnreadBy(this.me.id)) return;
    const { messages } = await this.#api("listMessages", { path: { roomId }, query: { limit: 200 } });
    this.timelineOf(roomId).refresh(messages);
    this.onChange();
  }

  async #enter(room: Room): Promise<Room> {
    this.rooms.put(room);
    // Without a connection it is subscribed to when there is one again.
    await this.#subscribe(room.id).catch(() => {});
    return room;
  }

  #lose(roomId: RoomId, why: string | null): void {
    const room = this.rooms.get(roomId);
    if (!room) return;
    this.rooms.remove(roomId);
    this.#timelines.delete(roomId);
    this.#members.delete(roomId);
    this.#subscriptions.leave(roomId);
    for (const { clientMessageId } of this.outbox.of(roomId)) this.outbox.discard(clientMessageId);
    if (why !== null) this.onLoss(room, why);
    this.onChange();
  }

  #listen(): void {
    const { socket } = this.connection;
    socket.on("disconnect", () => this.typists.clear());
    socket.on("receive_message", (message) => {
      const { seq, roomId, timestamp } = message;
      this.#live({ type: "message", seq, roomId, timestamp, message });
    });
    socket.on("user_joined", ({ seq, roomId, timestamp, userId, username }) => {
      if (seq !== undefined) this.#live({ type: "member_joined", seq, roomId, timestamp, userId, username });
    });
    socket.on("user_left", ({ seq, roomId, timestamp, userId, username }) => {
      if (seq !== undefined) this.#live({ type: "member_left", seq, roomId, timestamp, userId, username });
    });
    socket.on("room_updated", ({ seq, roomId, timestamp, room }) => this.#live({ type: "room_updated", seq, roomId, timestamp, room }));
    socket.on("room_deleted", ({ roomId }) => this.#lose(roomId, "Its owner has deleted"));
    socket.on("message_status_updated", ({ roomId, seq, readerId }) => {
      this.#timelines.get(roomId)?.markRead(seq, readerId);
      this.onChange();
    });
    socket.on("messages_read", ({ roomId, userId, lastReadSeq }) => {
      if (userId === this.me.id) void this.#readElsewhere(roomId, lastReadSeq).catch(() => {});
    });
    socket.on("user_typing", (notice) => {
      if (notice.userId === this.me.id) return;
      this.typists.hear(notice, Date.now());
      this.onChange();
    });
    socket.on("room_users", ({ roomId, users }) => {
      this.#members.set(roomId, users);
      this.onChange();
    });
    socket.on("user_status", ({ userId, status }) => {
      for (const users of this.#members.values()) {
        for (const user of users) if (user.userId === userId) user.isOnline = status === "online";
      }
      this.onChange();
    });
  }

  /** An entry as it happens. These come in order: if one is missing before it, it will not come by itself. */
  #live(entry: TimelineEvent): void {
    this.#take(entry);
    if (entry.type === "member_left" && entry.userId === this.me.id) return this.#lose(entry.roomId, "You are no longer a member of");
    if (this.#subscriptions.has(entry.roomId) && this.timelineOf(entry.roomId).isBehind) {
      this.#subscriptions.fill(entry.roomId).catch(() => {});
    }
    if (entry.type === "message" && entry.message.userId !== this.me.id) this.onMessage(entry.message);
    if (entry.type === "member_joined" || entry.type === "member_left") void this.askMembers(entry.roomId);
  }

  #take(entry: TimelineEvent): void {
    if (!this.rooms.isMember(entry.roomId)) return;
    for (const next of this.timelineOf(entry.roomId).add(entry)) {
      this.rooms.hear(next);
      if (next.type === "message") {
        const { userId, roomId, clientMessageId } = next.message;
        this.typists.stop(roomId, userId);
        if (userId === this.me.id && clientMessageId !== null) this.outbox.arrived(clientMessageId);
      }
    }
    this.onChange();
  }

  /** Another page of the same person has read. */
  async #readElsewhere(roomId: RoomId, lastReadSeq: number): Promise<void> {
    const room = this.rooms.get(roomId);
    if (!room?.membership || room.membership.lastReadSeq >= lastReadSeq) return;
    if (lastReadSeq >= room.lastSeq) this.rooms.read(roomId, lastReadSeq, 0);
    else this.rooms.put(await this.#api("getRoom", { path: { roomId } }));
    this.onChange();
  }

  async #deliver({ roomId, content, clientMessageId }: Unsent): Promise<Delivery> {
    try {
      const message = await this.connection.ask("send_message", { roomId, content, clientMessageId });
      // The stream brings it too; what it waits for there is on its way.
      this.#take({ type: "message", seq: message.seq, roomId, timestamp: message.timestamp, message });
      return { sent: message };
    } catch (error) {
      return afterFailure(error, this.connection.socket.connected);
    }
  }
}

/** Whether a failed delivery is worth another try, and when. */
function afterFailure(error: unknown, isConnected: boolean): Delivery {
  if (!(error instanceof ParlorError)) throw error;
  switch (error.type) {
    case "RATE_LIMIT":
    case "UNAVAILABLE":
      return { again: isConnected ? (error.retryAfterMs ?? 1_000) : null };
    case "UNAUTHENTICATED":
      return { again: null };
    case "NOT_AUTHORIZED":
      return { failed: "you are not a member of this room" };
    default:
      return { failed: error.errors[0]?.message ?? error.message };
  }
}
