// What the sessions print with, so that two servers that behave alike give the same lines.

// Prints one step of a session and what it gave.
export function show(step, value) {
  console.log(`${step}: ${JSON.stringify(value)}`);
}

// How a promise fails, as text.
export async function errorOf(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

// Waits until the condition holds; fails after a minute.
export async function until(condition) {
  for (let i = 0; i < 12000; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`in vain: ${condition}`);
}
