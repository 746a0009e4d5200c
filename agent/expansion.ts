/** `$(VAR)` in commands, arguments and variables, as Kubernetes expands it: `$$` is a dollar, an unknown name stays. Pure. */
export const expand = (text: string, lookUp: (name: string) => string | undefined): string =>
  text.replace(/\$(?:\$|\(([^()]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (lookUp(name) ?? whole),
  );
