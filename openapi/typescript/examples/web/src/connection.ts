// The line to the server: lost and found again, with what to tell of it.
import { createSocket, ParlorError, type ClientToServerEvents, type DataOf, type ParlorSocket, type PayloadOf } from "@parlor/client";
import type { Account } from "./account";

/** `waiting`: connected, but not yet up to date. */
export type Link =
  | { state: "connecting" | "online" | "waiting" }
  | { state: "away"; why: "network" | "server" | "restart"; since: number };

const ANSWER_WITHIN = 10_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 5_000;

export class Connection {
  readonly socket: ParlorSocket;
  link: Link = { state: "connecting" };
  #account: Account;
  #arrive: () => Promise<void>;
  #changed: () => void;
  /** When the server said to come back, while it restarts. */
  #backIn: number | undefined;
  #isClosed = false;

  /** `arrive` is run after every connect, until it has succeeded: it brings everything up to date. */
  constructor(server: string, account: Account, arrive: () => Promise<void>, changed: () => void) {
    this.#account = account;
    this.#arrive = arrive;
    this.#changed = changed;
    this.socket = createSocket(server, account.getToken, {
      autoConnect: false,
      reconnectionDelay: FIRST_RETRY,
      reconnectionDelayMax: LAST_RETRY,
    });
    this.socket.on("connect", () => void this.#catchUp());
    this.socket.on("disconnect", (reason) => {
      this.#away();
      // A socket that the server ended does not come back by itself.
      if (reason === "io server disconnect") void this.#comeBack();
    });
    this.socket.on("connect_error", () => {
      this.#away();
      if (!this.socket.active) void this.#comeBack();
    });
    this.socket.on("server_restart", ({ reconnectAfterMs }) => {
      this.#backIn = reconnectAfterMs;
      this.socket.io.reconnectionDelay(reconnectAfterMs);
    });
    window.addEventListener("online", this.tryNow);
    window.addEventListener("offline", this.#lost);
    document.addEventListener("visibilitychange", this.#look);
  }

  open(): void {
    this.socket.connect();
  }

  close(): void {
    this.#isClosed = true;
    window.removeEventListener("online", this.tryNow);
    window.removeEventListener("offline", this.#lost);
    document.removeEventListener("visibilitychange", this.#look);
    this.socket.disconnect();
  }

  /** Does not wait for the next turn to connect. */
  readonly tryNow = (): void => {
    if (this.#isClosed || this.socket.connected) return;
    this.#away();
    this.socket.disconnect().connect();
  };

  /** Sends an event; gives what its answer brings, or throws a `ParlorError`. */
  async ask<Name extends keyof ClientToServerEvents>(event: Name, payload: PayloadOf<Name>): Promise<DataOf<Name>> {
    // What is emitted without a connection would be sent at some later time.
    if (!this.socket.connected) throw unanswered();
    const answer = await this.socket.timeout(ANSWER_WITHIN).emitWithAck(event, payload).catch((cause: unknown) => {
      throw unanswered(cause);
    });
    if (!answer.ok) throw new ParlorError(answer.error);
    return answer.data as DataOf<Name>;
  }

  #look = (): void => {
    if (document.visibilityState === "visible" && this.link.state === "away" && navigator.onLine) this.tryNow();
  };

  /** The network is gone: the heartbeat would find out later. */
  #lost = (): void => {
    if (this.socket.connected) this.socket.io.engine.close();
    else this.#away();
  };

  #away(): void {
    const since = this.link.state === "away" ? this.link.since : Date.now();
    const why = !navigator.onLine ? "network" : this.#backIn !== undefined ? "restart" : "server";
    this.#set({ state: "away", why, since });
  }

  async #catchUp(): Promise<void> {
    this.#backIn = undefined;
    this.socket.io.reconnectionDelay(FIRST_RETRY);
    this.#set({ state: "waiting" });
    const { id } = this.socket;
    for (let pause = FIRST_RETRY; this.socket.id === id; pause = Math.min(2 * pause, LAST_RETRY)) {
      try {
        await this.#arrive();
        if (this.socket.id === id) this.#set({ state: "online" });
        return;
      } catch (error) {
        await passed(Math.max(retryAfter(error), pause));
      }
    }
  }

  /** Finds out whether the session lives, and connects again. */
  async #comeBack(): Promise<void> {
    if (this.#backIn !== undefined) await passed(this.#backIn);
    for (let pause = FIRST_RETRY; !this.#isClosed && !this.socket.active; pause = Math.min(2 * pause, LAST_RETRY)) {
      try {
        await this.#account.renew();
        if (!this.#isClosed && !this.socket.active) this.socket.connect();
        return;
      } catch {
        await passed(pause);
      }
    }
  }

  #set(link: Link): void {
    if (this.#isClosed) return;
    this.link = link;
    this.#changed();
  }
}

export const passed = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const retryAfter = (error: unknown) => (error instanceof ParlorError ? (error.retryAfterMs ?? 0) : 0);

const unanswered = (cause?: unknown) =>
  new ParlorError({ type: "UNAVAILABLE", message: "The server did not answer" }, { cause });
