// jose as a maker of access tokens: a secret in base64url and claims in JSON on each line, a token back.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules] = process.argv.slice(2);
const { resolve } = createRequire(`${modules}/`);
const { SignJWT } = await import(pathToFileURL(resolve("jose")));
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const cut = line.indexOf(" ");
  const secret = Buffer.from(line.slice(0, cut), "base64url");
  const claims = new SignJWT(JSON.parse(line.slice(cut + 1)));
  console.log(await claims.setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(secret));
}
