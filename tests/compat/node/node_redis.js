// What an application does through node-redis, in RESP2 and RESP3, against the server on the port
// given.
//   node node_redis.js PORT
import { createClient, defineScript, BasicClientSideCache } from "redis";
import { errorOf, show, until } from "./report.js";

const port = Number(process.argv[2]);
const sum = defineScript({
  SCRIPT: "return redis.call('incrby', KEYS[1], ARGV[1])",
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, key, amount) {
    parser.pushKey(key);
    parser.push(amount.toString());
  },
  transformReply: (reply) => reply,
});

async function connect(options) {
  const client = createClient({ socket: { port }, scripts: { sum }, ...options });
  client.on("error", () => {});
  return client.connect();
}

async function values(client) {
  show("set", await client.set("key", "value", { expiration: { type: "EX", value: 100 } }));
  show("get", [await client.get("key"), await client.get("absent"), await client.ttl("key")]);
  show("hash", [await client.hSet("hash", { a: "1", b: "2" }), await client.hGetAll("hash")]);
  show("set members", [await client.sAdd("set", ["x", "y"]), (await client.sMembers("set")).sort()]);
  show("zset", [await client.zAdd("zset", [{ score: 1.5, value: "a" }, { score: 2, value: "b" }]),
    await client.zRangeWithScores("zset", 0, -1), await client.zScore("zset", "a")]);
  show("stream", [await client.xAdd("stream", "5-1", { field: "value" }),
    await client.xRange("stream", "-", "+")]);
  show("geo", [await client.geoAdd("geo", { longitude: 13.36, latitude: 38.11, member: "p" }),
    await client.geoHash("geo", "p")]);
  show("config", await client.configGet("maxmemory-policy"));
  show("wrong type", await errorOf(client.lPush("key", "x")));
  const keys = [];
  for await (const found of client.scanIterator({ COUNT: 10 })) keys.push(...found);
  show("scan", keys.sort());
}

async function programs(client) {
  show("script", [await client.sum("counter", 5), await client.sum("counter", 6)]);
  show("multi", await client.multi().set("a", "1").incr("a").hGetAll("hash").exec());
  show("failed multi", await errorOf(client.multi().set("a", "x").incr("a").exec()));
  const other = await client.duplicate().connect();
  await client.watch("a");
  await other.set("a", "changed");
  show("watched", await errorOf(client.multi().get("a").exec()));
  other.destroy();
}

async function messages(client) {
  const subscriber = await client.duplicate().connect();
  const heard = [];
  await subscriber.subscribe("news", (message, channel) => heard.push([channel, message]));
  await subscriber.pSubscribe("n*", (message, channel) => heard.push([channel, message]));
  await subscriber.sSubscribe("shard", (message, channel) => heard.push([channel, message]));
  show("publish", [await client.publish("news", "hello"), await client.sPublish("shard", "there")]);
  await until(() => heard.length === 3);
  show("heard", heard);
  await subscriber.unsubscribe();
  await subscriber.pUnsubscribe();
  await subscriber.sUnsubscribe();
  show("after", await subscriber.ping());
  subscriber.destroy();
}

async function blocking(client) {
  const waiter = await client.duplicate().connect();
  const popped = waiter.blPop("queue", 5);
  await until(async () => /blocked_clients:1/.test(await client.info("clients")));
  await client.rPush("queue", "job");
  show("blpop", await popped);
  const due = waiter.bzPopMin("delayed", 5);
  await until(async () => /blocked_clients:1/.test(await client.info("clients")));
  await client.zAdd("delayed", { score: 7, value: "later" });
  show("bzpopmin", await due);
  waiter.destroy();
}

async function caching() {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 100 });
  const reader = await connect({ RESP: 3, clientSideCache: cache });
  const writer = await connect({ RESP: 3 });
  await writer.set("cached", "1");
  show("read twice", [await reader.get("cached"), await reader.get("cached")]);
  show("hits", cache.stats().hitCount);
  await writer.set("cached", "2");
  await until(async () => (await reader.get("cached")) === "2");
  show("invalidated", await reader.get("cached"));
  await writer.flushAll();
  await until(async () => (await reader.get("cached")) === null);
  show("flushed", await reader.get("cached"));
  reader.destroy();
  writer.destroy();
}

for (const RESP of [2, 3]) {
  const client = await connect({ RESP });
  show("protocol", RESP);
  await client.flushAll();
  for (const part of [values, programs, messages, blocking]) await part(client);
  client.destroy();
}
await caching();
