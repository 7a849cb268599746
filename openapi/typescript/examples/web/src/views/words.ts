// Times, numbers and failures in words.
import { ParlorError } from "@parlor/client";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const dateWithYear = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const timeOf = (at: number) => clock.format(at);

export function dayOf(at: number, now = new Date()): string {
  const day = new Date(at);
  const daysAgo = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (daysAgo === 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return (day.getFullYear() === now.getFullYear() ? date : dateWithYear).format(day);
}

export const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** What went wrong, and what to do. */
export function failureText(error: unknown): string {
  if (!(error instanceof ParlorError)) return "Something went wrong. Reload the page and try again.";
  switch (error.type) {
    case "UNAVAILABLE":
      return "The server can't be reached. Check your connection, then try again.";
    case "RATE_LIMIT": {
      const seconds = Math.ceil((error.retryAfterMs ?? 1_000) / 1_000);
      return `That was too often. Try again in ${seconds > 90 ? counted(Math.ceil(seconds / 60), "minute") : counted(seconds, "second")}.`;
    }
    case "SERVER_ERROR":
      return "The server failed to do that. Try again in a moment.";
    default:
      return error.errors.map(({ message }) => message).join(" ") || error.message;
  }
}

/** One of eight colours for a person, always the same. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % 8;
}
