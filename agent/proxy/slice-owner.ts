/** Which Service an EndpointSlice belongs to. Called by proxy. Pure. */
import type { EndpointSlice } from '../../control/kinds/endpoint-slice.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** `namespace/name`. */
export const serviceKeyOf = (slice: EndpointSlice): string | undefined => {
  const name = slice.metadata.labels?.[SERVICE_LABEL];
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${name}`;
};
