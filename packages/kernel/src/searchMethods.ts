/** How a search went about it; compiled for the host and for the kernel, hence only plain integer constants. */
/** A walk through the graph, without a filter. */
export const graphWalk = 0;
/** Every row that the filter allows was ranked by its code. */
export const matchScan = 1;
/** A walk through the whole graph that counts only rows which the filter allows. */
export const checkedWalk = 2;
/** A walk from one row that the filter allows to the next. */
export const matchWalk = 3;
