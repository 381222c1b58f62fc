import { styleText } from "node:util";

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours, where there is somebody to see them. */
export const paintIf = (hasColors: boolean): Paint =>
  hasColors ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
