/** A table of Markdown, its columns in line. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) => Math.max(3, cell.length, ...lines.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width, fill)).join(" | ")} |`;
  const rule = line(
    head.map(() => ""),
    "-",
  );
  return [line(head, " "), rule, ...lines.map((cells) => line(cells, " ")), ""].join("\n");
}

/** A number without its fraction, for people. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
