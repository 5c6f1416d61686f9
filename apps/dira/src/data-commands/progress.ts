/** A counter on the terminal; silent where there is none. */
export function progress(what: string): {
  readonly update: (done: number, total: number) => void;
  readonly stop: () => void;
} {
  const live = process.stderr.isTTY;
  return {
    update: (done, total) => {
      if (live && (done % 16 === 0 || done === total)) {
        process.stderr.write(`\r${what} ${done} of ${total}`);
      }
    },
    stop: () => {
      if (live) process.stderr.write("\r\u001b[K");
    },
  };
}
