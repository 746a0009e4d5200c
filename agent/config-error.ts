/**
 * Why a container cannot be made from its spec, with the reason that Kubernetes shows while it waits. The pod's worker tries
 * again later, and at once when an object it refers to changes.
 */
export type SetupReason =
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'FailedMount'
  | 'FailedCreatePodSandBox';

export class SetupError extends Error {
  readonly reason: SetupReason;
  constructor(reason: SetupReason, message: string) {
    super(message);
    this.name = 'SetupError';
    this.reason = reason;
  }
}

export const configError = (message: string): SetupError => new SetupError('CreateContainerConfigError', message);
