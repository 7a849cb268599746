// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

/** The answer to `GET /`. */
export type About = {
  /** The software's name. */
  name: string;
  /** Its version. */
  version: string;
  /** The version of this contract. */
  protocol: string;
};

/** A signed access token. */
export type AccessToken = string;

/** A failure as a client gets it: in an acknowledgement, an `error` event, or a REST answer. */
export type ApiError = {
  /** What kind of failure it is. */
  type: ErrorType;
  /** What happened and what to do, for people. */
  message: string;
  /** Every bad field, for `VALIDATION`. */
  errors?: Array<FieldError>;
  /** After how many milliseconds it is worth trying again. */
  retryAfterMs?: number;
};

/** A fresh token for a live socket. */
export type Authenticate = {
  /** An access token of the same user. */
  token: AccessToken;
};

/** The sender's own id of a message: 1 to 64 of `[A-Za-z0-9_-]`. With it a retry is safe, for ever. */
export type ClientMessageId = string;

/** Where a listing goes on: opaque; taken from `nextCursor` of one answer and given back with the next question. */
export type Cursor = string;

/** What a room is about: at most 500 characters, no U+0000. */
export type Description = string;

/** An e-mail address: one `@`, no blanks, a dot in the domain, at most 254 characters; unique without regard to case. */
export type Email = string;

/** One state of the database's history: it changes when a backup is restored.
 * A UUID. */
export type Epoch = string;

/** What kind of failure it is. More kinds may come: judge one that you don't know by its status, and on a socket, where
 * there is none, by whether `retryAfterMs` is there. */
export type ErrorType = "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";

/** The payload of the `error` event. */
export type EventError = {
  /** The name of the event that failed. */
  event: string;
  /** The room that it named, if it named one. */
  roomId?: RoomId;
  /** The `requestId` of the event that failed, if it had one. */
  requestId?: RequestId;
  /** What kind of failure it is. */
  type: ErrorType;
  /** What happened and what to do, for people. */
  message: string;
  /** Every bad field, for `VALIDATION`. */
  errors?: Array<FieldError>;
  /** After how many milliseconds it is worth trying again. */
  retryAfterMs?: number;
};

/** A REST failure: `{ success: false, message, type, errors?, retryAfterMs?, requestId }`. */
export type Failure = {
  /** Always `false`. */
  success: false;
  /** What happened and what to do, for people. */
  message: string;
  /** What kind of failure it is. */
  type: ErrorType;
  /** Every bad field, for `VALIDATION`. */
  errors?: Array<FieldError>;
  /** After how many milliseconds it is worth trying again. */
  retryAfterMs?: number;
  /** The id under which the server's log tells more. */
  requestId: string;
};

/** What is wrong with one field. */
export type FieldError = {
  /** The field's name on the wire; empty when it is the whole body. */
  field: string;
  /** What is wrong with it, for people. */
  message: string;
};

/** Whose members. */
export type GetRoomUsersPayload = {
  /** The room's id. */
  roomId: RoomId;
};

/** The answer to `GET /health/live` and `GET /health/ready`. */
export type Health = {
  /** Always `ok`: a server that is not ready answers with a failure, `UNAVAILABLE`. */
  status: string;
};

/** A part of a room's history, oldest first. */
export type History = {
  /** The messages, oldest first. */
  messages: Array<Message>;
  /** Where this part stands in the whole. */
  pagination: Pagination;
};

/** Which messages: around a position, or (as the original) by page. At most one of `before`, `after` and `page`. */
export type HistoryQuery = {
  /** Those just before this `seq`. */
  before?: number | null;
  /** Those just after this `seq`. */
  after?: number | null;
  /** The page, 1 being the newest. */
  page?: number | null;
  /** How many; 50 unless given. */
  limit?: number | null;
};

/** An invite to a private room. */
export type Invite = {
  /** The invite's id. */
  id: InviteId;
  /** Where it leads. */
  roomId: RoomId;
  /** Who made it. */
  createdBy: UserId;
  /** The code; given out once, when the invite is made, and `null` ever after. */
  inviteCode: InviteCode | null;
  /** When it was made. */
  createdAt: Timestamp;
  /** When it ends. */
  expiresAt: Timestamp;
  /** How often it can be used; without bound when `null`. */
  maxUses: number | null;
  /** How often it has been used. */
  uses: number;
};

