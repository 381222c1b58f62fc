import type { Paint } from "./paint.ts";

const cells = 20;

/** How much of something is used: 0..1, and more where it is overdrawn. Yellow from three quarters on, red from nine tenths. */
export function shareBar(share: number, paint: Paint): string {
  const filled = Math.max(0, Math.min(cells, Math.round(share * cells)));
  const color = share >= 0.9 ? "red" : share >= 0.75 ? "yellow" : "green";
  return `${paint(color, "█".repeat(filled))}${paint("dim", "░".repeat(cells - filled))}`;
}
