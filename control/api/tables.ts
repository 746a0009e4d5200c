/**
 * Objects as rows of a Table, which is what `kubectl get` prints, and as metadata alone.
 *
 * Always: the columns are the Kind's; a column that fails for one odd object gives an empty cell, not an error.
 */
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { badRequest } from '../machinery/status.ts';
import type { Table, TableCell, TableRow } from '../machinery/table.ts';

export interface TableOptions {
  metadata: Table['metadata'];
  includeObject: string | null;
  version: 'v1' | 'v1beta1';
  now: number;
  /** A watch tells the columns with its first event only. */
  columns?: boolean;
}

export function tableOf(kind: Kind, objects: readonly Readonly<ApiObject>[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.columns === false ? [] : columnsOf(kind),
    rows: objects.map(object => rowOf(kind, object, options)),
  };
}

const columnsOf = (kind: Kind): Table['columnDefinitions'] =>
  kind.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format: format ?? (name === 'Name' ? 'name' : ''),
    description,
    priority: priority ?? 0,
  }));

function rowOf(kind: Kind, object: Readonly<ApiObject>, { includeObject, version, now }: TableOptions): TableRow {
  const cells = kind.columns.map((column): TableCell => {
    try {
      return column.cell(object as ApiObject, now);
    } catch {
      return null;
    }
  });
  switch (includeObject ?? 'Metadata') {
    case 'None':
      return { cells };
    case 'Object':
      return { cells, object };
    case '':
    case 'Metadata':
      return { cells, object: metadataOnly(object, version) };
    default:
      throw badRequest(`unrecognized includeObject value: "${includeObject}"`);
  }
}

export const metadataOnly = (object: Readonly<ApiObject>, version: string): ApiObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});
