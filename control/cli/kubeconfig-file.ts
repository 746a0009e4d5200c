/**
 * kubeconfig files on disk: where kubectl would look, read and replaced whole. Always: a file is replaced atomically with
 * mode 0600, and a file that cannot be read as YAML is never overwritten.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { dumpYaml, loadYaml } from '../codec/yaml.ts';
import type { Files } from '../platform/types.ts';
import { CommandError, type Context } from './command.ts';
import { EMPTY, type Kubeconfig } from './kubeconfig.ts';

/** The file that kubectl would write: the first of $KUBECONFIG, else ~/.kube/config. */
export const kubeconfigPath = (env: Context['env']): string =>
  env['KUBECONFIG']?.split(delimiter).find(path => path !== '') ?? join(env['HOME'] ?? homedir(), '.kube', 'config');

/** An absent file is an empty configuration. */
export const readKubeconfig = async (path: string): Promise<Kubeconfig> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return EMPTY;
    throw new CommandError(`cannot read ${path}: ${(error as Error).message}`);
  }
  const value = await parse(path, text);
  if (value === undefined || value === null) return EMPTY;
  if (typeof value !== 'object' || Array.isArray(value)) throw new CommandError(`${path} is not a kubeconfig file`);
  return value as Kubeconfig;
};

export const writeKubeconfig = async (files: Files, path: string, config: Kubeconfig): Promise<void> => {
  await files.makeDirectory(dirname(path), { mode: 0o700 });
  await files.replace(path, new TextEncoder().encode(await dumpYaml(config)), { mode: 0o600 });
};

async function parse(path: string, text: string): Promise<unknown> {
  try {
    return (await loadYaml(text))[0];
  } catch (error) {
    throw new CommandError(`${path} is not valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
