/** A whole `skerry server` in this process, on a free port, in a folder of its own: for tests with real connections. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOf } from '../../control/config.ts';
import { runServer } from '../../control/main.ts';
import { createNodePlatform } from '../../control/platform/node.ts';

export interface LiveServer {
  url: string;
  port: number;
  folder: string;
  kubeconfig: string;
  /** PEM texts of the administrator and of the CA. */
  ca: string;
  cert: string;
  key: string;
  logs: string[];
  stop(): Promise<void>;
}

export async function startLiveServer(folder = mkdtempSync(join(tmpdir(), 'skerry-live-'))): Promise<LiveServer> {
  const config = configOf(name => ({ state: folder, listen: '127.0.0.1:0' })[name as string], {
    addresses: [],
    resolve: path => path,
  });
  const ending = new AbortController();
  const logs: string[] = [];
  const log = (level: string, message: string) => logs.push(`${level} ${message}`);
  let ended: Promise<void> = Promise.resolve();
  const url = await new Promise<string>((ready, failed) => {
    ended = runServer(config, { platform: createNodePlatform(), log, ready }, ending.signal);
    ended.catch(failed);
  });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    ...{ url, folder, logs },
    port: Number(new URL(url).port),
    kubeconfig: join(folder, 'admin.kubeconfig'),
    ca: read('pki/ca.crt'),
    cert: read('pki/admin.crt'),
    key: read('pki/admin.key'),
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

export const removeFolder = ({ folder }: LiveServer): void => rmSync(folder, { recursive: true, force: true });
