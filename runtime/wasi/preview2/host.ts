/** Every WASI 0.2 interface that the runtime provides, by name without version: 0.2.0 to 0.2.12 are served alike. */
import type { HostTable } from '../../component/host-function.ts';
import { typed } from '../../component/host-function.ts';
import { borrow, option } from '../../component/shapes.ts';
import type { Mount } from '../../sandbox.ts';
import { cliInterfaces, type Process } from './cli.ts';
import { filesystemInterfaces } from './filesystem.ts';
import { bodyFunctions } from './http-bodies.ts';
import { clientFunctions, clientInterfaces, type Outbound } from './http-client.ts';
import { errorCode, fieldsFunctions, toErrorCode } from './http-fields.ts';
import { serverFunctions } from './http-server.ts';
import { type IoError, ioInterfaces } from './io.ts';
import { socketInterfaces } from './sockets.ts';

export interface HostOptions {
  process: Process;
  mounts: readonly Mount[];
  outbound: Outbound;
}

export function createHost({ process, outbound, mounts }: HostOptions): HostTable {
  return {
    ...ioInterfaces(),
    ...cliInterfaces(process),
    ...clientInterfaces(outbound),
    ...filesystemInterfaces(mounts),
    ...socketInterfaces(outbound),
    'wasi:http/types': {
      ...fieldsFunctions(),
      ...bodyFunctions(),
      ...serverFunctions(),
      ...clientFunctions(),
      'http-error-code': typed([borrow<IoError>('error')], option(errorCode), ({ failure }) =>
        failure.code === undefined ? undefined : toErrorCode(failure.code, failure.message),
      ),
    },
  };
}
