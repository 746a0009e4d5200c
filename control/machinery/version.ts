/**
 * The version that Skerry reports. Kubernetes' part comes first because clients choose their behaviour by it
 * (kubectl starts the sibling binary of the server's minor version).
 */
export const VERSION = 'v1.32.4+skerry';

/** Skerry's own version, which package.json has too. */
export const SKERRY_VERSION = '0.1.0';
