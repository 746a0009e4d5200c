// Says why, then ends with exit code 3: what a broken program looks like to the one who runs it.
import { env, exit, print, sleep } from "../../wasi/source/preview1";

export function _start(): void {
  print("starting");
  sleep(I32.parseInt(env("RUN_MS", "0")));
  print("cannot go on: this app always fails", 2);
  exit(I32.parseInt(env("EXIT_CODE", "3")));
}
