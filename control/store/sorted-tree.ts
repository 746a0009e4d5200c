/** sorted-btree is CommonJS with an `__esModule` mark, so to Node its class is one `default` deeper. */
import sortedBTree from 'sorted-btree';

export const SortedTree = sortedBTree.default;
export type SortedTree<K, V> = InstanceType<typeof sortedBTree.default<K, V>>;
