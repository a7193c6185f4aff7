// Closed lines around what is hotter than a level, as core.render.contours draws them: marching squares on a grid of
// at most 256 cells a side, with a cold rim around it, so that a line which meets the film's edge runs along it.

const TRACE = 256;
const RIM = -1e6;

// Corners, clockwise from the upper left, count 1, 2, 4, 8 when hot; sides are 0 top, 1 right, 2 bottom, 3 left. Every
// pair is a piece of line from one side to another.
const PIECES = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], null, [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], null, [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
];
// Two opposite corners are hot: whether they hang together is said by the cell's mean.
const SADDLES = {
  5: { hot: [[1, 0], [3, 2]], cold: [[3, 0], [1, 2]] },
  10: { hot: [[0, 3], [2, 1]], cold: [[0, 1], [2, 3]] },
};

/**
 * @param {{width: number, height: number, values: Float32Array}} map 0…1.
 * @param {number} width of the film.
 * @param {number} height of the film.
 * @param {number} level 0…1.
 * @returns {number[][][]} lines of points x, y in film pixels; the first point of each is also its last.
 */
function contours(map, width, height, level) {
  const scale = Math.min(1, TRACE / Math.max(width, height));
  const columns = Math.max(2, roundEven(width * scale)), rows = Math.max(2, roundEven(height * scale));
  const heat = spread(map, columns, rows);
  const wide = columns + 2, high = rows + 2;
  const grid = new Float64Array(wide * high).fill(RIM);
  for (let y = 0; y < rows; y++) grid.set(heat.subarray(y * columns, (y + 1) * columns), (y + 1) * wide + 1);

  // Where a line crosses a side of a cell: the side's number → the point. Sides between columns first, then rows.
  const side = (x, y, which) =>
    which === 0 ? y * wide + x : which === 2 ? (y + 1) * wide + x : wide * high + y * wide + x + (which === 1 ? 1 : 0);
  const point = (number) => {
    const upright = number >= wide * high;
    const at = upright ? number - wide * high : number;
    const x = at % wide, y = Math.floor(at / wide);
    const here = grid[at], there = grid[at + (upright ? wide : 1)];
    const share = (level - here) / (there - here);
    const px = x + (upright ? 0 : share), py = y + (upright ? share : 0);
    return [
      Math.min(width, Math.max(0, ((px - 0.5) * width) / columns)),
      Math.min(height, Math.max(0, ((py - 0.5) * height) / rows)),
    ];
  };
  const next = new Map(); // a side → the side that the line goes on to, hot on its left
  for (let y = 0; y < high - 1; y++) {
    for (let x = 0; x < wide - 1; x++) {
      const at = y * wide + x;
      const a = grid[at], b = grid[at + 1], c = grid[at + wide + 1], d = grid[at + wide];
      const hot = (a > level) + 2 * (b > level) + 4 * (c > level) + 8 * (d > level);
      const pieces = PIECES[hot] ?? SADDLES[hot][(a + b + c + d) / 4 > level ? "hot" : "cold"];
      for (const [from, to] of pieces) next.set(side(x, y, from), side(x, y, to));
    }
  }
  const lines = [];
  while (next.size) {
    const start = next.keys().next().value;
    const line = [];
    let at = start;
    do {
      line.push(point(at));
      const following = next.get(at);
      next.delete(at);
      at = following;
    } while (at !== start && at !== undefined);
    line.push(line[0]);
    if (line.length > 2) lines.push(line);
  }
  return lines;
}

/** As Python rounds: halves to the even number. */
function roundEven(value) {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
