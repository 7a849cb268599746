// What a room's timeline looks like from top to bottom: days, groups of messages, marks.
import type { TimelineEvent, UserId } from "@parlor/client";
import type { Pending, Progress } from "./outbox";

export type Mark = Progress | "read";

export interface MessageLine {
  kind: "message";
  key: string;
  seq: number | null;
  author: { id: UserId; username: string };
  content: string;
  at: number;
  isOwn: boolean;
  /** Whether it begins a group: its author and time are shown. */
  isFirst: boolean;
  mark: Mark | null;
  /** Why it was not sent. */
  reason?: string;
  clientMessageId?: string;
}

export type Line =
  | { kind: "day"; key: string; at: number }
  | { kind: "unread"; key: string }
  | { kind: "note"; key: string; text: string }
  | MessageLine;

interface Shown {
  me: { id: UserId; username: string };
  entries: readonly TimelineEvent[];
  pending: readonly Pending[];
  /** Messages of others after this one are new; `null` for no such mark. */
  readUpTo: number | null;
}

/** Messages of one author that are no further apart are one group. */
const TOGETHER = 5 * 60_000;

export function linesOf({ me, entries, pending, readUpTo }: Shown): Line[] {
  const lines: Line[] = [];
  let day = "";
  let isMarked = readUpTo === null;
  const place = (line: Line & { kind: "message" | "note" }, at: number) => {
    const date = new Date(at).toDateString();
    if (date !== day) lines.push({ kind: "day", key: `day ${date}`, at });
    day = date;
    if (!isMarked && line.kind === "message" && !line.isOwn && (line.seq ?? 0) > (readUpTo ?? 0)) {
      lines.push({ kind: "unread", key: "unread" });
      isMarked = true;
    }
    const before = lines.at(-1);
    if (line.kind === "message") {
      line.isFirst = before?.kind !== "message" || before.author.id !== line.author.id || at - before.at > TOGETHER;
    }
    lines.push(line);
  };
  for (const entry of entries) {
    const at = Date.parse(entry.timestamp);
    if (entry.type !== "message") {
      const text = noteOf(entry);
      if (text !== null) place({ kind: "note", key: `entry ${entry.seq}`, text }, at);
      continue;
    }
    const { userId, username, content, seq, status, clientMessageId } = entry.message;
    const isOwn = userId === me.id;
    const mark = isOwn ? (status === "read" ? "read" : "sent") : null;
    const key = isOwn && clientMessageId ? `own ${clientMessageId}` : `entry ${seq}`;
    place({ kind: "message", key, seq, author: { id: userId, username }, content, at, isOwn, isFirst: true, mark }, at);
  }
  for (const { clientMessageId, content, writtenAt, progress, reason } of pending) {
    const line: MessageLine = { kind: "message", key: `own ${clientMessageId}`, seq: null, author: me, content, at: writtenAt, isOwn: true, isFirst: true, mark: progress, clientMessageId };
    if (reason !== undefined) line.reason = reason;
    place(line, writtenAt);
  }
  return lines;
}

function noteOf(entry: TimelineEvent): string | null {
  switch (entry.type) {
    case "member_joined":
      return `${entry.username} joined`;
    case "member_left":
      return `${entry.username} left`;
    case "room_created":
      return `${entry.room.creator.username} created the room`;
    case "room_updated":
      return `The room is now called ${entry.room.name}`;
    default:
      return null;
  }
}
