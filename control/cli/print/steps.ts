/**
 * Progress of long commands, step by step: what is done, its result, how long it took. Plain lines when nobody watches.
 *
 * Always: a step that fails is named before its error goes on to the caller.
 */
import type { Clock } from '../../platform/types.ts';
import type { Terminal } from '../command.ts';

export interface Steps {
  /** Runs `work`; the text it resolves to is shown behind the step's name. */
  step<T extends string | void>(name: string, work: () => Promise<T>): Promise<T>;
  /** Seconds since the first step, as text. */
  total(): string;
}

const NAME_WIDTH = 14;

export const createSteps = (terminal: Terminal, clock: Clock): Steps => {
  const begun = clock.monotonic();
  const colour = (code: number, text: string) => (terminal.rich ? `\u001b[${code}m${text}\u001b[0m` : text);
  const seconds = (since: number) => `${((clock.monotonic() - since) / 1000).toFixed(2)} s`;
  return {
    step: async (name, work) => {
      const since = clock.monotonic();
      try {
        const result = await work();
        const [first, ...more] = String(result ?? '').split('\n');
        terminal.out(` ${colour(32, '✓')} ${name.padEnd(NAME_WIDTH)} ${first}  ${colour(2, seconds(since))}`);
        for (const line of more) terminal.out(`   ${line}`);
        return result;
      } catch (error) {
        terminal.error(` ${colour(31, '✗')} ${name.padEnd(NAME_WIDTH)} failed after ${seconds(since)}`);
        throw error;
      }
    },
    total: () => seconds(begun),
  };
};
