/**
 * What a command of the command line is, and how its arguments are read. One table of options drives parsing, errors and
 * `--help`, so that none of the three can tell a different story.
 *
 * Always: a usage error names the option and the command's help, and exits with 2; a failure exits with 1.
 */
import { parseArgs } from 'node:util';
import type { Transport } from '../client/client.ts';
import type { Platform } from '../platform/types.ts';

export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows the name: `[NAME]`, `FILE REF`. */
  operands: string;
  options: Readonly<Record<string, Option>>;
  /** More for `--help`: examples, notes. */
  notes?: string;
  /** The exit code. */
  run(input: Input, context: Context): Promise<number>;
}

export interface Option {
  /** Placeholder of the value; absent: the option is a switch. */
  value?: string;
  short?: string;
  default?: string;
  description: string;
}

export interface Input {
  operands: readonly string[];
  /** The option's value, or its default. */
  text(name: string): string | undefined;
  /** A whole number within bounds; a usage error otherwise. */
  number(name: string, min: number, max: number): number | undefined;
  on(name: string): boolean;
}

/** What a command may touch. */
export interface Context {
  platform: Platform;
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  /** Where `.skerry/` is, unless SKERRY_HOME says otherwise. */
  directory: string;
  /** Ends long-running commands: Ctrl-C, SIGTERM. */
  signal: AbortSignal;
  /** Opens a connection to a server; the file with sockets is loaded only when it is called. */
  dial(connection: {
    server: string;
    ca?: string;
    cert?: string;
    key?: string;
    token?: string;
  }): Promise<Transport & { close(): void }>;
  /** The words that start this command line again, for child processes. */
  self: readonly string[];
}

export interface Terminal {
  /** A line. */
  out(text: string): void;
  /** Text as it is. */
  write(text: string): void;
  error(text: string): void;
  /** Colours and live progress make sense. */
  rich: boolean;
}

/** The user's mistake, not ours: exit code 2 and a pointer to the help. */
export class UsageError extends Error {}

/** A failure that is fully explained by its message: no stack is shown. */
export class CommandError extends Error {}

/** Reads `argv` (without the command's name) by the command's options. */
export const readInput = (command: Command, argv: readonly string[]): Input => {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [
      name,
      { type: option.value === undefined ? ('boolean' as const) : ('string' as const), short: option.short },
    ]),
  );
  const { values, positionals } = parse(argv, options);
  const text = (name: string) => (values[name] as string | undefined) ?? command.options[name]?.default;
  return {
    operands: positionals,
    text,
    number: (name, min, max) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (!Number.isInteger(number) || number < min || number > max) {
        throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${value}"`);
      }
      return number;
    },
    on: name => values[name] === true,
  };
};

/** The text of `skerry NAME --help`. */
export const helpOf = (command: Command): string => {
  const rows = Object.entries({
    ...command.options,
    help: { short: 'h', description: 'Show this' } satisfies Option,
  }).map(([name, option]: [string, Option]) => {
    const flag = `${option.short ? `-${option.short}, ` : '    '}--${name}${option.value ? ` ${option.value}` : ''}`;
    const fallback = option.default === undefined ? '' : ` (default ${option.default})`;
    return [flag, option.description + fallback] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    command.summary,
    '',
    `Usage: skerry ${command.name} ${command.operands ? `${command.operands} ` : ''}[options]`,
    '',
    'Options:',
    ...rows.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`),
    ...(command.notes ? ['', command.notes] : []),
  ].join('\n');
};

function parse(argv: readonly string[], options: Record<string, { type: 'boolean' | 'string'; short?: string }>) {
  try {
    const withoutAbsentShorts = Object.fromEntries(
      Object.entries(options).map(([name, o]) => [
        name,
        o.short === undefined ? { type: o.type } : { type: o.type, short: o.short },
      ]),
    );
    return parseArgs({ args: [...argv], options: withoutAbsentShorts, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0]!);
  }
}
