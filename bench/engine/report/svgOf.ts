/** Text follows the reader's light or dark scheme; lines and grid are legible on both. */
const style = "<style>text{fill:#1f2328}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>";

/** Draws a Vega-Lite specification without a browser. */
export async function svgOf(specification: object): Promise<string> {
  const { compile } = await import("vega-lite");
  const { parse, View } = await import("vega");
  const view = new View(parse(compile(specification).spec), { renderer: "none" });
  const svg = await view.toSVG();
  return `${svg.replace(/(<svg[^>]*>)/, `$1${style}`)}\n`;
}
