/**
 * The ranges that this cluster was made with, beside its store. Nodes, pods and Services have addresses of them, so a server
 * that is started with others must not serve. Called by control/main before anything listens.
 */
import type { AddressRanges } from '../machinery/address-ranges.ts';
import type { Files } from '../platform/types.ts';

/** Keeps them at the first start; later says what is wrong if they are others. */
export async function differingRanges(
  { podCidr, serviceCidr }: Readonly<AddressRanges>,
  { files, path }: { files: Files; path: string },
): Promise<string | undefined> {
  if ((await files.stat(path)) === undefined) {
    await files.replace(path, new TextEncoder().encode(`${JSON.stringify({ podCidr, serviceCidr })}\n`));
    return undefined;
  }
  const kept = JSON.parse(new TextDecoder().decode(await files.read(path))) as AddressRanges;
  if (kept.podCidr === podCidr && kept.serviceCidr === serviceCidr) return undefined;
  return `this cluster was made with --pod-cidr ${kept.podCidr} --service-cidr ${kept.serviceCidr}, which cannot be changed`;
}
