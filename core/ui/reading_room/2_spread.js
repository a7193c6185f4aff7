// A small map → a map of a film's size, as core.render.spread does: Pillow's bilinear, cell centres aligned.

/** For each place of the result: the first cell it takes from, and the weight of each. */
function weights(from, to) {
  const scale = from / to;
  const reach = Math.max(scale, 1); // made smaller: every cell counts
  const found = [];
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(from, Math.trunc(centre + reach + 0.5));
    const taken = [];
    let sum = 0;
    for (let cell = first; cell < last; cell++) {
      const weight = Math.max(0, 1 - Math.abs((cell - centre + 0.5) / reach));
      taken.push(weight);
      sum += weight;
    }
    found.push({ first, taken: taken.map((weight) => weight / sum) });
  }
  return found;
}

/**
 * @param {{width: number, height: number, values: Float32Array}} map 0…1.
 * @param {number} width of the result.
 * @param {number} height of the result.
 * @returns {Float32Array} 0…1, row after row.
 */
function spread(map, width, height) {
  const across = weights(map.width, width);
  const down = weights(map.height, height);
  const wide = new Float32Array(width * map.height);
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, taken } = across[x];
      let sum = 0;
      for (let k = 0; k < taken.length; k++) sum += taken[k] * map.values[y * map.width + first + k];
      wide[y * width + x] = sum;
    }
  }
  const heat = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const { first, taken } = down[y];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < taken.length; k++) sum += taken[k] * wide[(first + k) * width + x];
      heat[y * width + x] = Math.min(1, Math.max(0, sum));
    }
  }
  return heat;
}

/** The map's value at a place of the film, both 0…1. */
function heatAt(map, x, y) {
  const cell = (at, cells) => Math.min(cells - 1, Math.max(0, at * cells - 0.5));
  const cx = cell(x, map.width), cy = cell(y, map.height);
  const x0 = Math.floor(cx), y0 = Math.floor(cy);
  const x1 = Math.min(map.width - 1, x0 + 1), y1 = Math.min(map.height - 1, y0 + 1);
  const value = (column, row) => map.values[row * map.width + column];
  const top = value(x0, y0) * (1 - cx + x0) + value(x1, y0) * (cx - x0);
  const bottom = value(x0, y1) * (1 - cx + x0) + value(x1, y1) * (cx - x0);
  return top * (1 - cy + y0) + bottom * (cy - y0);
}
