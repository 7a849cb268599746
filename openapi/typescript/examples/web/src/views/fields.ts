// Fields of a form, with their faults where a screen reader finds them.
import { ParlorError } from "@parlor/client";
import { h, set, setText } from "./dom";
import { failureText } from "./words";

let made = 0;

/** A labelled input with a line for what to know of it and one for what is wrong with it. */
export class Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  #hint: HTMLElement;
  #fault: HTMLElement;

  constructor(readonly name: string, label: string, attributes: Record<string, string | number | boolean>, hint = "") {
    const id = `field-${(made += 1)}`;
    this.input = h("input", { id, name, ...attributes });
    this.#fault = h("p", { id: `${id}-fault`, class: "fault", hidden: true });
    this.#hint = h("p", { id: `${id}-hint`, class: "hint" }, hint);
    this.element = h("div", { class: "field" }, h("label", { for: id }, label), this.input, this.#hint, this.#fault);
    this.#describe();
  }

  set hint(text: string) {
    setText(this.#hint, text);
    this.#describe();
  }

  get value(): string {
    return this.input.value;
  }

  set fault(text: string) {
    setText(this.#fault, text);
    this.#fault.hidden = text === "";
    set(this.input, "aria-invalid", text === "" ? undefined : "true");
    this.#describe();
  }

  #describe(): void {
    const lines = [this.#fault, this.#hint].filter(({ textContent }) => textContent !== "");
    set(this.input, "aria-describedby", lines.map(({ id }) => id).join(" ") || undefined);
  }
}

/** A form that does one thing, shows what is wrong, and does nothing twice at once. */
export class Form {
  readonly element: HTMLFormElement;
  #fields: Field[];
  #fault = h("p", { class: "fault form-fault", role: "alert" });
  #submit: HTMLButtonElement;

  constructor(fields: Field[], button: string, action: () => Promise<void>, extra: HTMLElement[] = []) {
    this.#fields = fields;
    this.#submit = h("button", { type: "submit", class: "primary" }, button);
    this.element = h("form", { novalidate: true }, ...fields.map(({ element }) => element), this.#fault, h("div", { class: "actions" }, ...extra, this.#submit));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#run(action);
    });
  }

  set button(text: string) {
    setText(this.#submit, text);
  }

  set fields(fields: Field[]) {
    this.#fields = fields;
    this.clear();
  }

  clear(): void {
    setText(this.#fault, "");
    for (const field of this.#fields) field.fault = "";
  }

  async #run(action: () => Promise<void>): Promise<void> {
    if (this.#submit.getAttribute("aria-disabled") === "true") return;
    this.clear();
    const empty = this.#fields.filter(({ input }) => input.required && input.value.trim() === "");
    for (const field of empty) field.fault = "Fill this in.";
    if (empty[0]) return empty[0].input.focus();
    set(this.#submit, "aria-disabled", "true");
    try {
      await action();
    } catch (error) {
      this.#show(error);
    } finally {
      set(this.#submit, "aria-disabled", undefined);
    }
  }

  #show(error: unknown): void {
    const faults = error instanceof ParlorError ? error.errors : [];
    const placed = faults.filter(({ field, message }) => {
      const found = this.#fields.find(({ name }) => name === field);
      if (found) found.fault = message;
      return found !== undefined;
    });
    if (placed.length < faults.length || faults.length === 0) setText(this.#fault, failureText(error));
    this.#fields.find(({ input }) => input.getAttribute("aria-invalid") === "true")?.input.focus();
  }
}
