// A film in full depth, and its picture through a window: halved and halved again, each size cut into tiles. A change of
// the window redraws only the tiles that are seen; moving the film redraws none.

const TILE = 512;
const FULL = 65535;

class Film {
  /** @param {{width: number, height: number, values: Uint16Array}} decoded */
  constructor(decoded) {
    this.width = decoded.width;
    this.height = decoded.height;
    this.levels = [decoded];
    for (let last = decoded; Math.max(last.width, last.height) > TILE;) this.levels.push((last = halved(last)));
    this.tiles = this.levels.map(() => new Map());
  }

  /** The film's value, 0…1, at a pixel; NaN beside the film. */
  at(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return NaN;
    return this.levels[0].values[Math.floor(y) * this.width + Math.floor(x)] / FULL;
  }

  /**
   * Draw it.
   * @param {CanvasRenderingContext2D} ctx with pixels of the screen as its unit.
   * @param {{scale: number, x: number, y: number}} place screen pixels a film pixel; where its upper left corner is.
   * @param {Tone} tone how values become grey.
   */
  draw(ctx, place, tone) {
    const { width, height } = ctx.canvas;
    let level = 0;
    while (level < this.levels.length - 1 && place.scale * 2 ** (level + 1) <= 1) level++;
    const image = this.levels[level];
    const across = (this.width / image.width) * place.scale, down = (this.height / image.height) * place.scale;
    ctx.imageSmoothingEnabled = across !== 1 || down !== 1;
    ctx.imageSmoothingQuality = "low"; // each size is drawn at half to all of its own: nothing is skipped
    const first = (start, step) => Math.max(0, Math.floor(-start / step / TILE));
    for (let row = first(place.y, down); row * TILE < image.height; row++) {
      const top = place.y + Math.round(row * TILE * down);
      if (top >= height) break;
      const bottom = place.y + Math.round(Math.min((row + 1) * TILE, image.height) * down);
      for (let column = first(place.x, across); column * TILE < image.width; column++) {
        const left = place.x + Math.round(column * TILE * across);
        if (left >= width) break;
        const right = place.x + Math.round(Math.min((column + 1) * TILE, image.width) * across);
        ctx.drawImage(this.tile(level, column, row, tone), Math.min(column, 1), Math.min(row, 1),
          Math.min(TILE, image.width - column * TILE), Math.min(TILE, image.height - row * TILE),
          left, top, right - left, bottom - top);
      }
    }
  }

  /** One tile, redrawn where the window has changed since. Neighbours' pixels are around it: enlarged, no seam is seen. */
  tile(level, column, row, tone) {
    const image = this.levels[level];
    const key = row * 1000 + column;
    const left = Math.max(0, column * TILE - 1), top = Math.max(0, row * TILE - 1);
    let tile = this.tiles[level].get(key);
    if (!tile) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.min((column + 1) * TILE + 1, image.width) - left;
      canvas.height = Math.min((row + 1) * TILE + 1, image.height) - top;
      tile = { canvas, ctx: canvas.getContext("2d"), name: null };
      this.tiles[level].set(key, tile);
    }
    if (tile.name !== tone.name) {
      const { width, height } = tile.canvas;
      const pixels = tile.ctx.createImageData(width, height);
      const out = new Uint32Array(pixels.data.buffer);
      for (let y = 0, at = 0; y < height; y++) {
        let from = (top + y) * image.width + left;
        for (let x = 0; x < width; x++) out[at++] = tone.table[image.values[from++]];
      }
      tile.ctx.putImageData(pixels, 0, 0);
      tile.name = tone.name;
    }
    return tile.canvas;
  }
}

/** How values become grey: a window around a level, perhaps turned to its negative. */
class Tone {
  constructor(level, width, invert) {
    this.name = `${level} ${width} ${invert}`;
    this.table = new Uint32Array(FULL + 1);
    const bytes = new Uint8Array(this.table.buffer); // whatever the machine's byte order
    const low = level - width / 2;
    for (let value = 0; value <= FULL; value++) {
      const share = Math.min(1, Math.max(0, (value / FULL - low) / width));
      const grey = Math.round((invert ? 1 - share : share) * 255);
      bytes.fill(grey, value * 4, value * 4 + 3);
      bytes[value * 4 + 3] = 255;
    }
  }
}

/** The mean of every two by two pixels; an odd last row or column is kept as it is. */
function halved({ width, height, values }) {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  half.values = new Uint16Array(half.width * half.height);
  for (let y = 0, at = 0; y < half.height; y++) {
    const row = 2 * y * width;
    const below = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < half.width; x++) {
      const left = 2 * x, right = Math.min(left + 1, width - 1);
      half.values[at++] = (values[row + left] + values[row + right] + values[below + left] + values[below + right] + 2) >> 2;
    }
  }
  return half;
}
