// Where OpenSeadragon finds the tiles of a slide, and OpenSeadragon itself.

import { said } from "./tools.js";

let loading = null;

// Loaded once, by its own address: it is no module.
export function library(address) {
  loading ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.addEventListener("load", () => done(window.OpenSeadragon));
    script.addEventListener("error", () => { loading = null; failed(new Error(said("the viewer was not found"))); });
    document.head.append(script);
  });
  return loading;
}

// Levels may have any size; the library counts them from the smallest.
export function sourceOf(OSD, { url, levels: listed }) {
  const levels = listed.split(";").map((level) => level.split(",").map(Number)).reverse();
  const [width, height, tile] = levels.at(-1);
  const source = new OSD.TileSource({ width, height, tileSize: tile, minLevel: 0, maxLevel: levels.length - 1 });
  const beside = url.slice(0, url.lastIndexOf("/"));
  source.getLevelScale = (level) => levels[level][0] / width;
  source.getTileWidth = (level) => levels[level][2];
  source.getTileHeight = (level) => levels[level][2];
  source.getNumTiles = (level) => new OSD.Point(...levels[level].slice(0, 2).map((side) => Math.ceil(side / levels[level][2])));
  source.getTileUrl = (level, x, y) => `${beside}/tile-${levels.length - 1 - level}-${x}-${y}`;
  return source;
}