/** The secret part of an invite's link. */
export type InviteCode = string;

/** The code of an invite. */
export type InviteCodePath = {
  /** The code. */
  token: InviteCode;
};

/** The id of an invite to a private room.
 * A UUID. */
export type InviteId = string;

/** Which invite of which room. */
export type InvitePath = {
  /** The room's id. */
  roomId: RoomId;
  /** The invite's id. */
  inviteId: InviteId;
};

/** A room to listen to. */
export type JoinRoomPayload = {
  /** The room's id. */
  roomId: RoomId;
  /** The last `seq` that the client has; with it, what came since is in the acknowledgement. */
  after?: number | null;
  /** The epoch that `after` belongs to. */
  epoch?: Epoch | null;
};

/** This socket listens to a room now. */
export type Joined = {
  /** The room's id. */
  roomId: RoomId;
  /** For people. */
  message: string;
  /** Live entries begin after this one. */
  lastSeq: number;
  /** Which history the numbers belong to. */
  epoch: Epoch;
};

/** The room one has joined. */
export type JoinedRoom = {
  /** The room. */
  room: Room;
};

/** One's own read cursor after a mark over a socket. */
export type LastRead = {
  /** Up to where one has read. */
  lastReadSeq: number;
};

/** A room to listen to no longer. */
export type LeaveRoomPayload = {
  /** The room's id. */
  roomId: RoomId;
};

/** The room that is listened to no longer. */
export type LeftRoom = {
  /** The room's id. */
  roomId: RoomId;
};

/** Who wants to sign in. */
export type Login = {
  /** The account's e-mail address. */
  email: LoginEmail;
  /** Its password. */
  password: Password;
};

/** An e-mail address as it is typed at a login: 1 to 254 characters, of whatever form. */
export type LoginEmail = string;

/** A member of a room. */
export type Member = {
  /** The membership's id. */
  id: MemberId;
  /** Who it is. */
  userId: UserId;
  /** Where. */
  roomId: RoomId;
  /** What they are there. */
  role: Role;
  /** Since when. */
  joinedAt: Timestamp;
  /** Who it is, with a name. */
  user: UserSummary;
  /** Whether they have a live socket; `false` unless the caller is a member too. */
  isOnline: boolean;
};

/** The id of a user's membership of a room.
 * A UUID. */
export type MemberId = string;

/** The members of a room, one page of them. */
export type MemberList = {
  /** How many there are in all. */
  totalMembers: number;
  /** The room. */
  room: Room;
  /** Its members in the order in which they joined. */
  members: Array<Member>;
};

/** Which members. */
export type MemberPage = {
  /** Where to go on. */
  cursor?: Cursor | null;
  /** How many, at most 200; without it, up to 1,000. */
  limit?: number | null;
};

/** Which member of which room. */
export type MemberPath = {
  /** The room's id. */
  roomId: RoomId;
  /** The user's id. */
  userId: UserId;
};

/** The caller's own membership of a room. */
export type Membership = {
  /** What the caller is there. */
  role: Role;
  /** Up to where the caller has read. */
  lastReadSeq: number;
  /** How many messages of others stand after that. */
  unreadCount: number;
  /** When the membership began. */
  joinedAt: Timestamp;
};

/** A message. */
export type Message = {
  /** The message's id. */
  id: MessageId;
  /** Where it was said. */
  roomId: RoomId;
  /** Who said it. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** What was said. */
  content: string;
  /** How far it has come. */
  status: MessageStatus;
  /** Its place in the room's timeline. */
  seq: number;
  /** The sender's own id of it. */
  clientMessageId: ClientMessageId | null;
  /** When it was stored. */
  createdAt: Timestamp;
  /** When it last changed. */
  updatedAt: Timestamp;
  /** Equal to `createdAt`: existing clients read both. */
  timestamp: Timestamp;
  /** Who said it. */
  sender: UserSummary;
};

/** What a message says: 1 to 4,000 Unicode characters, not blank, no U+0000; kept as it was sent. */
export type MessageContent = string;

/** A message's id.
 * A UUID. */
export type MessageId = string;

/** Which message one has read. */
export type MessageReadPayload = {
  /** Where. */
  roomId: RoomId;
  /** Up to this message. */
  messageId: MessageId;
};

/** How far a message has come. */
export type MessageStatus = "delivered" | "read";

