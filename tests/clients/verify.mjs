// openid-client finds the keys, jose keeps them for five minutes and never asks sooner: a relying party on Node.
// Reads lines of `<milliseconds since the epoch> <JWT>`, takes the time from them, and answers `ok` or what went wrong.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [issuer, modules] = process.argv.slice(2);
const { resolve } = createRequire(`${modules}/`);
const load = async (name) => import(pathToFileURL(resolve(name)));
const { allowInsecureRequests, discovery } = await load("openid-client");
const { createRemoteJWKSet, jwtVerify } = await load("jose");

const configuration = await discovery(new URL(issuer), "client", undefined, undefined, {
  execute: [allowInsecureRequests],
});
let now = 0;
Date.now = () => now;
const fiveMinutes = 300_000;
const keys = createRemoteJWKSet(new URL(configuration.serverMetadata().jwks_uri), {
  cacheMaxAge: fiveMinutes,
  cooldownDuration: fiveMinutes,
});
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [millis, token] = line.split(" ");
  now = Number(millis);
  try {
    await jwtVerify(token, keys, { issuer, currentDate: new Date(now) });
    console.log("ok");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
}
