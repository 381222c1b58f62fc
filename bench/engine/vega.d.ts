// What is used of the charting library, so that this is checked where it is not installed.
declare module "vega" {
  export function parse(specification: object): object;
  export class View {
    constructor(runtime: object, options: { readonly renderer: "none" });
    toSVG(): Promise<string>;
  }
}

declare module "vega-lite" {
  export function compile(specification: object): { readonly spec: object };
}
