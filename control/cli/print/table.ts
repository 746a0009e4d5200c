/** Columns as kubectl prints them: three spaces apart, no boxes, the last column unpadded, so that `awk` works. */
export const columns = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map(row => (row[i] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join('   ');
  return [header, ...rows].map(line).join('\n');
};
