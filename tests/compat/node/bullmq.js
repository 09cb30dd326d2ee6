// A job queue through BullMQ: its Lua scripts, blocking pops and event streams, against the server on
// the port given.
//   node bullmq.js PORT
import { FlowProducer, Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import Redis from "ioredis";
import { show, until } from "./report.js";

const connection = { port: Number(process.argv[2]), maxRetriesPerRequest: null };
const redis = new Redis(connection);
await redis.flushall();

const open = [];
function keep(closable) {
  closable.on("error", (error) => console.log(`error: ${error.message}`));
  open.push(closable);
  return closable;
}

// The values in the order of their numbers, as workers may end in another.
function sorted(values) {
  return [...values].sort((a, b) => a - b);
}

async function jobs() {
  const queue = keep(new Queue("jobs", { connection }));
  const events = keep(new QueueEvents("jobs", { connection }));
  await events.waitUntilReady();
  const completed = [];
  events.on("completed", ({ returnvalue }) => completed.push(returnvalue));
  await queue.addBulk(Array.from({ length: 200 }, (_, n) => ({ name: "square", data: { n } })));
  show("counts before", await queue.getJobCounts());
  keep(new Worker("jobs", async (job) => job.data.n ** 2, { connection, concurrency: 20 }));
  await until(() => completed.length === 200);
  show("squares", sorted(completed).slice(-3));
  show("counts after", await queue.getJobCounts());
  const job = await queue.add("square", { n: 12 });
  show("awaited", await job.waitUntilFinished(events));
  show("logs", [await job.log("a line"), (await queue.getJobLogs(job.id)).logs]);
}

async function failures() {
  const queue = keep(new Queue("failures", { connection }));
  const attempts = [];
  keep(new Worker("failures", async (job) => {
    attempts.push([job.name, job.attemptsMade]);
    if (job.name === "hopeless") throw new UnrecoverableError("no use");
    if (job.attemptsMade < 2) throw new Error("not yet");
    return "at last";
  }, { connection }));
  const retried = await queue.add("retried", {}, { attempts: 3, backoff: { type: "fixed", delay: 20 } });
  await until(() => retried.isCompleted());
  const hopeless = await queue.add("hopeless", {}, { attempts: 3 });
  await until(() => hopeless.isFailed());
  show("attempts", attempts);
  show("failed", (await queue.getFailed()).map((job) => [job.name, job.failedReason]));
  await hopeless.remove();
  show("counts", await queue.getJobCounts());
}

async function order() {
  const queue = keep(new Queue("order", { connection }));
  await queue.pause();
  await queue.add("plain", 1);
  await queue.add("low", 2, { priority: 10 });
  await queue.add("high", 3, { priority: 1 });
  await queue.add("last in, first out", 4, { lifo: true });
  const delayed = await queue.add("delayed", 5, { delay: 600_000 });
  await queue.add("once", 6, { jobId: "custom" });
  await queue.add("once", 7, { jobId: "custom" });
  show("counts", await queue.getJobCounts());
  const names = [];
  keep(new Worker("order", async (job) => names.push(job.name), { connection }));
  await queue.resume();
  // It is due after the others, however long they took.
  await until(() => names.length === 5);
  await delayed.changeDelay(60);
  await until(() => names.length === 6);
  show("order", names);
}

async function flows() {
  const producer = keep(new FlowProducer({ connection }));
  keep(new Worker("steps", async (job) => job.data.value, { connection }));
  keep(new Worker("sums", async (job) =>
    Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0), { connection }));
  const { job } = await producer.add({
    name: "sum", queueName: "sums",
    children: [1, 2, 3].map((value) => ({ name: "step", queueName: "steps", data: { value } })),
  });
  const sums = keep(new Queue("sums", { connection }));
  await until(async () => (await sums.getJobState(job.id)) === "completed");
  show("flow", (await sums.getJob(job.id)).returnvalue);
}

async function schedules() {
  const queue = keep(new Queue("schedules", { connection }));
  let runs = 0;
  keep(new Worker("schedules", async () => { runs++; }, { connection }));
  await queue.upsertJobScheduler("often", { every: 30 }, { name: "tick" });
  await until(() => runs >= 3);
  show("schedulers", (await queue.getJobSchedulers()).map(({ key, every }) => [key, Number(every)]));
  show("removed", await queue.removeJobScheduler("often"));
}

async function limits() {
  const queue = keep(new Queue("limits", { connection }));
  const done = [];
  keep(new Worker("limits", async (job) => done.push(job.data), {
    connection, limiter: { max: 2, duration: 50 },
  }));
  await queue.addBulk([1, 2, 3, 4, 5].map((data) => ({ name: "limited", data })));
  await until(() => done.length === 5);
  show("limited", done);
  await queue.obliterate({ force: true });
  show("obliterated", (await redis.keys("bull:limits:*")).filter((key) => !key.endsWith(":limiter")));
}

for (const part of [jobs, failures, order, flows, schedules, limits]) await part();
await Promise.all(open.map((closable) => closable.close()));
redis.disconnect();
