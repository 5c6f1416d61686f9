import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 100;
/** A machine that is starting may never answer the first call, but a later one. */
const ANSWER_MS = 10_000;

/** Waits until something listens at an address; false when nothing does within so many milliseconds. */
export async function isReached(host: string, port: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let left = withinMs; left > 0; left = deadline - performance.now()) {
    if (await listens(host, port, Math.min(left, ANSWER_MS))) return true;
    await sleep(RETRY_MS);
  }
  return false;
}

function listens(host: string, port: number, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(settle, withinMs, false);
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
