// Counts to COUNT (or the first argument), one line each, INTERVAL_MS apart, and ends with exit code 0.
import { args, env, print, sleep } from "../../wasi/source/preview1";

export function _start(): void {
  const given = args();
  const count = I32.parseInt(given.length > 1 ? given[1] : env("COUNT", "5"));
  const pause = I32.parseInt(env("INTERVAL_MS", "0"));
  for (let i = 1; i <= count; i++) {
    if (i > 1) sleep(pause);
    print(i.toString() + " of " + count.toString());
  }
}