/** A new account. */
export type NewAccount = {
  /** The name that others see. */
  username: Username;
  /** The address to sign in with; others never see it. */
  email: Email;
  /** The password. */
  password: NewPassword;
};

/** An invite to be made. */
export type NewInvite = {
  /** For how many seconds it can be used, from 1 to ten years; 7 days unless given. */
  expiresInSeconds?: number | null;
  /** How often it can be used; without bound unless given, at least 1. */
  maxUses?: number | null;
};

/** An invite that has just been made. */
export type NewInviteLink = {
  /** The invite, with its code. */
  invite: Invite;
  /** The URL to `POST` to. */
  link: string;
};

/** A message to be sent over REST. */
export type NewMessage = {
  /** What to say. */
  content: MessageContent;
  /** Makes a retry safe: per user and room it is stored and sent once, for ever. */
  clientMessageId?: ClientMessageId | null;
};

/** A password to be set: 8 to 128 characters, kept in NFC. */
export type NewPassword = string;

/** A room to be made. */
export type NewRoom = {
  /** Its name. */
  name: RoomName;
  /** What it is about. */
  description?: Description | null;
  /** Whether only invited people see it; they do not unless this is `true`. */
  isPrivate?: boolean | null;
};

/** Where a part of a room's history stands. */
export type Pagination = {
  /** The page, 1 being the newest; `null` when a position was asked for. */
  currentPage: number | null;
  /** How many pages of this size there are, at least 1. */
  totalPages: number;
  /** How many messages the room has. */
  totalMessages: number;
  /** Whether there are older messages. */
  hasNextPage: boolean;
  /** Whether there are newer messages. */
  hasPrevPage: boolean;
  /** The `before` that gets the older ones; `null` when there are none. */
  nextBefore: number | null;
  /** The `after` that gets the newer ones; `null` when there are none. */
  nextAfter: number | null;
};

/** Someone came or went. */
export type Passage = {
  /** Who. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** Where. */
  roomId: RoomId;
  /** Whether the membership began or ended, or only a visit. */
  type: Stay;
  /** When. */
  timestamp: Timestamp;
  /** The entry's place in the timeline, when it is permanent. */
  seq?: number;
  /** Their name again, when it is permanent: existing clients read it here. */
  name?: Username;
};

/** A password as it is typed at a login: 1 to 128 characters, so that old short ones still work. */
export type Password = string;

/** Whether someone has a live socket. */
export type Presence = "online" | "offline";

/** One's own read cursor after a mark over REST. */
export type ReadCursor = {
  /** Up to where one has read; it never moves back. */
  lastReadSeq: number;
  /** When it last moved. */
  readAt: Timestamp;
};

/** Up to where one has read: a message, a position, or everything. */
export type ReadMark = {
  /** Up to this message. */
  messageId?: MessageId | null;
  /** Up to this `seq`. */
  seq?: number | null;
};

/** Someone's read cursor moved. */
export type Receipt = {
  /** Whose. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** Where. */
  roomId: RoomId;
  /** When. */
  readAt: Timestamp;
  /** Up to where they have read. */
  lastReadSeq: number;
};

/** A session that goes on. */
export type Refresh = {
  /** The newest refresh token of the session. */
  refreshToken: RefreshToken;
};

/** A refresh token: opaque, given out once. */
export type RefreshToken = string;

/** Until when a renewed socket lives. */
export type Renewed = {
  /** When the new token ends. */
  expiresAt: Timestamp;
};

/** An id by which a client tells its socket events apart: 1 to 64 characters. */
export type RequestId = string;

/** When to come back. */
export type Restart = {
  /** How many milliseconds to wait before connecting again; it differs between clients, so that they don't come all at once. */
  reconnectAfterMs: number;
};

/** What a member is in a room. */
export type Role = "owner" | "member";

/** A room as the caller sees it. */
export type Room = {
  /** The room's id. */
  id: RoomId;
  /** Its name. */
  name: string;
  /** What it is about. */
  description: string | null;
  /** Whether only invited people see it. */
  isPrivate: boolean;
  /** Who made it. */
  createdBy: UserId;
  /** When it was made. */
  createdAt: Timestamp;
  /** When its name or description last changed. */
  updatedAt: Timestamp;
  /** Who made it. */
  creator: UserSummary;
  /** How many members it has. */
  memberCount: number;
  /** The `seq` of the newest entry of its timeline. */
  lastSeq: number;
  /** The caller's own membership; `null` for a stranger, and in what is sent to all. */
  membership: Membership | null;
};

