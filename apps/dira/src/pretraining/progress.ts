import cliProgress from "cli-progress";

/** Shows how far a stage is: a bar on a terminal, plain lines otherwise. */
export interface Progress {
  update(done: number, loss: number): void;
  stop(): void;
}

/** Progress through `total` steps of `batch` images each, of which `from` were done before. */
export function progress(title: string, total: number, batch: number, from = 0): Progress {
  if (process.stdout.isTTY) {
    const format = `${title} {bar} {value}/{total} · loss {loss} · {rate} img/s · {eta_formatted} left`;
    const bar = new cliProgress.SingleBar(
      { format, hideCursor: true },
      cliProgress.Presets.shades_classic,
    );
    const began = performance.now();
    bar.start(total, from, { loss: "–", rate: "–" });
    return {
      update: (done, loss) => {
        const rate = (1000 * batch * (done - from)) / (performance.now() - began);
        bar.update(done, { loss: loss.toFixed(4), rate: rate.toFixed(1) });
      },
      stop: () => bar.stop(),
    };
  }
  let [at, since] = [performance.now(), from];
  const every = Math.max(1, Math.round(total / 20));
  return {
    update: (done, loss) => {
      if (done % every !== 0 && done !== total) return;
      const seconds = (performance.now() - at) / 1000;
      const rate = (batch * (done - since)) / seconds;
      const left = ((total - done) * batch) / rate;
      console.log(
        `${title}: step ${done}/${total}, loss ${loss.toFixed(4)}, ${rate.toFixed(1)} images/s, ${Math.round(left)} s left`,
      );
      [at, since] = [performance.now(), done];
    },
    stop: () => undefined,
  };
}
