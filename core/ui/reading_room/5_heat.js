// A heatmap as a picture to lay over a film, and as closed lines.

// Size of that picture, and of what its lines are traced on: that of a still image of the film, as core.render.on_screen
// makes it. On the pixels of a small film a line around a small spot would be lost.
const FINE = 1024, ENLARGE = 4;

class Heat {
  /** @param {{width: number, height: number, values: Float32Array}} map of the whole film, 0…1. */
  constructor(map, film) {
    this.map = map;
    this.film = film;
    const scale = Math.min(ENLARGE, FINE / Math.max(film.width, film.height));
    this.width = roundEven(film.width * scale);
    this.height = roundEven(film.height * scale);
    this.kept = {};
  }

  /** Red, green, blue of the colour map; covers as much as there is heat. Times the opacity it is core.render.overlay. */
  picture(colours) {
    if (this.kept.colours !== colours.name) {
      const canvas = document.createElement("canvas");
      canvas.width = this.width;
      canvas.height = this.height;
      this.heat ??= spread(this.map, canvas.width, canvas.height);
      const ctx = canvas.getContext("2d");
      const pixels = ctx.createImageData(canvas.width, canvas.height);
      this.heat.forEach((heat, at) => {
        const step = Math.round(heat * 255);
        pixels.data.set(colours.table.subarray(step * 3, step * 3 + 3), at * 4);
        pixels.data[at * 4 + 3] = step;
      });
      ctx.putImageData(pixels, 0, 0);
      Object.assign(this.kept, { colours: colours.name, canvas });
    }
    return this.kept.canvas;
  }

  /** The lines at a level, as a path in film pixels. */
  path(level) {
    if (this.kept.level !== level) {
      const path = new Path2D();
      const across = this.film.width / this.width, down = this.film.height / this.height;
      for (const line of contours(this.map, this.width, this.height, level)) {
        line.slice(0, -1).forEach(([x, y], at) => path[at ? "lineTo" : "moveTo"](x * across, y * down));
        path.closePath();
      }
      Object.assign(this.kept, { level, path });
    }
    return this.kept.path;
  }

  /**
   * Draw it over its film.
   * @param {object} look colours, opacity, contour, level.
   * @param {number} share 0…1 of all of it.
   */
  draw(ctx, place, look, colours, share) {
    const width = Math.round(this.film.width * place.scale), height = Math.round(this.film.height * place.scale);
    if (look.opacity * share > 0) {
      ctx.globalAlpha = look.opacity * share;
      ctx.imageSmoothingEnabled = true;
      ctx.drawImage(this.picture(colours), place.x, place.y, width, height);
    }
    if (look.contour && share > 0) {
      ctx.globalAlpha = share;
      ctx.setTransform(place.scale, 0, 0, place.scale, place.x, place.y);
      ctx.lineJoin = "round";
      haloed(ctx, this.path(look.level), place, `rgb(${colours.contour})`);
      ctx.setTransform(1, 0, 0, 1, 0, 0);
    }
    ctx.globalAlpha = 1;
  }
}

/** A line in film pixels with a dark halo: to be seen on bone, on air and on a map. */
function haloed(ctx, path, place, paint) {
  const thick = (2 * devicePixelRatio) / place.scale;
  for (const [grow, colour] of [[2.2, "#000"], [1, paint]]) {
    ctx.lineWidth = thick * grow;
    ctx.strokeStyle = colour;
    ctx.stroke(path);
  }
}

const LUNGS = "#fff"; // dashed, so that it is not taken for the contour of a map where colours cannot be told apart

/** The outline of the lung fields on a film: on the film alone, and over a map. */
class Outline {
  /** @param {{width: number, height: number, values: Float32Array}} map above 0.5 where a lung is. */
  constructor(map, film) {
    this.heat = new Heat(map, film);
    this.film = film;
  }

  draw(ctx, place) {
    ctx.setTransform(place.scale, 0, 0, place.scale, place.x, place.y);
    ctx.lineJoin = "round";
    ctx.setLineDash([6, 4].map((length) => (length * devicePixelRatio) / place.scale));
    haloed(ctx, this.heat.path(0.5), place, LUNGS);
    ctx.setLineDash([]);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
  }
}
