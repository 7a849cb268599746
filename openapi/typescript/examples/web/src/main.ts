import { Account } from "./account";
import "./style.css";
import { ChatPage } from "./views/chat-page";
import { signInPage } from "./views/sign-in";

// The server of another address must be named when the page is built: a link could name any, and the page would send it passwords.
const server = import.meta.env.VITE_PARLOR_SERVER ?? location.origin;

const part = (id: string) => document.getElementById(id) as HTMLElement;
const app = part("app");

function showSignIn(notice = ""): void {
  app.replaceChildren(signInPage(server, notice, showChat));
  app.querySelector<HTMLInputElement>("input:not([hidden] *)")?.focus();
}

function showChat(account: Account): void {
  const page = new ChatPage(server, account, part("log"), part("status"));
  account.onEnd = (why) => {
    page.close();
    showSignIn(why);
  };
  app.replaceChildren(page.element);
}

const account = Account.restore(server);
if (account) showChat(account);
else showSignIn();
