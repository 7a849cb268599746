// Parlor in TypeScript: calls and sockets that know the contract, and a session that renews itself.
import { io, type ManagerOptions, type SocketOptions } from "socket.io-client";
import { BASE_PATH, endpoints, type Endpoints } from "./endpoints.js";
import { isApiError } from "./errors.js";
import type { ParlorSocket } from "./events.js";
import type { ApiError, ErrorType, FieldError, Tokens } from "./types.js";

export * from "./endpoints.js";
export * from "./errors.js";
export * from "./events.js";
export type * from "./types.js";

/** A failure as the server tells it, or one of the way there (then `type` is `UNAVAILABLE`). */
export class ParlorError extends Error {
  readonly type: ErrorType;
  readonly errors: FieldError[];
  readonly retryAfterMs: number | undefined;

  constructor(error: ApiError, options?: ErrorOptions) {
    super(error.message, options);
    this.name = "ParlorError";
    this.type = error.type;
    this.errors = error.errors ?? [];
    this.retryAfterMs = error.retryAfterMs;
  }
}

/** Gives the newest access token; `null` for nobody. */
export type GetToken = () => Promise<string | null> | string | null;

type Fields<T> = { [Part in keyof T as Part extends "path" | "query" | "body" ? Part : never]: T[Part] };
type Sent<Name extends keyof Endpoints> = Fields<Endpoints[Name]>;
type Arguments<Name extends keyof Endpoints> = Record<never, never> extends Sent<Name> ? [sent?: Sent<Name>] : [sent: Sent<Name>];
type Answer<Name extends keyof Endpoints> = Endpoints[Name]["paged"] extends true
  ? { data: Endpoints[Name]["data"]; nextCursor: string | null }
  : Endpoints[Name]["data"];

/** Calls an endpoint by its name: `await api("sendMessage", { path: { roomId }, body: { content } })`. */
export type Api = <Name extends keyof Endpoints>(name: Name, ...sent: Arguments<Name>) => Promise<Answer<Name>>;

/** The endpoints of the server at `url`. */
export function createApi(url: string, getToken: GetToken = () => null): Api {
  return async (name, ...[sent]) => {
    const { method, path, token, paged } = endpoints[name];
    const parts = (sent ?? {}) as { path?: object; query?: object; body?: unknown };
    const target = new URL(BASE_PATH + filled(path, parts.path ?? {}), url);
    for (const [field, value] of Object.entries(parts.query ?? {})) {
      if (value !== undefined && value !== null) target.searchParams.set(field, String(value));
    }
    const headers = new Headers({ Accept: "application/json" });
    const known = token ? await getToken() : null;
    if (known !== null) headers.set("Authorization", `Bearer ${known}`);
    const request: RequestInit = { method, headers };
    if (parts.body !== undefined) {
      headers.set("Content-Type", "application/json");
      request.body = JSON.stringify(parts.body);
    }
    const answer = await fetch(target, request).then((response) => response.json()).catch(unreachable);
    if (answer.success !== true) throw isApiError(answer) ? new ParlorError(answer) : unreachable(answer);
    return paged ? { data: answer.data, nextCursor: answer.nextCursor } : answer.data;
  };
}

function filled(path: string, fields: object): string {
  const values = new Map(Object.entries(fields));
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
}

function unreachable(cause: unknown): never {
  throw new ParlorError({ type: "UNAVAILABLE", message: "The server could not be reached" }, { cause });
}

/** A session's tokens, renewed in time; `keep` gets each new pair, to be stored. */
export function createSession(url: string, tokens: Tokens, keep: (tokens: Tokens) => void = () => {}): GetToken {
  const api = createApi(url);
  let current = tokens;
  let renewal: Promise<void> | undefined;
  const renew = async () => {
    current = await api("refreshSession", { body: { refreshToken: current.refreshToken } });
    keep(current);
  };
  return async () => {
    if (Date.parse(current.expiresAt) - Date.now() < AHEAD) {
      renewal ??= renew().finally(() => (renewal = undefined));
      await renewal;
    }
    return current.token;
  };
}

/** Milliseconds before its end at which a token is renewed. */
const AHEAD = 60_000;

/** A socket that asks for the newest token before every connect, and renews itself while it lives. */
export function createSocket(url: string, getToken: GetToken, options: Partial<ManagerOptions & SocketOptions> = {}): ParlorSocket {
  let sent: string | null = null;
  const socket: ParlorSocket = io(url, {
    ...options,
    auth: (send) => void Promise.resolve(getToken()).then((token) => send({ token: (sent = token) }), () => send({ token: sent })),
  });
  const renew = async () => {
    const token = await getToken();
    if (!socket.connected || token === null || token === sent) return;
    const answer = await socket.timeout(10_000).emitWithAck("authenticate", { token });
    if (answer.ok) sent = token;
  };
  let turns: ReturnType<typeof setInterval> | undefined;
  // A failed renewal is tried again at the next turn; at last the server ends the socket and says so.
  socket.on("connect", () => (turns = setInterval(() => void renew().catch(() => {}), AHEAD / 4)));
  socket.on("disconnect", () => clearInterval(turns));
  return socket;
}
