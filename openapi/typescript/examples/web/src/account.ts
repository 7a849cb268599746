// Who is signed in: the session's tokens, kept in the browser and shared by all of its pages.
import { createApi, createSession, endpoints, ParlorError, type Api, type GetToken, type Login, type NewAccount, type SignedIn, type Tokens, type User } from "@parlor/client";

interface Kept {
  server: string;
  user: User;
  tokens: Tokens;
}

const KEY = "parlor.session";

function kept(server: string): Kept | null {
  const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | null;
  return found?.server === server ? found : null;
}

export class Account {
  readonly user: User;
  /** Called once, when the session is over, with what to tell. */
  onEnd: (why: string) => void = () => {};
  #server: string;
  #tokens: Tokens;
  #session: GetToken;
  #call: Api;
  #renewal: Promise<void> | undefined;
  #isOver = false;

  private constructor({ server, user, tokens }: Kept) {
    this.user = user;
    this.#server = server;
    this.#tokens = tokens;
    this.#session = this.#sessionOf(tokens);
    this.#call = createApi(server, this.getToken);
  }

  /** The account that was signed in when the page was last open. */
  static restore(server: string): Account | null {
    const found = kept(server);
    return found && new Account(found);
  }

  static async logIn(server: string, body: Login): Promise<Account> {
    return Account.#begin(server, await createApi(server)("logIn", { body }));
  }

  static async register(server: string, body: NewAccount): Promise<Account> {
    return Account.#begin(server, await createApi(server)("register", { body }));
  }

  static #begin(server: string, { user, ...tokens }: SignedIn): Account {
    const started: Kept = { server, user, tokens };
    localStorage.setItem(KEY, JSON.stringify(started));
    return new Account(started);
  }

  /** The newest access token. */
  readonly getToken = async (): Promise<string | null> => {
    this.#look();
    if (this.#isOver) throw ended();
    return this.#ended(() => this.#session());
  };

  /** Calls an endpoint, with a new token if the one it has is refused. */
  readonly api: Api = async (name, ...sent) => {
    try {
      return await this.#call(name, ...sent);
    } catch (error) {
      if (!isRefused(error) || !endpoints[name].token) throw error;
      await this.renew();
      return this.#call(name, ...sent);
    }
  };

  /** Gets new tokens, whatever the clock says; finds out whether the session is over. */
  async renew(): Promise<void> {
    this.#look();
    if (this.#isOver) throw ended();
    this.#session = this.#sessionOf({ ...this.#tokens, expiresAt: new Date(0).toISOString() });
    this.#renewal ??= this.getToken().then(() => {}).finally(() => (this.#renewal = undefined));
    await this.#renewal;
  }

  async logOut(): Promise<void> {
    await this.#call("logOut").catch((error: unknown) => {
      if (!isRefused(error)) throw error;
    });
    this.#end("You have signed out.");
  }

  #sessionOf(tokens: Tokens): GetToken {
    return createSession(this.#server, tokens, (renewed) => {
      this.#tokens = renewed;
      if (kept(this.#server)?.user.id !== this.user.id) return;
      localStorage.setItem(KEY, JSON.stringify({ server: this.#server, user: this.user, tokens: renewed }));
    });
  }

  /** Takes over what another window has done: it renewed the tokens, or signed out. */
  #look(): void {
    const found = kept(this.#server);
    if (found?.user.id !== this.user.id) return this.#end("You have signed out in another window.");
    if (found.tokens.refreshToken === this.#tokens.refreshToken) return;
    this.#tokens = found.tokens;
    this.#session = this.#sessionOf(found.tokens);
  }

  async #ended<T>(ask: () => Promise<T> | T): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (isRefused(error)) this.#end("Your session has ended. Sign in again to go on.");
      throw error;
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (kept(this.#server)?.user.id === this.user.id) localStorage.removeItem(KEY);
    this.onEnd(why);
  }
}

const isRefused = (error: unknown) => error instanceof ParlorError && error.type === "UNAUTHENTICATED";
const ended = () => new ParlorError({ type: "UNAUTHENTICATED", message: "The session has ended" });
