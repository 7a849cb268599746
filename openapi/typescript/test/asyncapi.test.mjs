// AsyncAPI's own parser has nothing to say against the document of the events.
import parser from "@asyncapi/parser";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

/** Of the parser's severities: 0 is an error, 1 a warning; what is above are hints, such as that AsyncAPI has a newer version. */
const WARNING = 1;

test("asyncapi.json has no error and no warning", async () => {
  const text = await readFile(new URL("../../asyncapi.json", import.meta.url), "utf8");
  const { document, diagnostics } = await new parser.Parser().parse(text);
  const faults = diagnostics.filter(({ severity }) => severity <= WARNING);
  assert.deepEqual(faults.map(({ message, path }) => `${path.join("/")}: ${message}`), []);
  assert.ok(document.operations().all().length >= 20);
});
