// What is generated here is what the declarations say: whoever changes one of them, and forgets to generate, is told here as well.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

test("the types are those of the declarations", async () => {
  // Built beside the server.
  const program = join(dirname(process.env.PARLOR_TEST_SERVER_BIN), "parlor-openapi");
  const { stdout } = await promisify(execFile)(program, ["check"]).catch((failure) => assert.fail(failure.stderr || failure.message));
  assert.match(stdout, /every document is that of the contract/);
});
