// Arrays in linear memory, by element.

// @ts-ignore: decorator
@inline
export function u32At(array: usize, index: usize): u32 {
  return load<u32>(array + (index << 2));
}

// @ts-ignore: decorator
@inline
export function setU32(array: usize, index: usize, value: u32): void {
  store<u32>(array + (index << 2), value);
}

// @ts-ignore: decorator
@inline
export function i32At(array: usize, index: usize): i32 {
  return load<i32>(array + (index << 2));
}

// @ts-ignore: decorator
@inline
export function i64At(array: usize, index: usize): i64 {
  return load<i64>(array + (index << 3));
}

// @ts-ignore: decorator
@inline
export function setI64(array: usize, index: usize, value: i64): void {
  store<i64>(array + (index << 3), value);
}

/** The bit of a set in u32 words. */
// @ts-ignore: decorator
@inline
export function bitAt(words: usize, index: u32): bool {
  return ((u32At(words, index >> 5) >> (index & 31)) & 1) != 0;
}

/** Writes the last of `count` u32 three times more, so that groups of four are whole. */
// @ts-ignore: decorator
@inline
export function fillGroup(array: usize, count: usize): void {
  const last = u32At(array, count - 1);
  setU32(array, count, last);
  setU32(array, count + 1, last);
  setU32(array, count + 2, last);
}
