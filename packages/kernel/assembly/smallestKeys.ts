import { i64At, setI64 } from "./arrays";

/** Below it, moving each key to its place beats dividing. */
const insertionMax: u32 = 16;

/** Moves the smallest `wanted` of `size` keys, all different, to the front, in any order (Hoare 1961). */
export function selectSmallest(keys: usize, size: u32, wanted: u32): void {
  let from: u32 = 0, to = size;
  while (to - from > 1 && from < wanted && wanted < to) {
    const middle = divide(keys, from, to);
    if (middle >= wanted) to = middle;
    if (middle <= wanted) from = middle;
  }
}

export function sortKeys(keys: usize, from: u32, to: u32): void {
  while (to - from > insertionMax) {
    const middle = divide(keys, from, to);
    sortKeys(keys, from, middle);
    from = middle;
  }
  for (let i = from + 1; i < to; i++) {
    const key = i64At(keys, i);
    let place = i;
    for (; place > from && i64At(keys, place - 1) > key; place--) setI64(keys, place, i64At(keys, place - 1));
    setI64(keys, place, key);
  }
}

/** Parts two keys or more, all different. @returns where the larger ones begin, inside the range */
function divide(keys: usize, from: u32, to: u32): u32 {
  const pivot = medianOf(i64At(keys, from), i64At(keys, (from + to) >> 1), i64At(keys, to - 1));
  let low = from, high = to - 1;
  while (true) {
    while (i64At(keys, low) < pivot) low++;
    while (i64At(keys, high) > pivot) high--;
    if (low >= high) break;
    const key = i64At(keys, low);
    setI64(keys, low++, i64At(keys, high));
    setI64(keys, high--, key);
  }
  return max(low, from + 1);
}

function medianOf(a: i64, b: i64, c: i64): i64 {
  return max(min(a, b), min(max(a, b), c));
}
