// The first page: sign in, or make an account.
import { Account } from "../account";
import { ParlorError } from "@parlor/client";
import { h, set, setText } from "./dom";
import { Field, Form } from "./fields";

/** The page, which calls `done` with whoever signs in; `notice` says why one is here. */
export function signInPage(server: string, notice: string, done: (account: Account) => void): HTMLElement {
  let isNew = false;
  const username = new Field("username", "Name", { autocomplete: "nickname", maxlength: 30, required: true, spellcheck: "false" }, "3 to 30 letters and digits. Others see it.");
  const email = new Field("email", "E-mail", { type: "email", autocomplete: "username", maxlength: 254, required: true });
  const password = new Field("password", "Password", { type: "password", autocomplete: "current-password", required: true });

  const title = h("h1");
  const swap = h("button", { type: "button", class: "link" });
  const question = h("span");
  const form = new Form([username, email, password], "", async () => {
    const account = isNew
      ? await Account.register(server, { username: username.value, email: email.value, password: password.value })
      : await Account.logIn(server, { email: email.value, password: password.value }).catch(wrongPassword);
    done(account);
  });

  const show = (wanted: boolean) => {
    isNew = wanted;
    setText(title, isNew ? "Create your account" : "Sign in to Parlor");
    form.button = isNew ? "Create account" : "Sign in";
    setText(question, isNew ? "Already have an account?" : "New here?");
    setText(swap, isNew ? "Sign in" : "Create an account");
    username.element.hidden = !isNew;
    password.hint = isNew ? "At least 8 characters. Several unlikely words are good." : "";
    set(password.input, "autocomplete", isNew ? "new-password" : "current-password");
    set(email.input, "autocomplete", isNew ? "email" : "username");
    form.fields = isNew ? [username, email, password] : [email, password];
  };
  swap.addEventListener("click", () => {
    show(!isNew);
    (isNew ? username : email).input.focus();
  });
  show(false);

  return h(
    "main",
    { class: "sign-in" },
    h(
      "div",
      { class: "card" },
      h("img", { src: "./icon.svg", alt: "", width: 48, height: 48 }),
      title,
      notice !== "" && h("p", { class: "notice", role: "alert" }, notice),
      form.element,
      h("p", { class: "swap" }, question, " ", swap),
    ),
  );
}

function wrongPassword(error: unknown): never {
  if (!(error instanceof ParlorError) || error.type !== "UNAUTHENTICATED") throw error;
  throw new ParlorError({ type: "UNAUTHENTICATED", message: "The e-mail address or the password is wrong. Check both and try again." });
}
