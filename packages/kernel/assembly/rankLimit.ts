import * as header from "../src/headerWords";
import { probeSquares } from "./encode";
import { factorsAt, metric } from "./segment";

/**
 * A row whose rank by codes is so many standard errors behind may still be the nearer one: the best by codes are those
 * whose errors flatter them, by two or so, the truly near one may err by as much to the other side, and the probe errs, too.
 */
const standardErrors: f32 = 4.5;
/** Of a uniform rounding error, in steps. */
const roundingError: f32 = 0.288675;
/** Of a row's signs, in its scale: √(1 − ρ²) where its product with them is ρ = √(2 / π) (Gao & Long 2024). */
const signError: f32 = 0.60281;

/**
 * A rank by codes, behind the given one, from which on no row is likely to be the nearer one; the probe is the rotated
 * input. Ranks of plain floats are as good as exact.
 *
 * The rounding errors of a row's components are independent, so that of its squared distance grows with the distance.
 */
export function rankLimit<C>(row: u32, rank: i32): i32 {
  if (isFloat<C>()) return rank + 1;
  const isDot = metric == header.metricDot;
  const nearness = asFloat(rank);
  const squares = probeSquares();
  const distance: f32 = isDot ? Mathf.sqrt(squares) : Mathf.sqrt(max<f32>(0, squares + nearness));
  const scale = load<f32>(factorsAt(row));
  let error: f32 = (isDot ? 1 : 2) * scale * roundingError * distance;
  if (isBoolean<C>()) error = (isDot ? 1 : 2) * scale * signError * Mathf.sqrt(squares);
  return max(rank + 1, asRank(nearness + standardErrors * error));
}

function asFloat(rank: i32): f32 {
  return reinterpret<f32>(rank ^ ((rank >> 31) & 0x7fffffff));
}

function asRank(value: f32): i32 {
  const bits = reinterpret<i32>(value);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
