// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

import type { Socket } from "socket.io-client";
import type { ApiError, Authenticate, ErrorType, EventError, GetRoomUsersPayload, JoinRoomPayload, Joined, LastRead, LeaveRoomPayload, LeftRoom, Message, MessageReadPayload, Passage, Receipt, Renewed, RequestId, Restart, RoomDeletion, RoomUpdate, RoomUserList, SendMessagePayload, StatusNotice, StatusUpdate, Subscription, TypingNotice, TypingPayload } from "./types.js";

/** The answer to an event: `T`, or one of the errors `E`. */
export type Ack<T, E extends ErrorType = ErrorType> =
  | { ok: true; data: T; requestId?: RequestId }
  | { ok: false; error: ApiError & { type: E }; requestId?: RequestId };

/** What an event to the server may carry beside its own fields; it comes back in the answer. */
export interface Correlation {
  requestId?: RequestId;
}

/** From you to the server. */
export interface ClientToServerEvents {
  /** Renew this socket with a fresh access token of the same user; a failure changes nothing. */
  authenticate: (payload: Authenticate & Correlation, ack: (answer: Ack<Renewed, "VALIDATION" | "UNAUTHENTICATED" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Ask who belongs to a room; answered by `room_users` too. Members only. */
  get_room_users: (payload: GetRoomUsersPayload & Correlation, ack: (answer: Ack<RoomUserList, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Listen to a room. Members only. */
  join_room: (payload: JoinRoomPayload & Correlation, ack: (answer: Ack<Subscription, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Listen to a room no longer; the membership stays. */
  leave_room: (payload: LeaveRoomPayload & Correlation, ack: (answer: Ack<LeftRoom, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Send a message to a room. It is stored durably, then sent to every subscriber, then acknowledged. Messages of a user in a room. By default 5 in 10 s (`PARLOR_LIMIT_MESSAGE`); past it comes `RATE_LIMIT`. */
  send_message: (payload: SendMessagePayload & Correlation, ack: (answer: Ack<Message, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "CONFLICT" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Move one's own read cursor to a message. */
  message_read: (payload: MessageReadPayload & Correlation, ack: (answer: Ack<LastRead, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
  /** Tell the room that one is typing. Ends after 6 s of silence; one repeat a second passes. Members only. */
  typing: (payload: TypingPayload & Correlation, ack: (answer: Ack<null, "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE">) => void) => void;
}

/** From the server to you. */
export interface ServerToClientEvents {
  /** An event of this client failed, and it had asked for no acknowledgement; or its session has ended. */
  error: (payload: EventError) => void;
  /** The server is going down in order. */
  server_restart: (payload: Restart) => void;
  /** The room's name or description changed. */
  room_updated: (payload: RoomUpdate) => void;
  /** The room is gone. */
  room_deleted: (payload: RoomDeletion) => void;
  /** Someone became a member, or their first socket subscribed. */
  user_joined: (payload: Passage) => void;
  /** Someone's membership ended, or their last socket sent `leave_room`. */
  user_left: (payload: Passage) => void;
  /** The answer to `get_room_users`. */
  room_users: (payload: RoomUserList) => void;
  /** This socket listens to a room now. */
  room_joined: (payload: Joined) => void;
  /** A message of a room that this socket is subscribed to. */
  receive_message: (payload: Message) => void;
  /** A read cursor moved; at most once a second for a user in a room. */
  messages_read: (payload: Receipt) => void;
  /** Messages became read. */
  message_status_updated: (payload: StatusUpdate) => void;
  /** Someone is typing, or no longer. */
  user_typing: (payload: TypingNotice) => void;
  /** Someone who shares a room with this user came online or went offline. */
  user_status: (payload: StatusNotice) => void;
}

/** A socket of `socket.io-client` that knows the contract, also what comes back within a time (its own types lose that). */
export interface ParlorSocket extends Socket<ServerToClientEvents, ClientToServerEvents> {
  timeout(milliseconds: number): Timed & ReturnType<Socket<ServerToClientEvents, ClientToServerEvents>["timeout"]>;
}

/** What waits for an answer so long, and then fails. */
export interface Timed {
  emitWithAck<Name extends keyof ClientToServerEvents>(event: Name, payload: PayloadOf<Name>): Promise<AnswerOf<Name>>;
}

/** The answer to an event, a success or a failure. */
export type AnswerOf<Name extends keyof ClientToServerEvents> =
  Parameters<Parameters<ClientToServerEvents[Name]>[1]>[0];

/** What an event carries. */
export type PayloadOf<Name extends keyof (ClientToServerEvents & ServerToClientEvents)> =
  Parameters<(ClientToServerEvents & ServerToClientEvents)[Name]>[0];

/** What a successful answer to an event carries. */
export type DataOf<Name extends keyof ClientToServerEvents> =
  Extract<AnswerOf<Name>, { ok: true }>["data"];
