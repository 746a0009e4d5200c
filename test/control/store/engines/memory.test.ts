/** The memory engine keeps the contract of the store. */
import { createNodePlatform } from '../../../../control/platform/node.ts';
import { createMemoryStore } from '../../../../control/store/engines/memory.ts';
import { storeContract } from '../../../contract/store.ts';

storeContract('memory', async () => createMemoryStore({ clock: createNodePlatform().clock }));
