/** How a part says what it does, for the person who runs the server. One line each; `fields` are for machines to search. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
