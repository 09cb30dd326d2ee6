// What an application does through ioredis, against the server on the port given. Prints a line for
// each step, the same for every server that behaves alike.
//   node ioredis.js PORT
// The line "restart" asks whoever reads to restart the server on its port and to answer with a line.
import { once } from "node:events";
import { createInterface } from "node:readline";
import Redis from "ioredis";
import { errorOf, show, until } from "./report.js";

const port = Number(process.argv[2]);
const input = createInterface({ input: process.stdin });

async function strings(redis) {
  show("set", await redis.set("key", "value"));
  show("get", await redis.get("key"));
  show("get absent", await redis.get("absent"));
  show("set nx", await redis.set("key", "other", "NX"));
  show("set get", await redis.set("key", "other", "GET"));
  show("mset", await redis.mset({ a: 1, b: 2, c: "three" }));
  show("mget", await redis.mget("a", "b", "c", "d"));
  show("incr", await redis.incr("counter"));
  show("incrby", await redis.incrby("counter", 41));
  show("incrbyfloat", await redis.incrbyfloat("counter", 0.5));
  show("append", await redis.append("key", "!"));
  show("getrange", await redis.getrange("key", 1, -2));
  show("lcs", await redis.lcs("key", "c", "LEN"));
  show("unicode", [await redis.set("ключ", "значение"), await redis.get("ключ")]);
  const bytes = Buffer.from([0, 13, 10, 255, 128, 0]);
  await redis.set(bytes, bytes);
  show("binary", (await redis.getBuffer(bytes)).equals(bytes));
}

async function pipelines(redis) {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 2000; i++) pipeline.set(`p${i}`, i).incr(`p${i}`);
  const replies = await pipeline.exec();
  show("pipeline", [replies.length, replies[0], replies[3999]]);
  const mixed = await redis.pipeline().get("p1").incrby("key", 1).get("p2").exec();
  show("pipeline with an error", mixed.map(([error, value]) => (error ? error.message : value)));
  const many = await Promise.all(Array.from({ length: 500 }, (_, i) => redis.get(`p${i}`)));
  show("concurrent", many.every((value, i) => value === String(i + 1)));
}

async function expiry(redis) {
  await redis.set("short", "1", "PX", 30);
  await until(async () => (await redis.exists("short")) === 0);
  show("expired", [await redis.get("short"), await redis.ttl("short")]);
  await redis.set("long", "1", "EX", 1000);
  show("ttl", await redis.ttl("long"));
  show("pttl", (await redis.pttl("long")) > 0);
  show("expire gt", await redis.expire("long", 10, "GT"));
  show("persist", [await redis.persist("long"), await redis.ttl("long")]);
}

async function scans(redis) {
  const found = new Set();
  const stream = redis.scanStream({ match: "p*", count: 100 });
  stream.on("data", (keys) => keys.forEach((key) => found.add(key)));
  await once(stream, "end");
  show("scanStream", found.size);
  show("scan buffers", (await redis.scanBuffer(0, "COUNT", 10000))[0].toString());
  show("keys", (await redis.keys("p12?")).sort());
}

async function largeValues(redis) {
  const large = Buffer.alloc(8 << 20, "0123456789abcdef");
  show("large set", await redis.set("large", large));
  show("large get", (await redis.getBuffer("large")).equals(large));
  show("large strlen", await redis.strlen("large"));
  show("large append", await redis.append("large", "tail"));
  show("large tail", await redis.getrange("large", -8, -1));
}

async function errors(redis) {
  show("wrong arity", await errorOf(redis.call("get")));
  show("unknown", await errorOf(redis.call("nosuch", "a", "b")));
  show("not an integer", await errorOf(redis.incr("key")));
  show("syntax", await errorOf(redis.call("set", "a", "b", "bogus")));
  show("database", await errorOf(redis.move("key", 99)));
}

async function connections(redis) {
  show("ping", [await redis.ping(), await redis.ping("hello")]);
  show("name", await redis.client("SETNAME", "session"));
  show("getname", await redis.client("GETNAME"));
  const other = redis.duplicate({ db: 3, connectionName: "other" });
  show("other database", [await other.set("only", "here"), await redis.exists("only")]);
  show("other name", await other.client("GETNAME"));
  show("move", [await other.move("only", 0), await redis.get("only")]);
  const offline = new Redis({ port, lazyConnect: true, enableReadyCheck: true });
  await offline.connect();
  show("ready check", offline.status);
  show("info", (await offline.info("server")).includes("redis_version:"));
  await Promise.all([other.quit(), offline.quit()]);
}

async function restart(redis) {
  await redis.set("before", "1");
  const closed = once(redis, "close");
  console.log("restart");
  const restarted = once(input, "line");
  await closed;
  show("closed", redis.status !== "ready");
  const waiting = redis.set("after", "2");
  await restarted;
  show("queued while away", await waiting);
  show("reconnected", [redis.status, await redis.get("after"), await redis.get("before")]);
}

const redis = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
redis.on("error", () => {});
await redis.flushall();
for (const part of [strings, pipelines, expiry, scans, largeValues, errors, restart]) {
  await part(redis);
}
await connections(redis);
redis.disconnect();
input.close();
