// Pixels on a canvas of their own, made once for a size and filled again for every picture.

export class Raster {
  // One number a pixel, as ``packed`` of compare.js makes them; they hold what was last drawn.
  sized(columns, rows) {
    if (this.image?.width !== columns || this.image?.height !== rows) {
      this.image = new ImageData(columns, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      this.pen = this.canvas.getContext("2d");
    }
    return this.pixels;
  }

  put() {
    this.pen.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}
