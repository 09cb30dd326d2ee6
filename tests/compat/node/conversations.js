// Transactions, scripts, messages and blocking reads through ioredis, against the server on the port
// given.
//   node conversations.js PORT
import { once } from "node:events";
import Redis from "ioredis";
import { errorOf, show, until } from "./report.js";

const port = Number(process.argv[2]);
const redis = new Redis({ port });
const other = redis.duplicate();

async function transactions() {
  show("multi", await redis.multi().set("a", 1).incr("a").lpush("list", "x").exec());
  show("an error within", (await redis.multi().set("a", "x").incr("a").exec())
    .map(([error, value]) => (error ? error.message : value)));
  show("not queued", await errorOf(redis.multi().set("a", 1).call("nosuch").exec()));
  await redis.watch("a");
  await other.set("a", "changed");
  show("watch broken", await redis.multi().set("a", "lost").exec());
  await redis.watch("a");
  show("watch kept", await redis.multi().get("a").exec());
  show("discard", [await redis.multi({ pipeline: false }), await redis.set("a", "no"),
    await redis.discard(), await redis.get("a")]);
  show("exec alone", await errorOf(redis.exec()));
}

async function scripts() {
  redis.defineCommand("transfer", {
    numberOfKeys: 2,
    lua: `local amount = tonumber(ARGV[1])
          if tonumber(redis.call('get', KEYS[1]) or 0) < amount then
            return redis.error_reply('FUNDS not enough')
          end
          redis.call('decrby', KEYS[1], amount)
          return {redis.call('incrby', KEYS[2], amount), redis.call('get', KEYS[1])}`,
  });
  await redis.mset("from", 100, "to", 0);
  show("transfer", await redis.transfer("from", "to", 30));
  show("transfer again", await redis.transfer("from", "to", 30));
  show("refused", await errorOf(redis.transfer("from", "to", 300)));
  show("in a pipeline", await redis.pipeline().transfer("from", "to", 1).get("to").exec());
  show("types", await redis.eval(
    "return {1, 'two', 3.9, {4, {5}}, false, redis.status_reply('SIX'), cjson.encode({7})}", 0));
  show("error", await errorOf(redis.eval("return redis.call('lpush', 'from', 1)", 0)));
  const sha = await redis.script("LOAD", "return ARGV[1]");
  show("sha", [sha, await redis.script("EXISTS", sha, "0".repeat(40)),
    await redis.evalsha(sha, 0, "argument")]);
  show("no script", await errorOf(redis.evalsha("0".repeat(40), 0)));
  show("json", JSON.parse(await redis.eval(
    "return cjson.encode(cjson.decode(ARGV[1]))", 0, '{"list":[1,2,{"x":null}],"text":"ü"}')));
  show("msgpack", (await redis.evalBuffer("return cmsgpack.pack({1, 'a', {2}})", 0)).toString("hex"));
}

async function messages() {
  const subscriber = redis.duplicate();
  const heard = [];
  subscriber.on("message", (channel, message) => heard.push([channel, message]));
  subscriber.on("pmessage", (...parts) => heard.push(parts));
  show("subscribe", await subscriber.subscribe("news", "sport"));
  show("psubscribe", await subscriber.psubscribe("n*"));
  show("publish", [await redis.publish("news", "1"), await redis.publish("sport", "2"),
    await redis.publish("none", "3")]);
  await until(() => heard.length === 4);
  show("heard", heard);
  show("numsub", await redis.pubsub("NUMSUB", "news", "sport", "none"));
  show("channels", (await redis.pubsub("CHANNELS")).sort());
  show("unsubscribe", [await subscriber.unsubscribe("news", "sport"), await subscriber.punsubscribe("n*")]);
  show("usable again", await subscriber.get("from"));
  subscriber.disconnect();
}

async function notifications() {
  const subscriber = redis.duplicate();
  const heard = [];
  await redis.config("SET", "notify-keyspace-events", "KEA");
  subscriber.on("pmessage", (pattern, channel, message) => heard.push([channel, message]));
  await subscriber.psubscribe("__key*__:*");
  await redis.set("event", 1, "PX", 40);
  await until(() => heard.some(([channel]) => channel.endsWith(":expired")));
  show("events", heard);
  await redis.config("SET", "notify-keyspace-events", "");
  subscriber.disconnect();
}

async function blocking() {
  const waiter = redis.duplicate();
  const popped = waiter.blpop("queue", "queue2", 5);
  await until(async () => /blocked_clients:1/.test(await redis.info("clients")));
  await redis.rpush("queue2", "job");
  show("blpop", await popped);
  show("blpop in vain", await waiter.blpop("queue", 0.01));
  const read = waiter.xread("BLOCK", 5000, "STREAMS", "stream", "$");
  await until(async () => /blocked_clients:1/.test(await redis.info("clients")));
  await redis.xadd("stream", "1-1", "field", "value");
  show("xread", await read);
  await redis.xgroup("CREATE", "stream", "group", "0");
  show("xreadgroup", await waiter.xreadgroup("GROUP", "group", "me", "COUNT", 1, "STREAMS", "stream", ">"));
  show("xack", await redis.xack("stream", "group", "1-1"));
  waiter.disconnect();
}

async function monitor() {
  // Not of a new connection: what that one sends on its own could reach the watcher in one read with
  // MONITOR's reply, which ioredis does not expect.
  const watcher = await redis.monitor();
  const seen = once(watcher, "monitor");
  await redis.set("seen", "yes");
  show("monitor", (await seen)[1]);
  watcher.disconnect();
}

await redis.flushall();
for (const part of [transactions, scripts, messages, notifications, blocking, monitor]) await part();
redis.disconnect();
other.disconnect();
