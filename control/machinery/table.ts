/** meta.k8s.io/v1 Table: the server-side form of what `kubectl get` prints. Made by the API, read by the command line. */
export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1';
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: TableColumn[];
  rows: TableRow[];
}

interface TableColumn {
  name: string;
  type: string;
  /** `name` marks the column that names the object. */
  format: string;
  description: string;
  /** Columns above 0 show with `-o wide`. */
  priority: number;
}

export interface TableRow {
  cells: TableCell[];
  /** PartialObjectMetadata, the whole object or nothing, as `includeObject` asks. */
  object?: unknown;
}

export type TableCell = string | number | boolean | null;