/** What to change of a room. */
export type RoomChanges = {
  /** A new name. */
  name?: RoomName | null;
  /** A new description; `null` takes it away. */
  description?: Description | null;
};

/** A room is gone, with everything in it. */
export type RoomDeletion = {
  /** The room's id. */
  roomId: RoomId;
  /** When it went. */
  timestamp: Timestamp;
};

/** A room's id.
 * A UUID. */
export type RoomId = string;

/** A room's name: 3 to 64 characters after trimming, without control, bidirectional or invisible ones; kept in NFC. */
export type RoomName = string;

/** A room that a user belongs to. */
export type RoomOfUser = {
  /** The membership's id. */
  id: MemberId;
  /** Whose membership. */
  userId: UserId;
  /** Of which room. */
  roomId: RoomId;
  /** What they are there. */
  role: Role;
  /** Since when. */
  joinedAt: Timestamp;
  /** The room. */
  room: Room;
};

/** Which room. */
export type RoomPath = {
  /** The room's id. */
  roomId: RoomId;
};

/** Which rooms. */
export type RoomSearch = {
  /** What their name contains, without regard to case. */
  q?: SearchText | null;
  /** Where to go on. */
  cursor?: Cursor | null;
  /** How many, at most 200; without it, up to 1,000. */
  limit?: number | null;
};

/** A room has changed. */
export type RoomUpdate = {
  /** The room's id. */
  roomId: RoomId;
  /** The room as it is now, without the reader's own membership. */
  room: Room;
  /** The change's place in the timeline. */
  seq: number;
  /** When it changed. */
  timestamp: Timestamp;
};

/** A member in the answer to `get_room_users`. */
export type RoomUser = {
  /** Who. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** Whether they have a live socket. */
  isOnline: boolean;
};

/** The members of a room with their presence. */
export type RoomUserList = {
  /** The room's id. */
  roomId: RoomId;
  /** Its members, up to 1,000, in the order in which they joined. */
  users: Array<RoomUser>;
};

/** What to search for: at most 64 characters. */
export type SearchText = string;

/** A message to be sent over a socket. */
export type SendMessagePayload = {
  /** Where. */
  roomId: RoomId;
  /** What to say. */
  content: MessageContent;
  /** Makes a retry safe: per user and room it is stored and sent once, for ever. */
  clientMessageId?: ClientMessageId | null;
};

/** One place where an account is signed in. */
export type Session = {
  /** The session's id. */
  id: SessionId;
  /** When it began. */
  createdAt: Timestamp;
  /** When it was last used, to the minute. */
  lastSeenAt: Timestamp;
  /** What the client called itself when it signed in. */
  userAgent: string | null;
  /** Whether it is the one that asks. */
  current: boolean;
};

/** The id of a sign-in of an account on one device.
 * A UUID. */
export type SessionId = string;

/** Which session. */
export type SessionPath = {
  /** The session's id. */
  sessionId: SessionId;
};

/** An account that has just been signed in. */
export type SignedIn = {
  /** Whose session it is. */
  user: User;
  /** The access token: goes into `Authorization: Bearer` and into the socket's `auth`. */
  token: AccessToken;
  /** Gets the next tokens from `POST /auth/refresh`; keep it secret. */
  refreshToken: RefreshToken;
  /** When the access token ends. */
  expiresAt: Timestamp;
};

/** Someone came online or went offline. */
export type StatusNotice = {
  /** Who. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** What they are now. */
  status: Presence;
  /** Since when. */
  timestamp: Timestamp;
};

/** Messages became read: this one, and all before it. */
export type StatusUpdate = {
  /** The newest message that became read. */
  messageId: MessageId;
  /** Where. */
  roomId: RoomId;
  /** Always `read`. */
  status: MessageStatus;
  /** Who read it. */
  readerId: UserId;
  /** The message's place in the timeline. */
  seq: number;
  /** When. */
  timestamp: Timestamp;
};

/** Whether something concerns the membership or one visit. */
export type Stay = "permanent" | "temporary";

