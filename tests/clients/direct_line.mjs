// botframework-directlinejs, as a page with Web Chat has it. Reads a line with its options, then lines to say to the bot; writes
// what the bot says, and `refreshed` when it has got itself another token.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// What a browser brings: it refreshes its token every quarter of an hour, which is over sooner here.
const soon = setInterval;
globalThis.setInterval = (work, delay, ...rest) => soon(work, Math.min(delay, 300), ...rest);
const [modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
globalThis.WebSocket = require("ws");
const { Observable } = require("rxjs/Observable");
const { DirectLine } = require("botframework-directlinejs");

const ajax = ({ method, url, body, headers }) =>
  Observable.create((subscriber) => {
    const json = body && JSON.stringify(body);
    fetch(url, { method, headers, body: json }).then(async (answer) => {
      const response = await answer.json();
      const { status } = answer;
      if (!answer.ok) return subscriber.error({ status, response, xhr: { getResponseHeader: () => null } });
      subscriber.next({ status, response });
      subscriber.complete();
    }).catch((error) => subscriber.error(error));
  });

console.log("ready");
let client;
for await (const line of createInterface({ input: process.stdin })) {
  if (client) {
    client.postActivity({ type: "message", from: { id: "person" }, text: line })
      .subscribe(undefined, (error) => console.log(`failed: ${error.status ?? error}`));
    continue;
  }
  client = new DirectLine({ ...JSON.parse(line), ajax });
  let { token } = client;
  client.activity$.filter(({ from }) => from.id === "bot").subscribe(
    ({ text }) => console.log(`bot: ${text}`),
    (error) => console.log(`ended: ${error.message ?? error}`),
  );
  client.connectionStatus$.filter((status) => status === 2).take(1).subscribe(() => {
    ({ token } = client);
    console.log("online");
  });
  soon(() => {
    if (client.token !== token) console.log("refreshed");
    ({ token } = client);
  }, 20);
}
