// A grey PNG of 8 or 16 bit → numbers. The browser's own decoder would leave 8 of 16 bits.

/**
 * @param {ArrayBuffer} buffer a PNG: greyscale, 8 or 16 bit, not interlaced.
 * @returns {Promise<{width: number, height: number, values: Uint16Array}>} 0…65535, row after row.
 */
async function decodePng(buffer) {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  if (view.getUint32(0) !== 0x89504e47) throw new Error("the film is no PNG");
  const parts = [];
  let width = 0, height = 0, depth = 0;
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (kind === "IHDR") {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      depth = bytes[at + 16];
      if (bytes[at + 17] !== 0 || bytes[at + 20] !== 0 || (depth !== 8 && depth !== 16)) {
        throw new Error("the film is not plain grey");
      }
    } else if (kind === "IDAT") {
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    }
    at += 12 + length;
  }
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer());
  const each = depth / 8;
  const stride = width * each;
  if (raw.length !== (stride + 1) * height) throw new Error("the film is cut short");
  unfilter(raw, stride, height, each);
  const values = new Uint16Array(width * height);
  for (let y = 0, out = 0; y < height; y++) {
    let from = y * (stride + 1) + 1;
    for (let x = 0; x < width; x++, out++) {
      if (each === 1) values[out] = raw[from++] * 257;
      else { values[out] = (raw[from] << 8) | raw[from + 1]; from += 2; }
    }
  }
  return { width, height, values };
}

/** Undo PNG's five row filters, in place. */
function unfilter(raw, stride, height, each) {
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    const above = start - stride - 1;
    const kind = raw[start - 1];
    for (let x = 0; x < stride && kind; x++) {
      const at = start + x;
      const left = x >= each ? raw[at - each] : 0;
      const up = y ? raw[above + x] : 0;
      if (kind === 1) raw[at] += left;
      else if (kind === 2) raw[at] += up;
      else if (kind === 3) raw[at] += (left + up) >> 1;
      else {
        const corner = y && x >= each ? raw[above + x - each] : 0;
        const guess = left + up - corner;
        const a = Math.abs(guess - left), b = Math.abs(guess - up), c = Math.abs(guess - corner);
        raw[at] += a <= b && a <= c ? left : b <= c ? up : corner;
      }
    }
  }
}
