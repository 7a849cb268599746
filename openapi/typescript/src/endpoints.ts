// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

import type { ErrorType, History, HistoryQuery, Invite, InviteCodePath, InvitePath, JoinedRoom, Login, MemberList, MemberPage, MemberPath, Message, NewAccount, NewInvite, NewInviteLink, NewMessage, NewRoom, ReadCursor, ReadMark, Refresh, Room, RoomChanges, RoomOfUser, RoomPath, RoomSearch, Session, SessionPath, SignedIn, Timeline, TimelineQuery, Tokens, User, UserChanges, UserPath, UserProfile, UserSearch, UserSummary } from "./types.js";

/** The version of the contract. */
export const VERSION = "1.0.0";

/** What stands before every path. */
export const BASE_PATH = "/api/v1";

/** What is sent to each endpoint, and what comes back. */
export interface Endpoints {
  /** Make an account and sign in to it. Registrations from an address. By default 60 in 3600 s (`PARLOR_LIMIT_REGISTER`); past it comes `RATE_LIMIT`. */
  register: {
    body: NewAccount;
    data: SignedIn;
    paged: false;
    error: "VALIDATION" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Sign in. A wrong password and an unknown address get the same answer. Failed logins to an account from an address. Unless it is off, an account takes 60 right ones a minute. By default 5 in 60 s (`PARLOR_LIMIT_LOGIN`); past it comes `RATE_LIMIT`. Failed logins from an address. By default 60 in 60 s (`PARLOR_LIMIT_LOGIN_ADDRESS`); past it comes `RATE_LIMIT`. */
  logIn: {
    body: Login;
    data: SignedIn;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Get the next tokens of a session. A spent token answers the same successor for 10 s, and until that has been used; from then on it revokes the session. */
  refreshSession: {
    body: Refresh;
    data: Tokens;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** End this session and cut its sockets. */
  logOut: {
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Where one is signed in, newest first. */
  listSessions: {
    data: Array<Session>;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** End one of one's own sessions and cut its sockets. */
  revokeSession: {
    path: SessionPath;
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** One's own account. */
  getMe: {
    data: User;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Change one's own account. Failed logins to an account from an address. Unless it is off, an account takes 60 right ones a minute. By default 5 in 60 s (`PARLOR_LIMIT_LOGIN`); past it comes `RATE_LIMIT`. */
  changeMe: {
    body?: UserChanges;
    data: User;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Look for accounts by the beginning of their name, in the order of names. */
  searchUsers: {
    query?: UserSearch;
    data: Array<UserSummary>;
    paged: true;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** What others may know of an account. */
  getUser: {
    path: UserPath;
    data: UserProfile;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Make a room; the caller becomes its owner and first member. Rooms that a user has made. By default 100 (`PARLOR_LIMIT_ROOMS_CREATED`); past it comes `CONFLICT`. Rooms that a user is a member of. By default 500 (`PARLOR_LIMIT_MEMBERSHIPS`); past it comes `CONFLICT`. */
  createRoom: {
    body: NewRoom;
    data: Room;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Every public room, and the private ones that the caller is a member of; newest first. */
  listRooms: {
    query?: RoomSearch;
    data: Array<Room>;
    paged: true;
    error: "VALIDATION" | "UNAUTHENTICATED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** One room. */
  getRoom: {
    path: RoomPath;
    data: Room;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Change a room's name or description. Its owner only. */
  changeRoom: {
    path: RoomPath;
    body?: RoomChanges;
    data: Room;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Delete a room and everything in it. Its owner only. */
  deleteRoom: {
    path: RoomPath;
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Become a member of a public room. Rooms that a user is a member of. By default 500 (`PARLOR_LIMIT_MEMBERSHIPS`); past it comes `CONFLICT`. Members of a room. By default 5000 (`PARLOR_LIMIT_ROOM_MEMBERS`); past it comes `CONFLICT`. */
  joinRoom: {
    path: RoomPath;
    data: JoinedRoom;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** End one's own membership. The owner can't leave, only delete. */
  leaveRoom: {
    path: RoomPath;
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Who belongs to a room. For whoever may see the room. */
  listMembers: {
    path: RoomPath;
    query?: MemberPage;
    data: MemberList;
    paged: true;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** End someone's membership. The room's owner only. */
  removeMember: {
    path: MemberPath;
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** The rooms of a user: all of one's own, of another's those that the caller may see. Newest membership first. */
  listRoomsOfUser: {
    path: UserPath;
    data: Array<RoomOfUser>;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Make an invite to a private room; it replaces the earlier one. The room's owner only. Invites made by a user. By default 20 in 3600 s (`PARLOR_LIMIT_INVITE`); past it comes `RATE_LIMIT`. */
  createInvite: {
    path: RoomPath;
    body?: NewInvite;
    data: NewInviteLink;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** The invites of a room that can still be used, newest first. The room's owner only. */
  listInvites: {
    path: RoomPath;
    data: Array<Invite>;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Revoke an invite. The room's owner only. */
  revokeInvite: {
    path: InvitePath;
    data: null;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Join a private room by an invite. Unknown, expired, revoked and used-up codes are one and the same `NOT_FOUND`. Wrong invite codes from an address. By default 10 in 60 s (`PARLOR_LIMIT_INVITE_TRY`); past it comes `RATE_LIMIT`. Rooms that a user is a member of. By default 500 (`PARLOR_LIMIT_MEMBERSHIPS`); past it comes `CONFLICT`. Members of a room. By default 5000 (`PARLOR_LIMIT_ROOM_MEMBERS`); past it comes `CONFLICT`. */
  joinByInvite: {
    path: InviteCodePath;
    data: Room;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_FOUND" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Send a message to a room. A known `clientMessageId` answers 200 with the stored message, and costs nothing of the limit. Messages of a user in a room. By default 5 in 10 s (`PARLOR_LIMIT_MESSAGE`); past it comes `RATE_LIMIT`. */
  sendMessage: {
    path: RoomPath;
    body: NewMessage;
    data: Message;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "CONFLICT" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMIT" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** A part of a room's history. Members only. */
  listMessages: {
    path: RoomPath;
    query?: HistoryQuery;
    data: History;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** Move one's own read cursor to a message, a position, or the newest entry; never back. Members only. */
  markRead: {
    path: RoomPath;
    body?: ReadMark;
    data: ReadCursor;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
  /** A part of a room's timeline. Members only. */
  listEvents: {
    path: RoomPath;
    query?: TimelineQuery;
    data: Timeline;
    paged: false;
    error: "VALIDATION" | "UNAUTHENTICATED" | "NOT_AUTHORIZED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "SERVER_ERROR" | "UNAVAILABLE";
  };
}

/** Where each endpoint is. */
export const endpoints = {
  register: { method: "POST", path: "/auth/register", token: false, paged: false },
  logIn: { method: "POST", path: "/auth/login", token: false, paged: false },
  refreshSession: { method: "POST", path: "/auth/refresh", token: false, paged: false },
  logOut: { method: "POST", path: "/auth/logout", token: true, paged: false },
  listSessions: { method: "GET", path: "/auth/sessions", token: true, paged: false },
  revokeSession: { method: "DELETE", path: "/auth/sessions/{sessionId}", token: true, paged: false },
  getMe: { method: "GET", path: "/users/me", token: true, paged: false },
  changeMe: { method: "PATCH", path: "/users/me", token: true, paged: false },
  searchUsers: { method: "GET", path: "/users", token: true, paged: true },
  getUser: { method: "GET", path: "/users/{userId}", token: true, paged: false },
  createRoom: { method: "POST", path: "/rooms", token: true, paged: false },
  listRooms: { method: "GET", path: "/rooms", token: true, paged: true },
  getRoom: { method: "GET", path: "/rooms/{roomId}", token: true, paged: false },
  changeRoom: { method: "PATCH", path: "/rooms/{roomId}", token: true, paged: false },
  deleteRoom: { method: "DELETE", path: "/rooms/{roomId}", token: true, paged: false },
  joinRoom: { method: "POST", path: "/rooms/{roomId}/join", token: true, paged: false },
  leaveRoom: { method: "POST", path: "/rooms/{roomId}/leave", token: true, paged: false },
  listMembers: { method: "GET", path: "/rooms/{roomId}/members", token: true, paged: true },
  removeMember: { method: "DELETE", path: "/rooms/{roomId}/members/{userId}", token: true, paged: false },
  listRoomsOfUser: { method: "GET", path: "/users/{userId}/rooms", token: true, paged: false },
  createInvite: { method: "POST", path: "/rooms/{roomId}/invites", token: true, paged: false },
  listInvites: { method: "GET", path: "/rooms/{roomId}/invites", token: true, paged: false },
  revokeInvite: { method: "DELETE", path: "/rooms/{roomId}/invites/{inviteId}", token: true, paged: false },
  joinByInvite: { method: "POST", path: "/rooms/invites/{token}/join", token: true, paged: false },
  sendMessage: { method: "POST", path: "/rooms/{roomId}/messages", token: true, paged: false },
  listMessages: { method: "GET", path: "/rooms/{roomId}/messages", token: true, paged: false },
  markRead: { method: "POST", path: "/rooms/{roomId}/messages/read", token: true, paged: false },
  listEvents: { method: "GET", path: "/rooms/{roomId}/events", token: true, paged: false },
} as const satisfies {
  [Name in keyof Endpoints]: { method: string; path: string; token: boolean; paged: Endpoints[Name]["paged"] };
};

/** The error types that an endpoint can answer with. */
export type ErrorsOf<Name extends keyof Endpoints> = Extract<Endpoints[Name]["error"], ErrorType>;
