// The package as npm would publish it: what is in it, and whether those who import it find everything.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("..", import.meta.url));
const tool = (path, ...args) => run(process.execPath, [join(folder, "node_modules", path), ...args], { cwd: folder });
const npm = (...args) => run("npm", args, { cwd: folder });

/** A tool that ends with a fault has said on its standard output what is wrong. */
const said = (failure) => assert.fail(failure.stdout || failure.message);

test("the types are checked by TypeScript 5.9 and by 7", async () => {
  const versions = ["typescript", "typescript7"].map(async (name) => {
    const { version } = JSON.parse(await readFile(join(folder, "node_modules", name, "package.json"), "utf8"));
    return version.split(".").slice(0, name === "typescript" ? 2 : 1).join(".");
  });
  assert.deepEqual(await Promise.all(versions), ["5.9", "7"]);
});

test("publint has nothing to say", async () => {
  const { stdout } = await tool("publint/src/cli.js", "--strict").catch(said);
  assert.match(stdout, /All good!/);
});

test("what is exported is in the package, and no test is", async () => {
  const [{ files }] = JSON.parse((await npm("pack", "--dry-run", "--json")).stdout);
  const { exports } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const packed = files.map(({ path }) => path);
  for (const path of Object.values(exports).flatMap((entry) => Object.values(entry))) {
    assert.ok(packed.includes(path.replace(/^\.\//, "")), `${path} is not in the package`);
  }
  assert.deepEqual(packed.filter((path) => /^(test|examples|build|node_modules)\//.test(path)), []);
});

test("whoever imports a module finds its types, by attw", async (t) => {
  const place = await mkdtemp(join(tmpdir(), "parlor-client-"));
  t.after(() => rm(place, { recursive: true }));
  const { stdout } = await npm("pack", "--json", "--pack-destination", place);
  const [{ filename }] = JSON.parse(stdout);
  // It has modules only, so nobody can `require` it, nor resolve it as Node 10 did.
  await tool("@arethetypeswrong/cli/dist/index.js", join(place, filename), "--profile", "esm-only", "--no-color").catch(said);
});