/** The answer to `join_room`: what came since, and where the live entries begin. */
export type Subscription = {
  /** The room's id. */
  roomId: RoomId;
  /** Which history the numbers belong to. */
  epoch: Epoch;
  /** Live entries begin after this one. */
  lastSeq: number;
  /** What came after `after`, oldest first, at most 200. */
  events: Array<TimelineEvent>;
  /** Whether `events` reaches `lastSeq`; if not, fetch the rest with `GET /rooms/{roomId}/events`. */
  complete: boolean;
  /** The position could not be honoured (another epoch, or beyond the end): drop what you have and load anew. */
  reset: boolean;
};

/** A part of a room's timeline. */
export type Timeline = {
  /** The entries, oldest first. */
  events: Array<TimelineEvent>;
  /** The `seq` of the room's newest entry. */
  lastSeq: number;
  /** Which history these numbers belong to. */
  epoch: Epoch;
  /** Whether there are more after these. */
  hasMore: boolean;
};

/** One entry of a room's timeline. */
export type TimelineEvent = {
  /** Its place: 1, 2, 3, … in the order of commits. */
  seq: number;
  /** Whose timeline. */
  roomId: RoomId;
  /** When it was stored. */
  timestamp: Timestamp;
} & ({ "type": "message";
  /** The message. */
  message: Message;
}
| { "type": "member_joined" } & Who
| { "type": "member_left" } & Who
| { "type": "room_created";
  /** The room as of then. */
  room: Room;
}
| { "type": "room_updated";
  /** The room as of then. */
  room: Room;
});

/** Which entries. */
export type TimelineQuery = {
  /** Those after this `seq`; from the first on unless given. */
  after?: number | null;
  /** How many; 100 unless given. */
  limit?: number | null;
};

/** A moment: RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;

/** The next tokens of a session. */
export type Tokens = {
  /** The access token. */
  token: AccessToken;
  /** The refresh token; the one that was sent is spent. */
  refreshToken: RefreshToken;
  /** When the access token ends. */
  expiresAt: Timestamp;
};

/** Someone began to type, goes on, or ended. */
export type TypingNotice = {
  /** Who. */
  userId: UserId;
  /** Their name. */
  username: Username;
  /** Where. */
  roomId: RoomId;
  /** Whether they type. */
  isTyping: boolean;
  /** When. */
  timestamp: Timestamp;
};

/** Whether one is typing. */
export type TypingPayload = {
  /** Where. */
  roomId: RoomId;
  /** Whether one has begun or ended. */
  isTyping: boolean;
};

/** An account as its owner sees it. */
export type User = {
  /** The account's id. */
  id: UserId;
  /** The name that others see. */
  username: Username;
  /** The address to sign in with. */
  email: string;
  /** When the account was made. */
  createdAt: Timestamp;
  /** When it was last changed. */
  updatedAt: Timestamp;
};

/** What to change of one's own account. An e-mail or password change needs `currentPassword`. */
export type UserChanges = {
  /** A new name. */
  username?: Username | null;
  /** A new e-mail address. */
  email?: Email | null;
  /** The password as it is now. */
  currentPassword?: Password | null;
  /** The password as it shall be; every other session ends. */
  newPassword?: NewPassword | null;
};

/** An account's id.
 * A UUID. */
export type UserId = string;

/** Which account. */
export type UserPath = {
  /** The account's id. */
  userId: UserId;
};

/** What others may know of an account. Presence is only for those who share a room with it. */
export type UserProfile = {
  /** The account's id. */
  id: UserId;
  /** Its name. */
  username: Username;
  /** Whether it has a live socket; `false` unless the caller shares a room with it. */
  isOnline: boolean;
  /** When its last socket went; `null` unless the caller shares a room with it. */
  lastSeenAt: Timestamp | null;
  /** When it was made. */
  createdAt: Timestamp;
};

/** Whom to look for. */
export type UserSearch = {
  /** How the name begins, without regard to case. */
  q?: SearchText | null;
  /** Where to go on. */
  cursor?: Cursor | null;
  /** How many; 50 unless given. */
  limit?: number | null;
};

/** An account as others see it. */
export type UserSummary = {
  /** The account's id. */
  id: UserId;
  /** Its name. */
  username: Username;
};

/** A user's name: 3 to 30 of `[A-Za-z0-9]`; unique without regard to case. */
export type Username = string;

/** Whose membership. */
export type Who = {
  /** The user's id. */
  userId: UserId;
  /** Their name. */
  username: Username;
};
