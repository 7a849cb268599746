// Where in the page one is, as its address says it.

/** The code in what was pasted: a code, a page's link or the server's. */
export function inviteCodeIn(pasted: string): string {
  const text = pasted.trim();
  const found = /#\/invite\/([^/?#\s]+)/u.exec(text) ?? /\/invites\/([^/?#\s]+)\/join/u.exec(text);
  return found?.[1] === undefined ? text : decoded(found[1]);
}

/** Where a page's `#/…` leads. */
export type Place = { at: "home" } | { at: "room"; roomId: string } | { at: "invite"; code: string };

export function placeOf(hash: string): Place {
  const [, kind, rest] = /^#\/(r|invite)\/(.+)$/u.exec(hash) ?? [];
  if (rest === undefined) return { at: "home" };
  return kind === "r" ? { at: "room", roomId: decoded(rest) } : { at: "invite", code: decoded(rest) };
}

export const roomHash = (roomId: string) => `#/r/${encodeURIComponent(roomId)}`;
export const inviteHash = (code: string) => `#/invite/${encodeURIComponent(code)}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
