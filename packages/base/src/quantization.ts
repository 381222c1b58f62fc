export const quantizations = ["none", "int8", "binary"] as const;

/** How vectors are kept for walking the graph: the floats themselves, one byte or one bit a component. */
export type Quantization = (typeof quantizations)[number];
