/**
 * Replaces what a document has between `<!-- bench: NAME -->` and `<!-- /bench -->`.
 *
 * @throws Error where the document has no block for one of them
 */
export function fillBlocks(document: string, blocks: ReadonlyMap<string, string>): string {
  let filled = document;
  for (const [name, markdown] of blocks) {
    const begin = `<!-- bench: ${name} -->`;
    const from = filled.indexOf(begin);
    const to = filled.indexOf("<!-- /bench -->", from);
    if (from < 0 || to < 0) throw new Error(`the document has no block "${name}"`);
    filled = `${filled.slice(0, from)}${begin}\n${markdown}\n${filled.slice(to)}`;
  }
  return filled;
}
