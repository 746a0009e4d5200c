/** A container of which a test says only what matters to it. */
import type { Container } from '../../control/kinds/types/container.ts';

export const container = (name: string, more: Partial<Container> = {}): Container => ({ name, resources: {}, ...more });
